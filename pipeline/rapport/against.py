"""What speaks against rapport: monologues, early pitches, dropped topics, plain agreement, missed chances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.rapport.actions import Action, of_units, quote
from pipeline.rapport.responding import QUESTIONS, SURE, agrees, answers_question, assesses, is_story
from pipeline.rapport.scene import Floor, Scene

RAPPORT_WORK = frozenset(
    {
        *("small_talk", "formulation", "affiliation", "second_story", "agreement_sequence", "compliment"),
        *("open_question", "humour", "turning_the_tide", "reciprocal_laughter"),
    }
)
"""Codes that are rapport work before a pitch."""
ANSWERS = RAPPORT_WORK | {"alignment", "smile_reciprocity", "informality"}
"""Codes that take up what the other offers; listening by itself does not."""


def find_monologues(scene: Scene) -> Iterator[Action]:
    """Floors that are held for long."""
    code = scene.code("monologue")
    if len({floor.participant for floor in scene.floors}) < 2:
        return
    for floor in scene.floors:
        seconds = floor.end - floor.start
        if seconds >= code.limit("seconds"):
            responses = [unit.turn for unit in floor.responses]
            yield of_units(
                scene,
                "monologue",
                floor.units,
                confidence=1.0,
                initiative="initiated",
                evidence=tuple(responses),
                seconds=round(seconds, 1),
                minimal_responses=len(floor.responses),
            )


def find_early_pitch(scene: Scene, found: Iterable[Action]) -> Iterator[Action]:
    """The first proposal of a salesperson that comes early and before any rapport work of theirs."""
    code = scene.code("early_pitch")
    work = sorted((a.start, a.participant) for a in found if a.code in RAPPORT_WORK)
    for who in scene.people:
        if not scene.is_salesperson(who):
            continue
        begun = min((start for start, by in work if scene.is_salesperson(by)), default=float("inf"))
        for unit in scene.units:
            late = unit.start - scene.first_talk > 60 * code.limit("minutes")
            if late or unit.start >= begun:
                break
            if unit.participant == who and unit.probability("proposal") >= code.limit("probability"):
                likely = unit.probability("proposal")
                yield of_units(scene, "early_pitch", [unit], confidence=likely, initiative="initiated")
                break


def find_topic_shifts(scene: Scene, found: Iterable[Action]) -> Iterator[Action]:
    """Floors that answer nothing of a longer floor of the other and begin something else."""
    code = scene.code("topic_shift")
    answers = [a for a in found if a.initiative == "responsive" and a.code in ANSWERS]
    for before, floor in scene.exchanges:
        if before.size < code.limit("words") or floor.start - before.end > code.limit("within"):
            continue
        first = floor.units[0]
        opening = [unit for unit in floor.units[:2] if unit.turn == first.turn]
        shared = before.content & frozenset().union(*(unit.content for unit in opening))
        moves_on = any(
            unit.cue.get("new_topic")
            or max(unit.probability(name) for name in (*QUESTIONS, "proposal")) >= SURE
            for unit in opening
        )
        if shared or not moves_on or agrees(before.units[-1], first) or assesses(first):
            continue
        if answers_question(before, floor) or responded(answers, before, floor):
            continue
        yield of_units(
            scene,
            "topic_shift",
            opening,
            confidence=0.7 if any(unit.cue.get("new_topic") for unit in opening) else 0.4,
            initiative="initiated",
            to=before.participant,
            evidence=before.turns,
            of=quote(before.units[-2:]),
        )


def responded(answers: Iterable[Action], offer: Floor, answer: Floor | None) -> bool:
    """Whether somebody took up a floor while it went on, or in the next turn."""
    until = answer.end if answer is not None else offer.end + 3
    return any(
        action.participant != offer.participant and offer.start <= action.start <= until
        for action in answers
        if action.to in ("", offer.participant)
    )


def find_plain_agreement(scene: Scene, found: Iterable[Action]) -> Iterator[Action]:
    """Agreement of a few words that adds nothing, with a longer turn that asked for more than listening."""
    code = scene.code("plain_agreement")
    sequences = {
        name for a in found if a.code in ("agreement_sequence", "affiliation") for name in a.evidence
    }
    for before, floor in scene.exchanges:
        unit = floor.units[0]
        small = floor.size <= code.limit("words") and len(floor.units) == 1
        likely = max(unit.probability("agreement"), SURE if unit.cue.get("confirms") else 0.0)
        if not small or likely < code.limit("probability") or answers_question(before, floor):
            continue
        if unit.start - before.end > code.limit("within") or unit.turn in sequences:
            continue
        yield of_units(
            scene,
            "plain_agreement",
            [unit],
            confidence=likely,
            initiative="responsive",
            to=before.participant,
            evidence=before.turns[-1:],
            of=quote(before.units[-1:]),
        )


def find_missed_opportunities(scene: Scene, found: list[Action]) -> Iterator[Action]:
    """What a customer offers and nobody takes up within the next turn, under who let it pass.

    The start is that of the offer. Where no roles are known, anybody's offer counts.
    """
    code = scene.code("missed_opportunity")
    answers = [a for a in found if a.initiative == "responsive" and a.code in ANSWERS]
    opened = {a.start: a for a in found if a.code == "small_talk" and a.initiative == "initiated"}
    for k, floor in enumerate(scene.floors):
        if not scene.is_customer(floor.participant):
            continue
        kind, likely = _offer(scene, floor, any(u.start in opened for u in floor.units))
        after = scene.floors[k + 1] if k + 1 < len(scene.floors) else None
        if not kind or after is None or after.participant == floor.participant:
            continue
        if after.start - floor.end > code.limit("within") or responded(answers, floor, after):
            continue
        if scene.is_customer(after.participant) and "customer" in scene.roles.values():
            continue
        yield _missed(floor, after, kind, likely)
    yield from _unanswered_laughs(scene, found)


def _offer(scene: Scene, floor: Floor, opens_small_talk: bool) -> tuple[str, float]:
    """What a floor offers, and how sure that is; nothing if it offers nothing to take up."""
    if opens_small_talk:
        return "small talk", max(SURE, floor.most("small_talk"))
    if (likely := floor.most("self_disclosure")) >= SURE:
        return "disclosure", likely
    if scene.has("second_story"):  # which says how long a story is
        code = scene.code("second_story")
        if is_story(scene, floor, code.limit("story_words"), code.limit("story_clauses")):
            return "story", SURE
    return "", 0.0


def _missed(floor: Floor, after: Floor, kind: str, likely: float) -> Action:
    return Action(
        "missed_opportunity",
        after.participant,
        floor.participant,
        floor.start,
        after.units[0].end,
        likely,
        (*floor.turns, after.units[0].turn),
        "initiated",
        quote(floor.units),
        {"offer": kind, "then": quote(after.units[:2])},
    )


def _unanswered_laughs(scene: Scene, found: list[Action]) -> Iterator[Action]:
    """Laughs of a customer that nobody joins and no smile answers."""
    for action in found:
        if action.code != "laughter" or not scene.is_customer(action.participant) or not action.to:
            continue
        answered: Any = [
            a
            for a in found
            if a.code in ("smile_reciprocity", "smile", "humour", "reciprocal_laughter")
            and a.participant == action.to
            and a.start < action.end + 3
            and a.end > action.start - 3
        ]
        if not answered and scene.rows("smile") and scene.sees(action.to):  # else a smile would not be known
            yield Action(
                "missed_opportunity",
                action.to,
                action.participant,
                action.start,
                action.end,
                action.confidence,
                action.evidence,
                "initiated",
                "",
                {"offer": "laughter", "then": ""},
            )
