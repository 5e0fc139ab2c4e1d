"""Every published layout gives the arrays that were written into it."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from published_layouts import (
    COLOUR,
    COUNT,
    FIXTURES,
    LAYOUTS,
    TRIANGLES,
    VERTICES,
    Layout,
    basel_2009,
    basel_2017,
    displacements,
    flame_arrays,
    flame_npz,
    flame_pickle,
    generic,
    lsfm,
)

from affectface.errors import ModelFileError
from affectface.morphable.importers import read_published_model
from affectface.regions import REGIONS


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.file)
def test_what_was_written(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / layout.file
    layout.write(path)
    model = read_published_model(path, layout.format)  # type: ignore[arg-type]
    np.testing.assert_allclose(model.vertices, VERTICES * layout.scale, rtol=1e-5, atol=1e-5 * layout.scale)
    order = [0, 2, 1] if layout.format == "basel-2009" else [0, 1, 2]
    np.testing.assert_array_equal(model.triangles[:, order], TRIANGLES)
    np.testing.assert_allclose(model.identity[:2], displacements(0) * layout.scale, rtol=1e-4, atol=1e-4 * layout.scale)
    if layout.format in ("flame", "basel-2017"):
        np.testing.assert_allclose(model.expression[0], 3 * displacements(2)[0] * layout.scale, rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(model.expression[1], -model.expression[0])
        assert model.expression_names[:2] == ("expression001_plus", "expression001_minus")
    if layout.format.startswith("basel"):
        np.testing.assert_allclose(model.colour, COLOUR, atol=1e-6)
    (tmp_path / "another.name").write_bytes(path.read_bytes())
    if layout.format != "mesh":
        assert read_published_model(tmp_path / "another.name").kind == model.kind
    with pytest.raises(ModelFileError, match="not of surrey"):
        read_published_model(path, "surrey")


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_menpo(protocol: int) -> None:
    model = read_published_model(FIXTURES / f"menpo_protocol_{protocol}.pkl")
    expected = np.load(FIXTURES / "menpo_expected.npz")
    np.testing.assert_allclose(model.vertices, expected["mean"])
    np.testing.assert_allclose(model.identity, expected["identity"], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model.triangles, expected["trilist"])


def test_menpo_coloured_and_zipped() -> None:
    model = read_published_model(FIXTURES / "menpo_coloured.pkl.gz", "menpo")
    np.testing.assert_allclose(model.colour, COLOUR, atol=1e-6)
    assert model.name == "menpo_coloured"


def test_eos() -> None:
    expected = np.load(FIXTURES / "eos_expected.npz")
    shape = read_published_model(FIXTURES / "eos_shape.bin", "surrey")
    np.testing.assert_allclose(shape.vertices, expected["mean"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(shape.identity, expected["identity"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(shape.uv, expected["uv"] * (1, -1) + (0, 1), atol=1e-6)
    assert shape.colour is None
    assert not len(shape.expression)
    named = read_published_model(FIXTURES / "eos_blendshapes.bin")
    assert named.expression_names == ("anger", "joy")
    np.testing.assert_allclose(named.expression, expected["blendshapes"], atol=1e-5)
    np.testing.assert_allclose(named.colour, COLOUR, atol=1e-6)
    both = read_published_model(FIXTURES / "eos_shape.bin", bases=FIXTURES / "eos_expression_blendshapes.bin")
    np.testing.assert_array_equal(both.expression, named.expression)
    components = read_published_model(FIXTURES / "eos_pca_expression.bin")
    ours = components.vertices + components.identity[0] + components.expression[2] / 3
    np.testing.assert_allclose(ours, expected["sample"], rtol=1e-5, atol=1e-4)


def test_eos_portable_and_blendshapes_of_another_mesh(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x01" + (FIXTURES / "eos_blendshapes.bin").read_bytes())
    assert read_published_model(tmp_path / "a.bin").expression_names == ("anger", "joy")
    (tmp_path / "b.bin").write_bytes((1).to_bytes(8, "little") + (1).to_bytes(8, "little") + b"x" + bytes(20))
    with pytest.raises(ModelFileError, match="has 0 vertices"):
        read_published_model(FIXTURES / "eos_shape.bin", bases=tmp_path / "b.bin")


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_flame_of_any_protocol(tmp_path: Path, protocol: int) -> None:
    flame_pickle(tmp_path / "f.pkl", protocol)
    (tmp_path / "f.gz").write_bytes(gzip.compress((tmp_path / "f.pkl").read_bytes()))
    first, second = read_published_model(tmp_path / "f.pkl"), read_published_model(tmp_path / "f.gz")
    np.testing.assert_array_equal(first.expression, second.expression)
    assert "jawOpen" in first.expression_names


def test_flame_turns_jaw_and_eyes(tmp_path: Path) -> None:
    flame_npz(tmp_path / "f.npz")
    model = read_published_model(tmp_path / "f.npz")
    unit = dict(zip(model.expression_names, model.expression, strict=True))
    joint, chin = VERTICES[8] / 100, VERTICES[2] / 100
    angle = np.radians(25)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(unit["jawOpen"][2], turn @ (chin - joint) + joint - chin, atol=1e-6)
    assert not unit["jawOpen"][[0, 1, 7]].any()
    assert not unit["eyeLookUp_L"][1:].any()
    assert model.regions is not None
    assert set(np.unique(model.regions)) == {REGIONS.index("face")}  # no triangle here has three corners on an eyeball
    arrays = flame_arrays()
    del arrays["J_regressor"]
    np.savez(tmp_path / "g.npz", **arrays)
    assert "jawOpen" not in read_published_model(tmp_path / "g.npz").expression_names


def test_matlab_7_3(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "01_MorphableModel.mat", "w") as file:
        file["shapeMU"] = (VERTICES * 1e4).reshape(1, -1)
        file["shapePC"] = (displacements(0).reshape(2, -1) / np.array([[3.0], [2.0]])).astype(np.float32)
        file["shapeEV"] = np.array([[3e4, 2e4]])
        file["tl"] = (TRIANGLES + 1.0).T
    model = read_published_model(tmp_path / "01_MorphableModel.mat", "basel-2009")
    np.testing.assert_allclose(model.identity, displacements(0) * 1e4, rtol=1e-4)


def test_matlab_big_endian_and_small_types(tmp_path: Path) -> None:
    lsfm(tmp_path / "a.mat", trilist=(TRIANGLES + 1).astype(np.uint8))
    np.testing.assert_array_equal(read_published_model(tmp_path / "a.mat").triangles, TRIANGLES)


def test_generic_ways(tmp_path: Path) -> None:
    flat = displacements(0).reshape(2, -1)
    generic(tmp_path / "m.obj", identity=flat / 2, identity_sd=np.array([2.0, 2.0]), unit=np.array(10.0))
    model = read_published_model(tmp_path / "m.obj")
    np.testing.assert_allclose(model.identity, displacements(0), atol=1e-5)
    assert model.unit == 10
    np.savez(tmp_path / "all.npz", vertices=VERTICES, triangles=TRIANGLES, identity=flat, colour=COLOUR)
    assert read_published_model(tmp_path / "all.npz").colour is not None
    (tmp_path / "m.obj").rename(tmp_path / "alone.obj")
    with pytest.raises(ModelFileError, match="a mesh alone is no model"):
        read_published_model(tmp_path / "alone.obj")
    assert len(read_published_model(tmp_path / "alone.obj", bases=tmp_path / "m.npz").identity) == 2


@pytest.mark.parametrize(
    ("write", "changes", "message"),
    [
        (basel_2009, {"shapePC": np.zeros((48, 3))}, "does not fit"),
        (basel_2009, {"shapeMU": np.full((48, 1), np.nan)}, "NaN"),
        (basel_2009, {"tl": TRIANGLES + 90.0}, "do not fit"),
        (basel_2009, {"shapeEV": -np.ones((2, 1))}, "negative"),
        (lsfm, {"components": "text"}, "no components"),
        (lsfm, {"mean": np.zeros((1, 47))}, "no mesh"),
        (lsfm, {"eigenvalues": np.full((1, 2), np.inf)}, "not finite"),
        (basel_2017, {"shape__model__mean": "text"}, "damaged|numbers|no mesh"),
        (basel_2017, {"shape__representer__cells": np.zeros((2, 7))}, "no mesh"),
        (generic, {"identity": np.zeros((2, 15, 3))}, r"\(any, 16, 3\)"),
        (generic, {"identity": np.array([{"a": 1}], dtype=object), "expression": np.zeros((0, 16, 3))}, "alone"),
        (generic, {"identity": np.array(["text"])}, "not numbers"),
        (generic, {"landmarks68": np.full(68, 16)}, "68 landmarks"),
        (generic, {"colour": np.zeros((3, 3))}, "colour"),
    ],
)
def test_what_does_not_fit(write: object, changes: dict[str, object], message: str, tmp_path: Path) -> None:
    path = tmp_path / ("x.obj" if write is generic else "x.file")
    write(path, **changes)  # type: ignore[operator]
    with pytest.raises(ModelFileError, match=message) as caught:
        read_published_model(path)
    assert "\n" not in str(caught.value)


def test_no_file_and_our_own(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        read_published_model(tmp_path / "none")
    np.savez(tmp_path / "ours.npz", format=np.array("affectface-face-model"), vertices=np.zeros((COUNT, 3)))
    with pytest.raises(ModelFileError, match="already"):
        read_published_model(tmp_path / "ours.npz")
