"""All that a report tells, as the page asks for it: the answers that `pipeline.review.api` would give."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.exports.draft import collector_at_rest
from pipeline.exports.material import Material, material_of
from pipeline.exports.notation import notation_names
from pipeline.rapport.codebook import Codebook
from pipeline.rapport.explain import explain
from pipeline.report.options import ReportError, ReportOptions
from pipeline.review.lines import PLAIN, transcript_lines
from pipeline.review.tiers import about_meeting
from pipeline.scoring import score_meeting

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "tier", "participant", "start", "end", "label", "text", "status", "evidence")
"""Columns of rows that the page needs; how sure the machine was is for its coders."""
SCORE = (
    *("scores", "claim", "measures", "strongest_moments", "moments_to_look_at"),
    *("missed_opportunities", "warnings"),
)
"""What the page shows of a score."""
UNTITLED = "Your meeting"
_PLACE = re.compile(r"^\S+, [\d:.]+ to [\d:.]+: ")


def told_by(
    folder: Path, book: Codebook, options: ReportOptions, hide: Callable[[str], str], name: str
) -> dict[str, Any]:
    """What the page asks for, by the address at which it asks.

    Parameters
    ----------
    folder : Path
        A copy of the meeting that hides what is to be hidden, see `pipeline.report.hiding`.
    book : Codebook
    options : ReportOptions
    hide : callable
        Hides words in what does not come from the copy.
    name : str
        Of the report, by which a browser keeps remarks.
    """
    material = material_of(folder)
    notations = _notations(options)
    with collector_at_rest():
        transcripts = {
            f"/transcript?notation={one}": {"lines": transcript_lines(material, one)} for one in notations
        }
    report = score_meeting(folder, book).data()
    return {
        "": _meeting(material, book, hide, name, notations),
        "/rows": {"version": 1, "columns": COLUMNS, "rows": _rows(material.shown)},
        "/score": {one: report[one] for one in SCORE},
        "/explain": _why(material, book),
        **transcripts,
    }


def _notations(options: ReportOptions) -> list[str]:
    """The plain transcript first, and the one that was asked for."""
    if options.notation not in (PLAIN, *notation_names()):
        raise ReportError(
            f"There is no notation {options.notation}; there are {', '.join([PLAIN, *notation_names()])}."
        )
    return list(dict.fromkeys((PLAIN, options.notation)))


def _meeting(
    material: Material, book: Codebook, hide: Callable[[str], str], name: str, notations: Sequence[str]
) -> dict[str, Any]:
    about = about_meeting(material, book)
    return {
        **about,
        "name": name,
        "title": material.title if material.title != material.name else UNTITLED,
        "media": [],
        "version": 1,
        "codes": [{**code, "definition": hide(code["definition"])} for code in about["codes"]],
        "notations": notations,
        "formats": [],
        "signals": {},
    }


def _rows(table: pd.DataFrame) -> list[list[Any]]:
    """Rows as lists, times to the millisecond, all as if nobody had reviewed them."""
    shown = table.assign(start=table["start"].round(3), end=table["end"].round(3), status="auto")
    return [list(row) for row in zip(*(shown[name].tolist() for name in COLUMNS), strict=True)]


def _why(material: Material, book: Codebook) -> Mapping[str, str]:
    """Why each action was coded."""
    actions = material.shown[material.shown["tier"] == "action"]["id"]
    names = material.names
    return {one: _PLACE.sub("", explain(material.table, one, book, names)) for one in actions}
