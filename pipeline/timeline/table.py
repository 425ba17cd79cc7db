"""The timeline: a tidy table, one row per interval of a tier.

Times are float seconds from the meeting's start at full precision; formats round on the way out. A row that
a human touched is never overwritten by a machine's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import RapportError
from pipeline.store import replacing

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "id": "unique name of the row within the meeting",
    "tier": "what kind of interval this is: word, turn, pause, gap, overlap, latch, ...",
    "participant": "who; empty where the interval belongs to nobody, such as a gap",
    "start": "seconds from the meeting's start",
    "end": "seconds from the meeting's start, not before `start`",
    "label": "category within the tier; empty where the tier has none",
    "text": "words",
    "value": "the tier's measured value in its own unit (seconds for silences); NaN where there is none",
    "details": "the tier's further measures, a JSON object; empty where there are none",
    "confidence": "0 to 1; NaN where it was not measured",
    "source": "stage and version that made the row, or `human`",
    "evidence": "ids of the rows that this one rests on, separated by blanks",
    "status": "auto, confirmed, edited, rejected or added",
    "coder": "who coded the row; empty for the machine",
}
STATUSES = ("auto", "confirmed", "edited", "rejected", "added")
_NUMBERS = ("start", "end", "value", "confidence")


@lru_cache(maxsize=1)
def _schema() -> Any:
    """What every timeline must satisfy, as a pandera schema."""
    import pandera.pandas as pa

    number = {"value": pa.Column(float, nullable=True)}
    number["confidence"] = pa.Column(float, pa.Check.in_range(0, 1), nullable=True)
    number["start"] = pa.Column(float, pa.Check.ge(0))
    number["end"] = pa.Column(float)
    # As `evidence` is split; patterns see blanks differently, with pyarrow's engine or before a last newline.
    is_object = pa.Check(
        lambda cells: all(map(_is_object, set(cells.tolist()))), error="details are not a JSON object"
    )
    one_word = pa.Check(
        lambda ids: " ".join(ids.tolist()).split() == ids.tolist(), error="id is not one word"
    )
    special = {
        "id": pa.Column(str, one_word, unique=True),
        "tier": pa.Column(str, pa.Check.str_length(min_value=1)),
        "details": pa.Column(str, is_object),
        "status": pa.Column(str, pa.Check.isin(STATUSES)),
        **number,
    }
    columns = {name: special.get(name, pa.Column(str)) for name in COLUMNS}
    ends_after_start = pa.Check(lambda table: table["end"] >= table["start"], error="ends before it starts")
    known_evidence = pa.Check(_evidence_exists, error="evidence names a row that does not exist")
    return pa.DataFrameSchema(columns, checks=[ends_after_start, known_evidence])


def _is_object(text: str) -> bool:
    try:
        return text == "" or isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _evidence_exists(table: pd.DataFrame) -> bool:
    known = set(table["id"].tolist())
    return known.issuperset(name for cell in set(table["evidence"].tolist()) for name in cell.split())


def check(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table if it is a valid timeline.

    Raises
    ------
    RapportError
        With the first rule that is broken.
    """
    import pandera.errors

    if list(table.columns) != list(COLUMNS):  # pandera would print the whole schema
        raise RapportError(f"The timeline is not valid: its columns must be {', '.join(COLUMNS)}.")
    try:
        checked: pd.DataFrame = _schema().validate(table)
    except (pandera.errors.SchemaError, pandera.errors.SchemaErrors) as error:
        first = getattr(error, "schema_errors", [error])[0]
        said = getattr(getattr(first, "check", None), "error", None)  # else pandera says which column
        rule = (said if said and not first.schema.name else str(first).splitlines()[0]).rstrip(":.")
        raise RapportError(f"The timeline is not valid: {rule}.") from error
    return checked


def timeline(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a timeline of rows; what a row leaves out is empty, `status` is ``auto``.

    `details` may be given as a mapping. Rows are sorted by start, end, tier and id.
    """
    import pandas as pd

    defaults: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    defaults |= {"value": float("nan"), "confidence": float("nan"), "status": "auto"}
    table = pd.DataFrame([{**defaults, **row} for row in rows], columns=list(COLUMNS))
    table["details"] = [_as_json(details) for details in table["details"]]
    table = _typed(table).sort_values(["start", "end", "tier", "id"], ignore_index=True)
    return check(table)


def _as_json(details: str | Mapping[str, Any]) -> str:
    return details if isinstance(details, str) else json.dumps(details) if details else ""


def numbered(rows: Iterable[Mapping[str, Any]], tier: str) -> list[dict[str, Any]]:
    """Give the rows of one tier, in order of time, ids such as ``turn-0001``."""
    ordered = sorted(rows, key=lambda row: (row["start"], row["end"], row.get("participant", "")))
    return [{**row, "tier": tier, "id": f"{tier}-{i:04d}"} for i, row in enumerate(ordered, start=1)]


def numbered_by_tier(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give rows of several tiers ids, each tier numbered by itself; the tiers in order of name."""
    rows = list(rows)
    tiers = sorted({row["tier"] for row in rows})
    return [row for name in tiers for row in numbered((r for r in rows if r["tier"] == name), name)]


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({name: float if name in _NUMBERS else str for name in COLUMNS})


def write(table: pd.DataFrame, folder: Path) -> None:
    """Write ``timeline.parquet`` and ``timeline.csv``, each whole or not at all."""
    import pyarrow
    from pyarrow.csv import write_csv

    check(table)
    for name in ("timeline.parquet", "timeline.csv"):
        with replacing(folder / name) as new:
            if name.endswith("parquet"):
                table.to_parquet(new, index=False)
            else:
                # Ten times faster than pandas; texts are quoted, so that a carriage return ends no line.
                write_csv(pyarrow.Table.from_pandas(table, preserve_index=False), new)


def read(path: Path) -> pd.DataFrame:
    """Read a timeline from ``.parquet`` or ``.csv``.

    Raises
    ------
    RapportError
        Where the file is not a valid timeline.
    """
    import pandas as pd

    try:
        if path.suffix == ".csv":
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            for name in _NUMBERS:
                table[name] = table[name].replace("", "nan")
        else:
            table = pd.read_parquet(path)
        if "details" not in table:  # of a version that had none
            table.insert(list(COLUMNS).index("details"), "details", "")
        table = _typed(table)
    except (OSError, ValueError, KeyError) as error:
        raise RapportError(f"{path} is not a timeline that can be read: {error}.") from error
    return check(table)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries, in order; faster than pandas' own way."""
    columns = [str(name) for name in table.columns]
    values = zip(*(table[name].tolist() for name in columns), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def tier(table: pd.DataFrame, name: str, participant: str | None = None) -> pd.DataFrame:
    """Rows of one tier, of one participant if named, without the rejected ones."""
    chosen = (table["tier"] == name) & (table["status"] != "rejected")
    if participant is not None:
        chosen &= table["participant"] == participant
    return table[chosen].reset_index(drop=True)
