"""dlib's face recognition network (``dlib_face_recognition_resnet_model_v1``) as an ONNX graph.

Sources
-------
Network and weights: Davis King, dlib-models (CC0), trained with a metric loss on 3 million faces; layers as
in dlib's example ``dnn_face_recognition_ex.cpp``, sizes and paddings as in ``dlib/dnn/layers.h``, numbers as
in ``dlib/serialize.h`` and ``dlib/cuda/tensor.h``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.weights.graph import Graph, Shape, ints

SIDE = 150
"""Pixels of the aligned picture that the network sees."""
MEAN = (122.782, 117.001, 104.298)
"""Mean red, green and blue of the training pictures, in ``input_rgb_image_sized``; the scale is 1/256."""
BLOCKS = (
    *((32, False),) * 3,
    *((64, True), (64, False), (64, False), (64, False)),
    *((128, True), (128, False), (128, False)),
    *((256, True), (256, False), (256, False)),
    (256, True),
)
"""Channels of each residual block, and whether it halves the picture; from the input on."""
SIZES = (35, 17, 8, 4, 2)
"""Pixels of a side after the first pooling and after each halving."""

Array = NDArray[np.float32]


def build(weights: Path) -> bytes:
    """Build the model from dlib's file.

    Parameters
    ----------
    weights : Path
        ``dlib_face_recognition_resnet_model_v1.dat``.

    Returns
    -------
    bytes
        An ONNX model. Input ``faces``, float32 (batch, 3, 150, 150): aligned RGB faces, 0 to 255. Output
        ``identity``, float32 (batch, 128): faces of one person are less than 0.6 apart (Euclidean).

    Raises
    ------
    ValueError
        The file is not this network.
    """
    layers = _layers(weights.read_bytes())
    graph = Graph()
    x = graph.add("Sub", "faces", np.array(MEAN, np.float32).reshape(1, 3, 1, 1))
    x = graph.add("Mul", x, np.float32(1 / 256).reshape(1))
    x = graph.add("Relu", _convolution(graph, x, layers, channels=32, before=3, side=7, stride=2))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    before, level = 32, 0
    for channels, halves in BLOCKS:
        inner = _convolution(graph, x, layers, channels=channels, before=before, stride=2 if halves else 1)
        inner = _convolution(graph, graph.add("Relu", inner), layers, channels=channels, before=channels)
        if halves:
            x = graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            # dlib adds tensors of different sizes as if the smaller went on with zeros
            missing = SIZES[level + 1] - ((SIZES[level] - 3) // 2 + 1)
            x = graph.add("Pad", x, ints(0, 0, 0, 0, 0, channels - before, 0, 0))
            inner = graph.add("Pad", inner, ints(0, 0, 0, 0, 0, 0, missing, missing))
            level += 1
        x = graph.add("Relu", graph.add("Add", x, inner))
        before = channels
    x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    x = graph.add("MatMul", x, _take(layers, "fc_2", 256 * 128).reshape(256, 128))
    inputs: dict[str, Shape] = {"faces": ["batch", 3, SIDE, SIDE]}
    outputs: dict[str, Shape] = {"identity": ["batch", 128]}
    return graph.serialise(inputs, outputs, x, "dlib face recognition ResNet v1 (CC0)")


def _convolution(
    graph: Graph,
    x: str,
    layers: Iterator[tuple[str, Array]],
    *,
    channels: int,
    before: int,
    side: int = 3,
    stride: int = 1,
) -> str:
    """Convolve, then scale and shift each channel; dlib pads only where the stride is 1."""
    count = channels * before * side * side
    numbers = _take(layers, "con_4", count + channels)
    kernel, bias = numbers[:count].reshape(channels, before, side, side), numbers[count:]
    scale, shift = _take(layers, "affine_", 2 * channels).reshape(2, channels)
    pads = [side // 2 if stride == 1 else 0] * 2
    kernel, bias = kernel * scale[:, None, None, None], bias * scale + shift
    return graph.conv(x, kernel, bias, strides=[stride, stride], pads=pads)


def _take(layers: Iterator[tuple[str, Array]], kind: str, count: int) -> Array:
    """Return the numbers of the next layer, which must be of this kind and size."""
    found, numbers = next(layers, ("nothing", np.zeros(0, np.float32)))
    if found != kind or len(numbers) != count:
        raise ValueError(f"not dlib's face recognition network: {found} ({len(numbers)}) instead of {kind}")
    return numbers


def _layers(data: bytes) -> Iterator[tuple[str, Array]]:
    """Walk through the layers that have weights, from the input to the output."""
    at = 0
    while True:
        places = {name: data.find(bytes([1, len(name)]) + name.encode(), at) for name in LAYERS}
        places = {name: place for name, place in places.items() if place >= 0}
        if not places:
            return
        name = min(places, key=lambda key: places[key])
        at = places[name] + 2 + len(name)
        for _ in range(LAYERS[name]):
            _, at = _whole(data, at)
        version, at = _whole(data, at)
        count = 1
        for _ in range(4):
            size, at = _whole(data, at)
            count *= size
        if version != 2 or not 0 < count <= (len(data) - at) // 4:
            raise ValueError("not dlib's face recognition network: unknown form of tensors")
        yield name, np.frombuffer(data, "<f4", count, at).astype(np.float32)
        at += 4 * count


LAYERS = {"con_4": 0, "affine_": 0, "fc_2": 2}
"""Layers with weights, and how many whole numbers stand before their tensor."""


def _whole(data: bytes, at: int) -> tuple[int, int]:
    """Read a whole number: a byte that tells how many bytes follow, and those, lowest first."""
    size = data[at] & 0x0F
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size
