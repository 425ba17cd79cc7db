"""Measures that several benchmarks share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

Labelled = tuple[float, float, str]
"""Start, end, speaker."""


def plain(text: str) -> str:
    """A word as it is compared: lower case, letters, digits and apostrophes."""
    return re.sub(r"[^a-z0-9']", "", text.lower())


@dataclass(frozen=True)
class TimedWord:
    """A word with its speaker."""

    speaker: str
    start: float
    end: float
    text: str

    @property
    def middle(self) -> float:
        """Second in the middle of the word."""
        return (self.start + self.end) / 2


def match_words(
    reference: Sequence[TimedWord], found: Sequence[TimedWord], reach: float = 0.6
) -> list[tuple[int, int]]:
    """Pairs (reference, found) of equal words near each other in time, nearest first, one to one."""
    pairs = sorted(
        (abs(r.middle - f.middle), i, j)
        for i, r in enumerate(reference)
        for j, f in enumerate(found)
        if abs(r.middle - f.middle) <= reach and plain(r.text) == plain(f.text)
    )
    used_reference, used_found, chosen = set(), set(), []
    for _, i, j in pairs:
        if i not in used_reference and j not in used_found:
            used_reference.add(i)
            used_found.add(j)
            chosen.append((i, j))
    return chosen


def speaker_errors(reference: Sequence[TimedWord], found: Sequence[TimedWord]) -> list[bool]:
    """For each reference word that was found, in order, whether it went to the wrong speaker.

    Found speakers are mapped to reference speakers in the way that is best for the found ones.
    """
    return [wrong for _, wrong in _speaker_errors(reference, found)]


def boundary_speaker_errors(
    reference: Sequence[TimedWord], found: Sequence[TimedWord], edge: int = 2
) -> list[bool]:
    """The same for the first and last `edge` words of each turn of the reference."""
    turn, position = [], []
    for i, word in enumerate(reference):
        new = i == 0 or reference[i - 1].speaker != word.speaker
        turn.append((turn[-1] + 1 if turn else 0) if new else turn[-1])
        position.append(0 if new else position[-1] + 1)
    length = Counter(turn)
    near = {i for i in range(len(reference)) if position[i] < edge or length[turn[i]] - position[i] <= edge}
    return [wrong for i, wrong in _speaker_errors(reference, found) if i in near]


def _speaker_errors(reference, found):
    pairs = match_words(reference, found)
    known = sorted({word.speaker for word in reference})
    heard = sorted({word.speaker for word in found})
    counts = Counter((found[j].speaker, reference[i].speaker) for i, j in pairs)
    targets = known + [None] * max(0, len(heard) - len(known))
    best = max(
        (dict(zip(heard, order, strict=False)) for order in permutations(targets, len(heard))),
        key=lambda mapping: sum(counts[h, mapping[h]] for h in heard),
    )
    return sorted((i, best[found[j].speaker] != reference[i].speaker) for i, j in pairs)


def diarisation_error(
    reference: Sequence[Labelled], found: Sequence[Labelled], seconds: float, collar: float
):
    """Components of the diarisation error rate; `collar` is in seconds on either side."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(items):
        made = Annotation()
        for track, (start, end, who) in enumerate(items):
            if end > start:
                made[Segment(start, end), track] = who
        return made

    metric = DiarizationErrorRate(collar=2 * collar, skip_overlap=False)
    return metric(
        annotation(reference), annotation(found), uem=Timeline([Segment(0, seconds)]), detailed=True
    )


def overlap_frames(items: Sequence[Labelled], seconds: float) -> np.ndarray:
    """Frames of 10 ms in which two speakers are heard."""
    count = np.zeros((len({who for _, _, who in items}) or 1, int(seconds * 100) + 1), bool)
    index = {who: i for i, who in enumerate(sorted({who for _, _, who in items}))}
    for start, end, who in items:
        count[index[who], round(start * 100) : round(end * 100)] = True
    return count.sum(axis=0) > 1


def talk_of(table) -> list[Labelled]:
    """When each participant talks, by a timeline: turns without their pauses."""
    from pyannote.core import Segment, Timeline

    items = []
    for who, turns in table[table["tier"] == "turn"].groupby("participant"):
        own = table[(table["tier"] == "pause") & (table["participant"] == who)]
        pauses = Timeline(Segment(p.start, p.end) for p in own.itertuples())
        for turn in turns.itertuples():
            talk = Timeline([Segment(turn.start, turn.end)]).extrude(pauses)
            items += [(span.start, span.end, who) for span in talk]
    return items


def words_of(table) -> list[TimedWord]:
    """The words of a timeline."""
    return [
        TimedWord(w.participant, w.start, w.end, w.text) for w in table[table["tier"] == "word"].itertuples()
    ]
