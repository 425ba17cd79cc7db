"""Descriptive measures that coaches know, each with its denominator in its name.

A measure that cannot be taken in a meeting is None: without a face, say, or where nobody else talks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.intervals import coverage
from pipeline.rapport.responding import QUESTIONS, SURE
from pipeline.rapport.scene import Floor, Scene, Unit

if TYPE_CHECKING:
    import pandas as pd

Measures = dict[str, float | None]
INTERRUPTION = 0.5
"""Seconds of overlap from which taking the floor inside another's turn is an interruption."""


RATED = 5
"""Words from which on talk is long enough to have a speech rate."""
STEADY = 0.01
"""Words a second; a rate that varies by less follows nothing."""
FOLLOWED = 10
"""Turns that must have a rate, as the one before, before it is said whether the rates go together."""


def measure(
    scene: Scene, actions: pd.DataFrame, measured: Mapping[str, Collection[str]]
) -> dict[str, Measures]:
    """Measures of every participant.

    Parameters
    ----------
    scene : Scene
    actions : DataFrame
        As `pipeline.rapport.score.read_actions` gives them.
    measured : mapping of str to collection of str
        What was measured of each participant: ``words``, ``face``, ``voice``.

    Returns
    -------
    dict of str to dict
        Seconds, shares (0 to 1) and rates; None where something cannot be told.
    """
    speech = {who: speech_seconds(scene, who) for who in scene.people}
    total = sum(speech.values())
    return {
        who: {
            "speech_s": speech[who],
            "share_of_speech_time": speech[who] / total if total else None,
            "longest_monologue_s": max(
                (f.end - f.start for f in scene.floors if f.participant == who), default=None
            ),
            **_questions(scene, who, "words" in measured.get(who, ())),
            "response_latency_median_s": _latency(scene, who),
            **_overlaps(scene, who, "words" in measured.get(who, ())),
            **_listening(scene, actions, who, total - speech[who], measured.get(who, ())),
            **_answers(scene, actions, who, measured.get(who, ())),
            **_rates(scene, who),
        }
        for who in scene.people
    }


def speech_seconds(scene: Scene, who: str) -> float:
    """Seconds of somebody's turns without their pauses."""
    turns = sum(row.end - row.start for row in scene.rows("turn", who))
    return float(turns - sum(row.end - row.start for row in scene.rows("pause", who)))


def _questions(scene: Scene, who: str, known: bool) -> Measures:
    if not known or not scene.units or not scene.duration:
        return {"questions_per_hour": None, "open_share_of_questions": None}
    asked = [max(unit.probability(q) for q in QUESTIONS) for unit in scene.units if unit.participant == who]
    number = sum(likely >= SURE for likely in asked)
    wide = sum(u.probability("open_question") >= SURE for u in scene.units if u.participant == who)
    return {
        "questions_per_hour": 3600 * number / scene.duration,
        "open_share_of_questions": wide / number if number else None,
    }


def _latency(scene: Scene, who: str) -> float | None:
    """Median time from the end of another's floor to the start of one's own; negative where it overlaps."""
    waits = [b.start - a.end for a, b in scene.exchanges if b.participant == who]
    return float(np.median(waits)) if waits else None


def _overlaps(scene: Scene, who: str, known: bool) -> Measures:
    """Interruptions, and overlaps that support: minimal responses, agreement, sounds without words."""
    if not scene.duration or not known:
        return {"interruptions_per_hour": None, "cooperative_overlaps_per_hour": None}
    responses = {unit.number for floor in scene.floors for unit in floor.responses}
    hostile = friendly = 0
    for row in scene.rows("overlap", who):
        units = [u for u in scene.units if u.participant == who and u.start < row.end and u.end > row.start]
        if not units or any(_supports(unit, responses) for unit in units[:1]):
            friendly += 1
        elif row.end - row.start >= INTERRUPTION and units[0].start >= row.start - 0.2:
            hostile += 1
    return {
        "interruptions_per_hour": 3600 * hostile / scene.duration,
        "cooperative_overlaps_per_hour": 3600 * friendly / scene.duration,
    }


def _supports(unit: Unit, responses: set[int]) -> bool:
    return unit.number in responses or unit.probability("agreement") >= SURE


def _listening(
    scene: Scene, actions: pd.DataFrame, who: str, others: float, measured: Collection[str]
) -> Measures:
    """Listening responses by the minute of the others' talk, and looks at who talks."""
    own = actions[(actions["participant"] == who) & (actions["label"] == "minimal_response")]
    known = "face" in measured and bool(scene.rows("gaze", who))
    listened = others > 0 and ("words" in measured or (own["status"] != "auto").any())
    return {
        "listening_responses_per_minute_of_others_talk": 60 * len(own) / others if listened else None,
        "share_of_others_talk_looking_at_them": _looking(scene, who) if known else None,
        "mutual_gaze_share_of_meeting": _mutual(scene, who) if known else None,
    }


def _looking(scene: Scene, who: str) -> float | None:
    """Share of the others' talk, as far as looks are known in it, in which somebody looks at them."""
    rows = [row for row in scene.rows("gaze", who) if row.label != "unknown"]
    known = coverage((row.start, row.end) for row in rows)
    towards = coverage((row.start, row.end) for row in rows if row.label == "towards_partner")
    floors = [f for f in scene.floors if f.participant != who]
    seen = sum(known(floor.start, floor.end) for floor in floors)
    return float(sum(towards(f.start, f.end) for f in floors) / seen) if seen > 0 else None


def _mutual(scene: Scene, who: str) -> float | None:
    rows: list[Any] = [row for row in scene.rows("mutual_gaze") if who in row.text.split()]
    return sum(row.end - row.start for row in rows) / scene.duration if scene.duration else None


def _answers(scene: Scene, actions: pd.DataFrame, who: str, measured: Collection[str]) -> Measures:
    """How many of the others' smiles and laughs somebody answers."""

    def share(tier: str, code: str, known: bool) -> float | None:
        offered = len([row for row in scene.rows(tier) if row.participant not in ("", who)])
        own = actions[(actions["participant"] == who) & (actions["label"] == code)]
        return min(len(own) / offered, 1.0) if known and offered else None

    return {
        "answered_share_of_others_smiles": share("smile", "smile_reciprocity", "face" in measured),
        "joined_share_of_others_laughs": share("laughter", "reciprocal_laughter", "voice" in measured),
    }


def _rates(scene: Scene, who: str) -> Measures:
    """Whether somebody talks at the partner's rate: on the whole, and from turn to turn.

    The ratio is 1 where the rates match on the whole (*proximity*). The correlation is that of each turn's
    rate with the rate of the other's turn before; it is positive where one grows faster as the other does
    (*synchrony*). Both after Levitan & Hirschberg (2011), Measuring acoustic-prosodic entrainment with
    respect to multiple levels and dimensions, Interspeech, 3081-3084. That the rates of partners who
    cooperate later converge: Manson, Bryant, Gervais & Kline (2013), Convergence of speech rate in
    conversation predicts cooperation, Evolution and Human Behavior 34(6), 419-426. The rate is words a
    second, of units of `RATED` words or more, so that it can be compared within one language.
    """
    own = _rate([unit for unit in scene.units if unit.participant == who])
    others = _rate([unit for unit in scene.units if unit.participant != who])
    return {
        "speech_rate_words_per_second": own,
        "speech_rate_ratio_to_others": own / others if own and others else None,
        "correlation_of_speech_rate_with_turn_before": _follows(scene, who),
    }


def _rate(units: Collection[Unit]) -> float | None:
    """Words a second of units that are long enough; None where there are none."""
    long = [unit for unit in units if unit.size >= RATED and unit.end > unit.start]
    return sum(u.size for u in long) / sum(u.end - u.start for u in long) if long else None


def _follows(scene: Scene, who: str) -> float | None:
    """Correlation of the rates of somebody's turns with those before; None where there are too few."""
    pairs = [(_floor_rate(a), _floor_rate(b)) for a, b in scene.exchanges if b.participant == who]
    known = np.array([pair for pair in pairs if None not in pair], float).reshape(-1, 2)
    if len(known) < FOLLOWED or known.std(axis=0).min() < STEADY:
        return None
    return float(np.corrcoef(known.T)[0, 1])


def _floor_rate(floor: Floor) -> float | None:
    return _rate(floor.units)
