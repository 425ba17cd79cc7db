"""Actions that words tell: small talk, compliments, humour, problems and feelings that are addressed."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.rapport.actions import Action, Initiative, before_unit, of_units, partner, quote, takes_up
from pipeline.rapport.scene import Scene, Unit

SOON = 3.0
"""Seconds after the other's floor within which talk answers it."""
CUE = 0.6
"""Confidence of an action that is told by its wording alone."""


def find_small_talk(scene: Scene) -> Iterator[Action]:
    """Episodes of small talk: one action for whoever opens it, and one for everybody who takes it up."""
    code = scene.code("small_talk")
    if code is None:
        return
    chatting = [unit for unit in scene.units if unit.probability("small_talk") >= code.limit("probability")]
    for episode in _episodes(chatting, code.limit("episode")):
        opener = episode[0].participant
        names = list(dict.fromkeys(unit.participant for unit in episode))
        for who in names:
            own = [unit for unit in episode if unit.participant == who]
            likely = max(unit.probability("small_talk") for unit in own)
            yield of_units(
                scene,
                "small_talk",
                own,
                confidence=likely,
                initiative="initiated" if who == opener else "responsive",
                to=partner(scene, own[0]) if who == opener else opener,
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
    if code is None:
        return
    for unit in scene.units:
        if (likely := unit.probability("compliment")) >= code.limit("probability"):
            yield of_units(scene, "compliment", [unit], confidence=likely, initiative=_answering(scene, unit))


def _answering(scene: Scene, unit: Unit) -> Initiative:
    """Whether a unit comes right after the other's talk, or takes up its words."""
    before = before_unit(scene, unit)
    soon = before is not None and unit.start - before.end <= SOON and not unit.cue.get("new_topic")
    return "responsive" if soon else takes_up(scene, unit)


def find_humour(scene: Scene) -> Iterator[Action]:
    """What makes the other laugh or, where the words are funny by themselves, smile."""
    code = scene.code("humour")
    if code is None:
        return
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
        yield of_units(
            scene,
            "humour",
            [unit],
            confidence=max(funny, CUE * max(row.confidence for row in rows)),
            initiative=takes_up(scene, unit),
            to=rows[0].participant,
            evidence=tuple(row.id for row in rows),
            answered_by="laughter" if laughed else "smile",
        )


def find_problems_preempted(scene: Scene) -> Iterator[Action]:
    """Likely problems that are named and defused in advance."""
    if scene.code("problem_preempted") is None:
        return
    for unit in scene.units:
        if unit.cue.get("preempts_problem"):
            yield of_units(
                scene, "problem_preempted", [unit], confidence=CUE, initiative=takes_up(scene, unit)
            )


def find_turned_tides(scene: Scene) -> Iterator[Action]:
    """Negative feelings of the other that are noticed and addressed."""
    if scene.code("turning_the_tide") is None:
        return
    for unit in scene.units:
        if unit.cue.get("addresses_feeling"):
            before = before_unit(scene, unit)
            of = {"of": quote(before.units[-2:])} if before else {}
            yield of_units(scene, "turning_the_tide", [unit], confidence=CUE, initiative="responsive", **of)


def find_informality(scene: Scene) -> Iterator[Action]:
    """Dialect or colloquial forms of a kind that the other used shortly before, once for each kind."""
    code = scene.code("informality")
    if code is None:
        return
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
