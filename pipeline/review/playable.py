"""Recordings that browsers cannot play, and copies of them that they can.

What Chromium, Firefox and Safari all play is little: H.264 with AAC in MP4, VP8 or VP9 with Opus in WebM, and
simple sound files. Of anything else a copy is made once, beside the meeting's results, in a process that
gives way to everything else. Whoever deletes the copies loses nothing; they are made again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import MediaError
from pipeline.media.container import media_streams, opened
from pipeline.store import stage_key

FOLDER = ".playable"
"""Where a meeting's copies lie, by the recording's number and what the recording was."""
VERSION = "1"
"""Of how copies are made; another one makes all of them anew."""
PIXELS = frozenset({"yuv420p", "yuvj420p"})
"""Arrangements of pixels that every browser decodes: 8 bits, colours at half the resolution."""
NAMES = {
    "hevc": "H.265", "mpeg4": "MPEG-4 part 2", "mpeg2video": "MPEG-2", "mjpeg": "Motion JPEG",
    "prores": "ProRes", "dvvideo": "DV", "av1": "AV1", "alac": "Apple Lossless", "ac3": "AC-3",
}  # fmt: skip
"""What people call codings."""


@dataclass(frozen=True)
class Packing:
    """A kind of file, and the codings that every browser plays in it."""

    suffixes: Sequence[str]
    pictures: Sequence[str]
    sound: Sequence[str]

    def holds(self, held: Held) -> bool:
        """Whether a recording's streams may go into such a file as they are."""
        pictures = held.pictures in ("", *self.pictures) and held.pixels in ("", *PIXELS)
        return pictures and set(held.sounds) <= set(self.sound)


MP4 = Packing((".mp4", ".m4v", ".m4a"), ("h264",), ("aac", "mp3"))
WEBM = Packing((".webm",), ("vp8", "vp9"), ("opus", "vorbis"))
PACKINGS = {
    "mov": MP4,
    "matroska": WEBM,
    "mp3": Packing((".mp3",), (), ("mp3",)),
    "flac": Packing((".flac",), (), ("flac",)),
    "wav": Packing((".wav",), (), ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le")),
}
"""What browsers play, by the first of FFmpeg's names for the file format."""
MEDIA_TYPES = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".m4a": "audio/mp4", ".webm": "video/webm",
    ".mp3": "audio/mpeg", ".flac": "audio/flac", ".wav": "audio/wav",
}  # fmt: skip
"""Types of what browsers play; what a machine says of suffixes may be wrong."""


@dataclass(frozen=True)
class Held:
    """What a recording holds, as far as a browser cares.

    Attributes
    ----------
    format : str
        FFmpeg's first name for the file format.
    timed : bool
        Whether the file says how long it is; without, browsers cannot jump in it.
    pictures, pixels : str
        Coding of the first picture stream and arrangement of its pixels; empty where there is none.
    sounds : tuple of str
        Coding of every sound stream.
    """

    format: str
    timed: bool
    pictures: str
    pixels: str
    sounds: tuple[str, ...]


def held(path: Path) -> Held:
    """Look at a recording's streams without reading them.

    Raises
    ------
    MediaError
        Where it cannot be read.
    """
    with opened(path) as container:
        sounds, pictures = media_streams(container)
        first = pictures[0].codec_context if pictures else None
        return Held(
            format=container.format.name.split(",")[0],
            timed=container.duration is not None,
            pictures=_coding(first) if pictures else "",
            pixels=str(first.pix_fmt or "") if first else "",
            sounds=tuple(_coding(stream.codec_context) for stream in sounds),
        )


def unplayable(path: Path) -> str:
    """What of a recording browsers cannot play, such as ``.mkv``; empty where they can, or nobody knows."""
    try:
        found = path.stat()
        return _unplayable(path, found.st_size, found.st_mtime_ns)
    except (OSError, MediaError):
        return ""


@lru_cache(maxsize=256)
def _unplayable(path: Path, size: int, changed: int) -> str:
    return fault_of(held(path), path.suffix.lower())


def fault_of(found: Held, suffix: str) -> str:
    """What browsers cannot play of a file with such a suffix; empty where they play it all."""
    packing = PACKINGS.get(found.format)
    if found.pictures and not any(found.pictures in one.pictures for one in PACKINGS.values()):
        return f"{NAMES.get(found.pictures, found.pictures.upper())} pictures"
    if found.pixels not in ("", *PIXELS):
        return f"pictures of more than 8 bits or with full colours ({found.pixels})"
    if packing is None or suffix not in packing.suffixes:
        return f"{suffix} files" if suffix else "files of this kind"
    if not packing.holds(found):
        odd = [one for one in found.sounds if one not in packing.sound] or [found.pictures]
        return f"{_called(odd[0])} in {suffix} files"
    if len(found.sounds) > 1:
        return "more than one sound track at a time"
    return "" if found.timed else "files that do not say how long they are"


def _called(coding: str) -> str:
    return "PCM sound" if coding.startswith("pcm_") else NAMES.get(coding, coding.upper())


def _coding(decoder: Any) -> str:
    return str(decoder.codec.canonical_name) if decoder else "unknown"


# ---------------------------------------------------------------------------------------------- copies


@dataclass
class _Job:
    """A copy that is wanted, being made, or could not be made."""

    command: list[str]
    share: float = 0.0
    begun: bool = False
    fault: str = ""


@dataclass
class Copies:
    """Makes the copies that are asked for, one after the other, and knows which are there."""

    _jobs: dict[Path, _Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _worker: threading.Thread | None = None

    def playable(self, folder: Path, number: int, path: Path) -> bool:
        """Whether a browser can be sent something that it plays."""
        return self._copy(folder, number, path) is not None or not unplayable(path)

    def served(self, folder: Path, number: int, path: Path) -> Path:
        """The file that a browser is sent: the copy, or else the recording itself."""
        return self._copy(folder, number, path) or path

    def state(self, folder: Path, number: int, path: Path) -> dict[str, Any]:
        """How it stands with a recording.

        Parameters
        ----------
        folder : Path
            The meeting's.
        number : int
            The recording's, from 1.
        path : Path
            The recording.

        Returns
        -------
        dict
            ``state``: ``ready``, ``needed``, ``waiting``, ``making``, ``failed`` or ``gone``; ``share`` that
            is made, 0 to 1; ``text``, a sentence for people, empty where it is ready.
        """
        if not path.is_file():
            text = f"{path.name} is no longer where it was analysed; put it back and reload the page."
            return {"state": "gone", "share": 0.0, "text": text}
        if self._copy(folder, number, path):
            return {"state": "ready", "share": 1.0, "text": ""}
        why = unplayable(path)
        job = self._jobs.get(_place(folder, number, path))
        if job is None:
            text = f"The browser cannot play {why}; a copy is needed." if why else ""
            return {"state": "needed" if why else "ready", "share": 0.0, "text": text}
        if job.fault:
            return {"state": "failed", "share": 0.0, "text": job.fault}
        first = job.begun or not any(one.begun and not one.fault for one in list(self._jobs.values()))
        text = f"The browser cannot play {why or path.name + ' as it is'}; a copy "
        text += (
            f"is being made: {job.share * 100:.0f} %" if first else "is made when the one before it is done"
        )
        return {"state": "making" if first else "waiting", "share": round(job.share, 3), "text": text}

    def make(self, folder: Path, number: int, path: Path) -> dict[str, Any]:
        """Begin a copy unless it is there or under way, again where it failed; answers as `state` does.

        Of a recording that should play everything is encoded anew: somebody's browser has refused it.
        """
        place = _place(folder, number, path)
        with self._lock:
            job = self._jobs.get(place)
            if path.is_file() and not self._copy(folder, number, path) and (job is None or job.fault):
                anew = "" if unplayable(path) else "anew"
                self._jobs[place] = _Job([str(path), str(folder / FOLDER), str(number), place.name, anew])
                if self._worker is None:
                    self._worker = threading.Thread(target=self._work, name="copies", daemon=True)
                    self._worker.start()
        return self.state(folder, number, path)

    def _copy(self, folder: Path, number: int, path: Path) -> Path | None:
        place = _place(folder, number, path)
        return next(iter(place.glob("[!.]*")), None) if place.is_dir() else None

    def _work(self) -> None:
        """Make what waits until nothing does."""
        while True:
            with self._lock:
                waiting = (item for item in self._jobs.items() if not item[1].begun)
                place, job = next(waiting, (None, None))
                if place is None or job is None:
                    self._worker = None
                    return
                job.begun = True
            job.fault = _made(job)
            if not job.fault:
                self._jobs.pop(place, None)
                _clear(place)


def _place(folder: Path, number: int, path: Path) -> Path:
    """Where the copy of a recording as it is now lies; another one once the recording was changed."""
    try:
        found = path.stat()
    except OSError:
        return folder / FOLDER / str(number) / "gone"
    content = [path.name, str(found.st_size), str(found.st_mtime_ns)]
    return folder / FOLDER / str(number) / stage_key("playable", VERSION, None, content)


def _clear(place: Path) -> None:
    """Remove copies of what the recording was before it was changed."""
    for other in place.parent.iterdir():
        if other != place and not other.name.startswith("."):
            shutil.rmtree(other, ignore_errors=True)


def _made(job: _Job) -> str:
    """Make a copy in another process, which ends with this one; a sentence where that failed."""
    name = Path(job.command[0]).name
    idle = getattr(subprocess, "IDLE_PRIORITY_CLASS", 0)  # on Windows; elsewhere see `copying.main`
    fault = f"A copy of {name} for the browser was being made and was stopped; reload the page to go on."
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.review.copying", *job.command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            encoding="utf-8", creationflags=idle,
        )  # fmt: skip
    except OSError as error:
        return f"No copy of {name} for the browser can be made here ({error.strerror})."
    with process:
        for line in process.stdout or ():
            try:
                told = json.loads(line)
            except ValueError:  # of one that was killed while it wrote
                break
            job.share = float(told.get("share", job.share))
            fault = told.get("fault", fault)
    return fault if process.returncode else ""
