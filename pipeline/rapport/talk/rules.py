"""Codes that no corpus teaches whose licence allows it: rules with points that anyone can read and change.

Points were set by hand on every second conversation of PersuasionForGood and ESConv, in whole or half steps;
no weight was fitted to these. A probability is a logistic curve of the points.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.rapport.talk import lexicon
from pipeline.rapport.talk.features import Unit, form

Array = NDArray[np.float32]

STEEPNESS = 1.2
TELLING, PRAISING = 3.0, 3.0
"""Points at which self-disclosure and a compliment are as likely as not."""


def _any(*patterns: str) -> re.Pattern[str]:
    """Whether one of the patterns, of whole words, is in a text."""
    return re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in patterns))


_LIFE = _any(
    "when i was|i grew up|growing up|i used to|i remember|back then|all my life|once|yesterday|myself",
    "(years?|months?) ago|last (year|month|week|summer|winter|christmas)|at (one|the) time",
    "(i|i've) (have )?(been|gone|went) through|my experience",
    "same (thing|here|way)|something similar|similar (situation|experience)",
)
_BEING = _any(
    "i am|i'm|i was|i have|i've|i had|i live|i lived|i work|i worked|i take|i got|i love|i hate|i felt",
    "i (always|usually|often|never|personally)|i (lost|struggled|suffer|started|moved|talked|tried)",
)
_TASK = _any(
    "i (think|guess|believe|suppose|mean|would|will|can|could|want|need|hope|wish|see|agree|understand)",
    "i don't know|i'd|i'll|i am going|i'm going|i was wondering|i heard",
    "i am (so |very |just )?(sorry|glad|happy|sure)",
    "i'm (so |very |just |really )?(sorry|glad|happy|sure|doing|good|fine|well)",
)
_MINE = _any(
    rf"(my|our) (\w+ )?({'|'.join(sorted(lexicon.KIN))})",
    r"(my|our) (\w+ )?(life|job|work|boss|childhood|health|home|house|degree|school|career|money)",
)
_KIND = "|".join(
    sorted(lexicon.POSITIVE - {"wow"} | lexicon.listed("strong brave talented skilled professional wise"))
)
_DEGREE = (
    "(?:(?:so|very|really|such|a|an|truly|quite|pretty|just|absolutely|incredibly|extremely|always|too) )*"
)
_PRAISE = {
    _any(
        rf"(?:you are|you're|you were|your an?|you seem|you sound|you look|you have|you've got) {_DEGREE}"
        rf"(?:\w+[- ])?(?:\w+[- ])?(?:{_KIND})"
    ): 3.5,
    _any(rf"(?:{_KIND}|big) (?:\w+ )?(?:of|from) you", "good for you", "proud of you"): 4.0,
    _any(
        r"i (?:\w+ )?(?:like|love|admire|adore|appreciate|respect|enjoy|enjoyed|loved|liked) "
        r"(?:\w+ )?(?:you|your)",
        "impressed (?:by|with) (?:you|your)",
        "more (?:people )?(?:like|giving like) you|people like yourself",
    ): 3.5,
    _any(rf"your \w+(?: \w+)? (?:is|are|was|were|looks?|sounds?) {_DEGREE}(?:{_KIND})"): 3.5,
    _any(
        r"you(?:'ve| have)? (?:did|done|do|made|make|explained|put|handled|presented) "
        rf"(?:\w+ ){{0,4}}(?:{_KIND}|well)",
        r"\A(?:(?:oh|wow|well|yeah|really|very|a|such|you|did|that's|that|was) ){0,3}"
        r"(?:(?:good|great) job|well done|nicely done|(?:nice|great|good|excellent) work)",
    ): 3.5,
    _any(rf"(?:{_KIND}) (?:\w+ )?that you(?:'re|'ve)?"): 3.0,
}
"""Patterns of praise, and the points of each: an evaluation that is bound to the other."""
_NO_PRAISE = _any(
    "your (?:welcome|time|help|day|trip|weekend)|you're welcome|you are welcome|if you",
    "you're right|you are right",
    "you have (?:a |any )?(?:good|great|nice|better) (?:day|one|night|evening|weekend|trip|idea)",
    rf"not (?:a |very |so )?(?:{_KIND})",
)


def told(unit: Unit) -> float:
    """Points for telling of oneself within one unit, without its neighbours."""
    words = unit.words
    text = " ".join(words)
    first = lexicon.count(words, lexicon.FIRST)
    points = 0.5 * min(first, 2)
    points += 1.0 * bool(first and any(map(lexicon.is_past, words)))
    points += 1.0 * bool(_BEING.search(text))
    points += 1.0 * bool(_LIFE.search(text) and first)
    points += 1.0 * bool(_MINE.search(text))
    points += 0.5 * (len(words) >= 8) + 0.5 * (len(words) >= 15)
    points -= 1.5 * bool(_TASK.search(text))
    points -= 1.0 * (form(unit) != "told" and len(unit.sentences) == 1)
    points -= 0.5 * bool(lexicon.count(words, lexicon.SECOND))
    return points if first or _MINE.search(text) else min(points, 0.0)


def self_disclosure(units: Sequence[Unit]) -> Array:
    """Probability that a unit tells of the speaker's own life, shape (n,).

    A story has several clauses: what a speaker has told in the two units before and tells in the next counts
    towards a unit as long as nobody else has taken the turn; so "He had to stay in hospital" belongs to the
    story after "My nephew was ill".
    """
    alone = np.array([told(unit) for unit in units], float)
    points = alone.copy()
    for i, unit in enumerate(units):
        around = 0.0
        for step, share in ((-1, 0.5), (-2, 0.3), (1, 0.3)):
            path = range(min(i, i + step), max(i, i + step) + 1)
            if all(0 <= j < len(units) and units[j].participant == unit.participant for j in path):
                around += share * max(0.0, alone[i + step])
        longer = len(unit.words) >= 4 and form(unit) == "told"
        points[i] += min(1.5, around) if longer else 0.0
    return _chance(points, TELLING)


def praised(unit: Unit) -> float:
    """Points for praising the other."""
    points = 0.0
    for sentence in unit.sentences:
        text = " ".join(sentence)
        found = sum(worth for pattern, worth in _PRAISE.items() if pattern.search(text))
        points = max(points, found - 3.0 * bool(_NO_PRAISE.search(text)))
    return points - 2.0 * (form(unit) in ("wh", "inverted"))


def compliment(units: Sequence[Unit]) -> Array:
    """Probability that a unit praises the other: an evaluation that is bound to "you", shape (n,)."""
    return _chance(np.array([praised(unit) for unit in units], float), PRAISING)


def _chance(points: NDArray[np.float64], middle: float) -> Array:
    return (1 / (1 + np.exp(-STEEPNESS * (points - middle)))).astype(np.float32)


RULES = {"self_disclosure": (self_disclosure, 0.5), "compliment": (compliment, 0.5)}
"""Codes that rules find, with their operating points."""
