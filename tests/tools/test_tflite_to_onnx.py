"""Operators of the converter against what they mean; only where the packages of a conversion are."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")
tflite = pytest.importorskip("tflite")
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import onnxruntime  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402
from tflite_to_onnx import Translator  # noqa: E402

RNG = np.random.default_rng(0)


def translator(shapes: dict[int, tuple[int, ...]], constants: dict[int, np.ndarray], options: Any = None) -> Translator:
    """Return a translator of a graph that has no file: shapes of the tensors, and those that are constants."""
    t = object.__new__(Translator)
    t.nodes, t.weights, t.constants, t.names, t.sides = [], [], dict(constants), {0: "x"}, (4, 4)
    t.units = {}
    t.stored_shape = lambda tensor: shapes[tensor]  # type: ignore[method-assign]
    t._options = lambda operator, kind: options  # type: ignore[method-assign]
    return t


def result(t: Translator, output: int, x: np.ndarray) -> np.ndarray:
    """Return what the written nodes compute from x."""
    nodes = [*t.nodes, helper.make_node("Identity", [t.names[output]], ["y"])]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    model = helper.make_model(
        helper.make_graph(nodes, "one", values[:1], values[1:], t.weights),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def test_a_fully_connected_layer() -> None:
    weights, bias = RNG.normal(size=(3, 5)).astype(np.float32), np.float32([1, -2, 3])
    relu6 = SimpleNamespace(FusedActivationFunction=lambda: tflite.ActivationFunctionType.RELU6)
    t = translator({0: (1, 5), 9: (1, 3)}, {1: weights, 2: bias}, relu6)
    t._fully_connected(None, [0, 1, 2], 9)
    x = 4 * RNG.normal(size=(6, 5)).astype(np.float32)
    expected = np.clip(x @ weights.T + bias, 0, 6)
    assert {0, 6} < set(expected.ravel().tolist())
    np.testing.assert_allclose(result(t, 9, x), expected, rtol=1e-5, atol=1e-6)


def test_a_mean_over_rows_and_columns_and_a_sigmoid() -> None:
    t = translator({0: (1, 3, 4, 2), 8: (1, 2), 9: (1, 2)}, {1: np.int32([1, 2])}, SimpleNamespace(KeepDims=bool))
    t._mean(None, [0, 1], 8)
    t._logistic(None, [8], 9)
    x = RNG.normal(size=(2, 2, 3, 4)).astype(np.float32)  # channels first
    np.testing.assert_allclose(result(t, 9, x), 1 / (1 + np.exp(-x.mean(axis=(2, 3)))), rtol=1e-5)


def test_another_mean_is_refused() -> None:
    t = translator({0: (1, 3, 4, 2), 9: (1, 3, 2)}, {1: np.int32([2])}, SimpleNamespace(KeepDims=bool))
    with pytest.raises(NotImplementedError, match="rows and columns"):
        t._mean(None, [0, 1], 9)


def test_a_smaller_picture_has_fewer_anchors() -> None:
    t = translator({0: (1, 4, 4, 6), 9: (1, 32, 3)}, {})
    t.sides = (4, 8)
    assert t.shape(0) == (1, 2, 2, 6)
    t._reshape(None, [0], 9)
    x = RNG.normal(size=(2, 6, 2, 2)).astype(np.float32)
    np.testing.assert_array_equal(result(t, 9, x), x.transpose(0, 2, 3, 1).reshape(2, 8, 3))
    t.sides = (3, 8)
    with pytest.raises(NotImplementedError, match="4 x 4 cells in a picture of 3 instead of 8"):
        t.shape(0)


def test_slopes_of_any_sign_and_size() -> None:
    slopes = np.float32([-0.5, 0, 0.25, 1, 1.5]).reshape(1, 1, 5)
    t = translator({0: (1, 2, 3, 5), 9: (1, 2, 3, 5)}, {1: slopes})
    t._prelu(None, [0, 1], 9)
    x = RNG.normal(size=(3, 5, 2, 3)).astype(np.float32)
    expected = np.where(x > 0, x, slopes.reshape(5, 1, 1) * x)
    np.testing.assert_allclose(result(t, 9, x), expected, rtol=1e-5, atol=1e-6)


def test_more_channels_and_more_rows() -> None:
    x = RNG.normal(size=(3, 2, 4, 3)).astype(np.float32)
    for pads in ([[0, 0], [0, 0], [0, 0], [1, 3]], [[0, 0], [1, 0], [0, 2], [0, 0]]):
        t = translator({0: (1, 4, 3, 2), 9: (1, 5, 5, 6)}, {1: np.int32(pads)})
        t._pad(None, [0, 1], 9)
        np.testing.assert_array_equal(result(t, 9, x), np.pad(x, [pads[0], pads[3], pads[1], pads[2]]))


def test_units_of_a_picture_go_into_its_convolution() -> None:
    valid = SimpleNamespace(
        Padding=lambda: tflite.Padding.VALID,
        StrideH=lambda: 1,
        StrideW=lambda: 1,
        DilationHFactor=lambda: 1,
        DilationWFactor=lambda: 1,
        FusedActivationFunction=lambda: tflite.ActivationFunctionType.NONE,
    )
    kernel = RNG.normal(size=(1, 2, 2, 3)).astype(np.float16)
    x = RNG.normal(size=(2, 3, 4, 5)).astype(np.float32)
    answers = []
    for units, picture in (({}, x / 255), ({0: 1 / 255}, x)):
        t = translator({0: (1, 4, 5, 3), 9: (1, 3, 4, 1)}, {1: kernel, 2: np.float32([0.3])}, valid)
        t.units = dict(units)
        t._conv_2d(None, [0, 1, 2], 9)
        assert not t.units
        answers.append(result(t, 9, picture.astype(np.float32)))
    np.testing.assert_allclose(*answers, rtol=1e-4, atol=1e-6)
