"""The manifest: what made a meeting's results, for researchers to state and for later commands to read."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline
from pipeline import models
from pipeline.errors import SettingsError
from pipeline.media.clock import Clock
from pipeline.media.probe import Recording
from pipeline.meeting import Meeting
from pipeline.seeing import Sight
from pipeline.stages import Run
from pipeline.store import write_whole
from pipeline.timeline.transcript import plain_transcript
from pipeline.timeline.turns import TurnSettings

if TYPE_CHECKING:
    import pandas as pd

LIBRARIES = (
    *("av", "ctranslate2", "faster-whisper", "numpy", "onnxruntime", "openai-whisper"),
    *("opencv-python-headless", "pandas", "pillow", "pyannote.audio", "pyannote.core", "scipy", "torch"),
)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of an analysed meeting.

    Raises
    ------
    SettingsError
        Where there is none that can be read.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if not isinstance(manifest["meeting"]["participants"], list):
            raise TypeError("no participants")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise SettingsError(
            f"There is no analysed meeting in {folder}; give the folder of one, or analyse a recording first."
        ) from error
    if renamed := manifest.get("renamed"):  # early ones do not tell what people were called before
        manifest["renamed"] = {
            who: [None, pair] if isinstance(pair, str) else pair for who, pair in renamed.items()
        }
    return manifest


def people_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the participants of a manifest's meeting file are called, by id."""
    return {who["id"]: who["pseudonym"] or who["id"] for who in manifest["meeting"]["participants"]}


def roles_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Role of each participant of a manifest's meeting file."""
    return {who["id"]: who["role"] for who in manifest["meeting"]["participants"]}


def language_of(manifest: Mapping[str, Any]) -> str:
    """What is spoken in a meeting: what was heard, else what the meeting file says; empty if neither."""
    return str(manifest.get("language") or manifest["meeting"].get("language") or "")


def names_of(manifest: Mapping[str, Any], table: pd.DataFrame) -> dict[str, str]:
    """What everybody in a timeline is called."""
    people = people_of(manifest)
    return {who: people.get(who, who) for who in sorted(set(table["participant"]) - {""})}


def called(manifest: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A manifest in which participants are called as a person wants it, also after another analysis.

    Parameters
    ----------
    manifest : mapping
    names : mapping of str to str
        New names by id; participants that the manifest does not list come to it.

    Returns
    -------
    dict
        Its ``renamed`` tells what each was called before and is called now, by id.
    """
    people, known_as = manifest["meeting"]["participants"], people_of(manifest)
    renamed = [{**who, "pseudonym": names.get(who["id"], who["pseudonym"])} for who in people]
    new = [
        {"id": who, "role": "other", "pseudonym": name, "language": None}
        for who, name in names.items()
        if who not in known_as
    ]
    earlier = {who: old for who, (old, _) in manifest.get("renamed", {}).items()}
    first = earlier | {who: known_as.get(who, who) for who in names if who not in earlier}
    now = people_of({"meeting": {"participants": [*renamed, *new]}})
    pairs = {who: [old, now[who]] for who, old in first.items() if who in now and now[who] != old}
    meeting = {**manifest["meeting"], "participants": [*renamed, *new]}
    return {**manifest, "meeting": meeting, "renamed": pairs}


def called_again(
    manifest: Mapping[str, Any], renamed: Mapping[str, Sequence[Any]], now: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """A new manifest in which participants are called as a person wanted it of an earlier one.

    Somebody whom the meeting file lists keeps the new name as long as the file gives the old one; the name of
    somebody whom it does not list goes with the voice. Two people are never called the same.

    Parameters
    ----------
    manifest : mapping
        Of the new analysis.
    renamed : mapping of str to pair of str
        As the earlier one has it, see `called`.
    now : mapping of str to str
        Ids in the new analysis by those in the earlier one, where they are others.

    Returns
    -------
    manifest : dict
    doubts : list of str
        A sentence for each name that is no longer given.
    """
    listed, doubts = people_of(manifest), []
    names: dict[str, str] = {}
    for earlier, (old, new) in renamed.items():
        who = earlier if earlier in listed else now.get(earlier, earlier)
        known_as = listed.get(who, who)
        others = [one for one, there in now.items() if there == who != one]
        if who == earlier and who not in listed and others:
            doubts.append(f"{who} is another voice now; the name {new} of before is not kept.")
        elif old is None or known_as == old or (known_as == who and old == earlier):
            names.setdefault(who, new)
        elif known_as != new:
            doubts.append(
                f"The meeting file now calls {who} {known_as}; the name {new} of before is not kept."
            )
    everybody = {who: who for who in now.values()} | listed
    while twice := _called_the_same({**everybody, **names}, names):
        doubts.append(
            f"{twice} is no longer called {names.pop(twice)}, as somebody else is; rename one of them."
        )
    return called(manifest, names), doubts


def _called_the_same(everybody: Mapping[str, str], renamed: Mapping[str, str]) -> str:
    """Whoever was renamed, last of all, as somebody else is called; empty where nobody was."""
    counts = Counter(everybody.values())
    return next((who for who in reversed(list(renamed)) if counts[everybody[who]] > 1), "")


def turn_settings_of(manifest: Mapping[str, Any]) -> TurnSettings:
    """The limits of a meeting's silences and overlaps; the usual ones where none are told."""
    given = manifest.get("settings", {}).get("turns", {})
    return TurnSettings(**{one.name: given[one.name] for one in fields(TurnSettings) if one.name in given})


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest of a meeting, whole or not at all."""
    write_whole(folder / "manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def write_transcript(folder: Path, manifest: Mapping[str, Any], table: pd.DataFrame) -> None:
    """Write the plain transcript of a meeting's timeline, whole or not at all."""
    write_whole(folder / "transcript.txt", plain_transcript(table, names_of(manifest, table)))


def make_manifest(
    meeting: Meeting,
    run: Run,
    recordings: Sequence[Recording],
    clocks: Mapping[Path, Clock],
    language: str,
    sight: Sight,
) -> dict[str, Any]:
    """Versions, settings, model hashes, timings and warnings: what a researcher must be able to state."""
    return {
        "product": {"name": "rapport", "version": pipeline.__version__},
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        "models": {name: models.digest(name) for name in models.registry()},
        "meeting": meeting.model_dump(mode="json"),
        "language": language,
        "files": [
            {
                "path": str(recording.path),
                "sha256": run.fingerprint(recording.path),
                "sound": bool(recording.audio),
                "pictures": recording.has_pictures,
                "offset": clocks[recording.path].offset,
                "clock_rate": clocks[recording.path].rate,
                "duration": recording.duration,
                "problems": list(recording.problems),
            }
            for recording in recordings
        ],
        "faces": [face.summary() for face in sight.faces],
        "settings": _without_secrets(run.settings.model_dump(mode="json")),
        "stages": run.record,
        "warnings": run.warnings,
    }


def _without_secrets(settings: Any) -> Any:
    """Settings with access tokens left out."""
    if not isinstance(settings, dict):
        return settings
    return {k: "***" if k == "token" and v else _without_secrets(v) for k, v in settings.items()}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
