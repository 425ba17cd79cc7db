"""What the table of a batch says of an analysed meeting, and what made its results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pipeline
from pipeline import models
from pipeline.errors import RapportError
from pipeline.manifest import language_of, names_of
from pipeline.settings import Settings, with_effect


def facts_of(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Length, people, language, words and score of an analysed meeting; the score is kept beside it."""
    from pipeline.timeline.table import read, tier

    table = read(folder / "timeline.parquet")
    ends = [file["duration"] + (file.get("offset") or 0) for file in manifest["files"]]
    return {
        "minutes": round(max(ends) / 60, 2),
        "people": len(names_of(manifest, table)),
        "language": language_of(manifest),
        "words": len(tier(table, "word")),
        "score": _score(folder) if "codebook" in manifest else None,
        "warnings": len(manifest["warnings"]),
        "version": manifest["product"]["version"],
    }


def _score(folder: Path) -> float | None:
    """The dyad's total, 0 to 100; None where no two people make one, or nothing could be scored."""
    from pipeline.scoring import score_meeting, write_score

    try:
        report = score_meeting(folder, None)
    except RapportError:
        return None
    write_score(folder, report)
    totals = [score.total for score in report.scores if len(score.who) == 2]
    return round(totals[0], 1) if len(totals) == 1 and totals[0] == totals[0] else None


def makers_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What made an analysed meeting: version, configuration and models, to be compared."""
    return _makers(manifest["product"]["version"], manifest["settings"], manifest["models"])


def makers_now(settings: Settings) -> dict[str, str]:
    """What would make a meeting now."""
    return _makers(pipeline.__version__, settings.model_dump(mode="json"), _digests())


def _makers(version: str, settings: Any, digests: Any) -> dict[str, str]:
    return {
        "version": version,
        "configuration": json.dumps(with_effect(settings), sort_keys=True),
        "models": json.dumps(digests, sort_keys=True),
    }


@lru_cache(maxsize=1)
def _digests() -> dict[str, str]:
    return {name: models.digest(name) for name in models.registry()}
