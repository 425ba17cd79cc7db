"""What bodies and voices do in answer: minimal responses, nods, looks, smiles and laughter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.rapport.actions import Action, Initiative, only_other, quote
from pipeline.rapport.scene import Floor, Scene

LOOKS = ("towards_partner",)
"""Where somebody looks who looks at the other."""
TOKEN = 1.2
"""Seconds that a listener's token lasts at most."""
WORDLESS = 0.5
"""Confidence of a token in which no word was recognised: it may be another sound."""
SEEN = 0.5
"""Share of the other's talk in which a look must be known before anything is said about it."""


@dataclass(frozen=True)
class _Token:
    """A listener's token: a unit, or a short sound of the voice in which no word was recognised."""

    participant: str
    start: float
    end: float
    text: str
    confidence: float
    evidence: tuple[str, ...]


def find_minimal_responses(scene: Scene) -> Iterator[Action]:
    """Listening while the other keeps the floor, by voice, by nod, or by both at once, which count as one."""
    code = scene.code("minimal_response")
    near = code.limit("together")
    sounds = list(_wordless(scene))
    for floor in scene.floors:
        used: set[str] = set()
        said = [
            _Token(
                unit.participant,
                unit.start,
                unit.end,
                unit.text,
                unit.probability("minimal_response") * unit.confidence,
                unit.evidence,
            )
            for unit in floor.responses
        ]
        for token in said + [sound for at, sound in sounds if at is floor]:
            nods = [
                row
                for row in scene.rows("nod", token.participant)
                if row.start <= token.end + near and row.end >= token.start - near and row.id not in used
            ]
            used |= {row.id for row in nods}
            yield _response(scene, floor, token, nods)
        for row in nods_during(scene, floor):
            if row.id not in used:
                yield _listening_nod(floor, row)


def _wordless(scene: Scene) -> Iterator[tuple[Floor, _Token]]:
    """Short sounds of a listener's voice without words, with the floor that they fall into."""
    for row in scene.rows("turn"):
        if row.label != "no_words" or row.end - row.start > TOKEN:
            continue
        floor = scene.floor_at(row.start, row.participant)
        laughing = any(
            laugh.start < row.end and laugh.end > row.start
            for laugh in scene.rows("laughter", row.participant)
        )
        if floor is not None and not laughing:
            yield floor, _Token(row.participant, row.start, row.end, "", WORDLESS, (row.id,))


def _response(scene: Scene, floor: Floor, token: _Token, nods: list[Any]) -> Action:
    nodded = max((row.confidence for row in nods), default=0.0)
    smiling = [
        row
        for tier in ("smile_voice", "smile")
        for row in scene.rows(tier, token.participant)
        if row.start < token.end and row.end > token.start
    ]
    shown = (*(row.id for row in nods), *(row.id for row in smiling))
    return Action(
        "minimal_response",
        token.participant,
        floor.participant,
        min([token.start, *(row.start for row in nods)]),
        max([token.end, *(row.end for row in nods)]),
        1 - (1 - token.confidence) * (1 - nodded),
        (*token.evidence, *shown, *_turn_at(floor, token.start)),
        "responsive",
        token.text,
        {"by": "voice and nod" if nods else "voice", "smiling": bool(smiling)},
    )


def _listening_nod(floor: Floor, row: Any) -> Action:
    return Action(
        "minimal_response",
        row.participant,
        floor.participant,
        row.start,
        row.end,
        row.confidence,
        (row.id, *_turn_at(floor, row.start)),
        "responsive",
        "",
        {"by": "nod", "smiling": False},
    )


def _turn_at(floor: Floor, time: float) -> tuple[str, ...]:
    """The turn of a floor that somebody responds to."""
    before = [unit for unit in floor.units if unit.start <= time] or floor.units[:1]
    return (before[-1].turn,)


def nods_during(scene: Scene, floor: Floor) -> list[Any]:
    """Nods of others that begin while a floor goes on and its speaker is the one who talks."""
    talking = {unit.participant for unit in scene.units_between(floor.start, floor.end)}
    return [
        row
        for row in scene.rows("nod")
        if row.participant not in ("", floor.participant)
        and floor.start <= row.start < floor.end
        and not (row.participant in talking and _speaks(scene, row))
    ]


def _speaks(scene: Scene, row: Any) -> bool:
    """Whether somebody says more than a minimal response for most of a movement."""
    said = sum(
        max(0.0, min(unit.end, row.end) - max(unit.start, row.start))
        for floor in scene.floors
        if floor.participant == row.participant and floor.start < row.end and floor.end > row.start
        for unit in floor.units
    )
    return said > 0.5 * (row.end - row.start)


def find_nods(scene: Scene, found: list[Action]) -> Iterator[Action]:
    """Nods in answer to what the other has just said, where they are not counted as listening."""
    counted = {name for action in found if action.code == "minimal_response" for name in action.evidence}
    within = scene.code("nod").limit("within")
    for row in scene.rows("nod"):
        before = scene.floor_before(row.start, row.participant)
        if row.id not in counted and before is not None and row.start - before.end <= within:
            yield _movement("nod", row, before)


def find_head_shakes(scene: Scene) -> Iterator[Action]:
    """Head shakes while the other talks."""
    for row in scene.rows("head_shake"):
        floor = scene.floor_at(row.start, row.participant)
        if floor is not None and row.participant and not _speaks(scene, row):
            yield _movement("head_shake", row, floor)


def _movement(code: str, row: Any, floor: Floor) -> Action:
    of = {"of": quote(floor.units[-1:])}
    evidence = (row.id, *_turn_at(floor, row.start))
    to = floor.participant
    return Action(
        code, row.participant, to, row.start, row.end, row.confidence, evidence, "responsive", "", of
    )


def find_eye_contact(scene: Scene) -> Iterator[Action]:
    """Floors during most of which somebody else looks at the speaker, as far as looks are known."""
    code = scene.code("eye_contact")
    for floor in scene.floors:
        length = floor.end - floor.start
        if length < code.limit("seconds"):
            continue
        for who in scene.people:
            if who == floor.participant:
                continue
            looks = [r for r in scene.rows("gaze", who) if r.start < floor.end and r.end > floor.start]
            seconds = {r.id: min(r.end, floor.end) - max(r.start, floor.start) for r in looks}
            known = [r for r in looks if r.label != "unknown"]
            towards = [r for r in known if r.label in LOOKS]
            seen, met = (sum(seconds[r.id] for r in rows) for rows in (known, towards))
            if seen < SEEN * length or not met or met < code.limit("share") * seen:
                continue
            trust = sum(seconds[r.id] * r.confidence for r in towards) / met
            yield Action(
                "eye_contact",
                who,
                floor.participant,
                floor.start,
                floor.end,
                trust,
                (*floor.turns, *(r.id for r in towards)),
                "responsive",
                "",
                {"share": round(met / seen, 3), "seconds": round(met, 2)},
            )


def find_smiles(scene: Scene) -> Iterator[Action]:
    """Smiles that answer nobody's, or all of them where a lab does not code answers."""
    for row in scene.rows("smile"):
        if not (scene.has("smile_reciprocity") and _invited(scene, row)):
            yield _seen("smile", row, _addressed(scene, row), "initiated", (), {})


def find_smiles_in_answer(scene: Scene) -> Iterator[Action]:
    """Smiles that answer another's: they begin while it goes on or within seconds of its onset."""
    for row in scene.rows("smile"):
        if invited := _invited(scene, row):
            first = invited[-1]
            late = {"after_seconds": round(row.start - first.start, 2)}
            yield _seen("smile_reciprocity", row, first.participant, "responsive", (first.id,), late)


def _invited(scene: Scene, row: Any) -> list[Any]:
    """Smiles of others that a smile answers."""
    within = scene.code("smile_reciprocity").limit("within")
    return [
        other
        for other in scene.rows("smile")
        if other.participant != row.participant
        and other.start < row.start <= max(other.end, other.start + within)
    ]


def find_laughter(scene: Scene) -> Iterator[Action]:
    """Laughter that joins nobody's, or all of it where a lab does not code joining."""
    answers = scene.rows("reciprocal_laughter") if scene.has("reciprocal_laughter") else []
    joined = {(row.participant, name) for row in answers for name in row.evidence.split()}
    for row in scene.rows("laughter"):
        if row.participant and (row.participant, row.id) not in joined:
            to, why = _addressed(scene, row), {"in_speech": row.label == "in_speech"}
            yield _seen("laughter", row, to, "initiated", (), why)


def find_laughter_in_answer(scene: Scene) -> Iterator[Action]:
    """Laughter that joins another's."""
    for row in scene.rows("reciprocal_laughter"):
        late = {"after_seconds": round(row.value, 2), "how": row.label}
        evidence = tuple(row.evidence.split())
        yield _seen("reciprocal_laughter", row, row.text, "responsive", evidence, late)


def _addressed(scene: Scene, row: Any) -> str:
    """To whom somebody smiles or laughs: the only other one, else whoever talks, or has talked last."""
    if only := only_other(scene, row.participant):
        return only
    floor = scene.floor_at(row.start, row.participant) or scene.floor_before(row.start, row.participant)
    return floor.participant if floor else ""


def _seen(
    code: str, row: Any, to: str, initiative: Initiative, evidence: tuple[str, ...], why: dict[str, Any]
) -> Action:
    trust = 0.5 if row.confidence != row.confidence else row.confidence
    return Action(
        code, row.participant, to, row.start, row.end, trust, (row.id, *evidence), initiative, "", why
    )
