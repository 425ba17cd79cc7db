"""The tables of a corpus and their columns: the one source of their types and of the codebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.errors import SettingsError
from pipeline.timeline.table import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "number", "integer"]

VERSION = 2
"""Of the tables' layout; another one has every meeting written again."""
PARTITION = "meeting"


@dataclass(frozen=True)
class Column:
    """What is known of a column.

    Attributes
    ----------
    kind : {"text", "number", "integer"}
    unit : str
        Empty where it has none.
    meaning : str
    """

    kind: Kind
    unit: str
    meaning: str


def _text(meaning: str) -> Column:
    return Column("text", "", meaning)


_MEETING = _text("name of the meeting: its folder in the outputs")
_WHO = _text("one participant's code, or the two of a dyad joined by +")
_ROLE = _text("salesperson, customer or other; of a dyad both joined by +")
_UNITS = {"start": "seconds", "end": "seconds", "value": "the tier's own", "confidence": "0 to 1"}
"""Of the timeline's columns that are numbers."""

TABLES: dict[str, dict[str, Column]] = {
    "meetings": {
        "meeting": _MEETING,
        "title": _text("title in meeting.yaml; empty if none"),
        "start": _text("date and time in meeting.yaml, ISO 8601; empty if none"),
        "language": _text("ISO 639-1 code of what is spoken; empty if unknown"),
        "duration_s": Column("number", "seconds", "length of the meeting"),
        "participants": Column("integer", "people", "how many take part"),
        "dyad": _text("who meets whom; meetings of one dyad count as one observation"),
        "dyad_from": _text("what the dyad was told from: metadata, participants or meeting"),
        "outcome": _text("outcome in meeting.yaml; empty if none"),
        "next_step": _text("next step agreed, in meeting.yaml; empty if none"),
        "rating": Column("number", "as the customer was asked", "customer's rating in meeting.yaml"),
        "version": _text("version of the product that analysed the meeting"),
        "configuration": _text("short hash of the settings that it was analysed with"),
        "codebook": _text("name, version and hash of the codebook that the scores are made with"),
        "doubts": _text("what could not be scored or was coded anew, and why; empty if nothing"),
    },
    "people": {
        "meeting": _MEETING,
        "who": _text("the participant's code in tiers"),
        "name": _text("pseudonym in meeting.yaml, else the code"),
        "role": _text("salesperson, customer or other"),
        "language": _text("the participant's language in meeting.yaml; empty if none"),
        "measured": _text("what was measured of this person: words, voice, face, others_face"),
    },
    "metadata": {
        "meeting": _MEETING,
        "name": _text("name of a field under metadata in meeting.yaml"),
        "value": _text("its value as text; true or false for yes and no"),
        "number": Column("number", "the field's own", "its value where that is a number"),
    },
    "rows": {
        "meeting": _MEETING,
        **{
            name: Column("number" if name in _UNITS else "text", _UNITS.get(name, ""), meaning)
            for name, meaning in COLUMNS.items()
        },
    },
    "actions": {
        "meeting": _MEETING,
        "id": _text("id of the action's row in the timeline"),
        "who": _text("who did it"),
        "role": _text("role of who did it"),
        "code": _text("code in the codebook"),
        "initiative": _text("responsive or initiated"),
        "towards": _text("whom it was done to; empty if nobody in particular"),
        "start": Column("number", "seconds", "begin, from the meeting's start"),
        "end": Column("number", "seconds", "end, from the meeting's start"),
        "confidence": Column("number", "0 to 1", "how sure it is; 1 where a person saw to it"),
        "status": _text("auto, confirmed, edited or added"),
        "text": _text("what was said"),
    },
    "scores": {
        "meeting": _MEETING,
        "who": _WHO,
        "role": _ROLE,
        "unit": _text("person or dyad"),
        "score": _text("total, whole, opening, or a step of the codebook (docs/score.md)"),
        "value": Column("number", "points, 0 to 100", "the score; missing where nothing was measured"),
        "low": Column("number", "points, 0 to 100", "5th percentile over which actions are real"),
        "high": Column("number", "points, 0 to 100", "95th percentile over which actions are real"),
        "measured_share": Column("number", "0 to 1", "share of the step's weights that was measured"),
    },
    "measures": {
        "meeting": _MEETING,
        "who": _text("the participant's code"),
        "role": _text("salesperson, customer or other"),
        "measure": _text("name of the measure, with its unit or denominator (docs/score.md)"),
        "value": Column("number", "as the measure's name says", "missing where it could not be taken"),
    },
}


def schema(name: str, *, partition: bool = False) -> Any:
    """Arrow's schema of a table, as its files hold it; with the partition's column if it is asked for."""
    import pyarrow as pa

    types = {"text": pa.string(), "number": pa.float64(), "integer": pa.int64()}
    columns = TABLES[name].items()
    return pa.schema([(c, types[about.kind]) for c, about in columns if partition or c != PARTITION])


def part_of(corpus: Path, table: str, meeting: str) -> Path:
    """The file of one meeting's part of a table; the name is quoted as in an address, as Hive does."""
    from urllib.parse import quote

    return corpus / table / f"{PARTITION}={quote(meeting, safe=' ')}" / "part.parquet"


def meetings_of(corpus: Path) -> list[str]:
    """Names of the meetings in a corpus, in order.

    Raises
    ------
    SettingsError
        Where there is no corpus.
    """
    from urllib.parse import unquote

    found = corpus.glob(f"meetings/{PARTITION}=*/part.parquet")
    names = sorted(unquote(path.parent.name.partition("=")[2]) for path in found)
    if not names:
        raise SettingsError(
            f"There is no corpus in {corpus}; make one: rapport corpus build OUTPUTS --to {corpus}."
        )
    return names


def parts(corpus: Path, table: str, tier: str | None = None) -> Iterator[tuple[str, Any]]:
    """Each meeting's part of a table as an Arrow table with the meeting's column, one at a time.

    Parameters
    ----------
    corpus : Path
    table : str
    tier : str, optional
        Of `rows`, those of this tier alone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for meeting in meetings_of(corpus):
        with part_of(corpus, table, meeting).open("rb") as file:
            chosen = [("tier", "==", tier)] if tier else None
            part = pq.read_table(file, schema=schema(table), filters=chosen)
        yield meeting, part.add_column(0, PARTITION, pa.array([meeting] * len(part), pa.string()))


def load(corpus: Path, table: str) -> pd.DataFrame:
    """A whole table; not for `rows`, which may be too many."""
    import pyarrow as pa

    whole = pa.concat_tables([part for _, part in parts(corpus, table)])
    frame: pd.DataFrame = whole.to_pandas()
    return frame


def codebook() -> list[dict[str, str]]:
    """Every column of every table: table, column, type, unit, meaning."""
    return [
        {"table": table, "column": name, "type": c.kind, "unit": c.unit, "meaning": c.meaning}
        for table, columns in TABLES.items()
        for name, c in columns.items()
    ]
