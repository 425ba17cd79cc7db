"""Why an action was coded, in words: one sentence for a debriefing, one paragraph for whoever checks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingsError
from pipeline.rapport.codebook import Codebook

if TYPE_CHECKING:
    import pandas as pd

CHOICES = ("part", "answered_by", "initiative")
"""Details by which a codebook may say an action in different ways."""
MOST_WORDS = 6
"""Shared words that are named."""
SURENESS = ((0.8, "fairly sure"), (0.6, "likely"), (0.4, "uncertain"), (0.0, "doubtful"))
EVENTS = {
    "nod": "a nod",
    "head_shake": "a head shake",
    "smile": "a smile",
    "smile_voice": "smile voice",
    "gaze": "a look",
    "laughter": "laughter",
    "reciprocal_laughter": "laughter that answers",
}


def tell(row: Any, codebook: Codebook, names: Mapping[str, str]) -> str:
    """An action in one sentence, with what was said.

    Parameters
    ----------
    row : named tuple
        Of the table that `pipeline.rapport.score.read_actions` gives.
    codebook : Codebook
    names : mapping of str to str
        What the participants are called.
    """
    sentence = say(row, codebook, names)
    if row.label == "missed_opportunity":
        then = f"; what comes next is {quoted(row.why['then'])}" if row.why.get("then") else ""
        offered = f": {quoted(row.text)}" if row.text else ""
        return f"{sentence}{offered}{then}."
    return f"{sentence}: {quoted(row.text)}." if row.text else f"{sentence}."


def say(row: Any, codebook: Codebook, names: Mapping[str, str]) -> str:
    """The codebook's sentence for an action, without its end."""
    code = codebook.codes.get(row.label)
    template = code.say if code else "{who}: {code}"
    if isinstance(template, dict):
        ways = [str(row.why.get(choice, "")) for choice in CHOICES] + [row.initiative]
        template = next((template[way] for way in ways if way in template), next(iter(template.values())))
    known = {
        "who": names.get(row.participant, row.participant) or "somebody",
        "to": names.get(row.to, row.to) or "the other",
        "code": row.label.replace("_", " "),
        **{k: f"{v:.0f}" if isinstance(v, float) else v for k, v in row.why.items() if k != "to"},
    }
    return template.format_map(_Blank(known))


class _Blank(dict[str, Any]):
    """Names that nothing is known of are left blank."""

    def __missing__(self, key: str) -> str:
        return "…"


def explain(table: pd.DataFrame, action: str, codebook: Codebook, names: Mapping[str, str]) -> str:
    """Why an action was coded: one paragraph.

    Parameters
    ----------
    table : DataFrame
        The timeline.
    action : str
        Id of a row of the tier ``action``.
    codebook : Codebook
    names : mapping of str to str
        What the participants are called.

    Raises
    ------
    SettingsError
        Where there is no such action.
    """
    from pipeline.rapport.score import read_actions

    rows = read_actions(table, codebook.renamed)
    found = rows[rows["id"] == action]
    if found.empty:
        some = ", ".join(rows["id"].head(3)) or "none: code the meeting first"
        raise SettingsError(f"There is no action '{action}' in this meeting; its actions are called {some}.")
    row = next(found.itertuples(index=False))
    return " ".join(_sentences(row, table, codebook, names))


def _sentences(row: Any, table: pd.DataFrame, codebook: Codebook, names: Mapping[str, str]) -> Iterator[str]:
    to = names.get(row.to, row.to) or "The other"
    yield f"{row.id}, {clock(row.start)} to {clock(row.end)}: {tell(row, codebook, names)}"
    if row.why.get("of") and row.label not in ("missed_opportunity", "agreement_sequence"):
        yield f"Before that, {to or 'the other'} said {quoted(row.why['of'])}."
    if shared := row.why.get("shared"):
        yield f"It takes up the words {', '.join(shared[:MOST_WORDS])}."
    if row.why.get("own_experience"):
        yield "It tells of past experience of the speaker's own."
    if row.why.get("confirmed"):
        yield f"{to} confirms it: {quoted(row.why['confirmed'])}."
    elif row.label == "formulation" and row.status == "auto":
        yield f"{to} does not confirm it, which makes it less sure."
    if row.label == "agreement_sequence" and "third" in row.why:
        grown = " stronger" if row.why.get("upgraded") else ""
        late = ", in overlap" if row.why.get("overlapped") else ""
        yield (
            f"The sequence is {quoted(row.why['of'])}, the{grown} agreement {quoted(row.why['agreement'])} "
            f"and, in third position{late}, {quoted(row.why['third'])}."
        )
    if "after_seconds" in row.why:
        yield f"It comes {row.why['after_seconds']:.1f} s after the other's."
    if row.label == "eye_contact" and "share" in row.why:
        yield f"The look lasts for {row.why['share']:.0%} of the talk in which it is known."
    if row.initiative == "initiated" and "taken_up" in row.why:
        yield "The other takes it up." if row.why.get("taken_up") else "Nobody takes it up."
    yield from _rests_on(row, table)
    yield _coded(row, codebook)


def _rests_on(row: Any, table: pd.DataFrame) -> Iterator[str]:
    """What rows it rests on, words left out."""
    rows = table[table["id"].isin(row.evidence.split())]
    turns = [f"{r.id} ({clock(r.start)})" for r in rows[rows["tier"] == "turn"].itertuples(index=False)]
    events = [
        f"{EVENTS.get(r.tier, r.tier.replace('_', ' '))} at {clock(r.start)}"
        for r in rows[~rows["tier"].isin(("turn", "word"))].itertuples(index=False)
    ]
    more = f" and {len(turns) - MOST_WORDS} more" if len(turns) > MOST_WORDS else ""
    named = ", ".join(turns[:MOST_WORDS]) + more
    parts = [f"turn{'s' * (len(turns) > 1)} {named}"] if turns else []
    parts += events[:MOST_WORDS]
    if parts:
        yield f"It rests on {'; '.join(parts)}."


def _coded(row: Any, codebook: Codebook) -> str:
    code = codebook.codes.get(row.label)
    if row.status != "auto":
        return f"A person has {row.status} it{f' ({row.coder})' if row.coder else ''}."
    sure = next(word for least, word in SURENESS if row.confidence >= least)
    kind = "counts against" if code and code.counter else "serves"
    steps = " and ".join(codebook.steps[name].title for name in code.steps) if code else "no step"
    meaning = f", “{code.definition}”," if code else ""
    return (
        f"The code {row.label}{meaning} {kind} {steps}; the action is {row.initiative}, and the coding is "
        f"{sure} (confidence {row.confidence:.2f})."
    )


def quoted(text: str) -> str:
    """Text in quotation marks, its last full stop left out, so that a sentence can go on after it."""
    return f"“{text[:-1] if text.endswith('.') else text}”"


def clock(seconds: float) -> str:
    """Minutes and seconds, as people read times: ``1:02.3``."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"
