"""Participants with a channel or file of their own: the best evidence of who speaks.

What is left to decide is cross-talk: a loud neighbour is heard in one's own microphone too. A voice that is
much quieter in a channel than that channel's own speaker, while another channel is at its usual level, is
the neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import runs
from pipeline.media.clock import Clock
from pipeline.media.sound import Sound
from pipeline.speech.edges import HOP, EdgeSettings, Span, find_speech, speech_level
from pipeline.speech.engines import Word
from pipeline.speech.segmentation import Segmentation


@dataclass(frozen=True)
class ChannelSettings:
    """Cross-talk.

    Attributes
    ----------
    quieter : float
        Decibels under the channel's own speaker from which a voice may be cross-talk.
    advantage : float
        Decibels by which another channel must be nearer to its own speaker's level then.
    own_share : float
        Share of a word that must be the participant's own speech for the word to be theirs.
    shortest : float
        Seconds that what is left of a stretch must last.
    """

    quieter: float = 15.0
    advantage: float = 8.0
    own_share: float = 0.4
    shortest: float = 0.1


def own_speech(
    sounds: Sequence[Sound],
    segmentations: Sequence[Segmentation],
    clocks: Sequence[Clock],
    settings: ChannelSettings,
    edges: EdgeSettings,
) -> list[list[Span]]:
    """When each participant speaks, in seconds of their own recording, cross-talk left out.

    Parameters
    ----------
    sounds, segmentations : sequence
        One per participant.
    clocks : sequence of Clock
        How each recording's time becomes the meeting's.
    settings, edges : ChannelSettings, EdgeSettings
        See there.
    """
    spoken = [find_speech(s, seg, edges) for s, seg in zip(sounds, segmentations, strict=True)]
    ends = [clock.meeting(sound.duration) for sound, clock in zip(sounds, clocks, strict=True)]
    frames = round(max(ends, default=0.0) / HOP)
    relative = np.stack(
        [
            _relative_level(sound, spans, clock, frames)
            for sound, spans, clock in zip(sounds, spoken, clocks, strict=True)
        ]
    )
    result = []
    for who, (spans, clock) in enumerate(zip(spoken, clocks, strict=True)):
        others = np.delete(relative, who, axis=0).max(axis=0, initial=-np.inf)
        faint = (relative[who] < -settings.quieter) & (others > relative[who] + settings.advantage)
        result.append(_without(spans, faint, clock, settings.shortest))
    return result


def _relative_level(sound: Sound, spans: Sequence[Span], clock: Clock, frames: int) -> NDArray[np.float64]:
    """Level over 0.3 s against the channel's own speaker, in meeting time.

    Own speech is by far the loudest in a channel, so even somebody who says little is found by the loudest
    fiftieth of what is heard there.
    """
    level = speech_level(sound).astype(float)
    level = np.convolve(level, np.ones(30) / 30, "same") if len(level) >= 30 else level
    while_speaking = [level[round(a / HOP) : round(b / HOP)] for a, b in spans]
    usual = np.percentile(np.concatenate(while_speaking), 98) if while_speaking else 0.0
    placed = np.full(frames, -np.inf)
    frame = np.rint(clock.own(np.arange(frames) * HOP) / HOP).astype(int)
    on = (frame >= 0) & (frame < len(level))
    placed[on] = level[frame[on]] - usual
    return placed


def _without(spans: Sequence[Span], faint: NDArray[np.bool_], clock: Clock, shortest: float) -> list[Span]:
    """Spans (seconds of the channel's own time) without their faint parts (frames of meeting time)."""
    kept = []
    for start, end in spans:
        first, last = (round(clock.meeting(edge) / HOP) for edge in (start, end))
        for a, b in runs(~faint[first : max(last, first + 1)]):
            part = (start + a * HOP, min(start + b * HOP, end))
            if part[1] - part[0] >= shortest:
                kept.append(part)
    return kept


def own_words(words: Sequence[Word], spans: Sequence[Span], settings: ChannelSettings) -> NDArray[np.bool_]:
    """Which words of a channel are its participant's own."""
    starts, ends = np.array(spans).reshape(-1, 2).T

    def shared(word: Word) -> float:
        common = np.minimum(ends, word.end) - np.maximum(starts, word.start)
        return float(np.maximum(common, 0).sum()) / max(word.end - word.start, 1e-3)

    return np.array([shared(word) >= settings.own_share for word in words], bool)
