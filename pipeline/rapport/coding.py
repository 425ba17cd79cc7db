"""From a timeline to its rapport actions: the scene is set, and every finder looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline.rapport import against, listening, own_codes, responding, talking
from pipeline.rapport.actions import TIER, Action, action_rows
from pipeline.rapport.codebook import Codebook
from pipeline.rapport.language import CODES, Language, cues, load_language
from pipeline.rapport.scene import Scene, Unit, find_floors, split_units

if TYPE_CHECKING:
    import pandas as pd

CODED = "en"
"""The language that the trained coder knows."""


TALK: Mapping[str, Callable[[Scene], Iterable[Action]]] = {
    "formulation": responding.find_formulations,
    "second_story": responding.find_second_stories,
    "agreement_sequence": responding.find_agreement_sequences,
    "affiliation": responding.find_affiliations,
    "open_question": responding.find_questions,
    "small_talk": talking.find_small_talk,
    "compliment": talking.find_compliments,
    "humour": talking.find_humour,
    "problem_preempted": talking.find_problems_preempted,
    "turning_the_tide": talking.find_turned_tides,
    "informality": talking.find_informality,
    "monologue": against.find_monologues,
}
"""Finders that need to know what words tell, by the code that they find."""
BODY: Mapping[str, Callable[[Scene], Iterable[Action]]] = {
    "minimal_response": listening.find_minimal_responses,
    "eye_contact": listening.find_eye_contact,
    "smile": listening.find_smiles,
    "smile_reciprocity": listening.find_smiles_in_answer,
    "laughter": listening.find_laughter,
    "reciprocal_laughter": listening.find_laughter_in_answer,
    "head_shake": listening.find_head_shakes,
}
"""Finders that do not."""
SEQUENCE: Mapping[str, Callable[[Scene, list[Action]], Iterable[Action]]] = {
    "alignment": responding.find_alignments,
    "early_pitch": against.find_early_pitch,
    "topic_shift": against.find_topic_shifts,
    "plain_agreement": against.find_plain_agreement,
    "missed_opportunity": against.find_missed_opportunities,
}
"""Finders that need to know what words tell and what was found before, in this order."""


@dataclass(frozen=True)
class Coded:
    """What was found in a timeline.

    Attributes
    ----------
    rows : list of dict
        Rows of the tier ``action``.
    warnings : tuple of str
        What could not be coded, and why.
    """

    rows: list[dict[str, Any]]
    warnings: tuple[str, ...]


def code_actions(table: pd.DataFrame, roles: Mapping[str, str], language: str, codebook: Codebook) -> Coded:
    """Find the rapport actions of a meeting.

    Parameters
    ----------
    table : DataFrame
        Its timeline; rows of the tier ``action`` are left aside.
    roles : mapping of str to str
        Role of each participant; who is missing has none.
    language : str
        ISO 639-1 code of what is spoken; empty where nobody knows.
    codebook : Codebook
        What is looked for.

    Returns
    -------
    Coded
        Rows whose evidence are rows of the timeline.
    """
    scene, warnings = set_scene(table, roles, language, codebook)
    finders = {**TALK, **BODY} if scene.told else BODY
    found = [action for code, find in finders.items() if scene.has(code) for action in find(scene)]
    found = [action for action in found if not _counted_as_agreement(action, found)]
    if scene.has("nod"):
        found += list(listening.find_nods(scene, found))
    if scene.told:
        for code, follow in SEQUENCE.items():
            if scene.has(code):
                found += list(follow(scene, found))
        found += list(own_codes.find_own_codes(scene, found))
    return Coded(action_rows(found, codebook.source), warnings)


def _counted_as_agreement(action: Action, found: Sequence[Action]) -> bool:
    """Whether a minimal response closes an agreement: as such it is more, and it is counted once."""
    return action.code == "minimal_response" and any(
        other.code == "agreement_sequence"
        and other.participant == action.participant
        and action.start <= other.start < action.end
        for other in found
    )


def set_scene(
    table: pd.DataFrame, roles: Mapping[str, str], language: str, codebook: Codebook
) -> tuple[Scene, tuple[str, ...]]:
    """The scene of a timeline, and what could not be told of its words."""
    seen = table[(table["tier"] != TIER) & (table["status"] != "rejected")].copy()
    seen.loc[seen["status"] != "auto", "confidence"] = 1.0  # a person has seen to it
    units = split_units(seen)
    known = load_language(language) if language else None
    warnings: tuple[str, ...] = ()
    if units and known is None:
        name = f"'{language}'" if language else "the language spoken, which is not known,"
        warnings = (
            f"There is no lexicon for {name}: what only words tell is not coded. Give `language` in "
            "meeting.yaml if it is another, or add a file to pipeline/rapport/languages.",
        )
    elif units:
        units = said(units, known)
    if not units:
        warnings = ("Nobody says anything that was recognised, so that no talk is coded.",)
    code = codebook.codes.get("minimal_response")
    floors = find_floors(units, probability=code.limit("probability") if code else 0.5)
    told = known is not None and bool(units)
    signs = frozenset(sign for sign, tests in known.signs.items() if tests) if known else frozenset()
    return Scene(seen, dict(roles), tuple(units), tuple(floors), codebook, told, signs), warnings


def said(units: Sequence[Unit], language: Language | None) -> list[Unit]:
    """Units with what their words tell, by a lexicon and by the trained coder if it knows the language."""
    import pandas as pd

    if language is None:
        return list(units)
    plain = pd.DataFrame(
        {
            "participant": [unit.participant for unit in units],
            "start": [unit.start for unit in units],
            "end": [unit.end for unit in units],
            "text": [unit.text for unit in units],
        }
    )
    hints = cues(plain, language)
    judged = pd.DataFrame(index=plain.index)
    if language.code == CODED:
        from pipeline.rapport.talk.coder import code_talk

        judged = code_talk(plain)
    codes = [name for name in hints.columns if name in CODES]
    others = [name for name in hints.columns if name not in CODES]
    lexicon, signs = hints[codes].to_dict("records"), hints[others].to_dict("records")
    trained = judged.to_dict("records") if len(judged.columns) else [{}] * len(units)
    return [
        replace(
            unit,
            said=_surest(exact, rough),
            cue={str(k): v for k, v in sign.items()},
        )
        for unit, rough, exact, sign in zip(units, lexicon, trained, signs, strict=True)
    ]


def _surest(learnt: Mapping[Any, float], lexicon: Mapping[Any, float]) -> dict[str, float]:
    """The higher of what the trained coder and the lexicon say of each code.

    The coder learnt from conversations of other kinds than sales meetings and misses plain wordings; a
    lexicon's hits are few and mostly right (`docs/model_cards/talk.md` has the figures).
    """
    found = {str(k): float(v) for k, v in learnt.items() if v == v}
    for name, value in lexicon.items():
        if value == value and not (name in found and name in LEARNT_ALONE):
            found[str(name)] = max(found.get(str(name), 0.0), float(value))
    return found


LEARNT_ALONE = frozenset({"self_disclosure"})
"""Codes of which the lexicon is worse than the trained coder even where it is sure."""
