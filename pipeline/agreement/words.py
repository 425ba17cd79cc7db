"""Words of two transcripts side by side, each participant's by themselves, and near each other in time.

An edit distance within a limit of time, as the time-constrained word error rate (von Neumann et al. 2023,
meeteval): without it, common words far apart would pass for each other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.agreement.events import Event, Pair

SAME_WITHIN = 5.0
"""Seconds between the starts of equal words: hand-made transcripts often have times of turns alone."""
CHANGED_WITHIN = 1.0
"""Seconds between the starts of different words of which one stands for the other."""
MISSING, CHANGED = 10**12, 10**12 + 2 * 10**7
"""Costs: as few differences as possible, among these few changed words, among these the nearest in time."""
PAIRED, LEFT_OUT, PUT_IN = range(3)


@dataclass
class Words:
    """What became of the words.

    Attributes
    ----------
    same, changed : list of Pair
        The same word, or another one, by the same participant.
    other_person : list of Pair
        The same word by another participant.
    only_a, only_b : list of Event
    """

    same: list[Pair] = field(default_factory=list)
    changed: list[Pair] = field(default_factory=list)
    other_person: list[Pair] = field(default_factory=list)
    only_a: list[Event] = field(default_factory=list)
    only_b: list[Event] = field(default_factory=list)


def normal(word: str) -> str:
    """A word without case and the punctuation around it; what is punctuation alone stays."""
    letters = unicodedata.normalize("NFC", word).casefold().strip()
    begin, end = 0, len(letters)
    while begin < end and not letters[begin].isalnum():
        begin += 1
    while end > begin and not letters[end - 1].isalnum():
        end -= 1
    return letters[begin:end] or letters


def compare_words(a: Sequence[Event], b: Sequence[Event]) -> Words:
    """Align the words of two transcripts."""
    found = Words()
    for who in sorted({word.participant for word in (*a, *b)}):
        sides = [sorted((w for w in words if w.participant == who), key=_by_time) for words in (a, b)]
        for mine, theirs in align(*sides):
            if mine is None and theirs is not None:
                found.only_b.append(theirs)
            elif theirs is None and mine is not None:
                found.only_a.append(mine)
            elif mine is not None and theirs is not None:
                alike = normal(mine.text) == normal(theirs.text)
                (found.same if alike else found.changed).append(Pair(mine, theirs))
    _find_other_person(found)
    return found


def _by_time(word: Event) -> tuple[float, float, str]:
    return word.start, word.end, word.text


def _find_other_person(found: Words) -> None:
    """Take words out of what one has alone that the other gives to somebody else, the nearest first."""
    spoken: dict[str, list[int]] = {}
    for j, word in enumerate(found.only_b):
        spoken.setdefault(normal(word.text), []).append(j)
    near = sorted(
        (abs(word.start - found.only_b[j].start), i, j)
        for i, word in enumerate(found.only_a)
        for j in spoken.get(normal(word.text), ())
        if abs(word.start - found.only_b[j].start) <= CHANGED_WITHIN
        and word.participant != found.only_b[j].participant
    )
    mine: set[int] = set()
    theirs: set[int] = set()
    for _, i, j in near:
        if i not in mine and j not in theirs:
            mine.add(i)
            theirs.add(j)
            found.other_person.append(Pair(found.only_a[i], found.only_b[j]))
    found.only_a = [word for i, word in enumerate(found.only_a) if i not in mine]
    found.only_b = [word for j, word in enumerate(found.only_b) if j not in theirs]


def align(a: Sequence[Event], b: Sequence[Event]) -> list[tuple[Event | None, Event | None]]:
    """Align words in order of start; None where the other has nothing.

    Only the cells of the table of edit distances are filled in which words are near enough in time, so that
    the time taken grows with the number of words and not with its square.
    """
    text_a, text_b = [normal(word.text) for word in a], [normal(word.text) for word in b]
    start_b = [word.start for word in b]
    moves: list[tuple[int, bytearray]] = []
    above, above_from = [0], 0
    for i, (begin, end) in enumerate(_bands(a, b)):
        row: list[int] = []
        move = bytearray()
        for j in range(begin, end + 1):
            best, how = _NEVER, PAIRED
            if i:
                up = j - above_from
                if up < len(above) and above[up] + MISSING < best:
                    best, how = above[up] + MISSING, LEFT_OUT
                if j and 0 < up <= len(above):
                    apart = abs(a[i - 1].start - start_b[j - 1])
                    if text_a[i - 1] == text_b[j - 1]:
                        cost = int(apart * 100) if apart <= SAME_WITHIN else _NEVER
                    else:
                        cost = CHANGED + int(apart * 100) if apart <= CHANGED_WITHIN else _NEVER
                    if above[up - 1] + cost < best:
                        best, how = above[up - 1] + cost, PAIRED
            elif j == 0:
                best = 0
            if j > begin and row[-1] + MISSING < best:
                best, how = row[-1] + MISSING, PUT_IN
            row.append(best)
            move.append(how)
        moves.append((begin, move))
        above, above_from = row, begin
    return _trace(a, b, moves)


_NEVER = 10**18


def _bands(a: Sequence[Event], b: Sequence[Event]) -> Iterator[tuple[int, int]]:
    """For none, one, two ... words of A, how few and how many of B may stand beside them.

    The first that is near a word to the last that is near the following one, so that the bands overlap.
    """
    begin, end = 0, 0
    for i in range(len(a) + 1):
        if i:
            while begin < len(b) and b[begin].start < a[i - 1].start - SAME_WITHIN:
                begin += 1
        if i == len(a):
            end = len(b)
        while end < len(b) and b[end].start <= a[i].start + SAME_WITHIN:
            end += 1
        yield begin, end


def _trace(
    a: Sequence[Event], b: Sequence[Event], moves: Sequence[tuple[int, bytearray]]
) -> list[tuple[Event | None, Event | None]]:
    i, j = len(a), len(b)
    aligned: list[tuple[Event | None, Event | None]] = []
    while i or j:
        begin, row = moves[i]
        how = row[j - begin]
        i -= how != PUT_IN
        j -= how != LEFT_OUT
        aligned.append((a[i] if how != PUT_IN else None, b[j] if how != LEFT_OUT else None))
    return aligned[::-1]
