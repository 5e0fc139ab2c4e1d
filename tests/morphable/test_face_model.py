"""The face model as a value and as a file."""

import contextlib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import ModelFileError
from affectface.morphable import FaceModel, load_face_model, save_face_model


def test_round_trip(tiny_face_model: FaceModel, tmp_path: Path) -> None:
    save_face_model(tiny_face_model, tmp_path / "m.npz")
    again = load_face_model(tmp_path / "m.npz")
    for field in fields(FaceModel):
        ours, theirs = getattr(tiny_face_model, field.name), getattr(again, field.name)
        if isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype
            np.testing.assert_allclose(theirs, ours, atol=2e-3)
        else:
            assert ours == theirs
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def test_a_model_without_units(tiny_face_model: FaceModel, tmp_path: Path) -> None:
    save_face_model(
        replace(tiny_face_model, expression=tiny_face_model.expression[:0], expression_names=()), tmp_path / "m"
    )
    again = load_face_model(tmp_path / "m")
    assert again.expression_names == ()
    assert again.expression.shape == (0, 36, 3)


def test_colour_of_its_own(tiny_face_model: FaceModel, tmp_path: Path) -> None:
    colour = np.linspace(0, 1, 3 * 36, dtype=np.float32).reshape(36, 3)
    model = replace(tiny_face_model, colour=colour, expression=np.zeros((0, 36, 3), np.float32), expression_names=())
    save_face_model(model, tmp_path / "m.npz")
    again = load_face_model(tmp_path / "m.npz")
    np.testing.assert_array_equal(again.colour, colour)
    assert again.expression_names == ()
    save_face_model(tiny_face_model, tmp_path / "m.npz")
    assert load_face_model(tmp_path / "m.npz").colour is None
    with pytest.raises(ModelFileError, match="colour has shape"):
        replace(tiny_face_model, colour=colour[:5])


def test_zero_coefficients_are_the_mean(tiny_face_model: FaceModel) -> None:
    zero = tiny_face_model.shape(np.zeros(2, dtype=np.float32), np.zeros(3, dtype=np.float32))
    np.testing.assert_array_equal(zero, tiny_face_model.vertices)


def test_arrays_are_read_only(tiny_face_model: FaceModel) -> None:
    with pytest.raises(ValueError, match="read-only"):
        tiny_face_model.vertices[0] = 0


def test_units_a_model_lacks_are_left_out(tiny_face_model: FaceModel) -> None:
    np.testing.assert_array_equal(tiny_face_model.expression_vector({"jawLeft": 0.5, "tongueOut": 1}), [0, 0.5, 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vertices": np.zeros((36, 2), dtype=np.float32)}, "vertices has shape"),
        ({"identity": np.zeros((2, 35, 3), dtype=np.float32)}, "identity has shape"),
        ({"vertices": np.full((36, 3), np.nan, dtype=np.float32)}, "NaN"),
        ({"triangles": np.full((50, 3), 36, dtype=np.int32)}, "goes outside"),
        ({"landmark_triangles": np.full(478, 50, dtype=np.int32)}, "goes outside"),
        ({"expression_names": ("a", "a", "b")}, "different names"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tiny_face_model: FaceModel, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        replace(tiny_face_model, **change)


@pytest.mark.parametrize("keep", [0, 10, 100, 1000, 3000])
def test_truncated_files(tiny_face_model: FaceModel, tmp_path: Path, keep: int) -> None:
    path = tmp_path / "m.npz"
    save_face_model(tiny_face_model, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelFileError, match=r"rebuild|not"):
        load_face_model(path)


@pytest.mark.parametrize("seed", range(20))
def test_files_with_broken_bytes(tiny_face_model: FaceModel, tmp_path: Path, seed: int) -> None:
    path = tmp_path / "m.npz"
    save_face_model(tiny_face_model, path)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(data), 40):
        data[place] = rng.integers(0, 256)
    path.write_bytes(data)
    with contextlib.suppress(ModelFileError):  # a typed error, or a change that does no harm: nothing else may come out
        load_face_model(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vertices", np.array([{"a": 1}], dtype=object)),
        ("vertices", np.array("text")),
        ("vertices", np.zeros((0, 3))),
        ("expression_names", np.zeros(3)),
        ("triangles", np.zeros((50, 3), dtype=complex)),
        ("spread_landmarks", np.zeros(3, dtype=np.int16)),
        ("format_version", np.array(99)),
        ("format", np.array("another")),
    ],
)
def test_hostile_entries(tiny_face_model: FaceModel, tmp_path: Path, name: str, value: np.ndarray) -> None:
    path = tmp_path / "m.npz"
    save_face_model(tiny_face_model, path)
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files}
    np.savez(path, allow_pickle=True, **(arrays | {name: value}))
    with pytest.raises(ModelFileError):
        load_face_model(path)


def test_missing_entry_and_missing_file(tiny_face_model: FaceModel, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    save_face_model(tiny_face_model, path)
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files if key != "uv"}
    np.savez(path, **arrays)
    with pytest.raises(ModelFileError, match="no 'uv'"):
        load_face_model(path)
    with pytest.raises(ModelFileError, match="no such file"):
        load_face_model(tmp_path / "none.npz")
