"""The segmentation graph gives what pyannote.audio's own network gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from pipeline import models

RATE = 16_000


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    models.ensure(["segmentation-3.0"])
    return onnxruntime.InferenceSession(models.path("segmentation-3.0", "segmentation-3.0.onnx"))


def voices(seconds: float, count: int = 2) -> NDArray[np.float32]:
    """Gliding harmonics that come and go, with noise: enough like speech to stir every class."""
    random = np.random.default_rng(0)
    time = np.arange(int(seconds * RATE)) / RATE
    sound = 0.003 * random.standard_normal(len(time))
    for voice in range(count):
        pitch = (110 + 90 * voice) * (1 + 0.1 * np.sin(2 * np.pi * (0.7 + 0.2 * voice) * time))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        tone = sum(np.sin(k * phase) / k for k in range(1, 25))
        syllables = np.clip(np.sin(2 * np.pi * (3.1 + voice) * time), 0, 1)
        turns = np.sin(2 * np.pi * time / (5 + 2 * voice) + 2 * voice) > 0
        sound += 0.1 * tone * syllables * turns
    return sound.astype(np.float32)


def run(session: Any, sound: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = session.run(None, {"wav": sound})[0]
    return result


def test_ten_seconds_give_589_frames_of_log_probabilities(session: Any) -> None:
    output = run(session, voices(10)[None, None])
    assert output.shape == (1, 589, 7)
    np.testing.assert_allclose(np.exp(output).sum(-1), 1, atol=1e-5)


def test_silence_is_nobody_and_voices_are_somebody(session: Any) -> None:
    assert (run(session, np.zeros((1, 1, 10 * RATE), np.float32)).argmax(-1) == 0).all()
    assert (run(session, voices(10)[None, None]).argmax(-1) > 0).any()


def test_what_shares_a_batch_does_not_matter(session: Any) -> None:
    first, second = voices(10, 1), voices(10, 2)
    together = run(session, np.stack([first, second])[:, None])
    np.testing.assert_allclose(together[:1], run(session, first[None, None]), atol=1e-4)
    np.testing.assert_allclose(together[1:], run(session, second[None, None]), atol=1e-4)


@pytest.mark.parametrize("seconds", [1.3, 5.0, 10.0])
def test_it_agrees_with_pyannote(session: Any, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYANNOTE_METRICS_ENABLED", "0")
    torch = pytest.importorskip("torch", reason="the comparison needs torch")
    audio = pytest.importorskip("pyannote.audio", reason="the comparison needs pyannote.audio")
    network = audio.Model.from_pretrained(
        models.path("segmentation-3.0", "pytorch_model.bin"), strict=False
    ).eval()
    sound = np.stack([voices(seconds, 1), voices(seconds, 2), voices(seconds, 3)])[:, None]
    with torch.inference_mode():
        theirs = network(torch.from_numpy(sound)).numpy()
    ours = run(session, sound)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(np.exp(ours), np.exp(theirs), atol=1e-4)
    np.testing.assert_array_equal(ours.argmax(-1), theirs.argmax(-1))
