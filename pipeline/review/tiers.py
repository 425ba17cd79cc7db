"""What a page about a meeting begins with: people, tiers as it groups them, codes and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.exports.lanes import LABELS, order
from pipeline.exports.material import Material
from pipeline.rapport.actions import TIER
from pipeline.rapport.codebook import Codebook

if TYPE_CHECKING:
    import pandas as pd

GROUPS: dict[str, tuple[str, ...]] = {
    "said": ("turn", "word", "pause", "gap", "latch", "overlap"),
    "heard": (
        *("laughter", "reciprocal_laughter", "intonation", "pitch_step", "stress", "stretch", "cut_off"),
        *("pace", "loudness", "creak", "breath_in", "breath_out", "smile_voice"),
    ),
    "seen": ("nod", "head_shake", "smile", "gaze", "mutual_gaze", "face_visible"),
    "coded": (TIER, "comment"),
}
"""Tiers by group."""


def about_meeting(material: Material, book: Codebook) -> dict[str, Any]:
    """What the review page and a report tell of a meeting before any row."""
    return {
        "title": material.title,
        "start": material.date,
        "duration": material.end,
        "language": material.language,
        "people": [
            {"id": who.id, "name": who.name, "role": who.role, "colour_index": number}
            for number, who in enumerate(material.people)
        ],
        "tiers": tiers_of(material.table, book),
        "codes": codes_of(book),
        "steps": [{"id": name, "title": step.title} for name, step in book.steps.items()],
    }


def tiers_of(table: pd.DataFrame, book: Codebook) -> list[dict[str, Any]]:
    """Every tier that the product or a timeline knows, with its group and labels."""
    group = {tier: name for name, tiers in GROUPS.items() for tier in tiers}
    known = {tier: LABELS.get(tier, ()) for tier in group}
    known[TIER] = tuple(book.codes)
    pairs = table[["tier", "label"]].drop_duplicates()
    there: dict[str, list[str]] = {name: [] for name in known}
    for name, label in pairs.itertuples(index=False):
        there.setdefault(name, []).append(label)
    names = sorted(there, key=lambda name: (list(GROUPS).index(group.get(name, "coded")), order(name), name))
    return [
        {
            "name": name,
            "group": group.get(name, "coded"),
            "labels": [*known.get(name, ()), *sorted(set(there[name]) - set(known.get(name, ())) - {""})],
        }
        for name in names
    ]


def codes_of(book: Codebook) -> list[dict[str, Any]]:
    """The codes of a codebook: id, title, definition, steps that they serve, whether they count against."""
    return [
        {
            "id": name,
            "title": name.replace("_", " "),
            "definition": code.definition,
            "steps": list(code.steps),
            "counter": code.counter,
        }
        for name, code in book.codes.items()
    ]
