"""The real pyannote.audio package, offline, with weights that need no account."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from pipeline.engines import load_engine
from pipeline.errors import ModelError, SettingsError
from pipeline.media.sound import Sound
from pipeline.speech import pyannote_diariser
from pipeline.speech.engines import Activity
from pipeline.speech.pyannote_diariser import PyannoteDiariser
from pipeline.speech.segmentation import Segmentation

from .weights_for_tests import SHARED, pyannote_pipeline, recording, write_pipeline

NOTHING = np.zeros(0, np.float32)
LEFT_ASIDE = Segmentation(np.zeros((0, 589, 3), np.uint8), NOTHING, NOTHING, NOTHING)

CALL = "diarizationExample.wav"


def ignore(share: float) -> None:
    pass


def test_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(pyannote_diariser, "version", missing)
    with pytest.raises(SettingsError, match=r"pip install 'rapport-pipeline\[pyannote\]'"):
        PyannoteDiariser()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("torch") is None or find_spec("pyannote.audio") is None:
        pytest.skip("pyannote.audio is not installed")
    return pyannote_pipeline(tmp_path_factory.mktemp("diariser"))


@pytest.fixture(scope="module")
def contacts() -> Iterator[list[Any]]:
    """Every host that this process asks for while the tests of this module run; none is reached."""
    asked: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> NoReturn:
        asked.append(arguments)
        raise OSError("the network is cut off for this test")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYANNOTE_METRICS_ENABLED", "1")  # as if the user's surroundings asked for it
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield asked


@pytest.fixture(scope="module")
def engine(folder: Path, contacts: list[Any]) -> PyannoteDiariser:
    return load_engine("diarisers", "pyannote", {"pipeline": str(folder), "device": "cpu"}, threads=2)


@pytest.fixture(scope="module")
def call(engine: PyannoteDiariser) -> tuple[Activity, list[float]]:
    shares: list[float] = []
    return engine.diarise(recording(CALL), LEFT_ASIDE, speakers=None, progress=shares.append), shares


@pytest.mark.torch
class TestRecording:
    def test_speakers_are_those_of_the_reference(self, call: tuple[Activity, list[float]]) -> None:
        from pyannote.core import Annotation, Segment
        from pyannote.metrics.diarization import DiarizationErrorRate

        reference = Annotation()
        for line in (SHARED / CALL).with_suffix(".segments").read_text().splitlines():
            start, end, speaker = line.split()
            reference[Segment(float(start), float(end))] = speaker
        error = DiarizationErrorRate(collar=0.5)(reference, _annotation(call[0]))
        assert error < 0.05

    def test_frames_cover_the_recording(self, call: tuple[Activity, list[float]]) -> None:
        activity, sound = call[0], recording(CALL)
        assert activity.probability.shape == activity.active.shape
        assert len(activity.active) * activity.step == pytest.approx(sound.duration, abs=activity.step)
        assert activity.probability.dtype == np.float32
        assert ((activity.probability > 0.5) == activity.active).all()
        assert activity.active.any(axis=0).all()
        assert activity.warnings == ()

    def test_progress_rises_to_the_end(self, call: tuple[Activity, list[float]]) -> None:
        shares = call[1]
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert len(shares) > 5

    def test_given_number_of_speakers_is_kept_but_questioned(
        self, engine: PyannoteDiariser, call: tuple[Activity, list[float]]
    ) -> None:
        forced = engine.diarise(recording(CALL), LEFT_ASIDE, speakers=1, progress=ignore)
        heard = call[0].active.shape[1]
        assert forced.active.shape[1] == 1
        assert f"given as 1, but {heard} are heard" in forced.warnings[0]

    def test_nothing_is_reported_to_anyone(
        self, engine: PyannoteDiariser, call: tuple[Activity, list[float]], contacts: list[Any]
    ) -> None:
        from pyannote.audio.telemetry import metrics

        metrics.provider.force_flush()
        assert not metrics.is_metrics_enabled()
        assert contacts == []

    def test_the_test_would_notice_a_report(
        self, engine: PyannoteDiariser, contacts: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _use(engine)
        from pyannote.audio.telemetry import metrics

        monkeypatch.setenv("PYANNOTE_METRICS_ENABLED", "1")
        metrics.track_pipeline_init(engine._pipeline)
        metrics.provider.force_flush()
        assert any("otel.pyannote.ai" in str(contact) for contact in contacts)
        contacts.clear()


@pytest.mark.torch
class TestPipeline:
    @pytest.mark.parametrize("seconds", [0, 0.01, 3])
    def test_silence_has_no_speakers(self, engine: PyannoteDiariser, seconds: float) -> None:
        silence = Sound(np.zeros(round(seconds * 16_000), np.int16))
        activity = engine.diarise(silence, LEFT_ASIDE, speakers=None, progress=ignore)
        assert activity.active.shape == (round(seconds * 100), 0)

    def test_version_follows_the_folder(self, engine: PyannoteDiariser, folder: Path, tmp_path: Path) -> None:
        write_pipeline(tmp_path, "pyannote.audio.pipelines.SpeakerDiarization", {})
        names = (str(tmp_path), str(tmp_path / "config.yaml"), "pyannote/speaker-diarization-community-1")
        versions = {PyannoteDiariser(pipeline=name).version for name in names}
        assert engine.version not in versions
        assert len(versions) > 1
        assert all(version.startswith("pyannote.audio 4.") for version in versions)

    def test_missing_file(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="no pyannote pipeline at"):
            PyannoteDiariser(pipeline=str(tmp_path / "config.yaml"))

    def test_no_network(self, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        with pytest.raises(ModelError, match="connect once"):
            _use(PyannoteDiariser())

    def test_conditions_not_accepted(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from huggingface_hub.errors import GatedRepoError

        def gated(*_: Any, **__: Any) -> NoReturn:
            raise GatedRepoError.__new__(GatedRepoError)

        monkeypatch.setattr("pyannote.audio.utils.hf_hub.hf_hub_download", gated)
        with pytest.raises(ModelError, match=r"accept its conditions .* HF_TOKEN"):
            _use(PyannoteDiariser())

    def test_pipeline_that_uploads_recordings_is_refused(
        self, folder: Path, contacts: list[Any], tmp_path: Path
    ) -> None:
        write_pipeline(tmp_path, "pyannote.audio.pipelines.pyannoteai.sdk.SDK", {"token": "x"})
        with pytest.raises(SettingsError, match="runs on this machine"):
            _use(PyannoteDiariser(pipeline=str(tmp_path)))
        assert contacts == []

    def test_broken_configuration(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "config.yaml").write_text("pipeline: nonsense", "utf-8")
        with pytest.raises(ModelError, match="cannot be loaded"):
            _use(PyannoteDiariser(pipeline=str(tmp_path)))

    def test_impossible_device(self, folder: Path) -> None:
        with pytest.raises(SettingsError, match="'quantum'"):
            _use(PyannoteDiariser(pipeline=str(folder), device="quantum"))


def _use(engine: PyannoteDiariser) -> None:
    engine.diarise(Sound(np.zeros(16_000, np.int16)), LEFT_ASIDE, speakers=None, progress=ignore)


def _annotation(activity: Activity) -> Any:
    from pyannote.core import Annotation, Segment

    annotation = Annotation()
    for speaker, active in enumerate(activity.active.T):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8)))
        for start, end in (edges.reshape(-1, 2) * activity.step + activity.start).tolist():
            annotation[Segment(start, end), speaker] = speaker
    return annotation
