"""What is left to do: each meeting's results, if there are any, against what they would be made of now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.batch.entries import Entry
from pipeline.batch.facts import facts_of, makers_now, makers_of
from pipeline.batch.journal import Journal, Line
from pipeline.command import folder_of
from pipeline.errors import RapportError
from pipeline.manifest import called_again, read_manifest
from pipeline.progress import Quiet, Speeds
from pipeline.settings import Settings
from pipeline.stages import Run
from pipeline.store import Store

State = Literal["waiting", "done", "other", "failed"]


@dataclass
class Planned:
    """A meeting of a batch and where it stands.

    Attributes
    ----------
    entry : Entry
    folder : Path
        Where its results are or will be.
    state : str
        ``waiting`` to be analysed, ``done``, ``other``: done, but by another version or configuration, or
        ``failed``.
    line : dict
        Its row of the table.
    """

    entry: Entry
    folder: Path
    state: State = "waiting"
    line: Line = field(default_factory=dict)

    def ended(self, state: State, line: Mapping[str, Any]) -> None:
        """Note what became of it."""
        self.state = state
        self.line = {**self.line, **line, "state": state}


def plan(
    entries: Sequence[Entry], journal: Journal, settings: Settings, *, retry: bool, again: bool
) -> list[Planned]:
    """Give each meeting its folder and say what is left to do.

    Parameters
    ----------
    entries : sequence of Entry
    journal : Journal
    settings : Settings
        The configuration.
    retry : bool
        Whether meetings that failed are tried again.
    again : bool
        Whether those that another version or configuration made are analysed again.
    """
    makers = makers_now(settings)
    planned = []
    for entry in entries:
        one = Planned(entry, folder_of(journal.out, entry.name, entry.paths))
        identity = _identity(entry, makers)
        one.line = {
            "meeting": one.folder.name,
            "state": "waiting",
            "why": "",
            "file": "; ".join(map(str, entry.files)),
            "speakers": entry.speakers,
            "identity": identity,
        }
        last = journal.last(one.folder.name)
        _judge(one, last, settings, makers)
        if one.state == "other" and again:
            one.ended("waiting", {"why": ""})
        if one.state == "waiting" and not retry and _failed_before(last, identity):
            one.ended("failed", last or {})
        if one.state == "waiting" and entry.fault is not None:
            one.ended("failed", {"why": str(entry.fault), "exit_code": entry.fault.exit_code})
            journal.note(one.line)
        planned.append(one)
    return planned


def _failed_before(last: Line | None, identity: str) -> bool:
    return last is not None and last["state"] == "failed" and last.get("identity") == identity


def _judge(one: Planned, last: Line | None, settings: Settings, makers: Mapping[str, str]) -> None:
    """Compare the results that are there with what is wanted now."""
    meeting = one.entry.meeting
    if meeting is None or one.entry.fault or not (one.folder / "timeline.parquet").is_file():
        return
    try:
        manifest = read_manifest(one.folder)
        run = Run(Store(one.folder / ".stages"), settings, Quiet(), Speeds(one.folder / ".none"))
        now = [run.fingerprint(file.path) for file in meeting.files]
        if [file["sha256"] for file in manifest["files"]] != now:
            return
        made = makers_of(manifest)
        plain = {"meeting": meeting.model_dump(mode="json")}
        described, _ = called_again(plain, manifest.get("renamed", {}), {})
        same = _as_compared(described) == _as_compared(manifest) and _same_speakers(one, last)
        if made == makers and not same:
            return
        kept = last and last["state"] == "done" and last.get("identity") == one.line["identity"]
        facts = last if last and kept else facts_of(one.folder, manifest)
    except (RapportError, OSError, KeyError, TypeError, ValueError):
        return  # whatever is wrong there, the analysis makes it anew or says why not
    one.ended("done", {**facts, **one.line})
    if differing := [name for name in makers if made[name] != makers[name]]:
        one.ended("other", {"why": _made_otherwise(differing, made["version"])})


def _as_compared(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a meeting without what renaming somebody, and back, leaves of it."""
    people = manifest["meeting"]["participants"]
    told = {who["id"]: who for who in people if who["role"] != "other" or who["pseudonym"] != who["id"]}
    return {**manifest["meeting"], "participants": told}


def _same_speakers(one: Planned, last: Line | None) -> bool:
    return last is None or last["state"] != "done" or last.get("speakers") == one.entry.speakers


def _made_otherwise(differing: Sequence[str], version: str) -> str:
    with_what = [f"version {version}" if name == "version" else f"other {name}" for name in differing]
    said = " and ".join("another configuration" if one == "other configuration" else one for one in with_what)
    return f"Done with {said}; --again does it anew."


def _identity(entry: Entry, makers: Mapping[str, str]) -> str:
    """What a failure belongs to: another file, description, configuration or version may not fail."""
    files = [
        (str(path), path.stat().st_size, path.stat().st_mtime_ns) if path.exists() else (str(path),)
        for path in (*entry.files, *entry.paths)
    ]
    about = entry.meeting.model_dump(mode="json") if entry.meeting else str(entry.fault)
    content = json.dumps([files, about, entry.speakers, makers], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:20]
