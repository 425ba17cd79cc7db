"""Words to speakers, and each speaker's speech with acoustic edges.

The usual way gives a word to the speaker whose label overlaps it most. It fails exactly where conversation
happens: a recogniser's word times lie off by a tenth of a second, so the last word of one turn and the first
of the next change hands, and a "mm" inside another's turn is swallowed. Here

1. word times are snapped to acoustic edges (a word neither begins nor ends in silence);
2. each word is heard against the probability of every voice, not against decided labels;
3. the most probable sequence of speakers is found (Viterbi), where a change inside a phrase is dear, and
   after a silence or the end of a sentence cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.intervals import coverage, runs
from pipeline.speech.edges import Span
from pipeline.speech.engines import Activity, Word

SHORTEST_WORD, SECONDS_PER_LETTER = 0.03, 0.07
"""Seconds under which a word has no length of its own, and how long a letter takes then."""
TOUCH = 1e-6
"""Seconds of shared time that are rounding, not overlap."""
SENTENCE_ENDS = (".", "?", "!")
MINIMAL_RESPONSES = (
    *("mm", "mmm", "mhm", "mm-hm", "mm-hmm", "hm", "hmm", "uh-huh", "yeah", "yes", "yep", "no", "okay", "ok"),
    *("right", "sure", "really", "nice", "oh", "ah", "wow", "exactly", "joo", "nii", "niin", "aha"),
)
"""English, and Finnish as in the founding paper."""


@dataclass(frozen=True)
class AttributeSettings:
    """How words find their speakers.

    Attributes
    ----------
    change : float
        Cost (log-probability) of a change of speaker between two words of one phrase.
    after_silence, after_sentence : float
        Share of that cost that is left after a silence, and after the end of a sentence.
    of_minimal_response : float
        Share of it where one of the two words is a minimal response, which people put into others' turns.
    minimal_responses : tuple of str
        Those words, lower case, without punctuation.
    silence : float
        Seconds of silence between two words that count.
    unit : float
        Seconds of voice that count as one independent observation.
    snap : float
        Seconds by which an edge of a speaker's activity may move to an acoustic edge.
    bridge : float
        Seconds of inactivity within a speaker's continuous sound that are filled.
    shortest : float
        Seconds a speaker must be heard for a stretch to count.
    """

    change: float = 5.0
    after_silence: float = 0.3
    after_sentence: float = 0.3
    of_minimal_response: float = 0.3
    minimal_responses: tuple[str, ...] = MINIMAL_RESPONSES
    silence: float = 0.15
    unit: float = 0.1
    snap: float = 0.25
    bridge: float = 0.15
    shortest: float = 0.1


def snap_words(words: Sequence[Word], speech: Sequence[Span]) -> list[Span]:
    """Times of the words without the silence that the recogniser stretched them over.

    A word keeps the part that lies in the one stretch of speech it shares most time with; a word that lies in
    silence altogether keeps its times; a word without length takes the free sound beside it.

    Parameters
    ----------
    words : sequence of Word
        In order of time.
    speech : sequence of (start, end)
        Stretches of speech with acoustic edges, in order.
    """
    starts = np.array([start for start, _ in speech])
    ends = np.array([end for _, end in speech])
    snapped = []
    for word in words:
        first = int(np.searchsorted(ends, word.start, side="right"))
        last = int(np.searchsorted(starts, word.end, side="left"))
        if first >= last:
            snapped.append((word.start, word.end))
            continue
        shared = np.minimum(ends[first:last], word.end) - np.maximum(starts[first:last], word.start)
        best = first + int(shared.argmax())
        snapped.append((max(word.start, float(starts[best])), min(word.end, float(ends[best]))))
    for i in range(len(words)):
        snapped[i] = _with_length(i, words, snapped, starts, ends)
    return snapped


def _with_length(
    i: int,
    words: Sequence[Word],
    times: Sequence[Span],
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> Span:
    """The time of a word; one that the recogniser gave none takes the free sound beside it."""
    start, end = times[i]
    wanted = SECONDS_PER_LETTER * len(words[i].text)
    stretch = int(np.searchsorted(ends, start))
    if end - start >= SHORTEST_WORD or stretch >= len(starts) or starts[stretch] > end:
        return start, end
    before = times[i - 1][1] if i else 0.0
    after = times[i + 1][0] if i + 1 < len(times) else float(ends[stretch])
    start = min(start, max(before, float(starts[stretch]), end - wanted))
    return start, max(end, min(after, float(ends[stretch]), start + wanted))


def attribute(
    words: Sequence[Word],
    times: Sequence[Span],
    activity: Activity,
    speech: Sequence[Span],
    settings: AttributeSettings,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Speaker of each word and how sure that is.

    Parameters
    ----------
    words : sequence of Word
        In order of time.
    times : sequence of (start, end)
        Their times, snapped to acoustic edges.
    activity : Activity
        Probability of each speaker in each frame.
    speech : sequence of (start, end)
        Stretches of speech with acoustic edges, in order.
    settings : AttributeSettings
        See there.

    Returns
    -------
    speaker : ndarray of int, shape (words,)
    confidence : ndarray, shape (words,)
        Mean probability of the chosen speaker relative to all, over the word.
    """
    evidence = np.array([_word_evidence(span, activity) for span in times]).reshape(
        len(words), activity.probability.shape[1]
    )
    share = evidence / evidence.sum(axis=1, keepdims=True)
    weight = np.array([max(1.0, (end - start) / settings.unit) for start, end in times])
    emission = np.log(share) * weight[:, None]
    changes = _change_costs(words, times, speech, settings)
    speaker = _viterbi(emission, changes)
    return speaker, share[np.arange(len(words)), speaker]


def _word_evidence(span: Span, activity: Activity) -> NDArray[np.float64]:
    """Mean probability of each speaker over a word, floored so that no one is impossible."""
    first = int((span[0] - activity.start) / activity.step)
    last = int(np.ceil((span[1] - activity.start) / activity.step))
    frames = len(activity.probability)
    first = min(max(first, 0), frames - 1)
    return activity.probability[first : max(first + 1, last)].mean(axis=0).astype(float) + 0.02


def _change_costs(
    words: Sequence[Word], times: Sequence[Span], speech: Sequence[Span], settings: AttributeSettings
) -> NDArray[np.float64]:
    """Cost of a change of speaker between each word and the next.

    Silence is taken from the sound: between the recogniser's times there may be a gap where there is none.
    """
    silent_from = np.array([end for _, end in speech[:-1]])
    silent_to = np.array([start for start, _ in speech[1:]])
    long = silent_to - silent_from >= settings.silence
    costs = np.full(max(0, len(words) - 1), settings.change)
    for i, (before, after) in enumerate(pairwise(words)):
        here, there = sum(times[i]) / 2, sum(times[i + 1]) / 2
        if (long & (silent_from >= here) & (silent_to <= there)).any():
            costs[i] *= settings.after_silence
        if before.text.endswith(SENTENCE_ENDS):
            costs[i] *= settings.after_sentence
        if any(w.text.lower().strip(".,?!…") in settings.minimal_responses for w in (before, after)):
            costs[i] *= settings.of_minimal_response
    return costs


def _viterbi(emission: NDArray[np.float64], changes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Most probable sequence of states where leaving a state before step t + 1 costs ``changes[t]``."""
    steps, states = emission.shape
    if steps == 0:
        return np.zeros(0, np.int64)
    score, back = emission[0].copy(), np.zeros((steps, states), np.int64)
    stay = np.arange(states)
    for t in range(1, steps):
        best = int(score.argmax())
        changed = score[best] - changes[t - 1]
        back[t] = np.where(score >= changed, stay, best)
        score = np.maximum(score, changed) + emission[t]
    path = np.empty(steps, np.int64)
    path[-1] = score.argmax()
    for t in range(steps - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def stretches(
    activity: Activity,
    speech: Sequence[Span],
    times: Sequence[Span],
    speakers: NDArray[np.int64],
    settings: AttributeSettings,
) -> list[list[Span]]:
    """When each speaker is heard, with acoustic edges where they have the floor alone.

    Activity and the speaker's own words are laid together, cut to the stretches of speech, and an edge that
    lies near an acoustic edge moves there unless somebody else is speaking between the two.

    Returns
    -------
    list of list of (start, end)
        One list per speaker, in order of time.
    """
    from pyannote.core import Segment, Timeline

    sound = Timeline(Segment(*span) for span in speech)
    begins, ends = np.array(speech).reshape(-1, 2).T
    active = [_active_spans(column, activity) for column in activity.active.T]
    result = []
    for who, own in enumerate(active):
        others = coverage(span for spans in active[:who] + active[who + 1 :] for span in spans)
        snapped = [_snap(span, begins, ends, others, settings.snap) for span in own]
        spoken = [span for span, speaker in zip(times, speakers, strict=True) if speaker == who]
        heard = Timeline(Segment(*span) for span in snapped + spoken if span[1] > span[0])
        heard = heard.support(settings.bridge).crop(sound)
        result.append([(s.start, s.end) for s in heard if s.duration >= settings.shortest])
    return result


def unanswered(
    heard: Sequence[Sequence[Span]],
    times: Sequence[Span],
    speakers: NDArray[np.int64],
    *,
    shortest: float = 0.15,
    longest: float = 1.5,
) -> list[Span]:
    """Short stretches in which a speaker is heard alone but has no word, in order of time.

    Parameters
    ----------
    heard : sequence of sequence of (start, end)
        The stretches of each speaker.
    times, speakers
        Times and speakers of the words.
    shortest, longest : float
        Seconds.
    """
    found = []
    for who, spans in enumerate(heard):
        others = coverage(span for other, rest in enumerate(heard) if other != who for span in rest)
        words = coverage(
            (start - 0.05, end + 0.05)
            for (start, end), speaker in zip(times, speakers, strict=True)
            if speaker == who
        )
        for start, end in spans:
            alone = others(start, end) < 0.3 * (end - start)
            if shortest <= end - start <= longest and alone and not words(start, end):
                found.append((start, end))
    return sorted(found)


def _active_spans(column: NDArray[np.bool_], activity: Activity) -> list[Span]:
    seconds = np.maximum(activity.start + np.array(runs(column)).reshape(-1, 2) * activity.step, 0.0)
    return [(start, end) for start, end in seconds.tolist()]


def _snap(
    span: Span,
    begins: NDArray[np.float64],
    ends: NDArray[np.float64],
    others: Callable[[float, float], float],
    reach: float,
) -> Span:
    """Move the edges of a span to acoustic edges nearby, unless another voice is active in between."""
    start, end = _nearest(span[0], begins, reach), _nearest(span[1], ends, reach)
    start = start if others(*sorted((span[0], start))) < TOUCH else span[0]
    end = end if others(*sorted((span[1], end))) < TOUCH else span[1]
    return (start, end) if end > start else span


def _nearest(edge: float, candidates: NDArray[np.float64], reach: float) -> float:
    """The candidate nearest to an edge, if one lies within reach."""
    i = int(np.searchsorted(candidates, edge))
    near = [float(c) for c in candidates[max(0, i - 1) : i + 1] if abs(c - edge) <= reach]
    return min(near, key=lambda candidate: abs(candidate - edge), default=edge)
