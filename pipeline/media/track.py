"""Writing one decoded track: mono, 16 kHz, 16 bit, whole or not there at all."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MediaError, StorageError
from pipeline.media.sound import RATE, WAVE_HEADER

FULL_SCALE = 0.99
"""Share of the greatest value from which a sample counts as clipped."""

QUIETEST_DB = -96.0
"""Level of silence in 16 bits, in dB below full scale."""

LONGEST = (2**32 - 1 - WAVE_HEADER) // 2
"""Samples that a WAV file can hold: 37 hours."""


class TrackFile:
    """A track being written under a temporary name, renamed when it is whole.

    Parameters
    ----------
    path : Path
        Its final name.

    Attributes
    ----------
    samples : int
        Written so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.samples = 0
        self._clipped = 0
        self._peak = 0.0
        self._unfinished = path.with_name(path.name + ".part")
        try:
            self._file = wave.open(str(self._unfinished), "wb")  # noqa: SIM115 (closed by finish or discard)
        except OSError as error:
            raise self._cannot_write(error) from error
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE)

    def write(self, sound: NDArray[np.float32], clipped: int | None = None) -> None:
        """Append samples in -1 to 1; `clipped` of them were at full scale (counted here by default)."""
        if not len(sound):
            return
        loudness = np.abs(sound)
        self._peak = max(self._peak, float(loudness.max()))
        self._clipped += int((loudness >= FULL_SCALE).sum()) if clipped is None else clipped
        self._append(np.clip(np.rint(sound * 32768), -32768, 32767).astype("<i2"))

    def write_silence(self, count: int) -> None:
        """Append `count` samples of silence."""
        while count > 0:
            piece = min(count, 60 * RATE)
            self._append(np.zeros(piece, "<i2"))
            count -= piece

    def finish(self) -> None:
        """Complete the header and give the file its final name."""
        try:
            self._file.close()
            self._unfinished.replace(self.path)
        except OSError as error:
            raise self._cannot_write(error) from error

    def discard(self) -> None:
        """Remove what was written, unless it is finished."""
        try:
            self._file.close()
        finally:
            self._unfinished.unlink(missing_ok=True)

    @property
    def clipped_share(self) -> float:
        """Share of samples at full scale, 0 to 1."""
        return self._clipped / self.samples if self.samples else 0.0

    @property
    def peak_db(self) -> float:
        """Greatest level in dB relative to full scale."""
        return max(QUIETEST_DB, 20 * float(np.log10(max(self._peak, 1e-9))))

    def _append(self, sound: NDArray[np.int16]) -> None:
        if self.samples + len(sound) > LONGEST:
            raise MediaError("The recording is longer than 37 hours: cut it into meetings first.")
        try:
            self._file.writeframesraw(sound.tobytes())
        except OSError as error:
            raise self._cannot_write(error) from error
        self.samples += len(sound)

    def _cannot_write(self, error: OSError) -> StorageError:
        return StorageError(
            f"{self.path} cannot be written ({error.strerror}): free some space, or choose another folder."
        )
