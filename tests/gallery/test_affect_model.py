"""The affect model: neutral at the origin, growing with strength, continuous, and safe to read from a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectface.affect import COMPOUND_EXPRESSIONS, DIRECTIONS, ActionUnits, Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.errors import ModelFileError, TargetError
from affectface.gallery.affect_model import AffectModel, load_affect_model, save_affect_model
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.prototypes import CIRCLE, build_prototype_model


@pytest.fixture(scope="module")
def model() -> AffectModel:
    return load_named_affect_model()


def vector(model: AffectModel, valence: float, arousal: float) -> np.ndarray:
    strengths = model.strengths(ValenceArousal(valence, arousal))
    return np.array([strengths.get(unit, 0.0) for unit in model.unit_names])


def test_the_shipped_model_is_the_one_the_recipes_make(model: AffectModel) -> None:
    built = build_prototype_model()
    assert model.unit_names == built.unit_names
    np.testing.assert_array_equal(model.point_strengths, built.point_strengths)
    np.testing.assert_array_equal(model.expression_strengths, built.expression_strengths)


def test_neutral_is_nothing(model: AffectModel) -> None:
    assert model.strengths(ValenceArousal(0, 0)) == {}
    assert model.strengths(Expression("neutral")) == {}
    assert model.strengths(Expression("anger"), intensity=0) == {}


@pytest.mark.parametrize("name", [*BASIC_EXPRESSIONS, "contempt", *COMPOUND_EXPRESSIONS])
def test_every_named_expression_is_there_and_scales(model: AffectModel, name: str) -> None:
    full, half = model.strengths(Expression(name)), model.strengths(Expression(name), intensity=0.5)
    assert len(full) >= 3
    for unit, strength in full.items():
        assert half[unit] == pytest.approx(strength / 2, rel=1e-5)


def test_contempt_is_on_one_side_only(model: AffectModel) -> None:
    strengths = model.strengths(Expression("contempt"))
    assert strengths["mouthDimple_L"] > 0
    assert "mouthDimple_R" not in strengths


@pytest.mark.parametrize("angle", range(0, 360, 15))
def test_affect_grows_with_the_distance_from_neutral(model: AffectModel, angle: float) -> None:
    sizes = []
    for strength in (0.1, 0.25, 0.5, 0.75, 1.0):
        point = ValenceArousal.from_angle(angle, strength)
        sizes.append(np.abs(vector(model, point.valence, point.arousal)).sum())
    assert np.all(np.diff(sizes) > 0)


def test_all_28_directions_differ(model: AffectModel) -> None:
    points = [ValenceArousal.from_angle(angle) for angle in DIRECTIONS.values()]
    vectors = np.array([vector(model, p.valence, p.arousal) for p in points])
    angles = np.array(list(DIRECTIONS.values()))
    for i, j in np.argwhere(np.abs((angles[:, None] - angles + 180) % 360 - 180) >= 20):
        assert np.linalg.norm(vectors[i] - vectors[j]) > 0.15, (angles[i], angles[j])


@given(st.floats(-0.99, 0.99), st.floats(-0.99, 0.99))
def test_the_map_is_continuous(valence: float, arousal: float) -> None:
    model = load_named_affect_model()
    step = 0.005
    here, there = vector(model, valence, arousal), vector(model, valence + step, arousal - step)
    assert np.isfinite(here).all()
    assert np.abs(here - there).max() < 0.1


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_strengths_stay_in_range(valence: float, arousal: float) -> None:
    model = load_named_affect_model()
    strengths = vector(model, valence, arousal)
    pulled = np.array([name.startswith("browInnerUp") for name in model.unit_names])  # down, by frowning
    assert strengths.max() < 1.8
    assert strengths[~pulled].min() > -0.08
    assert strengths[pulled].min() > -0.6


def test_beyond_the_disc_the_rim_is_taken(model: AffectModel) -> None:
    rim = vector(model, np.sqrt(0.5), np.sqrt(0.5))
    np.testing.assert_allclose(vector(model, 1, 1), rim, atol=1e-5)


def test_nearest_takes_a_class_as_it_is(model: AffectModel) -> None:
    strengths = vector(model.nearest(), 0.99, 0.02)
    nearest = model.point_strengths[np.argmin(((model.points - (0.99, 0.02)) ** 2).sum(axis=1))]
    np.testing.assert_allclose(strengths, nearest, atol=1e-6)


def test_the_recipes_are_met_at_their_own_angles(model: AffectModel) -> None:
    for angle, recipe in CIRCLE:
        if angle % 7.5:
            continue  # between two classes
        point = ValenceArousal.from_angle(angle)
        found = model.strengths(point)
        for unit, strength in ActionUnits(recipe).units().items():
            assert found.get(unit, 0) == pytest.approx(strength, rel=0.03, abs=0.02)  # sides differ


@pytest.mark.parametrize("intensity", [-0.1, 1.6, float("nan"), float("inf")])
def test_an_intensity_out_of_range_is_refused(model: AffectModel, intensity: float) -> None:
    with pytest.raises(TargetError, match=r"intensity is .*0 to 1\.5"):
        model.strengths(Expression("fear"), intensity)


def test_a_file_gives_the_same_model(model: AffectModel, tmp_path: Path) -> None:
    save_affect_model(model, tmp_path / "model.npz")
    loaded = load_affect_model(tmp_path / "model.npz")
    assert loaded.unit_names == model.unit_names
    assert loaded.expression_names == model.expression_names
    np.testing.assert_array_equal(loaded.points, model.points)
    save_affect_model(loaded, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()


def damage(name: str, arrays: dict[str, np.ndarray]) -> None:
    if name == "NaN":
        arrays["point_strengths"] = np.full_like(arrays["point_strengths"], np.nan)
    elif name == "shape":
        arrays["points"] = arrays["points"][:, :1]
    elif name == "missing":
        del arrays["support"]
    elif name == "text":
        arrays["points"] = arrays["points"].astype(str)
    elif name == "other format":
        arrays["format"] = np.array("something")
    elif name == "future":
        arrays["format_version"] = np.array(99)
    elif name == "interpolation":
        arrays["interpolation"] = np.array("cubic")
    elif name == "outside":
        arrays["points"] = arrays["points"] * 3


@pytest.mark.parametrize(
    "name", ["NaN", "shape", "missing", "text", "other format", "future", "interpolation", "outside"]
)
def test_a_damaged_file_is_refused(model: AffectModel, tmp_path: Path, name: str) -> None:
    save_affect_model(model, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    damage(name, arrays)
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ModelFileError):
        load_affect_model(tmp_path / "bad.npz")


def test_object_arrays_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", format=np.array([print], dtype=object))
    with pytest.raises(ModelFileError, match=r"not a readable \.npz"):
        load_affect_model(tmp_path / "bad.npz")


def test_truncated_bytes_are_refused(model: AffectModel, tmp_path: Path) -> None:
    save_affect_model(model, tmp_path / "model.npz")
    whole = (tmp_path / "model.npz").read_bytes()
    for length in np.linspace(0, len(whole) - 1, 25).astype(int):
        (tmp_path / "cut.npz").write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            load_affect_model(tmp_path / "cut.npz")


def test_two_classes_at_one_point_are_refused(model: AffectModel) -> None:
    points = model.points.copy()
    points[1] = points[0]
    with pytest.raises(ModelFileError, match="different points"):
        replace(model, points=points)
