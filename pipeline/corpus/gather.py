"""What a corpus keeps of one analysed meeting."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.corpus.tables import PARTITION, TABLES
from pipeline.manifest import language_of, names_of, people_of, read_manifest, roles_of
from pipeline.rapport.coding import set_scene
from pipeline.rapport.measures import measure
from pipeline.rapport.score import Score, read_actions, score_all
from pipeline.scoring import codebook_to_read, coded, exposure_of, measured_in
from pipeline.settings import with_effect
from pipeline.timeline.table import read

if TYPE_CHECKING:
    import pandas as pd

Rows = list[dict[str, Any]]


def gather(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of one meeting, without the meeting's column, by the codebook that it was coded with.

    Raises
    ------
    RapportError
        Where the manifest or the timeline cannot be read.
    """
    manifest, table = read_manifest(folder), read(folder / "timeline.parquet")
    book, doubts = codebook_to_read(manifest)
    roles, language = roles_of(manifest), language_of(manifest)
    if manifest.get("codebook", {}).get("digest") != book.digest:
        table, _ = coded(table, roles, language, book)
    scene, warnings = set_scene(table, roles, language, book)
    actions, names = read_actions(table, book.renamed), names_of(manifest, table)
    measured = measured_in(scene, manifest)
    scores = score_all(actions, exposure_of(scene, measured), book) if len(table) else []
    codebook = f"{book.name} {book.version} {book.digest}"
    role = {who: roles.get(who, "other") for who in {*roles, *names}}
    found: dict[str, Rows] = {
        "meetings": [_meeting(folder, manifest, table, codebook, (*doubts, *warnings))],
        "people": list(_people(manifest, {**people_of(manifest), **names}, role, measured)),
        "metadata": [
            {"name": name, "value": _said(value), "number": _number(value)}
            for name, value in (manifest["meeting"].get("metadata") or {}).items()
        ],
        "actions": [
            {
                **{"id": row.id, "who": row.participant, "role": role.get(str(row.participant), "other")},
                **{"code": row.label, "initiative": row.initiative, "towards": row.to, "start": row.start},
                **{"end": row.end, "confidence": row.confidence, "status": row.status, "text": row.text},
            }
            for row in actions.itertuples()
        ],
        "scores": [row for score in scores for row in _scores(score, role)],
        "measures": [
            {"who": who, "role": role.get(who, "other"), "measure": name, "value": value}
            for who, values in measure(scene, actions, measured).items()
            for name, value in values.items()
        ],
    }
    return {**{name: _frame(name, rows) for name, rows in found.items()}, "rows": table}


def _frame(name: str, rows: Rows) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=[column for column in TABLES[name] if column != PARTITION])


def _meeting(
    folder: Path, manifest: Mapping[str, Any], table: pd.DataFrame, codebook: str, doubts: tuple[str, ...]
) -> dict[str, Any]:
    about = manifest["meeting"]
    settings = json.dumps(with_effect(manifest.get("settings", {})), sort_keys=True)
    dyad, known_from = dyad_of(folder.name, manifest)
    people = set(people_of(manifest)) | (set(table["participant"]) - {""})
    return {
        "title": about.get("title") or "",
        "start": about.get("start") or "",
        "language": language_of(manifest),
        "duration_s": _duration(manifest, table),
        "participants": len(people),
        "dyad": dyad,
        "dyad_from": known_from,
        "outcome": about.get("outcome") or "",
        "next_step": about.get("next_step") or "",
        "rating": _number(about.get("rating")),
        "version": manifest.get("product", {}).get("version", ""),
        "configuration": hashlib.sha256(settings.encode()).hexdigest()[:12],
        "codebook": codebook,
        "doubts": " ".join(doubts),
    }


def _duration(manifest: Mapping[str, Any], table: pd.DataFrame) -> float:
    """Seconds to the end of the last file, or of the last row where files are unknown."""
    ends = [
        float(file["duration"]) + float(file.get("offset") or 0)
        for file in manifest.get("files", [])
        if file.get("duration")
    ]
    return max(ends) if ends else float(table["end"].max()) if len(table) else 0.0


def dyad_of(meeting: str, manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Who meets whom, and what that was told from.

    ``metadata: dyad`` of the meeting file, else what its people are called, else the meeting alone: voices
    that are numbered P1, P2 are not the same people in the next meeting.
    """
    about = manifest["meeting"]
    if (about.get("metadata") or {}).get("dyad") is not None:
        return str(about["metadata"]["dyad"]), "metadata"
    if names := sorted(people_of(manifest).values()):
        return "+".join(names), "participants"
    return meeting, "meeting"


def _people(
    manifest: Mapping[str, Any],
    names: Mapping[str, str],
    role: Mapping[str, str],
    measured: Mapping[str, frozenset[str]],
) -> Iterator[dict[str, Any]]:
    languages = {p["id"]: p.get("language") for p in manifest["meeting"]["participants"]}
    for who, name in sorted(names.items()):
        known = " ".join(sorted(measured.get(who, ())))
        yield {
            **{"who": who, "name": name, "role": role.get(who, "other")},
            **{"language": languages.get(who) or "", "measured": known},
        }


def _scores(score: Score, role: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    own = {
        "who": "+".join(score.who),
        "role": "+".join(sorted(role.get(who, "other") for who in score.who)),
        "unit": "person" if len(score.who) == 1 else "dyad",
    }
    yield {**own, "score": "total", "value": score.total, "low": score.low, "high": score.high}
    yield {**own, "score": "whole", "value": score.whole}
    yield {**own, "score": "opening", "value": score.opening}
    for name, step in score.steps.items():
        edges = {"low": step.low, "high": step.high, "measured_share": step.measured}
        yield {**own, "score": name, "value": step.score, **edges}


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float:
    """A number as one, anything else as NaN; yes and no are no numbers."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
