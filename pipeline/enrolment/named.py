"""Who has a name in an analysed meeting, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.manifest import people_of
from pipeline.timeline.table import tier

if TYPE_CHECKING:
    import pandas as pd

RECOGNISED = "recognised"
"""What the manifest says of names that came from a voice, by id: name, similarity, model, date."""


def names_given(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Names by id of those whom a person or a meeting file named; a code such as P1 or SP is no name."""
    by_voice = recognised(manifest)
    return {
        who: name for who, name in people_of(manifest).items() if name != who and by_voice.get(who) != name
    }


def recognised(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Names by id that were given by voice; a person may have changed them since."""
    return {who: str(about["name"]) for who, about in manifest.get(RECOGNISED, {}).items()}


def voices_of(table: pd.DataFrame) -> list[str]:
    """Ids of everybody who is heard, in the order of their ids."""
    return sorted(set(tier(table, "turn")["participant"]) - {""})
