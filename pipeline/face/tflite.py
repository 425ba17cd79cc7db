"""MediaPipe's networks without MediaPipe: a TensorFlow Lite file is written down as an ONNX graph.

MediaPipe's own library (1.2.2) reports its use to Google, says its privacy notice, and cannot be told not
to; nothing in this product may do that. The networks themselves (Apache-2.0) are plain: the few operators
below are all they use. Where onnxruntime would be slow with them as they stand, they are put in another way
that comes to the same (`_rectify`, `_widen`, `_mix`): so it takes no longer than TensorFlow Lite itself.

Sources
-------
TensorFlow Lite's ``schema.fbs`` for the numbers of fields and operators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.face.flatbuffer import Table, root

OPERATORS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    14: "LOGISTIC",
    17: "MAX_POOL_2D",
    18: "MUL",
    19: "RELU",
    22: "RESHAPE",
    34: "PAD",
    39: "TRANSPOSE",
    40: "MEAN",
    41: "SUB",
    42: "DIV",
    45: "STRIDED_SLICE",
    54: "PRELU",
    59: "NEG",
    74: "SUM",
    75: "SQRT",
    76: "RSQRT",
    99: "SQUARED_DIFFERENCE",
}
"""Builtin operators that are understood, by their number in the schema."""
TYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.float16, 2: np.int32, 4: np.int64}
"""Types of tensors, by their number in the schema."""
PADDINGS = {0: "SAME_UPPER", 1: "VALID"}
ACTIVATIONS = {0: None, 1: "Relu"}
PLAIN = {
    "ADD": "Add",
    "MUL": "Mul",
    "SUB": "Sub",
    "DIV": "Div",
    "RELU": "Relu",
    "LOGISTIC": "Sigmoid",
    "NEG": "Neg",
    "SQRT": "Sqrt",
}
"""Operators that ONNX has under another name and that do the same whatever the order of the axes."""
FEW = 8
"""Channels that onnxruntime computes at once: 8 with AVX2 and 16 with AVX-512, used or not."""
OPSET, IR_VERSION = 13, 8


class Graph:
    """A network being translated. Pictures keep TensorFlow's order of axes outside and ONNX's inside.

    Attributes
    ----------
    planes : set of int
        Tensors that stand with their channels first.
    halves : dict of int to ndarray
        Tensors that stand as two halves, of twice as many channels: the first half and this many times the
        second, for each channel, sum up to the tensor.
    """

    def __init__(self, data: bytes) -> None:
        model = root(data)
        self.graph = model.tables(2)[0]
        codes = [max(code.number(0, "<b"), code.number(3, "<i")) for code in model.tables(1)]
        self.operators = [(_kind(codes[one.number(0, "<I")]), one) for one in self.graph.tables(3)]
        self.buffers = model.tables(4)
        self.tensors = self.graph.tables(0)
        self.shapes = [tensor.array(0, "<i4").tolist() for tensor in self.tensors]
        self.names = [f"t{number}" for number in range(len(self.tensors))]
        self.constants: dict[int, NDArray[Any]] = {}
        self.planes: set[int] = set()
        self.halves: dict[int, NDArray[Any]] = {}
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        for number, tensor in enumerate(self.tensors):
            raw = self.buffers[tensor.number(2, "<I")].array(0, np.uint8)
            if len(raw):
                values = raw.view(TYPES[tensor.number(1, "<b")])
                self.constants[number] = values.reshape(self.shapes[number])

    def users(self, tensor: int) -> list[tuple[str, Table]]:
        """Operators that take a tensor, with their kinds."""
        return [one for one in self.operators if tensor in one[1].array(1, "<i4")]

    def add(self, operator: str, inputs: list[str | NDArray[Any]], output: str = "", **settings: Any) -> str:
        """Add one ONNX operator; arrays become weights."""
        from onnx import helper, numpy_helper

        names = []
        for value in inputs:
            if not isinstance(value, str):
                name = f"w{len(self.weights)}"
                self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
                value = name
            names.append(value)
        output = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [output], **settings))
        return output

    def plane(self, tensor: int) -> str:
        """Name of a picture with its channels first."""
        if tensor in self.planes:
            return self.names[tensor]
        return self.add("Transpose", [self.names[tensor]], perm=[0, 3, 1, 2])

    def value(self, tensor: int) -> str | NDArray[Any]:
        """Name or numbers of a tensor in TensorFlow's order of axes."""
        if tensor in self.constants:
            return self.constants[tensor]
        if tensor in self.planes:
            return self.add("Transpose", [self.names[tensor]], perm=[0, 2, 3, 1])
        return self.names[tensor]


def to_onnx(data: bytes, *, planes: bool = False) -> bytes:
    """Translate a network.

    Parameters
    ----------
    data : bytes
        A TensorFlow Lite file with float weights.
    planes : bool
        Whether the inputs are to be pictures with their channels first, as ONNX has them.

    Returns
    -------
    bytes
        An ONNX model that gives the same, with inputs ``in0``, ``in1``, ... and outputs ``out0``, ... in
        the file's own order and, but for `planes`, shapes.

    Raises
    ------
    ValueError
        The network uses an operator that is not understood.
    """
    from onnx import TensorProto, helper

    graph = Graph(data)
    inputs, outputs = (graph.graph.array(field, "<i4").tolist() for field in (1, 2))
    for number, tensor in enumerate(inputs):
        graph.names[tensor] = f"in{number}"
    if planes:
        graph.planes |= set(inputs)
    for kind, operator in graph.operators:
        used = operator.array(1, "<i4").tolist()
        _translate(graph, kind, operator, used, _out(operator))
    for number, tensor in enumerate(outputs):
        graph.add("Identity", [graph.value(tensor)], f"out{number}")

    def described(prefix: str, tensors: list[int], planes: bool = False) -> list[Any]:
        shapes = [graph.shapes[tensor] for tensor in tensors]
        return [
            helper.make_tensor_value_info(
                f"{prefix}{number}",
                TensorProto.FLOAT,
                [shape[axis] for axis in (0, 3, 1, 2)] if planes else shape,
            )
            for number, shape in enumerate(shapes)
        ]

    whole = helper.make_graph(
        graph.nodes, "graph", described("in", inputs, planes), described("out", outputs), graph.weights
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    return bytes(model.SerializeToString())


def _kind(code: int) -> str:
    """Name of an operator."""
    if code not in OPERATORS:
        raise ValueError(f"the network uses operator {code}, which is not understood")
    return OPERATORS[code]


def _translate(graph: Graph, kind: str, operator: Table, used: list[int], out: int) -> None:
    """Translate one operator."""
    name = graph.names[out]
    if kind == "DEQUANTIZE":  # weights are kept as halves
        graph.constants[out] = graph.constants[used[0]].astype(np.float32)
    elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        _convolve(graph, kind, operator, used, out)
    elif kind == "MAX_POOL_2D":
        settings = operator.table(4)
        window, strides = ([settings.number(k) for k in pair] for pair in ((4, 3), (2, 1)))
        padding = PADDINGS[settings.number(0, "<b")]
        inputs: list[Any] = [graph.plane(used[0])]
        graph.add("MaxPool", inputs, name, kernel_shape=window, strides=strides, auto_pad=padding)
        graph.planes.add(out)
    elif kind == "PRELU":
        _rectify(graph, used, out)
    elif kind == "PAD":
        _widen(graph, used, out)
    elif kind in PLAIN:
        _plain(graph, PLAIN[kind], operator, used, out)
    else:
        _reorder(graph, kind, operator, used, out)


def _plain(graph: Graph, kind: str, operator: Table, used: list[int], out: int) -> None:
    """Translate what works on each number alone, in whatever order the axes are."""
    name = graph.names[out]
    if all(tensor in graph.planes for tensor in used):
        graph.add(kind, [graph.names[tensor] for tensor in used], name)
        graph.planes.add(out)
    else:
        graph.add(kind, [graph.value(tensor) for tensor in used], name)
    arithmetic = kind in ("Add", "Mul", "Sub", "Div") and operator.number(3, "<B")
    if arithmetic and ACTIVATIONS[operator.table(4).number(0, "<b")]:
        raise ValueError("an activation after arithmetic is not understood")


def _rectify(graph: Graph, used: list[int], out: int) -> None:
    """Translate a rectifier that multiplies what is below zero with a slope for each channel.

    onnxruntime's own takes as long as all the rest of the network.
    """
    slope, x = graph.constants[used[1]].transpose(2, 0, 1), graph.plane(used[0])
    if used[0] in graph.halves:  # the convolution gave max(x, 0) and max(-x, 0)
        graph.names[out], graph.halves[out] = x, -slope.reshape(-1)
    else:
        # products and what follows them are one pass each: this takes two
        below = graph.add("Relu", [graph.add("Mul", [x, np.full_like(slope, -1)])])
        graph.add("Add", [graph.add("Mul", [below, 1 - slope]), x], graph.names[out])
    graph.planes.add(out)


def _widen(graph: Graph, used: list[int], out: int) -> None:
    """Translate empty channels after the others: a convolution leaves planes in onnxruntime's inner order."""
    room = graph.constants[used[1]]
    have, want = graph.shapes[used[0]][3], graph.shapes[out][3]
    if room.tolist() != [[0, 0], [0, 0], [0, 0], [0, want - have]]:
        raise ValueError("padding other than of channels is not understood")
    kernel = np.eye(want, have, dtype=np.float32)[:, :, None, None]
    graph.add("Conv", [graph.plane(used[0]), kernel], graph.names[out])
    graph.planes.add(out)


def _splits(graph: Graph, tensor: int) -> bool:
    """Whether a convolution should give x as max(x, 0) and max(-x, 0), for the rectifier after it.

    That saves two passes over the largest planes, and with so few channels the second half costs little.
    """
    users = graph.users(tensor)
    if graph.shapes[tensor][3] > FEW or [kind for kind, _ in users] != ["PRELU"]:
        return False
    return _adds_up(graph, _out(users[0][1]))


def _adds_up(graph: Graph, tensor: int) -> bool:
    """Whether all that take a tensor can take it as two halves."""
    users = graph.users(tensor)
    return bool(users) and all(
        kind == "CONV_2D"
        or (kind == "DEPTHWISE_CONV_2D" and not _activation(kind, one) and _adds_up(graph, _out(one)))
        for kind, one in users
    )


def _out(operator: Table) -> int:
    """The tensor that an operator gives."""
    return int(operator.array(2, "<i4")[0])


def _activation(kind: str, convolution: Table) -> str | None:
    """What a convolution does last."""
    return ACTIVATIONS[convolution.table(4).number(3 if kind == "CONV_2D" else 4, "<b")]


def _convolve(graph: Graph, kind: str, operator: Table, used: list[int], out: int) -> None:
    """Translate a convolution; a bias may be missing."""
    settings, then, deep = operator.table(4), _activation(kind, operator), kind == "DEPTHWISE_CONV_2D"
    kernel, bias = graph.constants[used[1]], np.zeros(graph.shapes[out][3], np.float32)
    if len(used) > 2 and used[2] >= 0:
        bias = graph.constants[used[2]]
    strides = [settings.number(2, default=1), settings.number(1, default=1)]
    if not deep and kernel.shape[1:3] == (1, 1) and strides == [1, 1] and used[0] not in graph.planes:
        return _mix(graph, kernel[:, 0, 0].T, bias, used[0], out, then)
    kernel, groups = kernel.transpose((3, 0, 1, 2) if deep else (0, 3, 1, 2)), 1
    if used[0] in graph.halves:
        second = graph.halves[used[0]].reshape((-1, 1, 1, 1) if deep else (-1, 1, 1)) * kernel
        kernel = np.concatenate([kernel, second], axis=0 if deep else 1)
    if deep:
        groups = len(kernel)
    if deep and used[0] in graph.halves:
        bias, graph.halves[out] = np.append(bias, 0 * bias), np.ones_like(bias)
    if not then and _splits(graph, out):
        kernel, bias, then = np.concatenate([kernel, -kernel]), np.append(bias, -bias), "Relu"
        graph.halves[out] = -np.ones(len(bias) // 2, np.float32)
    result = graph.add(
        "Conv",
        [graph.plane(used[0]), kernel, bias],
        "" if then else graph.names[out],
        strides=strides,
        auto_pad=PADDINGS[settings.number(0, "<b")],
        group=groups,
    )
    if then:
        graph.add(then, [result], graph.names[out])
    graph.planes.add(out)
    return None


def _mix(
    graph: Graph, kernel: NDArray[Any], bias: NDArray[Any], used: int, out: int, then: str | None
) -> None:
    """Translate a convolution of single entries: a product, where channels stand last already."""
    product = graph.add("MatMul", [graph.value(used), kernel])
    result = graph.add("Add", [product, bias], "" if then else graph.names[out])
    if then:
        graph.add(then, [result], graph.names[out])


def _reorder(graph: Graph, kind: str, operator: Table, used: list[int], out: int) -> None:
    """Translate what depends on the order of the axes."""
    name, first = graph.names[out], graph.value(used[0])
    constant = graph.constants.get(used[1]) if len(used) > 1 else None
    # whether axes that are summed over stay, with one entry each
    kept = operator.table(4).number(0, "<b") if kind in ("MEAN", "SUM") else 0
    translations: dict[str, Callable[[], object]] = {
        "RESHAPE": lambda: graph.add("Reshape", [first, np.array(graph.shapes[out], np.int64)], name),
        "TRANSPOSE": lambda: graph.add("Transpose", [first], name, perm=_whole(constant)),
        "CONCATENATION": lambda: graph.add(
            "Concat", [graph.value(t) for t in used], name, axis=operator.table(4).number(0)
        ),
        "MEAN": lambda: graph.add("ReduceMean", [first], name, axes=_whole(constant), keepdims=kept),
        "SUM": lambda: graph.add("ReduceSum", [first, _axes(constant)], name, keepdims=kept),
        "RSQRT": lambda: graph.add("Reciprocal", [graph.add("Sqrt", [first])], name),
        "SQUARED_DIFFERENCE": lambda: graph.add(
            "Mul", [graph.add("Sub", [first, graph.value(used[1])])] * 2, name
        ),
        "STRIDED_SLICE": lambda: _slice(graph, operator, used, out),
    }
    translations[kind]()


def _slice(graph: Graph, operator: Table, used: list[int], out: int) -> None:
    """Translate a slice; axes that it drops come off with the reshape."""
    settings = operator.table(4)
    begin_all, end_all, dropped = settings.number(0), settings.number(1), settings.number(4)
    begins, ends, steps = (graph.constants[tensor].astype(np.int64).copy() for tensor in used[1:4])
    for axis in range(len(begins)):
        if begin_all >> axis & 1:
            begins[axis] = 0
        if end_all >> axis & 1:
            ends[axis] = graph.shapes[used[0]][axis]
        if dropped >> axis & 1:
            ends[axis] = begins[axis] + 1
    axes = np.arange(len(begins), dtype=np.int64)
    piece = graph.add("Slice", [graph.value(used[0]), begins, ends, axes, steps])
    graph.add("Reshape", [piece, np.array(graph.shapes[out], np.int64)], graph.names[out])


def _whole(constant: NDArray[Any] | None) -> list[int]:
    return np.atleast_1d(constant).tolist() if constant is not None else []


def _axes(constant: NDArray[Any] | None) -> NDArray[np.int64]:
    return np.array(_whole(constant), np.int64)
