"""Embedders: what they see, how distances are measured, and what is said where something is missing."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affectface.errors import AssetError
from affectface.evaluation.embedders import ARCFACE_POINTS, EMBEDDERS, Embedder, load_embedder
from affectface.landmarks import landmarks68

DLIB_FILE = "models/dlib_face_recognition_resnet_model_v1.dat"


def landmarks() -> np.ndarray:
    """Return landmarks of which eyes, nose and mouth lie as in ArcFace's pictures."""
    points = np.random.default_rng(0).uniform(20, 90, (478, 3)).astype(np.float32)
    for place, members in zip(ARCFACE_POINTS, [(33, 133), (362, 263), (4,), (61,), (291,)], strict=True):
        points[list(members), :2] = np.array(place) + 0.5
    return points


def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (112, 112, 3), dtype=np.uint8)


# --- distances --------------------------------------------------------------------------------------------------------


def embedder(metric: Any) -> Embedder:
    return Embedder("mine", lambda image, points: np.zeros(3, dtype=np.float32), 0.5, metric)


def test_euclidean_distance() -> None:
    assert embedder("euclidean").distance(np.array([1, 2, 2]), np.zeros(3)) == pytest.approx(3)


def test_cosine_distance_is_of_directions() -> None:
    mine = embedder("cosine")
    assert mine.distance(np.array([1.0, 0]), np.array([5.0, 0])) == pytest.approx(0)
    assert mine.distance(np.array([1.0, 0]), np.array([0, 0.1])) == pytest.approx(1)
    assert mine.distance(np.array([2.0, 0]), np.array([-3.0, 0])) == pytest.approx(2)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_distance_is_symmetric_and_zero_for_the_same(metric: Any) -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 128)).astype(np.float32)
    assert embedder(metric).distance(a, a) == pytest.approx(0, abs=1e-6)
    assert embedder(metric).distance(a, b) == pytest.approx(embedder(metric).distance(b, a))


def test_vectors_without_sense_are_refused() -> None:
    mine = embedder("cosine")
    with pytest.raises(ValueError, match=r"a has shape \(1, 3\)"):
        mine.distance(np.ones((1, 3)), np.ones(3))
    with pytest.raises(ValueError, match=r"b has shape \(4,\); \(3\) is needed"):
        mine.distance(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="b has NaN"):
        mine.distance(np.ones(3), np.full(3, np.nan))
    with pytest.raises(ValueError, match="embedder mine made a vector of zeros"):
        mine.distance(np.ones(3), np.zeros(3))


@pytest.mark.parametrize("text", ["", "dlibb", "dlib=", "dlib=x", "arcface", "arcface=", "=x"])
def test_unknown_embedder_names_those_that_are_known(text: str) -> None:
    with pytest.raises(AssetError, match=r"is no embedder; there are dlib and arcface=PATH\.onnx"):
        load_embedder(text)


# --- dlib -------------------------------------------------------------------------------------------------------------


def installed(monkeypatch: pytest.MonkeyPatch, folder: Path, content: bytes = b"good") -> Path:
    """Let the package of dlib's weights be found in a folder; whoever imports it fails."""
    file = folder / DLIB_FILE
    file.parent.mkdir()
    file.write_bytes(content)
    spec = ModuleSpec("face_recognition_models", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "affectface.evaluation.recognisers.find_spec",
        lambda name: spec if name == "face_recognition_models" else find(name),
    )
    return file


@pytest.fixture
def dlib(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A stand-in with dlib's interface, as far as it is used."""
    module = ModuleType("dlib")

    class Network:
        def __init__(self, path: str) -> None:
            if Path(path).read_bytes() != b"good":
                raise RuntimeError("Error deserializing object of type int")

        def compute_face_descriptor(self, chip: np.ndarray) -> list[float]:
            assert chip.shape == (150, 150, 3)
            return [float(chip.mean())] * 128

    def chip(image: np.ndarray, face: Any, size: int = 150, padding: float = 0.25) -> np.ndarray:
        assert image.flags.c_contiguous
        assert padding == 0.25
        module.seen = face
        return np.full((size, size, 3), image[0, 0, 0], dtype=np.uint8)

    module.face_recognition_model_v1 = Network
    module.point = lambda x, y: (x, y)
    module.rectangle = lambda left, top, right, bottom: (left, top, right, bottom)
    module.full_object_detection = lambda box, points: SimpleNamespace(box=box, points=points)
    module.get_face_chip = chip
    monkeypatch.setitem(sys.modules, "dlib", module)
    return module


def test_dlib_gets_our_68_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dlib: ModuleType) -> None:
    installed(monkeypatch, tmp_path)
    loaded = load_embedder("dlib")
    image = picture()[:, ::-1]
    vector = loaded.embed(image, landmarks())
    assert (loaded.name, loaded.threshold, loaded.metric) == ("dlib", 0.6, "euclidean")
    assert vector.shape == (128,)
    assert vector.dtype == np.float32
    np.testing.assert_array_equal(vector, image[0, 0, 0])
    places = np.floor(landmarks68(landmarks())[:, :2])
    np.testing.assert_array_equal(dlib.seen.points, places)
    assert all(type(x) is int for point in dlib.seen.points for x in point)
    assert dlib.seen.box == (*places.min(axis=0), *places.max(axis=0))
    assert "face_recognition_models" not in sys.modules


def test_dlib_refuses_wrong_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dlib: ModuleType) -> None:
    installed(monkeypatch, tmp_path)
    embed = load_embedder("dlib").embed
    with pytest.raises(ValueError, match=r"landmarks has shape \(68, 2\)"):
        embed(picture(), np.zeros((68, 2)))
    with pytest.raises(ValueError, match="landmarks has NaN"):
        embed(picture(), np.full((478, 3), np.nan))
    with pytest.raises(ValueError, match="image is float64"):
        embed(picture() / 255, landmarks())


def test_dlib_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dlib: ModuleType) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("affectface.evaluation.recognisers.find_spec", lambda name: None)
        with pytest.raises(AssetError, match="the package face_recognition_models is not installed; pip install"):
            load_embedder("dlib")
    file = installed(monkeypatch, tmp_path, b"bad")
    with pytest.raises(AssetError, match="not a network that dlib opens"):
        load_embedder("dlib")
    file.unlink()
    with pytest.raises(AssetError, match="the package face_recognition_models has no models/dlib_face_recognition"):
        load_embedder("dlib")
    file.write_bytes(b"good")
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(AssetError, match=r"the module dlib cannot be imported .* pip install dlib-bin"):
        load_embedder("dlib")


# --- ArcFace ----------------------------------------------------------------------------------------------------------


class StandInSession:
    """The interface of onnxruntime.InferenceSession, as far as it is used."""

    shape: tuple[Any, ...] = ("None", 3, 112, 112)
    scale = 3.0

    def __init__(self, path: str, options: Any, *, providers: list[str]) -> None:
        assert providers == ["CPUExecutionProvider"]
        self.seen: np.ndarray | None = None

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="input.1", shape=list(self.shape))]

    def get_outputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="683", shape=[1, 512])]

    def run(self, outputs: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        assert outputs == ["683"]
        ((name, pixels),) = feeds.items()
        assert name == "input.1"
        assert pixels.dtype == np.float32
        assert pixels.shape == (1, 3, 112, 112)
        return [self.scale * pixels[:, :, 40:50, 40:50].reshape(1, -1)]


def test_arcface_sees_the_aligned_face_in_rgb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.InferenceSession", StandInSession)
    file = tmp_path / "w600k_r50.onnx"
    file.write_bytes(b"")
    loaded = load_embedder(f"arcface={file}")
    assert (loaded.name, loaded.threshold, loaded.metric) == ("arcface-w600k_r50", 0.72, "cosine")
    # The face lies as in the template, so the network sees the image itself.
    vector = loaded.embed(picture(), landmarks())
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    expected = (picture().transpose(2, 0, 1)[:, 40:50, 40:50].astype(np.float64) - 127.5).ravel()
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)


def test_arcface_that_says_nothing_has_no_distance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.InferenceSession", type("Session", (StandInSession,), {"scale": 0.0}))
    file = tmp_path / "empty.onnx"
    file.write_bytes(b"")
    loaded = load_embedder(f"arcface={file}")
    vector = loaded.embed(picture(), landmarks())
    assert np.isfinite(vector).all()
    with pytest.raises(ValueError, match="a vector of zeros"):
        loaded.distance(vector, vector)


def test_arcface_refuses_other_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssetError, match=r"no such file; needed is arcface=PATH\.onnx"):
        load_embedder(f"arcface={tmp_path / 'none.onnx'}")
    file = tmp_path / "other.onnx"
    file.write_bytes(b"no model")
    with pytest.raises(AssetError, match=r"other\.onnx: not an ONNX model that onnxruntime opens"):
        load_embedder(f"arcface={file}")
    monkeypatch.setattr("onnxruntime.InferenceSession", type("Session", (StandInSession,), {"shape": (1, 3, 224, 224)}))
    with pytest.raises(AssetError, match=r"makes \[1, 512\] of \[1, 3, 224, 224\], which is no ArcFace model"):
        load_embedder(f"arcface={file}")


def test_every_embedder_says_how_to_get_it() -> None:
    assert set(EMBEDDERS) == {"dlib", "arcface"}
