"""What a meeting's folder shows: timeline, transcript, signals and the manifest that vouches for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.hearing import Curve, Heard
from pipeline.laughing import Laughter
from pipeline.listening import Said
from pipeline.manifest import (
    called_again,
    make_manifest,
    names_of,
    people_of,
    read_manifest,
    write_manifest,
    write_transcript,
)
from pipeline.media.clock import Clock
from pipeline.media.probe import Recording
from pipeline.meeting import Meeting
from pipeline.people.sheet import Face, draw_faces
from pipeline.rapport.codebook import Codebook
from pipeline.scoring import about, coded
from pipeline.seeing import Sight
from pipeline.stages import Run
from pipeline.store import alone, replacing
from pipeline.timeline.human import keep_human_rows, names_now
from pipeline.timeline.table import read, tier, timeline, write

if TYPE_CHECKING:
    import pandas as pd

MEASURES = "voice_measures.parquet"
"""What the rows of voices were made of, among the signals; `pipeline.relabel` makes them anew."""


@dataclass(frozen=True)
class Result:
    """An analysed meeting.

    Attributes
    ----------
    folder : Path
        Where everything lies.
    table : DataFrame
        The timeline.
    names : dict of str to str
        What each participant is called.
    faces : tuple of Face
        Who was seen.
    warnings : tuple of str
        What the user should know.
    """

    folder: Path
    table: pd.DataFrame
    names: dict[str, str]
    faces: tuple[Face, ...]
    warnings: tuple[str, ...]

    def talk_seconds(self) -> dict[str, float]:
        """Seconds of each participant's turns without their pauses, overlaps counted for both."""
        turns, pauses = tier(self.table, "turn"), tier(self.table, "pause")
        talk = (turns["end"] - turns["start"]).groupby(turns["participant"]).sum()
        silent = pauses["value"].groupby(pauses["participant"]).sum()
        return {str(who): float(talk[who] - silent.get(who, 0.0)) for who in talk.index}

    def summary(self) -> dict[str, Any]:
        """The result in a few numbers, for scripts."""
        return {
            "folder": str(self.folder),
            "talk_seconds": {who: round(s, 3) for who, s in self.talk_seconds().items()},
            "words": len(tier(self.table, "word")),
            "turns": len(tier(self.table, "turn")),
            "warnings": list(self.warnings),
        }


def publish(
    folder: Path,
    meeting: Meeting,
    run: Run,
    recordings: Sequence[Recording],
    clocks: Mapping[Path, Clock],
    heard: Heard,
    laughter: Laughter,
    said: Said | None,
    sight: Sight,
    rows: Sequence[Mapping[str, Any]],
    *,
    codebook: Codebook | None,
) -> Result:
    """Write a meeting's results, each file whole or not at all, human rows kept, coded if wanted."""
    table = timeline(rows)
    with alone(folder):
        now: dict[str, str] = {}
        if (folder / "timeline.parquet").is_file():
            before = read(folder / "timeline.parquet")
            now = names_now(before, table)
            table = keep_human_rows(before, table, run.settings.turns)
        if codebook is not None:
            spoken = heard.language or meeting.language or ""
            table, doubts = coded(table, meeting.roles, spoken, codebook)
            for doubt in doubts:
                run.warn(doubt)
        manifest = make_manifest(meeting, run, recordings, clocks, heard.language, sight)
        coding = {"codebook": about(codebook)} if codebook else {}
        manifest = _with_human_parts(folder, {**manifest, **coding}, run, now)
        (folder / "signals").mkdir(parents=True, exist_ok=True)
        write(table, folder)
        _write_table(folder / "signals" / "speech.parquet", _speech_signal(heard.probability))
        _publish_voices(folder / "signals", laughter, said)
        _publish_faces(folder, sight)
        write_transcript(folder, manifest, table)
        write_manifest(folder, manifest)
    return Result(folder, table, names_of(manifest, table), sight.faces, tuple(run.warnings))


def _with_human_parts(
    folder: Path, manifest: dict[str, Any], run: Run, now: Mapping[str, str]
) -> dict[str, Any]:
    """A manifest with what people did: corrected files that came back, and names."""
    if not (folder / "manifest.json").is_file():
        return manifest
    known = read_manifest(folder)
    if imports := known.get("imports"):
        manifest = {**manifest, "imports": imports}
    renamed, recognised = dict(known.get("renamed", {})), dict(known.get("recognised", {}))
    for who in people_of(manifest):
        by_voice = who in recognised and recognised[who]["name"] == renamed.get(who, [""])[-1]
        if by_voice and now.get(who, who) != who:  # the voice is somebody else's now, to be recognised anew
            del renamed[who], recognised[who]
    if recognised:
        about = {now.get(who, who): told for who, told in recognised.items()}
        manifest = {**manifest, "recognised": about}
    manifest, doubts = called_again(manifest, renamed, now)
    for doubt in doubts:
        run.warn(doubt)
    return manifest


def _publish_voices(folder: Path, laughter: Laughter, said: Said | None) -> None:
    """Write what was measured of voices; remove what is there of an earlier run and is not measured now."""
    tables = {
        "laughter.parquet": laughter.signals,
        "voice.parquet": said.signals if said else None,
        MEASURES: said.measures if said else None,
    }
    for name, table in tables.items():
        if table is None:
            (folder / name).unlink(missing_ok=True)
        else:
            _write_table(folder / name, table)


def _publish_faces(folder: Path, sight: Sight) -> None:
    """Write the signals of faces and the picture of who was seen; remove those of an earlier run."""
    signals, picture = folder / "signals" / "face.parquet", folder / "faces.png"
    if sight.signals is None:
        signals.unlink(missing_ok=True)
    else:
        _write_table(signals, sight.signals)
    if sight.faces:
        with replacing(picture) as new:
            draw_faces(sight.faces).save(new, "PNG")
    else:
        picture.unlink(missing_ok=True)


def _write_table(path: Path, table: pd.DataFrame) -> None:
    with replacing(path) as new:
        table.to_parquet(new, index=False)


def _speech_signal(curves: Mapping[str, Curve]) -> pd.DataFrame:
    """How probable it is that each participant speaks; empty where a participant's file was not on."""
    import pandas as pd

    start = min(times[0] for times, _ in curves.values())
    end = max(times[-1] for times, _ in curves.values())
    step = min(float(times[1] - times[0]) if len(times) > 1 else 1.0 for times, _ in curves.values())
    times = np.arange(start, end + step / 2, step)
    columns = {
        f"speech_{who}": np.interp(times, *curve, left=np.nan, right=np.nan)
        for who, curve in sorted(curves.items())
    }
    return pd.DataFrame({"time": times, **columns})
