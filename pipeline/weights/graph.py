"""Writes networks down as ONNX: a thin layer over `onnx.helper` in the terms of torch's modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pipeline.weights.checkpoint import Tensors

OPSET = 17
IR_VERSION = 8
"""Understood by every onnxruntime since 1.12."""

EPSILON = 1e-5
"""What torch's normalisations add to a variance."""

Shape = Sequence[int | str]
"""Sizes of a tensor's axes; a string names an axis of any size."""


class Graph:
    """A network under construction. Each method adds an operation and returns the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def add(self, operator: str, *inputs: str | NDArray[Any], **attributes: object) -> str:
        """Add one ONNX operator; arrays among its inputs become weights."""
        names = [i if isinstance(i, str) else self._weight(i) for i in inputs]
        output = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def _weight(self, array: NDArray[Any]) -> str:
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def conv(
        self,
        x: str,
        kernel: NDArray[Any],
        bias: NDArray[Any] | None = None,
        *,
        strides: Sequence[int] | None = None,
        pads: Sequence[int] | None = None,
        dilations: Sequence[int] | None = None,
    ) -> str:
        """Convolve over one or two axes; `pads` are the same at both ends of an axis."""
        ones, zeros = [1] * (kernel.ndim - 2), [0] * (kernel.ndim - 2)
        inputs = (kernel,) if bias is None else (kernel, bias)
        return self.add(
            "Conv",
            x,
            *inputs,
            strides=strides or ones,
            pads=[*(pads or zeros)] * 2,
            dilations=dilations or ones,
        )

    def linear(self, x: str, weight: NDArray[Any], bias: NDArray[Any]) -> str:
        """Apply ``torch.nn.Linear`` to the last axis."""
        return self.add("Add", self.add("MatMul", x, weight.T), bias)

    def bidirectional_lstm(self, x: str, tensors: Tensors, layer: int) -> str:
        """Apply one layer of ``torch.nn.LSTM``: (time, batch, features) to (time, batch, 2 hidden)."""

        def both(kind: str) -> NDArray[Any]:
            """Stack the two directions; torch orders the gates i, f, g, o, ONNX i, o, f, g."""
            names = (f"lstm.{kind}_l{layer}", f"lstm.{kind}_l{layer}_reverse")
            gates = (np.split(tensors[name], 4) for name in names)
            return np.stack([np.concatenate([i, o, f, g]) for i, f, g, o in gates])

        recurrent = both("weight_hh")
        hidden = recurrent.shape[2]
        biases = np.concatenate([both("bias_ih"), both("bias_hh")], axis=1)
        weights = (both("weight_ih"), recurrent, biases)
        sequence = self.add("LSTM", x, *weights, hidden_size=hidden, direction="bidirectional")
        sequence = self.add("Transpose", sequence, perm=[0, 2, 1, 3])  # (time, batch, direction, hidden)
        return self.add("Reshape", sequence, ints(0, 0, 2 * hidden))  # 0: as it was

    def serialise(
        self, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape], result: str, text: str
    ) -> bytes:
        """Check the whole and return it as the bytes of an ONNX file.

        Parameters
        ----------
        inputs, outputs : mapping of str to shape
            The model's float32 inputs and its one output.
        result : str
            The name, inside the graph, of what the output gives.
        text : str
            What the model is.

        Raises
        ------
        onnx.checker.ValidationError
            The graph is not sound.
        """

        def described(values: Mapping[str, Shape]) -> list[Any]:
            return [helper.make_tensor_value_info(name, TensorProto.FLOAT, s) for name, s in values.items()]

        nodes = [*self._nodes, helper.make_node("Identity", [result], list(outputs))]
        graph = helper.make_graph(nodes, "graph", described(inputs), described(outputs), self._weights)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="rapport", doc_string=text)
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def ints(*values: int) -> NDArray[np.int64]:
    """Return whole numbers in the one form that ONNX takes for shapes and axes, whatever the system's own."""
    return np.array(values, np.int64)


def scale_and_shift(tensors: Tensors, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Express a trained batch norm as ``scale * x + shift``, both of shape (channels,)."""
    mean, variance = (tensors[f"{name}.running_{kind}"].astype(np.float64) for kind in ("mean", "var"))
    scale = tensors.get(f"{name}.weight", np.ones_like(mean)) / np.sqrt(variance + EPSILON)
    shift = tensors.get(f"{name}.bias", np.zeros_like(mean)) - mean * scale
    return scale.astype(np.float32), shift.astype(np.float32)
