"""Actions that words tell: small talk, compliments, humour, problems and feelings that are addressed."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.rapport.actions import Action, answering, before_unit, of_units, partner, quote, taken_up
from pipeline.rapport.scene import Scene, Unit

SOON = 3.0
"""Seconds after the other's floor within which talk answers it."""
CUE = 0.6
"""Confidence of an action that is told by its wording alone."""


def find_small_talk(scene: Scene) -> Iterator[Action]:
    """Episodes of small talk: one action for whoever opens it, and one for everybody who takes it up."""
    code = scene.code("small_talk")
    chatting = [unit for unit in scene.units if unit.probability("small_talk") >= code.limit("probability")]
    for episode in _episodes(chatting, code.limit("episode")):
        opener = episode[0].participant
        names = list(dict.fromkeys(unit.participant for unit in episode))
        heard_by = names[1] if len(names) > 1 else partner(scene, episode[0])
        for who in names:
            own = [unit for unit in episode if unit.participant == who]
            likely = max(unit.probability("small_talk") for unit in own)
            yield of_units(
                scene,
                "small_talk",
                own,
                confidence=likely,
                initiative="initiated" if who == opener else "responsive",
                to=heard_by if who == opener else opener,
                evidence=() if who == opener else (episode[0].turn,),
                opened_by=opener,
                taken_up=len(names) > 1,
                seconds=round(sum(unit.end - unit.start for unit in own), 2),
            )


def _episodes(units: list[Unit], gap: float) -> Iterator[list[Unit]]:
    """Units with at most `gap` seconds between them."""
    group: list[Unit] = []
    for unit in units:
        if group and unit.start - max(u.end for u in group) > gap:
            yield group
            group = []
        group.append(unit)
    if group:
        yield group


def find_compliments(scene: Scene) -> Iterator[Action]:
    """Praise of the other."""
    code = scene.code("compliment")
    for unit in scene.units:
        if (likely := unit.probability("compliment")) >= code.limit("probability"):
            of = answering(_just_said(scene, unit) or taken_up(scene, unit))
            yield of_units(scene, "compliment", [unit], confidence=likely, **of)


def _just_said(scene: Scene, unit: Unit) -> tuple[Unit, ...]:
    """What the other has just said, if a unit comes right after it and does not begin something else."""
    before = before_unit(scene, unit)
    soon = before is not None and unit.start - before.end <= SOON and not unit.cue.get("new_topic")
    return tuple(before.units[-2:]) if before is not None and soon else ()


def find_humour(scene: Scene) -> Iterator[Action]:
    """What makes the other laugh or, where the words are funny by themselves, smile."""
    code = scene.code("humour")
    reactions = [(row, "laughter") for row in scene.rows("laughter")]
    reactions += [(row, "smile") for row in scene.rows("smile")]
    for i, unit in enumerate(scene.units):
        funny = unit.probability("humour")
        later = scene.units[i + 1].start if i + 1 < len(scene.units) else float("inf")
        until = min(unit.end + code.limit("within"), max(later, unit.end))
        answered = [
            (row, kind)
            for row, kind in reactions
            if row.participant != unit.participant and (unit.start + unit.end) / 2 <= row.start <= until
        ]
        laughed = [row for row, kind in answered if kind == "laughter" and row.participant]
        if unit.size < 3 or not (laughed or (answered and funny >= code.limit("probability"))):
            continue
        rows = laughed or [row for row, _ in answered]
        of = answering(taken_up(scene, unit))
        before = before_unit(scene, unit)
        if before is not None and before.participant != rows[0].participant:
            of.pop("of", None)  # somebody else's words than those of whom it is told to
        yield of_units(
            scene,
            "humour",
            [unit],
            confidence=max(funny, CUE * max(row.confidence for row in rows)),
            to=rows[0].participant,
            answered_by="laughter" if laughed else "smile",
            **{**of, "evidence": (*of.get("evidence", ()), *(row.id for row in rows))},
        )


def find_problems_preempted(scene: Scene) -> Iterator[Action]:
    """Likely problems that are named and defused in advance."""
    for unit in scene.units:
        if unit.cue.get("preempts_problem"):
            of = answering(taken_up(scene, unit))
            yield of_units(scene, "problem_preempted", [unit], confidence=CUE, **of)


def find_turned_tides(scene: Scene) -> Iterator[Action]:
    """Negative feelings of the other that are noticed and addressed."""
    for unit in scene.units:
        if unit.cue.get("addresses_feeling"):
            before = before_unit(scene, unit)
            of = answering(before.units[-2:] if before else ())
            yield of_units(
                scene, "turning_the_tide", [unit], confidence=CUE, **{**of, "initiative": "responsive"}
            )


def find_informality(scene: Scene) -> Iterator[Action]:
    """Dialect or colloquial forms of a kind that the other used shortly before, once for each kind."""
    code = scene.code("informality")
    used: dict[str, Unit] = {}
    done: set[tuple[str, str]] = set()
    for unit in scene.units:
        for kind in sorted(unit.cue.get("informal", ())):
            before = used.get(kind)
            used[kind] = unit
            if before is None or before.participant == unit.participant or (unit.participant, kind) in done:
                continue
            if unit.start - before.end <= code.limit("within"):
                done.add((unit.participant, kind))
                yield of_units(
                    scene,
                    "informality",
                    [unit],
                    confidence=CUE,
                    initiative="responsive",
                    to=before.participant,
                    evidence=before.evidence,
                    form=kind,
                    of=quote([before]),
                )
