"""Actions that only sequence can show: what one says in answer to what the other has just said."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.rapport.actions import Action, answering, ending, of_units, quote, taken_up
from pipeline.rapport.scene import Floor, Scene, Unit

SURE = 0.5
"""Probability from which words by themselves are taken for a code that another code asks about."""
QUESTIONS = ("open_question", "polar_question", "closed_question")
PARTICULAR = ("formulation", "second_story", "affiliation", "agreement_sequence")
"""Codes that say more of a turn than that it goes on with what the other began."""
CONFIRMS_WITHIN = 10.0
"""Seconds after which nothing confirms what was said any more."""
LISTENED = 2
"""Minimal responses by which a listener takes long talk for a story."""
OWN = frozenset({"past", "first_person"})
"""Signs that tell experience of one's own."""
OPENING = 3
"""Units at the beginning of an answer in which its subject shows."""


def find_formulations(scene: Scene) -> Iterator[Action]:
    """Gists and upshots of the other's talk, surer if the next turn confirms (Heritage & Watson 1979)."""
    code = scene.code("formulation")
    for k, floor in enumerate(scene.floors):
        before = scene.floors[k - 1] if k else None
        if before is None or before.participant == floor.participant:
            continue
        for i, unit in enumerate(floor.units):
            likely = unit.probability("formulation")
            if likely < code.limit("probability") or unit.start - before.end > code.limit("within"):
                continue
            answer = confirmation(scene, k, unit)
            said = [unit, *(one for one in floor.units[i + 1 : i + 2] if _completes(unit, one))]
            yield of_units(
                scene,
                "formulation",
                said,
                confidence=likely * (1.0 if answer else code.limit("unconfirmed")),
                initiative="responsive",
                to=before.participant,
                evidence=(*before.turns, *(one.turn for one in answer)),
                of=ending(before.units),
                shared=sorted(before.content & unit.content),
                confirmed=quote(answer),
            )


def _completes(unit: Unit, after: Unit) -> bool:
    """Whether a unit goes on with what the one before it in the same turn says back."""
    asks = max(after.probability(name) for name in QUESTIONS) >= SURE
    return after.turn == unit.turn and not asks and after.probability("proposal") < SURE


def confirmation(scene: Scene, k: int, unit: Unit) -> tuple[Unit, ...]:
    """How another confirms what a unit of floor `k` proposes: by saying yes, or with its own words."""
    candidates = [*scene.floors[k].responses]
    if k + 1 < len(scene.floors):
        candidates += scene.floors[k + 1].units[:2]
    for i, answer in enumerate(candidates):
        late = answer.start - unit.end > CONFIRMS_WITHIN
        if answer.start < unit.start or late or answer.cue.get("declines"):
            continue
        agrees = max(answer.probability("agreement"), answer.probability("minimal_response")) >= SURE
        if agrees or answer.cue.get("confirms") or answer.content & unit.content:
            return tuple(one for one in candidates[i : i + 2] if one.turn == answer.turn)
    return ()


def is_story(scene: Scene, floor: Floor, words: float, clauses: float) -> bool:
    """Whether a floor tells what the speaker lived through.

    That takes the past tense and the first person, so that no explanation counts as a story, however long.
    Where the language's lexicon tells neither, extended talk is all that can be asked for.
    """
    if _asks_or_proposes(floor):
        return False
    if scene.signs >= OWN:
        return own_experience(floor) and floor.size >= words / 2.5
    return floor.size >= words and floor.clauses >= clauses


def is_telling(scene: Scene, floor: Floor, words: float, clauses: float) -> bool:
    """Whether a floor is a story, or long talk that the other takes for one by listening on and on.

    Stories of how things are elsewhere, as in the founding paper's second example, are told in the present
    and of others; that the listener only says "mm" to them again and again tells them (Stivers 2008).
    """
    if is_story(scene, floor, words, clauses):
        return True
    extended = floor.size >= words and floor.clauses >= clauses and len(floor.responses) >= LISTENED
    return extended and not _asks_or_proposes(floor)


def _asks_or_proposes(floor: Floor) -> bool:
    asks = max(floor.units[-1].probability(name) for name in QUESTIONS) >= SURE
    return asks or (floor.most("proposal") >= SURE and not floor.any("past"))


def own_experience(floor: Floor) -> bool:
    """Whether something is told in the past tense and in the first person at once."""
    return any(unit.cue.get("past") and unit.cue.get("first_person") for unit in floor.units)


def find_second_stories(scene: Scene) -> Iterator[Action]:
    """Stories told in answer to a story, about something similar and with the same stance (Sacks 1992)."""
    code = scene.code("second_story")
    for first, second in scene.exchanges:
        told = is_telling(scene, first, code.limit("story_words"), code.limit("story_clauses"))
        tells = is_telling(scene, second, code.limit("answer_words"), code.limit("answer_clauses"))
        enough = second.size >= code.limit("answer_words")
        if not (told and tells and enough) or second.start - first.end > code.limit("within"):
            continue
        shared = first.content & second.content
        own = own_experience(second)
        if (len(shared) < code.limit("shared") and not own) or stance(first) * stance(second) < 0:
            continue
        yield of_units(
            scene,
            "second_story",
            second.units,
            confidence=min(0.9, 0.5 + 0.1 * len(shared) + 0.1 * own),
            initiative="responsive",
            to=first.participant,
            evidence=first.turns,
            of=ending(first.units),
            shared=sorted(shared),
            own_experience=own,
        )


def stance(floor: Floor) -> int:
    """Whether a floor evaluates well (1), badly (-1) or neither."""
    total = sum(int(unit.cue.get("polarity", 0)) for unit in floor.units)
    return (total > 0) - (total < 0)


def find_agreement_sequences(scene: Scene) -> Iterator[Action]:
    """Assessments that the other agrees with, and agreement in third position (Pomerantz 1984).

    Both agreements are actions: of the one who answers, and of the first speaker who closes the sequence.
    """
    code = scene.code("agreement_sequence")
    within = code.limit("within")
    for first, second, third in _triples(scene, within):
        if not assesses(first, code.limit("probability")):
            continue
        upgraded = _repeats(second) or second.probability("assessment") >= SURE
        if not agrees(first, second) or not (agrees(second, third) or third.size <= 2 * OPENING):
            continue
        if third.cue.get("new_topic") or third.probability("proposal") >= SURE:
            continue
        if third.cue.get("declines") or max(third.probability(q) for q in QUESTIONS) >= SURE:
            continue
        overlapped = any(
            unit.participant == second.participant and unit.end > third.start
            for unit in scene.units_between(second.start, third.end)
        )
        trust = max(first.probability("assessment"), 0.5) * (0.9 if agrees(second, third) else 0.6)
        for unit, other, part in ((second, first, "agrees"), (third, second, "closes")):
            yield of_units(
                scene,
                "agreement_sequence",
                [unit],
                confidence=trust,
                initiative="responsive",
                to=other.participant,
                evidence=tuple(dict.fromkeys((first.turn, second.turn, third.turn))),
                part=part,
                of=quote([first]),
                agreement=quote([second]),
                third=quote([third]),
                upgraded=upgraded,
                overlapped=overlapped,
            )


def _triples(scene: Scene, within: float) -> Iterator[tuple[Unit, Unit, Unit]]:
    """Units of one speaker, the other, and the first again, each soon after the one before."""
    units = scene.units
    listening = {unit.number for floor in scene.floors for unit in floor.responses}
    for i, first in enumerate(units[:-2]):
        second = units[i + 1]
        if second.number in listening:  # the floor goes on: nobody has agreed with anything yet
            continue
        if second.participant == first.participant or second.start - first.end > within:
            continue
        for third in units[i + 2 : i + 5]:
            if third.participant == first.participant:
                if third.start - second.end <= within:
                    yield first, second, third
                break
            if third.participant == second.participant and third.start - second.end <= within:
                continue
            break


def assesses(unit: Unit, probability: float = SURE) -> bool:
    """Whether a unit evaluates something."""
    return unit.probability("assessment") >= probability or (
        unit.cue.get("polarity", 0) != 0 and unit.size <= 12
    )


def agrees(first: Unit, second: Unit) -> bool:
    """Whether a unit agrees with the one before: it says so, or evaluates in the same way or words."""
    if second.cue.get("declines") or second.probability("disagreement") >= SURE:
        return False
    if second.probability("agreement") >= SURE or second.cue.get("confirms"):
        return True
    same = first.cue.get("polarity", 0) * second.cue.get("polarity", 0) > 0
    return (same and assesses(second)) or (second.size <= 8 and bool(first.content & second.content))


def _repeats(unit: Unit) -> bool:
    """Whether words come back within a unit, as in "big, big difference"."""
    words = [word.strip(".,!?[]").lower() for word in unit.text.split()]
    return any(words.count(word) > 1 for word in words if len(word) > 2)


def find_affiliations(scene: Scene) -> Iterator[Action]:
    """Support for the other's stance: an invitation to agree, empathy, or an assessment like theirs."""
    code = scene.code("affiliation")
    for k, floor in enumerate(scene.floors):
        before = scene.floors[k - 1] if k else None
        if before is None or before.participant == floor.participant:
            continue
        for unit in floor.units[: 2 * OPENING]:
            if unit.start - before.end > code.limit("within"):
                break
            trust, how = _affiliates(unit, before, code.limit("probability"))
            if not how:
                continue
            answer = confirmation(scene, k, unit) if how == "negative polar question" else ()
            yield of_units(
                scene,
                "affiliation",
                [unit],
                confidence=min(0.9, trust * 1.5) if answer else trust,
                initiative="responsive",
                to=before.participant,
                evidence=(*before.turns, *(one.turn for one in answer)),
                how=how,
                of=quote(before.units[-2:]),
                confirmed=quote(answer),
            )


def _affiliates(unit: Unit, before: Floor, probability: float) -> tuple[float, str]:
    """How sure it is that a unit supports the stance of the floor before, and by what; nothing if not."""
    if unit.cue.get("negative_polar"):
        return 0.5, "negative polar question"
    if (empathy := unit.probability("empathy")) >= probability:
        return empathy, "empathy"
    direction = unit.cue.get("polarity", 0)
    last = before.units[-2:]
    likely = unit.probability("assessment")
    evaluated = any(assesses(one) and one.cue.get("polarity", 0) == direction for one in last)
    if likely >= probability and direction and evaluated:
        return likely, "second assessment"
    if unit.probability("agreement") >= probability and unit.size > 3 and (unit.content or direction):
        return 0.8 * unit.probability("agreement"), "agreement that adds something"
    return 0.0, ""


def find_alignments(scene: Scene, found: list[Action]) -> Iterator[Action]:
    """Turns that go on with what the other began, where nothing more particular was found in them."""
    code = scene.code("alignment")
    taken = {(a.participant, name) for a in found if a.code in PARTICULAR for name in a.evidence}
    for before, floor in scene.exchanges:
        done = (floor.participant, floor.units[0].turn) in taken
        if done or floor.start - before.end > code.limit("within"):
            continue
        opening = floor.units[:OPENING]
        shared = before.content & frozenset().union(*(unit.content for unit in opening))
        answers = answers_question(before, floor)
        asks = max(unit.probability(name) for unit in opening for name in QUESTIONS) >= SURE
        if not (len(shared) >= code.limit("shared") or answers or (asks and shared)):
            continue
        yield of_units(
            scene,
            "alignment",
            opening,
            confidence=0.7 if answers else min(0.9, 0.5 + 0.1 * len(shared)),
            initiative="responsive",
            to=before.participant,
            evidence=before.turns,
            of=quote(before.units[-2:]),
            shared=sorted(shared),
            how="answers" if answers else "asks on" if asks else "goes on",
        )


def answers_question(before: Floor, floor: Floor) -> bool:
    """Whether a floor answers the question that the one before ends with."""
    asked = max(before.units[-1].probability(name) for name in QUESTIONS) >= SURE
    back = max(floor.units[0].probability(name) for name in QUESTIONS) >= SURE
    return asked and not back and not floor.units[0].cue.get("new_topic")


def find_questions(scene: Scene) -> Iterator[Action]:
    """Open questions; responsive where they take up words of what the other said last."""
    code = scene.code("open_question")
    for unit in scene.units:
        if (likely := unit.probability("open_question")) >= code.limit("probability"):
            of = answering(taken_up(scene, unit, code.limit("shared")))
            yield of_units(scene, "open_question", [unit], confidence=likely, **of)
