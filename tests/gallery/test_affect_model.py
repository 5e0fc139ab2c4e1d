"""The affect model: neutral at the origin, growing with strength, continuous, and safe to read from a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectface.affect import COMPOUND_EXPRESSIONS, DIRECTIONS, ActionUnits, Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS, EXPRESSIONS
from affectface.errors import ModelFileError, TargetError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.affect_model_files import load_affect_model, save_affect_model
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.prototypes import recipe_towards
from affectface.gallery.surface import Basis, surface_of
from affectface.gallery.synthetic.variants import main_recipe
from affectface.morphable.library import load_named_face_model


@pytest.fixture(scope="module")
def model() -> AffectModel:
    return load_named_affect_model()


def vector(model: AffectModel, valence: float, arousal: float) -> np.ndarray:
    strengths = model.strengths(ValenceArousal(valence, arousal))
    return np.array([strengths.get(unit, 0.0) for unit in model.unit_names])


def test_the_shipped_model_says_that_nobody_real_stands_behind_it(model: AffectModel) -> None:
    assert "no real ones" in model.provenance["built_from"]
    assert model.provenance["synthetic"]["seed"] == 1
    assert model.provenance["people"] == model.provenance["synthetic"]["people"] == 300
    assert model.provenance["frames_of_the_plane"] == model.support[1:].sum()
    assert "fer" in model.judges


@pytest.mark.parametrize("name", [name for name in EXPRESSIONS if name != "neutral"])
def test_the_shipped_expressions_are_the_main_prototypes(model: AffectModel, name: str) -> None:
    """Averaged over variants they would be the face of nobody."""
    found = model.strengths(Expression(name))
    meant = ActionUnits(main_recipe(name)).units()
    a, b = (np.array([one.get(unit, 0.0) for unit in model.unit_names]) for one in (found, meant))
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.99
    assert a @ b / (b @ b) == pytest.approx(1, abs=0.07)
    assert (model.expression_spread[model.expression_names.index(name)] > 0).any()


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


def test_people_differ_by_the_published_variants_too(model: AffectModel) -> None:
    """The spread of the closed anger is that of people; of anger, which many show otherwise, it is larger."""
    assert model.expression_spread is not None
    relative = {
        name: np.linalg.norm(model.expression_spread[row]) / np.linalg.norm(model.expression_strengths[row])
        for row, name in enumerate(model.expression_names)
    }
    assert relative["anger"] > relative["closed_anger"] > 0.15


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75, 1.0])
def test_the_shipped_plane_follows_the_recipes(model: AffectModel, strength: float) -> None:
    """Annotators err by some ten degrees, so neighbours are mixed a little; on the whole it is the circle."""
    alike, slopes = [], []
    for angle in DIRECTIONS.values():
        point = ValenceArousal.from_angle(angle, strength)
        found = vector(model, point.valence, point.arousal)
        units = ActionUnits(recipe_towards(angle)).units()
        meant = strength * np.array([units.get(unit, 0.0) for unit in model.unit_names])
        alike.append(found @ meant / np.linalg.norm(found) / np.linalg.norm(meant))
        slopes.append(found @ meant / (meant @ meant))
    assert min(alike) > 0.93
    assert np.mean(alike) > 0.985
    assert np.mean(slopes) == pytest.approx(1, abs=0.15)


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


def full(model: AffectModel) -> AffectModel:
    """A model with everything that version 2 knows."""
    k, c, u = len(model.points), len(model.expression_names), len(model.unit_names)
    face_model, rng = load_named_face_model("embedded"), np.random.default_rng(0)
    return replace(
        model,
        support=rng.integers(0, 50, k).astype(np.int32),
        spread=rng.uniform(0, 0.2, (k, u)).astype(np.float32),
        expression_spread=rng.uniform(0, 0.2, (c, u)).astype(np.float32),
        expression_support=np.arange(c, dtype=np.int32),
        basis=Basis(surface_of(face_model), face_model.expression[:u]),
        provenance={"gallery": {"name": "some", "frames": 12}},
    )


def test_a_file_keeps_spread_support_basis_and_provenance(model: AffectModel, tmp_path: Path) -> None:
    wanted = full(model)
    save_affect_model(wanted, tmp_path / "model.npz")
    loaded = load_affect_model(tmp_path / "model.npz")
    for name in ("support", "spread", "expression_spread", "expression_support"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(wanted, name))
    assert loaded.provenance == wanted.provenance
    assert loaded.basis is not None
    assert wanted.basis is not None
    assert loaded.basis.surface.name == "embedded"
    np.testing.assert_array_equal(loaded.basis.surface.skin, wanted.basis.surface.skin)
    np.testing.assert_allclose(loaded.basis.displacements, wanted.basis.displacements, atol=1e-3)
    save_affect_model(loaded, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()


def test_files_of_version_1_are_read(model: AffectModel, tmp_path: Path) -> None:
    save_affect_model(replace(model, spread=None, expression_spread=None, expression_support=None), tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as archive:
        arrays = {key: archive[key] for key in archive.files if key not in ("judges", "provenance")}
    arrays["format_version"] = np.array(1)
    np.savez(tmp_path / "old.npz", **arrays)
    old = load_affect_model(tmp_path / "old.npz")
    assert old.spread is None
    assert old.provenance == {}
    np.testing.assert_array_equal(old.point_strengths, model.point_strengths)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("basis_triangles", np.full((43000, 3), 10**6)),
        ("basis_skin", np.ones(5)),
        ("basis_displacements", np.full((36, 21849, 3), np.inf)),
        ("basis_displacements", np.zeros((2, 21849, 3))),
        ("spread", np.zeros((2, 2))),
        ("expression_support", np.array(["a"])),
        ("provenance", np.array("[" * 100_000)),
        ("provenance", np.array(3)),
    ],
)
def test_a_damaged_version_2_is_refused(model: AffectModel, tmp_path: Path, name: str, value: np.ndarray) -> None:
    save_affect_model(full(model), tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    np.savez(tmp_path / "bad.npz", **arrays | {name: value})
    with pytest.raises(ModelFileError):
        load_affect_model(tmp_path / "bad.npz")


def learned() -> AffectModel:
    """Three classes of pleasant faces, and an expression."""
    return AffectModel(
        name="pleasant",
        unit_names=("mouthSmile_L",),
        points=np.array([[0, 0], [0.5, 0.1], [0.4, 0.4], [0.45, 0.15]], dtype=np.float32),
        point_strengths=np.array([[0], [0.6], [0.5], [0.55]], dtype=np.float32),
        support=np.array([90, 40, 30, 7], dtype=np.int32),
        expression_names=("happiness", "fear"),
        expression_strengths=np.array([[0.7], [0.0]], dtype=np.float32),
        expression_support=np.array([25, 0], dtype=np.int32),
    )


def test_a_target_far_from_data_says_so() -> None:
    model = learned()
    assert model.support_of(ValenceArousal(0.5, 0.12)).frames == 47
    far = model.support_of(ValenceArousal(-0.6, 0.0))
    assert far.frames == 0
    assert far.distance == pytest.approx(0.6)
    assert model.support_of(ValenceArousal(-0.6, 0.0), 0.1).frames == 90  # asked for faintly, it is nearly neutral
    assert model.support_of(Expression("happiness")).frames == 25
    assert model.support_of(Expression("fear")).frames == 0
    assert model.support_of(Expression("neutral")) is None
    assert model.support_of(ActionUnits({12: 1.0})) is None


def test_a_model_of_tables_counts_no_frames() -> None:
    shipped = load_named_affect_model()
    model = replace(shipped, support=np.zeros_like(shipped.support), expression_support=None)
    assert model.support_of(ValenceArousal(0.5, 0.1)) is None
    assert model.support_of(Expression("fear")) is None


def test_beyond_all_classes_nothing_is_turned_round() -> None:
    """A spline goes on as it came: the smile of pleasant faces would be pulled down at the unpleasant end."""
    model = learned()
    for valence in (-0.1, -0.4, -0.9):
        assert abs(model.strengths(ValenceArousal(valence, 0.0)).get("mouthSmile_L", 0)) < 0.12
    near, far = (model.strengths(ValenceArousal(v, v / 5))["mouthSmile_L"] for v in (0.56, 0.95))
    assert far == pytest.approx(near, abs=0.05)


def test_a_model_without_a_plane_says_so() -> None:
    model = learned()
    model = replace(
        model, points=model.points[:0], point_strengths=model.point_strengths[:0], support=model.support[:0]
    )
    assert model.strengths(Expression("happiness")) == {"mouthSmile_L": pytest.approx(0.7)}
    assert model.strengths(ValenceArousal(0, 0)) == {}
    with pytest.raises(TargetError, match="knows expressions only"):
        model.strengths(ValenceArousal(0.5, 0.5))
