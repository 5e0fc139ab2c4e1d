"""Translate a TFLite graph of float operators into ONNX, node by node.

TFLite keeps images as (N, H, W, C) and ONNX as (N, C, H, W): every rank-4 tensor is kept channels-first here, and put
back into TFLite's order just before a reshape, where the order of the numbers matters. The batch size is left open.
Weights stay float16, as MediaPipe ships them, and a Cast widens them when a session is made.

Only what the face and hand models use is translated; anything else raises. Needs the packages ``tflite``,
``flatbuffers`` and ``onnx``, at conversion time only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from flatbuffers import flexbuffers
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

TO_CHANNELS_FIRST = (0, 3, 1, 2)
TO_CHANNELS_LAST = (0, 2, 3, 1)
OPERATOR_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
NUMPY_TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
CustomTranslator = Callable[["Translator", list[int], int, dict[str, Any]], None]


class Translator:
    """Collects ONNX nodes and weights while it walks a TFLite graph.

    Parameters
    ----------
    path : Path
        A ``.tflite`` file with one subgraph.
    custom : dict of str to callable
        What writes the nodes of a custom operator: called with this object, the numbers of its input tensors, the
        number of its output tensor, and its options.
    side : int
        Side of the pictures, pixels, where it shall not be the file's: convolutions take pictures of any size.
    """

    def __init__(
        self, path: Path, custom: dict[str, CustomTranslator] | None = None, *, side: int | None = None
    ) -> None:
        self.model = tflite.Model.GetRootAsModel(path.read_bytes(), 0)
        self.graph = self.model.Subgraphs(0)
        self.custom = custom or {}
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.constants: dict[int, NDArray[Any]] = {}
        self.names: dict[int, str] = {}
        self.units: dict[int, float] = {}
        """By what a computed tensor is yet to be multiplied: the one convolution that takes it does."""
        own = self.stored_shape(int(self.graph.Inputs(0)))[1]
        self.sides = side or own, own

    def tensor_numbers(self) -> dict[str, int]:
        """Return the number of each tensor by its name."""
        return {self.graph.Tensors(i).Name().decode(): i for i in range(self.graph.TensorsLength())}

    def stored_shape(self, tensor: int) -> tuple[int, ...]:
        """Return the shape that the file gives a tensor."""
        return tuple(int(n) for n in self.graph.Tensors(tensor).ShapeAsNumpy())

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return a computed tensor's shape in TFLite's order, for pictures of the size that was asked for."""
        shape, (side, own) = self.stored_shape(tensor), self.sides
        if side == own or len(shape) != 4:
            return shape
        if any(n * side % own for n in shape[1:3]):
            raise NotImplementedError(f"{shape[1]} x {shape[2]} cells in a picture of {side} instead of {own} pixels")
        return shape[0], shape[1] * side // own, shape[2] * side // own, shape[3]

    def constant(self, tensor: int) -> NDArray[Any]:
        """Return a weight, made dense; raise KeyError if the tensor is computed."""
        if tensor not in self.constants:
            described = self.graph.Tensors(tensor)
            buffer = self.model.Buffers(described.Buffer())
            if not buffer.DataLength():
                raise KeyError(f"tensor {tensor} is not a constant")
            values = np.frombuffer(buffer.DataAsNumpy().tobytes(), NUMPY_TYPES[described.Type()])
            sparsity = described.Sparsity()
            shape = self.stored_shape(tensor)
            self.constants[tensor] = dense(values, shape, sparsity) if sparsity else values.reshape(shape)
        return self.constants[tensor]

    def add(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Append a node and return the name of its output."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def weight(self, values: NDArray[Any]) -> str:
        """Store a constant and return its name; float16 ones are widened by a Cast."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return self.add("Cast", [name], to=TensorProto.FLOAT) if values.dtype == np.float16 else name

    def integers(self, *values: int) -> str:
        """Store a one-dimensional int64 constant and return its name."""
        return self.weight(np.asarray(values, dtype=np.int64))

    def flat(self, tensor: int) -> str:
        """Return the name of a computed tensor with its numbers in TFLite's order."""
        name = self.names[tensor]
        return self.add("Transpose", [name], perm=TO_CHANNELS_LAST) if len(self.shape(tensor)) == 4 else name

    def translate(self) -> None:
        """Write the nodes of every operator, in the file's order; the graph's input must have its name already."""
        for i in range(self.graph.OperatorsLength()):
            operator = self.graph.Operators(i)
            code = self.model.OperatorCodes(operator.OpcodeIndex())
            inputs, output = [int(t) for t in operator.InputsAsNumpy()], int(operator.Outputs(0))
            if code.CustomCode():
                raw = bytes(operator.CustomOptionsAsNumpy()) if operator.CustomOptionsLength() else b""
                options = flexbuffers.Loads(raw) if raw else {}
                self.custom[code.CustomCode().decode()](self, inputs, output, options)
            else:
                name = OPERATOR_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
                getattr(self, f"_{name.lower()}")(operator, inputs, output)
        if self.units:
            raise NotImplementedError(f"units of tensors {sorted(self.units)}, which no convolution takes")

    def _options(self, operator: Any, kind: type) -> Any:
        options, table = kind(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def _activated(self, name: str, activation: int) -> str:
        if activation == tflite.ActivationFunctionType.NONE:
            return name
        if activation == tflite.ActivationFunctionType.RELU:
            return self.add("Relu", [name])
        if activation == tflite.ActivationFunctionType.RELU6:
            return self.add("Clip", [name, self.weight(np.float32(0)), self.weight(np.float32(6))])
        raise NotImplementedError(f"fused activation {activation}")

    def _pads(self, options: Any, source: int, kernel: tuple[int, int]) -> list[int]:
        """Return ONNX pads; TFLite's SAME puts the odd pixel at the end, and depends on the input's size."""
        if options.Padding() == tflite.Padding.VALID:
            return [0, 0, 0, 0]
        strides = options.StrideH(), options.StrideW()
        sizes = self.shape(source)[1:3]
        needed = [
            max((-(-size // stride) - 1) * stride + k - size, 0)
            for size, stride, k in zip(sizes, strides, kernel, strict=True)
        ]
        return [n // 2 for n in needed] + [n - n // 2 for n in needed]

    def _convolution(self, options: Any, inputs: list[int], output: int, kernel: NDArray[Any], groups: int) -> None:
        if (options.DilationHFactor(), options.DilationWFactor()) != (1, 1):
            raise NotImplementedError("dilated convolution")
        size = (int(kernel.shape[2]), int(kernel.shape[3]))
        if inputs[0] in self.units:
            kernel = kernel.astype(np.float32) * np.float32(self.units.pop(inputs[0]))
        name = self.add(
            "Conv",
            [self.names[inputs[0]], self.weight(kernel), self.weight(self.constant(inputs[2]))],
            group=groups,
            kernel_shape=size,
            strides=[options.StrideH(), options.StrideW()],
            pads=self._pads(options, inputs[0], size),
        )
        self.names[output] = self._activated(name, options.FusedActivationFunction())

    def _conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        kernel = self.constant(inputs[1]).transpose(TO_CHANNELS_FIRST)
        self._convolution(self._options(operator, tflite.Conv2DOptions), inputs, output, kernel, 1)

    def _depthwise_conv_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        kernel = self.constant(inputs[1]).transpose(3, 0, 1, 2)
        options = self._options(operator, tflite.DepthwiseConv2DOptions)
        self._convolution(options, inputs, output, kernel, kernel.shape[0])

    def _dequantize(self, operator: Any, inputs: list[int], output: int) -> None:
        self.constants[output] = self.constant(inputs[0])  # float16 to float32: left to the Cast

    _densify = _dequantize

    def _fully_connected(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, tflite.FullyConnectedOptions)
        if len(self.shape(inputs[0])) != 2:
            raise NotImplementedError("a fully connected layer of anything but vectors")
        product = self.add("MatMul", [self.names[inputs[0]], self.weight(self.constant(inputs[1]).T)])
        name = self.add("Add", [product, self.weight(self.constant(inputs[2]))])
        self.names[output] = self._activated(name, options.FusedActivationFunction())

    def _mean(self, operator: Any, inputs: list[int], output: int) -> None:
        keep = self._options(operator, tflite.ReducerOptions).KeepDims()
        axes = sorted(int(axis) for axis in self.constant(inputs[1]).ravel())
        if len(self.shape(inputs[0])) != 4 or axes != [1, 2] or keep:
            raise NotImplementedError("a mean over anything but rows and columns")
        self.names[output] = self.add("ReduceMean", [self.names[inputs[0]]], axes=[2, 3], keepdims=0)

    def _logistic(self, operator: Any, inputs: list[int], output: int) -> None:
        self.names[output] = self.add("Sigmoid", [self.names[inputs[0]]])

    def _max_pool_2d(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, tflite.Pool2DOptions)
        size = (options.FilterHeight(), options.FilterWidth())
        name = self.add(
            "MaxPool",
            [self.names[inputs[0]]],
            kernel_shape=size,
            strides=[options.StrideH(), options.StrideW()],
            pads=self._pads(options, inputs[0], size),
        )
        self.names[output] = self._activated(name, options.FusedActivationFunction())

    def _add(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, tflite.AddOptions)
        name = self.add("Add", [self.names[t] for t in inputs])
        self.names[output] = self._activated(name, options.FusedActivationFunction())

    def _mul(self, operator: Any, inputs: list[int], output: int) -> None:
        factor = self.constant(inputs[1])
        self.names[output] = self.add("Mul", [self.names[inputs[0]], self.weight(factor)])

    def _relu(self, operator: Any, inputs: list[int], output: int) -> None:
        self.names[output] = self.add("Relu", [self.names[inputs[0]]])

    def _prelu(self, operator: Any, inputs: list[int], output: int) -> None:
        # onnxruntime's PRelu is slow and leaves its blocked memory layout; x + (1 - slope) * relu(-x), as two
        # convolutions of one number a channel, of which the first takes the relu and the second the sum along, stays
        # in it and halves the time of the mesh model.
        slope = self.constant(inputs[1]).astype(np.float32).reshape(-1, 1, 1, 1)
        source = self.names[inputs[0]]
        below = self.add("Relu", [self._scaled(source, -np.ones_like(slope))])
        self.names[output] = self.add("Add", [source, self._scaled(below, 1 - slope)])

    def _scaled(self, name: str, factors: NDArray[np.float32]) -> str:
        """Multiply each channel by a factor (C, 1, 1, 1)."""
        return self.add("Conv", [name, self.weight(factors)], group=len(factors), kernel_shape=(1, 1))

    def _pad(self, operator: Any, inputs: list[int], output: int) -> None:
        pads = self.constant(inputs[1])[list(TO_CHANNELS_FIRST)]
        if pads[1].any() and not pads[[0, 2, 3]].any():
            # more channels, as a convolution that leaves the others as they are: it stays in the blocked layout too
            before, count = int(pads[1, 0]), self.shape(inputs[0])[3]
            kernel = np.eye(count + int(pads[1].sum()), count, -before, dtype=np.float16)[..., None, None]
            self.names[output] = self.add("Conv", [self.names[inputs[0]], self.weight(kernel)], kernel_shape=(1, 1))
            return
        self.names[output] = self.add("Pad", [self.names[inputs[0]], self.integers(*pads.T.ravel().tolist())])

    def _reshape(self, operator: Any, inputs: list[int], output: int) -> None:
        shape = self.shape(output)
        if len(shape) == 3:  # a row for each anchor, of which there are as many as the cells make
            shape = shape[0], int(np.prod(self.shape(inputs[0])[1:])) // shape[2], shape[2]
        name = self.add("Reshape", [self.flat(inputs[0]), self.integers(-1, *shape[1:])])
        # A rank-4 result is channels-first like any other.
        self.names[output] = self.add("Transpose", [name], perm=TO_CHANNELS_FIRST) if len(shape) == 4 else name

    def _concatenation(self, operator: Any, inputs: list[int], output: int) -> None:
        axis = self._options(operator, tflite.ConcatenationOptions).Axis()
        if len(self.shape(output)) == 4:
            axis = TO_CHANNELS_FIRST.index(axis % 4)
        self.names[output] = self.add("Concat", [self.names[t] for t in inputs], axis=axis)

    def _depth_to_space(self, operator: Any, inputs: list[int], output: int) -> None:
        size = self._options(operator, tflite.DepthToSpaceOptions).BlockSize()
        self.names[output] = self.add("DepthToSpace", [self.names[inputs[0]]], blocksize=size, mode="DCR")

    def _resize_bilinear(self, operator: Any, inputs: list[int], output: int) -> None:
        options = self._options(operator, tflite.ResizeBilinearOptions)
        mode = "asymmetric"
        if options.AlignCorners():
            mode = "align_corners"
        elif options.HalfPixelCenters():
            mode = "half_pixel"
        (_, h0, w0, _), (_, h1, w1, _) = self.shape(inputs[0]), self.shape(output)
        scales = self.weight(np.asarray([1, 1, h1 / h0, w1 / w0], dtype=np.float32))
        self.names[output] = self.add(
            "Resize", [self.names[inputs[0]], "", scales], mode="linear", coordinate_transformation_mode=mode
        )

    def _strided_slice(self, operator: Any, inputs: list[int], output: int) -> None:
        if self.shape(inputs[0]) != self.shape(output):
            raise NotImplementedError("a slice that is not the identity")
        self.names[output] = self.names[inputs[0]]


def dense(values: NDArray[Any], shape: tuple[int, ...], sparsity: Any) -> NDArray[Any]:
    """Return a tensor of TFLite's sparse format as an ordinary array.

    Its dimensions are stored in the traversal order, each either dense (all of it) or compressed (segments and
    indices, as in CSR); block dimensions come after the tensor's own.
    """
    rank = len(shape)
    order = [int(d) for d in sparsity.TraversalOrderAsNumpy()]
    blocks = [int(d) for d in sparsity.BlockMapAsNumpy()] if sparsity.BlockMapLength() else []
    levels = [sparsity.DimMetadata(i) for i in range(sparsity.DimMetadataLength())]
    block_sizes = {axis: levels[rank + i].DenseSize() for i, axis in enumerate(blocks)}

    # Walk down the levels, keeping for every stored number the index along each level.
    indices = np.zeros((1, 0), dtype=np.int64)
    for level in levels:
        if level.Format() == tflite.DimensionType.DENSE:
            size = level.DenseSize()
            indices = np.hstack([np.repeat(indices, size, axis=0), np.tile(np.arange(size), len(indices))[:, None]])
        else:
            segments, columns = (_vector(level, which) for which in ("ArraySegments", "ArrayIndices"))
            indices = np.hstack([np.repeat(indices, np.diff(segments), axis=0), columns[:, None]])

    where = np.zeros((len(indices), rank), dtype=np.int64)
    for column, axis in enumerate(order):
        if axis < rank:
            where[:, axis] += indices[:, column] * block_sizes.get(axis, 1)
        else:
            where[:, blocks[axis - rank]] += indices[:, column]
    result = np.zeros(shape, dtype=values.dtype)
    result[tuple(where.T)] = values[: len(where)]
    return result


def _vector(level: Any, which: str) -> NDArray[np.int64]:
    """Return the segments or indices of a compressed dimension, which are stored in the narrowest integer type."""
    kinds = {
        tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
        tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
        tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
    }
    table = getattr(level, which)()
    vector = kinds[getattr(level, f"{which}Type")()]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy(), dtype=np.int64)
