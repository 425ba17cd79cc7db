"""Tiers as the page groups them, with the labels that their rows may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.exports.lanes import order
from pipeline.rapport.actions import TIER
from pipeline.rapport.codebook import Codebook

if TYPE_CHECKING:
    import pandas as pd

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "said": {
        "turn": ("no_words",),
        "word": (),
        "pause": (),
        "gap": ("between", "lapse"),
        "latch": (),
        "overlap": ("inside", "at_transition"),
    },
    "heard": {
        "laughter": ("in_speech",),
        "reciprocal_laughter": ("answered", "together"),
        "intonation": ("falling", "level", "rising"),
        "pitch_step": ("up", "down"),
        "stress": (),
        "stretch": (),
        "cut_off": (),
        "pace": ("faster", "slower"),
        "loudness": ("louder", "quieter"),
        "creak": (),
        "breath_in": (),
        "breath_out": (),
        "smile_voice": (),
    },
    "seen": {
        "nod": ("single", "repeated"),
        "head_shake": ("single", "repeated"),
        "smile": (),
        "gaze": ("towards_partner", "camera", "down", "away", "unknown"),
        "mutual_gaze": ("both", "likely"),
        "face_visible": (),
    },
    "coded": {TIER: (), "comment": ()},
}
"""Tiers by group, each with its labels as `docs/timeline.md` has them; the codebook has those of actions."""


def tiers_of(table: pd.DataFrame, book: Codebook) -> list[dict[str, Any]]:
    """Every tier that the product or a timeline knows, with its group and labels."""
    group = {tier: name for name, tiers in GROUPS.items() for tier in tiers}
    known = {tier: labels for tiers in GROUPS.values() for tier, labels in tiers.items()}
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
