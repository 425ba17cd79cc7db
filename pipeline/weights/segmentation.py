"""pyannote segmentation 3.0 (PyanNet) as an ONNX graph.

Sources
-------
Network: Bredin and Laurent, "End-to-end speaker segmentation for overlap-aware resegmentation",
Interspeech 2021; Plaquet and Bredin, "Powerset multi-class cross entropy loss for neural speaker
diarization", Interspeech 2023. First layer: Ravanelli and Bengio, "Speaker recognition from raw waveform
with SincNet", 2018.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.weights.checkpoint import Tensors, read_checkpoint
from pipeline.weights.graph import EPSILON, Graph, Shape

RATE = 16_000
SINC_STRIDE = 10
LOWEST_HZ = NARROWEST_HZ = 50
LSTM_LAYERS = 4
LINEAR_LAYERS = 2


def build(checkpoint: Path) -> bytes:
    """Build the model from its checkpoint.

    Parameters
    ----------
    checkpoint : Path
        ``pytorch_model.bin`` of segmentation 3.0.

    Returns
    -------
    bytes
        An ONNX model. Input ``wav``, float32 (batch, 1, samples): mono, 16 kHz, any length, trained on
        10 s. Output ``logp``, float32 (batch, frames, 7): log-probabilities of the sets {}, {a}, {b},
        {c}, {a,b}, {a,c}, {b,c} of speakers. Frame k is centred on sample 495 + 270 k; 10 s give 589.

    Raises
    ------
    ValueError
        The checkpoint cannot be read.
    """
    tensors = read_checkpoint(checkpoint)
    graph = Graph()
    x = _sincnet(graph, tensors)
    x = graph.add("Transpose", x, perm=[2, 0, 1])  # (batch, features, time) to (time, batch, features)
    for layer in range(LSTM_LAYERS):
        x = graph.bidirectional_lstm(x, tensors, layer)
    x = graph.add("Transpose", x, perm=[1, 0, 2])
    for layer in range(LINEAR_LAYERS):
        x = graph.linear(x, tensors[f"linear.{layer}.weight"], tensors[f"linear.{layer}.bias"])
        x = graph.add("LeakyRelu", x, alpha=0.01)
    x = graph.linear(x, tensors["classifier.weight"], tensors["classifier.bias"])
    x = graph.add("LogSoftmax", x, axis=-1)
    inputs: dict[str, Shape] = {"wav": ["batch", 1, "samples"]}
    return graph.serialise(inputs, {"logp": ["batch", "frames", 7]}, x, "pyannote segmentation 3.0")


def _sincnet(graph: Graph, tensors: Tensors) -> str:
    """Add the front end: three times convolution, max-pooling, instance norm and leaky ReLU."""

    def norm(x: str, name: str) -> str:
        weights = tensors[f"sincnet.{name}.weight"], tensors[f"sincnet.{name}.bias"]
        return graph.add("InstanceNormalization", x, *weights, epsilon=EPSILON)

    x = norm("wav", "wav_norm1d")
    for layer in range(3):
        name = f"sincnet.conv1d.{layer}"
        if layer == 0:
            x = graph.add("Abs", graph.conv(x, _band_filters(tensors, name), strides=[SINC_STRIDE]))
        else:
            x = graph.conv(x, tensors[f"{name}.weight"], tensors[f"{name}.bias"])
        x = graph.add("MaxPool", x, kernel_shape=[3], strides=[3])
        x = graph.add("LeakyRelu", norm(x, f"norm1d.{layer}"), alpha=0.01)
    return x


def _band_filters(tensors: Tensors, name: str) -> NDArray[np.float32]:
    """Band-pass filters of the first layer, 40 even and 40 odd, (80, 1, 251), from their learned edges.

    The checkpoint keeps, for the first half of a filter only (the other mirrors it), a Hamming window and
    the instants times 2 pi, both of length 125.
    """
    parts = ("low_hz_", "band_hz_", "window_", "n_")
    low_hz, band_hz, window, times = (
        tensors[f"{name}.filterbank.{part}"].astype(np.float64) for part in parts
    )
    low = LOWEST_HZ + np.abs(low_hz)
    high = np.clip(low + NARROWEST_HZ + np.abs(band_hz), LOWEST_HZ, RATE / 2)
    band = high - low
    envelope = 2 * window / times

    def mirrored(half: NDArray[Any], centre: NDArray[Any], sign: int) -> NDArray[Any]:
        whole: NDArray[Any] = np.concatenate([half, centre, sign * half[:, ::-1]], axis=1)
        return whole / (2 * band)

    even = mirrored((np.sin(high * times) - np.sin(low * times)) * envelope, 2 * band, 1)
    odd = mirrored((np.cos(low * times) - np.cos(high * times)) * envelope, 0 * band, -1)
    return np.concatenate([even, odd])[:, None, :].astype(np.float32)
