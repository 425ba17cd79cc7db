"""Who speaks when, by pyannote.audio 4 (extra ``pyannote``, needs torch).

pyannote.audio reports each use to its makers unless ``PYANNOTE_METRICS_ENABLED`` says otherwise; it
is switched off here, whatever the surroundings say, before the package is imported.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from functools import cached_property
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ModelError, SettingsError
from pipeline.fetching import hash_file
from pipeline.media.sound import RATE, Sound
from pipeline.speech.engines import Activity, Progress
from pipeline.speech.segmentation import Segmentation

STEP = 0.01
"""Seconds between frames of the result."""

_SHARES = {"segmentation": (0.0, 0.4), "embeddings": (0.4, 1.0)}
"""Where each of pyannote's lengthy steps begins and ends in the whole work."""


class PyannoteDiariser:
    """Diarises with a pyannote.audio pipeline, on this machine.

    The pipeline decides on edges, so each frame's probability is 0 or 1. It is loaded when first
    needed. The whole recording is held in memory (230 MB per hour).

    Parameters
    ----------
    pipeline : str
        Name on the Hugging Face hub, folder with a ``config.yaml``, or such a file. From a folder
        nothing is downloaded.
    token : str, optional
        Hugging Face token, for the first download of a pipeline whose conditions must be accepted.
        Settings are written beside the results, so ``HF_TOKEN`` in the environment is the better place.
    device : str, optional
        torch device; by default the graphics card where there is one, else the processor.
    threads : int, optional
        Processor cores to use; by default as torch decides.

    Raises
    ------
    SettingsError
        Where the extra is not installed, or the pipeline would not run on this machine.
    ModelError
        Where the pipeline's files are missing and cannot be downloaded.

    References
    ----------
    Bredin (2023), pyannote.audio 2.1 speaker diarization pipeline: principle, benchmark, and recipe.
    """

    def __init__(
        self,
        *,
        pipeline: str = "pyannote/speaker-diarization-community-1",
        token: str | None = None,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        try:
            release = version("pyannote.audio")
        except PackageNotFoundError as error:
            raise SettingsError(
                "pyannote.audio is not installed; run: pip install 'rapport-pipeline[pyannote]'."
            ) from error
        self._name, self._token, self._device, self._threads = pipeline, token, device, threads
        self._path = Path(pipeline).expanduser()
        local = self._path.exists()
        if not local and (self._path.is_absolute() or self._path.suffix in (".yaml", ".yml")):
            raise ModelError(f"There is no pyannote pipeline at {pipeline}.")
        self.version = f"pyannote.audio {release}, {_digest(self._path) if local else pipeline}"

    def diarise(
        self, sound: Sound, segmentation: Segmentation, *, speakers: int | None, progress: Progress
    ) -> Activity:
        """Diarise a recording of any length.

        Parameters
        ----------
        sound : Sound
            The mixed recording.
        segmentation : Segmentation
            Left aside: the pipeline brings its own.
        speakers : int, optional
            How many people speak, if known. pyannote keeps to it; where it would have heard another
            number by itself, a warning says so.
        progress : callable
            Called with the share of the work that is done.
        """
        if not len(sound.samples):
            return Activity(np.zeros((0, 0), np.float32), np.zeros((0, 0), np.bool_), STEP)
        os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # read at import and at each use
        import torch

        seen: dict[str, Any] = {}

        def hook(
            step: str, artefact: Any, *, file: Any = None, total: int | None = None, completed: int = 0
        ) -> None:
            if step in _SHARES:
                seen[step] = artefact
                begin, end = _SHARES[step]
                progress(begin + (end - begin) * (completed / total if total else 1.0))

        waveform = torch.from_numpy(sound.between(0, sound.duration))[None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            output = self._pipeline(
                {"waveform": waveform, "sample_rate": RATE}, num_speakers=speakers, hook=hook
            )
            heard = self._heard(seen) if speakers is not None else None
        progress(1.0)
        active = _frames(getattr(output, "speaker_diarization", output), sound.duration)
        disagreement = (
            f"The number of speakers was given as {speakers}, but {heard} are heard; "
            "check it, or leave it out to follow what is heard."
        )
        return Activity(
            probability=active.astype(np.float32),
            active=active,
            step=STEP,
            warnings=(disagreement,) if heard != speakers else (),
        )

    def _heard(self, seen: dict[str, Any]) -> int:
        """How many speakers the pipeline hears when no number is given, from what it has measured."""
        if "embeddings" not in seen:
            return 0
        clusters, _, _ = self._pipeline.clustering(
            embeddings=seen["embeddings"],
            segmentations=seen["segmentation"],
            min_clusters=1,
            max_clusters=np.inf,
        )
        return int(clusters.max()) + 1

    @cached_property
    def _pipeline(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import torch
                from pyannote.audio import Pipeline
            except (ImportError, OSError) as error:
                raise SettingsError(f"pyannote.audio is installed but cannot be loaded: {error}.") from error
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    self._refuse_uploads()
                    pipeline = Pipeline.from_pretrained(
                        str(self._path) if self._path.exists() else self._name, token=self._token
                    )
            except SettingsError:
                raise
            except Exception as error:  # a configuration written by hand can raise anything
                raise ModelError(self._why_not(error)) from error
        if self._threads is not None:
            torch.set_num_threads(self._threads)
        device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            return pipeline.to(torch.device(device))
        except (RuntimeError, AssertionError) as error:
            raise SettingsError(f"pyannote cannot use the device '{device}': {error}.") from error

    def _refuse_uploads(self) -> None:
        """Refuse a pipeline that is a door to a service; being made is enough for it to call there."""
        import yaml
        from pyannote.audio.utils.hf_hub import AssetFileName, download_from_hf_hub

        if self._path.is_dir():
            file = self._path / AssetFileName.Pipeline.value
        elif self._path.exists():
            file = self._path
        else:
            file = Path(download_from_hf_hub(self._name, AssetFileName.Pipeline, token=self._token))
        module, _, kind = yaml.safe_load(file.read_text("utf-8"))["pipeline"]["name"].rpartition(".")
        if kind != "SpeakerDiarization" or not module.startswith("pyannote.audio."):
            raise SettingsError(
                f"'{self._name}' is no speaker diarisation that runs on this machine; "
                "use pyannote/speaker-diarization-community-1 or a folder that holds it."
            )

    def _why_not(self, error: Exception) -> str:
        """Sentence that says what to do when the pipeline cannot be loaded."""
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

        if isinstance(error, (LocalEntryNotFoundError, OfflineModeIsEnabled)):
            return (
                f"The pyannote pipeline '{self._name}' is not on this machine and cannot be downloaded; "
                "connect once, or give the path of a folder that holds it."
            )
        if isinstance(error, HfHubHTTPError):
            return (
                f"The hub does not give the pyannote pipeline '{self._name}': accept its conditions at "
                f"https://hf.co/{self._name} and put a token into HF_TOKEN, "
                "or give the path of a folder that holds it."
            )
        return f"The pyannote pipeline '{self._name}' cannot be loaded: {error}."


def _frames(annotation: Any, duration: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Frames (n, speakers) in which each speaker of a pyannote annotation is active."""
    labels = annotation.labels()
    active = np.zeros((round(duration / STEP), len(labels)), np.bool_)
    for segment, _, label in annotation.itertracks(yield_label=True):
        active[round(segment.start / STEP) : round(segment.end / STEP), labels.index(label)] = True
    return active


def _digest(path: Path) -> str:
    """First characters of the sha256 of a configuration, or of all the files in its folder."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return sha256("".join(map(hash_file, files)).encode()).hexdigest()[:12]
