"""Rows of a timeline as annotations on lanes: what formats of tiers can hold.

In ELAN, Praat and EXMARaLDA a tier holds annotations that do not lie over each other, each with one text. A
*lane* is such a tier: the rows of one tier and participant, named ``tier@participant``, and where rows lie
over each other ``tier@participant~2`` and so on. Times are whole ticks of the format, so that what touches
in the timeline touches there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.timeline.transcript import NOT_HEARD
from pipeline.timeline.turns import NO_WORDS

SPOKEN = ("word", "turn", "comment")
"""Tiers whose annotations are what was said or written; in all others the label comes first."""
_FURTHER = re.compile(r"~[0-9]+$")


@dataclass(frozen=True)
class Annotation:
    """One interval of a lane.

    Attributes
    ----------
    start, end : int
        Ticks; `end` is after `start`.
    text : str
        See `cell`.
    row : str
        Id of the row in the timeline; empty for one that was read.
    """

    start: int
    end: int
    text: str
    row: str = ""


@dataclass(frozen=True)
class Lane:
    """Annotations that do not lie over each other, in order of time."""

    tier: str
    participant: str
    number: int
    annotations: tuple[Annotation, ...]

    @property
    def name(self) -> str:
        """As the tier is called in a file."""
        return lane_name(self.tier, self.participant, self.number)


def lane_name(tier: str, participant: str, number: int = 1) -> str:
    """``tier@participant``, or ``tier`` for what is nobody's, with ``~2`` and so on for further lanes.

    A name that ends like a further lane's is followed by ``~1``.
    """
    name = f"{tier}@{participant}" if participant else tier
    return f"{name}~{number}" if number > 1 or _FURTHER.search(name) else name


def parse_lane(name: str) -> tuple[str, str]:
    """Tier and participant of a lane's name; the participant is empty where it names none."""
    tier, _, participant = _FURTHER.sub("", name).partition("@")
    return tier.strip(), participant.strip()


def cell(row: Mapping[str, Any]) -> str:
    """The one text of a row: ``text`` of what is said, else ``label``, ``label: text`` or ``: text``."""
    if row["tier"] in SPOKEN:
        return str(row["text"]) or (NOT_HEARD if row["label"] == NO_WORDS else "")
    return f"{row['label']}: {row['text']}" if row["text"] else str(row["label"])


def parse_cell(tier: str, text: str) -> dict[str, str]:
    """Label and text of a row's one text, as `cell` writes it."""
    if tier in SPOKEN:
        unheard = tier == "turn" and text.strip() == NOT_HEARD
        return {"label": NO_WORDS if unheard else "", "text": "" if unheard else text}
    label, colon, said = text.partition(": ")
    return {"label": label, "text": said} if colon else {"label": text, "text": ""}


def lanes(table: pd.DataFrame, ticks: float = 1000.0) -> list[Lane]:
    """Lay a timeline's rows on lanes, in order of tier and participant as `order` has them.

    Parameters
    ----------
    table : DataFrame
        A timeline; rejected rows are left out.
    ticks : float
        Ticks a second. A row shorter than one tick becomes one tick long.
    """
    shown = table[table["status"] != "rejected"]
    found = []
    for (tier, who), rows in shown.groupby(["tier", "participant"], sort=False):
        for number, lane in enumerate(_spread(_annotations(rows, ticks)), start=1):
            found.append(Lane(str(tier), str(who), number, tuple(lane)))
    return sorted(found, key=lambda lane: (order(lane.tier), lane.tier, lane.participant, lane.number))


def rows_of(table: pd.DataFrame, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows of a table with the columns that are needed: many times faster than `DataFrame.to_dict`."""
    for values in zip(*(table[name].tolist() for name in names), strict=True):
        yield dict(zip(names, values, strict=True))


def _annotations(rows: pd.DataFrame, ticks: float) -> list[Annotation]:
    found = []
    for row in rows_of(rows, ("id", "tier", "start", "end", "label", "text")):
        start, end = round(row["start"] * ticks), round(row["end"] * ticks)
        found.append(Annotation(start, max(end, start + 1), cell(row), row["id"]))
    return sorted(found, key=lambda one: (one.start, one.end))


def _spread(annotations: Iterable[Annotation]) -> list[list[Annotation]]:
    """Annotations in order of start, each on the first lane that is free."""
    spread: list[list[Annotation]] = []
    for one in annotations:
        free = next((lane for lane in spread if lane[-1].end <= one.start), None)
        if free is None:
            spread.append([one])
        else:
            free.append(one)
    return spread


ORDER = (
    *("turn", "word", "pause", "gap", "latch", "overlap"),
    *("intonation", "pitch_step", "stress", "stretch", "cut_off", "pace", "loudness", "creak"),
    *("breath_in", "breath_out", "laughter", "reciprocal_laughter", "smile_voice"),
    *("nod", "head_shake", "smile", "gaze", "mutual_gaze", "face_visible"),
    *("action", "phase", "comment"),
)
"""Tiers as people look at them: what was said, how, what was seen, how it was coded."""


LABELS: dict[str, tuple[str, ...]] = {
    "turn": (NO_WORDS,),
    "word": (),
    "pause": (),
    "gap": ("between", "lapse"),
    "latch": (),
    "overlap": ("inside", "at_transition"),
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
    "laughter": ("in_speech",),
    "reciprocal_laughter": ("answered", "together"),
    "smile_voice": (),
    "nod": ("single", "repeated"),
    "head_shake": ("single", "repeated"),
    "smile": (),
    "gaze": ("towards_partner", "camera", "down", "away", "unknown"),
    "mutual_gaze": ("both", "likely"),
    "face_visible": (),
    "phase": ("trial", "enmeshment", "renegotiation"),
}
"""Labels that tiers have, as `docs/timeline.md` tells; those of actions are the codebook's."""


def order(tier: str) -> int:
    """Place of a tier among the others; tiers of a lab's own come last."""
    return ORDER.index(tier) if tier in ORDER else len(ORDER)
