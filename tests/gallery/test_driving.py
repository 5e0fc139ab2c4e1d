"""An affect model of components on a surface shows on a face model what its units would."""

from dataclasses import replace

import numpy as np
import pytest

from affectface.affect import ActionUnits, Expression, ValenceArousal
from affectface.errors import ModelFileError, TopologyMismatchError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.driving import expression_of, in_units_of, variation_of
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.surface import Basis, surface_of
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model


@pytest.fixture(scope="module")
def face_model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="module")
def on_surface(face_model: FaceModel) -> AffectModel:
    """The shipped model as mixtures of its units' displacements."""
    model = load_named_affect_model()
    units = face_model.expression[[face_model.expression_names.index(name) for name in model.unit_names]]
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(len(units), len(units))))[0]
    return replace(
        model,
        unit_names=tuple(f"component_{k:02}" for k in range(len(units))),
        point_strengths=(model.point_strengths @ turn).astype(np.float32),
        expression_strengths=(model.expression_strengths @ turn).astype(np.float32),
        basis=Basis(surface_of(face_model), np.tensordot(turn.T, units, axes=1).astype(np.float32)),
    )


def test_the_face_moves_as_the_components_do(on_surface: AffectModel, face_model: FaceModel) -> None:
    face = np.unique(face_model.triangles[face_model.region("face")])
    shipped = load_named_affect_model()
    for affect in (Expression("happiness"), Expression("surprise"), ValenceArousal(-0.5, 0.6)):
        wanted = face_model.deformation(expression_of(shipped, face_model, affect, 1.0))[face]
        found = face_model.deformation(expression_of(on_surface, face_model, affect, 1.0))[face]
        off = np.linalg.norm(found - wanted, axis=1)
        assert off.mean() < 0.15 * np.linalg.norm(wanted, axis=1).mean(), affect


def test_strengths_are_bounded_and_opposites_are_not_both_at_work(
    on_surface: AffectModel, face_model: FaceModel
) -> None:
    known = in_units_of(on_surface, face_model)
    assert known.unit_names == face_model.expression_names
    for rows in (known.point_strengths, known.expression_strengths):
        assert rows.min() >= 0
        assert rows.max() <= 1.5
        left, right = (known.unit_names.index(name) for name in ("mouthLeft", "mouthRight"))
        assert np.minimum(rows[:, left], rows[:, right]).max() < 1e-6
        gaze = [k for k, name in enumerate(known.unit_names) if name.startswith("eyeLook")]
        assert rows[:, gaze].max() == 0


def test_it_is_computed_once_for_a_pair(on_surface: AffectModel, face_model: FaceModel) -> None:
    assert in_units_of(on_surface, face_model) is in_units_of(on_surface, face_model)
    named = load_named_affect_model()
    assert in_units_of(named, face_model) is named


def test_action_units_need_no_surface(on_surface: AffectModel, face_model: FaceModel) -> None:
    asked = ActionUnits({12: 0.5})
    found = expression_of(on_surface, face_model, asked, 1.0)
    np.testing.assert_array_equal(found, expression_of(load_named_affect_model(), face_model, asked, 1.0))


def test_spread_goes_over_to_the_units(face_model: FaceModel) -> None:
    names = ("mouthSmile_L", "browInnerUp_L", "jawOpen")
    units = face_model.expression[[face_model.expression_names.index(name) for name in names]]
    spread = np.array([[0.2, 0.0, 0.1]], dtype=np.float32)
    model = AffectModel(
        name="spread",
        unit_names=("a", "b", "c"),
        points=np.array([[0, 0], [1, 0], [0, 1]], dtype=np.float32),
        point_strengths=np.zeros((3, 3), dtype=np.float32),
        support=np.ones(3, dtype=np.int32),
        expression_names=("happiness",),
        expression_strengths=np.array([[0.5, 0.0, 0.3]], dtype=np.float32),
        spread=np.repeat(spread, 3, axis=0),
        expression_spread=spread,
        basis=Basis(surface_of(face_model), units),
    )
    found = variation_of(model, face_model, Expression("happiness"), 1.0)
    flat = face_model.expression.reshape(len(found), -1).astype(np.float64) ** 2
    wanted = (spread[0] ** 2) @ (units.reshape(3, -1).astype(np.float64) ** 2)
    got = (found.astype(np.float64) ** 2) @ flat
    assert np.abs(got - wanted).sum() < 0.2 * wanted.sum()  # what vertices vary by, squared
    assert found[face_model.expression_names.index("mouthSmile_L")] == pytest.approx(0.2, abs=0.05)
    assert not variation_of(model, face_model, Expression("neutral"), 1.0).any()


def test_units_that_the_face_lacks_are_refused(face_model: FaceModel) -> None:
    model = replace(load_named_affect_model(), unit_names=tuple(f"x{k}" for k in range(36)))
    with pytest.raises(TopologyMismatchError, match="36 facial units of which face model 'embedded' has 0"):
        expression_of(model, face_model, Expression("anger"), 1.0)


def test_a_basis_of_another_size_is_refused(on_surface: AffectModel) -> None:
    assert on_surface.basis is not None
    with pytest.raises(ModelFileError, match="3 displacements of 36 units"):
        replace(on_surface, basis=replace(on_surface.basis, displacements=on_surface.basis.displacements[:3]))
