"""CAM++ speaker embeddings (3D-Speaker) as an ONNX graph.

Source: Wang et al., "CAM++: A fast and efficient network for speaker verification using context-aware
masking", Interspeech 2023. The network ends in a batch norm; a ReLU after it, which one published copy
adds, throws half of the embedding away and is left out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto

from pipeline.weights.checkpoint import Tensors, read_checkpoint
from pipeline.weights.graph import Graph, ints, scale_and_shift

BLOCKS = ((12, 1), (24, 2), (16, 2))
"""Layers and dilation of each dense block."""

SEGMENT = 100
"""Frames that are pooled together into the context of a mask."""

SIZE = 192


def build(checkpoint: Path) -> bytes:
    """Build the model from its checkpoint.

    Parameters
    ----------
    checkpoint : Path
        ``campplus_cn_en_common.pt``.

    Returns
    -------
    bytes
        An ONNX model. Input ``feats``, float32 (batch, frames, 80): Kaldi log-mel filter bank, 25 ms
        windows every 10 ms of 16 kHz sound, minus its mean over time. Output ``embs``, float32
        (batch, 192): compare by cosine.

    Raises
    ------
    ValueError
        The checkpoint cannot be read.
    """
    return _Network(read_checkpoint(checkpoint)).build()


class _Network:
    """Writes the network into a graph, part by part. Between the parts x is (batch, channels, time)."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors, self.graph = tensors, Graph()

    def build(self) -> bytes:
        """Write the whole network."""
        x = self.front_end("feats")
        x = self.conv(
            x, "xvector.tdnn.linear", norm="xvector.tdnn.nonlinear.batchnorm", strides=[2], pads=[2]
        )
        x = self.relu(x)
        time = self.graph.add("Shape", x, start=2, end=3)
        for number, (layers, dilation) in enumerate(BLOCKS, start=1):
            for layer in range(1, layers + 1):
                new = self.dense_layer(x, f"xvector.block{number}.tdnnd{layer}", dilation, time)
                x = self.graph.add("Concat", x, new, axis=1)
            x = self.norm_relu(x, f"xvector.transit{number}.nonlinear.batchnorm")
            x = self.conv(x, f"xvector.transit{number}.linear")
        x = self.statistics(self.norm_relu(x, "xvector.out_nonlinear.batchnorm"), time)
        x = self.conv(x, "xvector.dense.linear", norm="xvector.dense.nonlinear.batchnorm")
        x = self.graph.add("Squeeze", x, ints(2))
        return self.graph.serialise({"feats": ["batch", "frames", 80]}, {"embs": ["batch", SIZE]}, x, "CAM++")

    def conv(self, x: str, name: str, *, norm: str | None = None, **options: list[int]) -> str:
        """Convolve, with the batch norm that follows folded into the kernel."""
        kernel, bias = self.tensors[f"{name}.weight"], self.tensors.get(f"{name}.bias")
        if norm:
            scale, bias = scale_and_shift(self.tensors, norm)
            kernel = kernel * scale.reshape(-1, *[1] * (kernel.ndim - 1))
        return self.graph.conv(x, kernel, bias, **options)

    def relu(self, x: str) -> str:
        """Cut off what is below zero."""
        return self.graph.add("Relu", x)

    def norm_relu(self, x: str, name: str) -> str:
        """Batch norm in front of a convolution, which cannot be folded, then ReLU."""
        scale, shift = scale_and_shift(self.tensors, name)
        return self.relu(self.graph.add("Add", self.graph.add("Mul", x, scale[:, None]), shift[:, None]))

    def front_end(self, x: str) -> str:
        """Residual network over frequency and time: (batch, time, 80) to (batch, 320, time)."""
        x = self.graph.add("Transpose", x, perm=[0, 2, 1])
        x = self.graph.add("Unsqueeze", x, ints(1))
        x = self.relu(self.conv(x, "head.conv1", norm="head.bn1", pads=[1, 1]))
        for layer in ("head.layer1", "head.layer2"):
            x = self.residual_block(x, f"{layer}.0", stride=2)
            x = self.residual_block(x, f"{layer}.1", stride=1)
        x = self.relu(self.conv(x, "head.conv2", norm="head.bn2", strides=[2, 1], pads=[1, 1]))
        return self.graph.add("Reshape", x, ints(0, 320, -1))

    def residual_block(self, x: str, name: str, stride: int) -> str:
        """Two 3x3 convolutions over (frequency, time) and a shortcut; the stride is over frequency."""
        y = self.relu(self.conv(x, f"{name}.conv1", norm=f"{name}.bn1", strides=[stride, 1], pads=[1, 1]))
        y = self.conv(y, f"{name}.conv2", norm=f"{name}.bn2", pads=[1, 1])
        if stride > 1:
            x = self.conv(x, f"{name}.shortcut.0", norm=f"{name}.shortcut.1", strides=[stride, 1])
        return self.relu(self.graph.add("Add", y, x))

    def dense_layer(self, x: str, name: str, dilation: int, time: str) -> str:
        """Bottleneck and dilated convolution, masked by its context: the 32 new channels."""
        x = self.norm_relu(x, f"{name}.nonlinear1.batchnorm")
        x = self.relu(self.conv(x, f"{name}.linear1", norm=f"{name}.nonlinear2.batchnorm"))
        local = self.conv(x, f"{name}.cam_layer.linear_local", pads=[dilation], dilations=[dilation])
        context = self.graph.add("Add", self.segment_means(x, time), self.mean(x))
        context = self.relu(self.conv(context, f"{name}.cam_layer.linear1"))
        mask = self.graph.add("Sigmoid", self.conv(context, f"{name}.cam_layer.linear2"))
        return self.graph.add("Mul", local, mask)

    def mean(self, x: str) -> str:
        """Average over time: (batch, channels, 1)."""
        return self.graph.add("ReduceMean", x, axes=[2], keepdims=1)

    def segment_means(self, x: str, time: str) -> str:
        """Average over each stretch of `SEGMENT` frames, repeated for every frame of the stretch."""
        x = self.graph.add("AveragePool", x, kernel_shape=[SEGMENT], strides=[SEGMENT], ceil_mode=1)
        x = self.graph.add("Unsqueeze", x, ints(3))
        x = self.graph.add("Expand", x, ints(1, 1, 1, SEGMENT))
        x = self.graph.add("Reshape", x, ints(0, 0, -1))
        return self.graph.add("Slice", x, ints(0), time, ints(2))

    def statistics(self, x: str, time: str) -> str:
        """Mean and unbiased standard deviation over time: (batch, 2 channels, 1)."""
        mean = self.mean(x)
        deviation = self.graph.add("Sub", x, mean)
        squares = self.graph.add("Mul", deviation, deviation)
        total = self.graph.add("ReduceSum", squares, ints(2), keepdims=1)
        count = self.graph.add("Cast", self.graph.add("Sub", time, ints(1)), to=TensorProto.FLOAT)
        variance = self.graph.add("Div", total, self.graph.add("Max", count, np.array([1], np.float32)))
        return self.graph.add("Concat", mean, self.graph.add("Sqrt", variance), axis=1)
