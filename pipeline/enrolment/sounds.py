"""The sound of an analysed meeting in which a participant is heard: as decoded for it, else decoded again."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.errors import MediaError
from pipeline.media.clock import Clock
from pipeline.media.decode import TrackSpec, decode_audio
from pipeline.media.probe import fingerprint
from pipeline.media.sound import Sound
from pipeline.stages import Kept, track_file

MIX = TrackSpec()


class Sounds:
    """The sounds of one analysed meeting; see `sounds_of`.

    Parameters
    ----------
    folder : Path
        The meeting's.
    manifest : mapping
        Its manifest.
    room : Path
        Folder for what has to be decoded again.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any], room: Path) -> None:
        self._manifest, self._room = manifest, room
        sounding = [file["path"] for file in manifest["files"] if file["sound"]]
        keys = [one["key"] for one in manifest.get("stages", ()) if one["stage"] == "decode"]
        decoded = folder / ".stages" / "decode"
        self._kept = {path: decoded / key for path, key in zip(sounding, keys, strict=False)}

    def of(self, who: str) -> tuple[Sound, Clock]:
        """The sound to hear a participant in, and how its time becomes the meeting's.

        Their own file or channel where the meeting file gives them one, else the sound of everybody.

        Raises
        ------
        MediaError
            Where neither the decoded sound nor the recording is there, or the recording is another one now.
        """
        file, spec = self._place(who)
        return self._opened(file, spec), Clock(file["offset"], file["clock_rate"])

    def _place(self, who: str) -> tuple[Mapping[str, Any], TrackSpec]:
        meeting, files = self._manifest["meeting"], self._manifest["files"]
        person: Mapping[str, Any] = next((p for p in meeting["participants"] if p["id"] == who), {})
        path, channel = person.get("file"), person.get("channel")
        if path is None and channel is None:
            heard = [file for file in files if file["sound"]]
            if not heard:
                raise MediaError("No recording of this meeting has sound; voices cannot be told by it.")
            return heard[0], MIX
        paths = [file["path"] for file in meeting["files"]]
        file = files[paths.index(path) if path is not None else 0]
        return file, MIX if channel is None else TrackSpec(0, channel)

    def _opened(self, file: Mapping[str, Any], spec: TrackSpec) -> Sound:
        path = Path(file["path"])
        if (kept := self._kept.get(file["path"])) and (track := track_file(Kept(kept, ""), spec)).is_file():
            with suppress(wave.Error, EOFError, OSError, ValueError):  # a damaged one is decoded again
                return Sound.open(track)
        place = self._room / file["sha256"][:16]
        track = track_file(Kept(place, ""), spec)
        if not track.is_file():
            if not path.is_file():
                raise MediaError(
                    f"The recording {path} is no longer there, and its decoded sound is not kept either; "
                    "put it back."
                )
            if fingerprint(path) != file["sha256"]:
                raise MediaError(
                    f"The recording {path} is not the one that was analysed; put that back, or analyse again."
                )
            place.mkdir(exist_ok=True)
            decode_audio(path, {spec: track})
        return Sound.open(track)


@contextmanager
def sounds_of(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Sounds]:
    """Open the sounds of a meeting; what is decoded again is gone afterwards."""
    with TemporaryDirectory(prefix="rapport-") as room:
        yield Sounds(folder, manifest, Path(room))
