"""The timeline as a table: CSV, Parquet and JSON. CSV and JSON are read back.

CSV is RFC 4180 with line feeds, every text in quotation marks, in UTF-8 with a byte order mark: without one,
Excel takes the file for the system's old encoding, and what a person saves from there comes back with broken
letters. Programs for data skip the mark (R's base ``read.csv`` with ``fileEncoding = "UTF-8-BOM"``).
JSON (RFC 8259) is one object with what `head_of` says and ``timeline``, its rows one a line; NaN is null.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.exports.formats import Options
from pipeline.exports.material import Material
from pipeline.exports.reading import Reading, decode, fault
from pipeline.timeline.table import COLUMNS, STATUSES, records

NUMBERS = ("start", "end", "value", "confidence")
READ = ("label", "text", "value", "details", "confidence", "evidence")
"""What is compared beside tier, participant and times; who made a row, and its status, the timeline knows."""
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_MADE_BY = ("product", "libraries", "models", "codebook", "settings")
Row = dict[str, Any]


def write_csv(material: Material, options: Options) -> bytes:
    """All rows, rejected ones too, and all columns, numbers at full precision.

    U+0000 is left out, at which many readers of CSV stop.
    """
    table = material.table.copy()
    for name in COLUMNS:
        if name not in NUMBERS:
            table[name] = [text.replace("\0", "") for text in table[name]]
    text = table.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return text.encode("utf-8-sig")


def write_parquet(material: Material, options: Options) -> bytes:
    """The table as it is, with `head_of` as JSON in the file's metadata under ``rapport``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(material.table, preserve_index=False)
    head = json.dumps(_finite(head_of(material)), ensure_ascii=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"rapport": head.encode()})
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def write_json(material: Material, options: Options) -> bytes:
    """One object; see `head_of` for what comes before ``timeline``."""
    head = json.dumps(_finite(head_of(material)), ensure_ascii=False, indent=2)
    lines = ",\n    ".join(map(_as_json, records(material.table)))
    before = head.removesuffix("\n}")
    return f'{before},\n  "timeline": [\n    {lines}\n  ]\n}}\n'.encode()


def head_of(material: Material) -> dict[str, Any]:
    """``meeting``, ``people``, ``media`` (offset and duration in seconds), and by what it was ``made_by``."""
    return {
        "meeting": {
            "name": material.name,
            "title": material.title,
            "date": material.date,
            "language": material.language,
        },
        "people": [
            {"id": one.id, "name": one.name, "role": one.role, "language": one.language}
            for one in material.people
        ],
        "media": [
            {"path": str(m.path), "offset": m.offset, "duration": m.duration, "pictures": m.pictures}
            for m in material.media
        ],
        "made_by": {name: material.manifest[name] for name in _MADE_BY if name in material.manifest},
    }


def _as_json(row: Mapping[str, Any]) -> str:
    """A row as an object, its details as one within."""
    found = {**row, "details": json.loads(row["details"]) if row["details"] else {}}
    for name in ("value", "confidence"):
        found[name] = _finite(row[name])
    try:
        return json.dumps(found, ensure_ascii=False, allow_nan=False)
    except ValueError:  # in the details
        return json.dumps(_finite(found), ensure_ascii=False)


def _finite(value: Any) -> Any:
    """A value with null for numbers that JSON cannot write."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return value


def read_csv(path: Path, material: Material) -> Reading:
    """Rows of an exported CSV that was corrected; also with semicolons and decimal commas, as Excel saves it.

    A row without an id, or with a new one, is an added one.

    Raises
    ------
    FileFaultError
        With the line on which a faulty row begins.
    """
    check = _Check(path, material)
    text = _exact(path)
    skipped = 0
    if text.lower().startswith("sep="):  # Excel's own way of naming the delimiter
        text, skipped = text.partition("\n")[2], 1
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    with _long_fields():
        records = _records(path, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        line, heading = next(records, (1, []))
        names = [name.strip() for name in heading]
        _check_heading(path, line + skipped, names)
        for line, cells in records:
            at = line + skipped
            if len(cells) > len(names):
                what = f"the row has {len(cells)} cells and the heading {len(names)}"
                fault(path, at, f"{what}; write texts with a {_DELIMITERS[delimiter]} in quotation marks")
            if any(cells):
                # Programs leave out empty cells at the end of a row.
                row: Row = dict.fromkeys(COLUMNS, "") | dict(zip(names, cells, strict=False))
                for name in NUMBERS:
                    row[name] = _number(path, at, name, row[name], comma=delimiter != ",")
                check.add(row, at, "")
    return check.reading()


def read_json(path: Path, material: Material) -> Reading:
    """Rows of an exported JSON that was corrected; only ``timeline`` is read.

    A row without an id, or with a new one, is an added one.

    Raises
    ------
    FileFaultError
        With the line where it is no JSON, else with the number of the faulty row.
    """
    check = _Check(path, material)
    try:
        content = json.loads(decode(path))
    except json.JSONDecodeError as error:
        fault(path, error.lineno, f"it is not JSON ({error.msg}, column {error.colno}); mend that place")
    except (ValueError, RecursionError) as error:
        fault(path, None, f"it is not a timeline ({error}); export the meeting again and correct that file")
    rows = content.get("timeline") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        fault(path, None, "it has no list 'timeline'; export the meeting again and correct that file")
    for number, row in enumerate(rows, start=1):
        check.add(_from_json(path, f"row {number}", row), None, f"row {number}: ")
    return check.reading()


def _from_json(path: Path, where: str, row: Any) -> Row:
    """A row of JSON as the timeline has it: NaN for null, details as text."""
    if not isinstance(row, dict):
        fault(path, None, f"{where} is not an object; write it as {{...}} like the others")
    if unknown := [name for name in row if name not in COLUMNS]:
        fault(path, None, f"{where} has the unknown name '{unknown[0]}'; there are {', '.join(COLUMNS)}")
    found: Row = dict.fromkeys(COLUMNS, "") | dict.fromkeys(("value", "confidence"), None) | row
    if not isinstance(found["details"] or {}, dict):
        fault(path, None, f"{where}: 'details' is not an object; write it as {{...}}")
    found["details"] = json.dumps(found["details"]) if found["details"] else ""
    for name in COLUMNS:
        try:
            found[name] = _measure(name, found[name]) if name in NUMBERS else _written(found[name])
        except (TypeError, ValueError, OverflowError):
            kind = "a number, such as 1.5" if name in NUMBERS else "a text, in quotation marks"
            fault(path, None, f"{where}: '{name}' cannot be read; write {kind}")
    return found


def _measure(name: str, value: Any) -> float:
    """A number of JSON; null where the timeline knows NaN."""
    if value is None and name in ("value", "confidence"):
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(name)
    return float(value)


def _written(value: Any) -> str:
    """A text of JSON, which may hold halves of characters that no other file can."""
    if not isinstance(value, str):
        raise TypeError(value)
    value.encode()
    return value


class _Check:
    """Collects rows of a file, each checked by the rules of a timeline."""

    def __init__(self, path: Path, material: Material) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.people = {"": "", **{person.id: person.id for person in material.people}}
        self.material = material
        self.ids: dict[str, str] = {}
        self.known = set(material.table["id"])
        self.places: list[tuple[int | None, str]] = []

    def add(self, row: Row, line: int | None, where: str) -> None:
        """Add a row that begins on a line, or is found by the words `where`."""
        for wrong in self._wrong(row, f"line {line}" if line else where.rstrip(": ")):
            fault(self.path, line, where + wrong)
        self.rows.append(row if row["id"] else {k: v for k, v in row.items() if k != "id"})
        self.places.append((line, where))

    def _wrong(self, row: Row, place: str) -> Iterator[str]:
        """What is wrong with a row, and how to mend it; who is named becomes an id."""
        name = row["id"]
        if name and name.split() != [name]:
            yield f"the id '{name}' has blanks; write it as one word"
        if name in self.ids:
            yield f"the id '{name}' stands on {self.ids[name]} already; leave the id of an added row empty"
        if name:
            self.ids[name] = place
        if not row["tier"].strip():
            yield "the tier is empty; say which one the row belongs to, such as nod"
        if row["participant"] not in self.people:
            self._meet(row["participant"])
        if (who := self.people.get(row["participant"])) is None:
            known = ", ".join(f"{p.id} ({p.name})" if p.name != p.id else p.id for p in self.material.people)
            yield f"there is no participant '{row['participant']}'; there are {known or 'none'}"
        row["participant"] = who
        if not (math.isfinite(row["start"]) and math.isfinite(row["end"])):
            yield "'start' and 'end' must be seconds; write both"
        if row["start"] < 0:
            yield f"it starts at {row['start']:g}, before the meeting; write 0 or more"
        if row["end"] < row["start"]:
            yield f"it ends at {row['end']:g} before it starts at {row['start']:g}; exchange or correct them"
        if row["confidence"] < 0 or row["confidence"] > 1:
            yield f"the confidence {row['confidence']:g} is not between 0 and 1; correct it or leave it empty"
        if row["status"] and row["status"] not in STATUSES:
            yield f"there is no status '{row['status']}'; there are {', '.join(STATUSES)}"
        if not _is_object(row["details"]):
            yield "the details are not a JSON object; write them as {...} or leave them empty"

    def _meet(self, name: str) -> None:
        """Look up somebody whom the file calls by name."""
        if person := self.material.person(name):
            self.people[name] = person.id

    def reading(self) -> Reading:
        """All rows, once it is known that what they rest on exists.

        Only where the file has rows of a tier and participant does it say that missing ones were removed:
        people import filtered tables, too.
        """
        for row, (line, where) in zip(self.rows, self.places, strict=True):
            for name in row["evidence"].split():
                if name not in self.ids and name not in self.known:
                    fault(
                        self.path, line, f"{where}the evidence '{name}' is no row's id; remove or correct it"
                    )
        tiers = frozenset((row["tier"], row["participant"]) for row in self.rows)
        return Reading(rows=self.rows, tiers=tiers, columns=READ)


def _is_object(text: str) -> bool:
    try:
        return text == "" or isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _number(path: Path, line: int, name: str, text: str, *, comma: bool) -> float:
    """A number as it is typed; `comma` accepts a decimal comma. Empty is NaN."""
    typed = text.strip()
    try:
        return float(typed.replace(",", ".") if comma else typed) if typed else math.nan
    except ValueError:
        point = "" if "," not in typed else ", with a decimal point"
        fault(path, line, f"'{name}' is '{typed}', which is not a number; write one such as 1.5{point}")


def _check_heading(path: Path, line: int, names: list[str]) -> None:
    if missing := [name for name in COLUMNS if name not in names]:
        what = (
            f"the heading lacks the column '{missing[0]}'; export the meeting again and keep all its columns"
        )
        fault(path, line, f"{what}, separated by commas, semicolons or tabs")
    if unknown := [name for name in names if name not in COLUMNS]:
        fault(path, line, f"there is no column '{unknown[0]}'; remove it, there are {', '.join(COLUMNS)}")
    if len(names) > len(COLUMNS):
        twice = next(name for name in COLUMNS if names.count(name) > 1)
        fault(path, line, f"the column '{twice}' is there twice; remove one")


def _records(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Records with the line on which each begins; a text in quotation marks may run over several."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            what = f"the row that begins here cannot be read ({error}); close each quotation mark"
            fault(path, line, f"{what} and write those inside a text twice")
        if cells is None:
            return
        yield line, cells


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let a cell be of any length: a long action rests on thousands of words."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _exact(path: Path) -> str:
    """The text of a file whose texts keep their own line ends, unless an editor made all of them Windows'."""
    text = decode(path, line_ends=True)
    return text.replace("\r\n", "\n") if text.partition("\n")[0].endswith("\r") else text
