"""A meeting's recordings as a report holds them: small, without tags, blurred where that is asked."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import RapportError
from pipeline.media.film import write_film
from pipeline.media.probe import probe
from pipeline.report.options import BLUR, ReportError, ReportOptions
from pipeline.review.curves import waveform

LARGEST = 500_000_000
"""Bytes of media in a report, as text in its page, that browsers and mail still cope with."""
RATE = 15.0
"""Pictures a second: a nod takes a fifth of a second at the least."""
UNKNOWN, LEAST = 0.5, 0.15
"""Height of the largest face in heights of the picture: where no face was read, and at the least.

Somebody whose face was never found may sit nearer to the camera than those who were.
"""
PIECE = 6_000_000
"""Bytes that are written as one text; a multiple of three."""


@dataclass(frozen=True)
class Held:
    """A recording in a report.

    Attributes
    ----------
    told : dict
        What the page is told of it.
    film : Path
    waveform : dict or None
        Outline of its sound, where there are no pictures.
    """

    told: dict[str, Any]
    film: Path
    waveform: Mapping[str, Any] | None

    def pieces(self) -> Iterator[bytes]:
        """The film as Base64, in pieces that each can be read alone."""
        with self.film.open("rb") as file:
            while piece := file.read(PIECE):
                yield base64.b64encode(piece)


def films_of(
    folder: Path,
    manifest: Mapping[str, Any],
    options: ReportOptions,
    scratch: Path,
    progress: Callable[[str, float], None],
) -> list[Held]:
    """Write films of those recordings that are wanted.

    Parameters
    ----------
    folder : Path
        The analysed meeting.
    manifest : mapping
        Its manifest.
    options : ReportOptions
    scratch : Path
        Folder for the films.
    progress : callable
        Told what is made, and the share that is done.

    Raises
    ------
    ReportError
        Where there are no pictures, or no sound, though they are wanted; where a recording has gone, and
        where the films are too large for a page.
    """
    wanted = _wanted(manifest, options)
    for file in wanted:
        if not Path(file["path"]).is_file():
            raise ReportError(
                f"The recording {file['path']} is no longer there; put it back, or leave video and sound out."
            )
    found: list[Held] = []
    size = 0
    counts = {"video": 0, "audio": 0}
    for number, file in enumerate(wanted, start=1):
        kind = "video" if file["pictures"] and options.pictures else "audio"
        counts[kind] += 1
        name = f"{'Camera' if kind == 'video' else 'Sound'} {counts[kind]}"
        film = scratch / f"{number}.{'mp4' if kind == 'video' else 'm4a'}"
        write_film(
            Path(file["path"]),
            film,
            height=options.height,
            rate=RATE,
            blur=face_of(folder, manifest, file) if options.video == BLUR else None,
            pictures=kind == "video",
            sound=options.heard,
            progress=partial(progress, name),
        )
        size += film.stat().st_size * 4 // 3
        if size > LARGEST:
            raise ReportError(
                f"The report would be larger than {LARGEST // 1_000_000} MB, which browsers hardly open; "
                "give a lower --height, blur the video, or leave it out."
            )
        told = {
            "number": number,
            "name": name,
            "kind": kind,
            "offset": file["offset"],
            "clock_rate": file.get("clock_rate", 1.0),
            "duration": file["duration"],
            "there": True,
            "playable": True,
            "type": "video/mp4" if kind == "video" else "audio/mp4",
        }
        place = manifest["files"].index(file) + 1
        found.append(Held(told, film, waveform(folder, manifest, 4000, place) if kind == "audio" else None))
    return found


def _wanted(manifest: Mapping[str, Any], options: ReportOptions) -> list[Mapping[str, Any]]:
    """Files that have something to show or to hear."""
    files = manifest["files"]
    seen = [file for file in files if file["pictures"] and options.pictures]
    if options.pictures and not seen:
        raise ReportError("No recording of this meeting has pictures; make it with --video leave-out.")
    if options.sound and not any(file["sound"] for file in files):
        raise ReportError("No recording of this meeting has sound; make it with --no-sound.")
    heard = [file for file in files if file["sound"] and file not in seen] if options.heard else []
    return [*seen, *heard]


def face_of(folder: Path, manifest: Mapping[str, Any], file: Mapping[str, Any]) -> float:
    """Height of the largest face that a camera saw, brow to chin, in heights of its picture."""
    import pandas as pd

    path = folder / "signals" / "face.parquet"
    cameras = [one for one in manifest["files"] if one["pictures"]]
    try:
        faces = pd.read_parquet(path, columns=["camera", "size"])
        height = probe(file["path"]).video[0].height
    except (OSError, ValueError, KeyError, RapportError):
        return UNKNOWN
    sizes = faces.loc[faces["camera"] == cameras.index(file), "size"].dropna()
    return max(LEAST, float(sizes.max()) / height) if len(sizes) else UNKNOWN
