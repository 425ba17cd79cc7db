"""What the recogniser hears in one go: speech packed into passages of up to half a minute.

Whisper always works on 30 seconds and makes up words in long silences. So stretches of speech are laid one
after the other with at most a short silence between them, and word times are brought back to the recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.media.sound import RATE, Sound
from pipeline.speech.engines import Word

LONGEST = 28.0
"""Seconds of sound in a passage; Whisper takes 30."""
MARGIN = 0.25
"""Seconds of sound kept on either side of speech."""
JOIN = 1.0
"""Silences up to this many seconds are kept as they are."""

Span = tuple[float, float]


@dataclass(frozen=True)
class PackedPassage:
    """Pieces of a recording laid one after the other.

    Attributes
    ----------
    pieces : tuple of (start, end)
        Seconds in the recording, in order.
    silence : float
        Seconds of silence put between pieces.
    """

    pieces: tuple[Span, ...]
    silence: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds of all pieces together, with the silence between them."""
        return sum(end - start + self.silence for start, end in self.pieces)

    def samples(self, sound: Sound) -> NDArray[np.float32]:
        """The sound of the pieces."""
        silence = np.zeros(round(self.silence * RATE), np.float32)
        return np.concatenate([part for piece in self.pieces for part in (sound.between(*piece), silence)])

    def in_recording(self, words: Iterable[Word]) -> list[Word]:
        """Words with times in the recording instead of in the passage."""
        lengths = [end - start + self.silence for start, end in self.pieces]
        begins = np.concatenate([[0.0], np.cumsum(lengths)])

        def moved(word: Word) -> Word:
            middle = (word.start + word.end) / 2
            i = int(np.clip(np.searchsorted(begins, middle, side="right") - 1, 0, len(self.pieces) - 1))
            low, high = self.pieces[i]
            start, end = (min(max(t - begins[i] + low, low), high) for t in (word.start, word.end))
            return Word(word.text, float(start), float(end), word.confidence)

        return [moved(word) for word in words]


def pack(regions: Sequence[Span], duration: float) -> list[PackedPassage]:
    """Pack regions of speech into passages, parting them at the longest silences.

    Parameters
    ----------
    regions : sequence of (start, end)
        Speech, in order, in seconds.
    duration : float
        Length of the recording.
    """
    return _filled(_pieces(regions, duration), 0.0)


def pack_apart(regions: Sequence[Span], duration: float) -> list[PackedPassage]:
    """Pack short regions into passages with a second of silence between, so that each is heard by itself."""
    pieces = [(max(0.0, start - 0.1), min(duration, end + 0.1)) for start, end in regions]
    return _filled(pieces, 1.0)


def _filled(pieces: Sequence[Span], silence: float) -> list[PackedPassage]:
    """Passages that each hold as many of the pieces as go in."""
    passages: list[PackedPassage] = []
    for piece in pieces:
        longer = PackedPassage((*(passages[-1].pieces if passages else ()), piece), silence)
        if passages and longer.duration <= LONGEST:
            passages[-1] = longer
        else:
            passages.append(PackedPassage((piece,), silence))
    return passages


def _pieces(regions: Sequence[Span], duration: float) -> list[Span]:
    """Regions with margins, those less than `JOIN` apart as one, none longer than a passage."""
    groups: list[list[Span]] = []
    for region in regions:
        if groups and region[0] - groups[-1][-1][1] <= JOIN:
            groups[-1].append(region)
        else:
            groups.append([region])
    pieces: list[Span] = []
    for group in groups:
        outer = max(0.0, group[0][0] - MARGIN), min(duration, group[-1][1] + MARGIN)
        edges = [outer[0], *_cuts(group, LONGEST - JOIN), outer[1]]
        pieces.extend(pairwise(edges))
    return pieces


def _cuts(group: Sequence[Span], longest: float) -> list[float]:
    """Where to part a group of regions so that none of them is longer: in the longest silences inside.

    A part gets half a silence more at a cut (at most `JOIN` / 2), or `MARGIN` at the group's own edges.
    """
    start, end = group[0][0], group[-1][1]
    if end - start <= longest:
        return []
    if len(group) == 1:  # speech without any silence: cut it evenly
        count = int(np.ceil((end - start) / longest))
        return np.linspace(start, end, count + 1)[1:-1].tolist()
    silences = [after[0] - before[1] for before, after in pairwise(group)]
    room = [min(before[1] - start, end - before[1]) for before in group[:-1]]
    usable = [i for i, side in enumerate(room) if side >= min(longest / 4, max(room))]
    cut = max(usable, key=lambda i: silences[i])
    middle = (group[cut][1] + group[cut + 1][0]) / 2
    return [*_cuts(group[: cut + 1], longest), middle, *_cuts(group[cut + 1 :], longest)]
