"""A model built of samples of a known one is the known one."""

from collections.abc import Callable

import numpy as np
import pytest
from known_meshes import DIMENSIONS, Known, largest_angle
from scipy.spatial.transform import Rotation

from affectface.errors import MeshSetError
from affectface.morphable.building import build, prepare
from affectface.morphable.building.build import Built
from affectface.morphable.building.config import BuildConfig

Building = Callable[..., Built]


def test_samples_of_a_model_span_it(known: Known, building: Building) -> None:
    built = building(known.sample(400), BuildConfig(alignment="none", variance=1.0))
    assert len(built.model.identity) == DIMENSIONS
    assert largest_angle(built.model.identity, known.directions) < 0.01
    found = np.linalg.norm(built.model.identity.reshape(DIMENSIONS, -1), axis=1)
    wanted = np.linalg.norm(known.directions.reshape(DIMENSIONS, -1), axis=1)
    np.testing.assert_allclose(found, wanted, rtol=0.15)
    assert np.abs(built.model.vertices - known.model.vertices).max() < 0.25
    assert built.record["variance_kept"] == pytest.approx(1)


def test_identity_coefficients_are_standard_normal(known: Known, building: Building) -> None:
    people = known.sample(300)
    model = building(people, BuildConfig(alignment="none", variance=1.0)).model
    basis = model.identity.reshape(len(model.identity), -1).astype(np.float64)
    away = (people - model.vertices).reshape(len(people), -1)
    coefficients = away @ basis.T / (basis**2).sum(1)
    np.testing.assert_allclose(coefficients.std(0, ddof=1), 1, atol=1e-3)


def test_the_share_of_variance_that_is_asked_for(known: Known, building: Building) -> None:
    people = known.sample(200)
    kept = [building(people, BuildConfig(alignment="none", variance=share)) for share in (0.5, 0.9, 0.995)]
    assert [len(built.model.identity) for built in kept] == sorted({len(built.model.identity) for built in kept})
    for built, share in zip(kept, (0.5, 0.9, 0.995), strict=True):
        assert share <= built.record["variance_kept"] < 1 or len(built.model.identity) == DIMENSIONS


def test_procrustes_undoes_similarity_transforms(known: Known, building: Building) -> None:
    people = known.sample(60)
    rng = np.random.default_rng(1)
    turned = np.stack(
        [rng.uniform(0.5, 2) * Rotation.random(random_state=rng).apply(mesh) + rng.normal(0, 50, 3) for mesh in people]
    )
    plain, undone = (building(meshes, BuildConfig(variance=0.99)).model for meshes in (people, turned))
    assert len(plain.identity) == len(undone.identity)
    # Sizes differ, so the mean size does; shapes are the same.
    ratio = np.ptp(undone.vertices, axis=0).max() / np.ptp(plain.vertices, axis=0).max()
    assert np.abs(undone.vertices / ratio - plain.vertices).max() < 0.02
    assert largest_angle(undone.identity, plain.identity) < 0.5


def test_rigid_alignment_keeps_size(known: Known, building: Building) -> None:
    sizes = np.random.default_rng(2).normal(1, 0.05, 80)[:, None, None]
    people = known.model.vertices + 0.05 * (known.sample(80) - known.model.vertices)
    rigid = building(sizes * people, BuildConfig(alignment="rigid", variance=0.9)).model
    centred = rigid.vertices - rigid.vertices.mean(0)
    along = rigid.identity[0].ravel() @ centred.ravel() / np.linalg.norm(centred) / np.linalg.norm(rigid.identity[0])
    assert abs(along) > 0.99
    similar = building(sizes * people, BuildConfig(variance=0.9)).model
    for component in similar.identity:
        assert abs(component.ravel() @ centred.ravel()) < 0.01 * np.linalg.norm(centred) * np.linalg.norm(component)


def test_units_are_turned_into_centimetres(known: Known, building: Building) -> None:
    people = known.sample(30)
    cm = building(people, BuildConfig()).model
    mm = building(10 * people, BuildConfig(unit="mm")).model
    assert np.abs(cm.vertices - mm.vertices).max() < 1e-4
    with pytest.raises(MeshSetError, match="--unit"):
        building(10 * people, BuildConfig())


def test_the_axes_are_those_of_the_other_model(known: Known, building: Building) -> None:
    turned = known.sample(40) @ Rotation.from_euler("y", 0.7).as_matrix().T + 30
    model = building(turned, BuildConfig()).model
    assert np.linalg.norm(model.vertices - known.model.vertices, axis=1).max() < 2
    assert (model.landmark_triangles == known.model.landmark_triangles).all()
    assert model.expression_names == known.model.expression_names


def test_the_same_meshes_give_the_same_model(known: Known, building: Building) -> None:
    people = known.sample(50)
    one, other = (building(people, BuildConfig(seed=3)) for _ in range(2))
    assert one.record == other.record
    assert (one.model.identity == other.model.identity).all()
    assert (one.model.vertices == other.model.vertices).all()


def test_order_does_not_matter(known: Known, building: Building) -> None:
    people = known.sample(50)
    one, other = (building(meshes, BuildConfig(alignment="none")).model for meshes in (people, people[::-1]))
    np.testing.assert_allclose(one.identity, other.identity, atol=1e-4)


def test_a_set_that_is_too_large_to_be_done_exactly(
    known: Known, building: Building, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = known.sample(150)
    exact = building(people, BuildConfig(alignment="none"))
    monkeypatch.setattr(prepare, "EXACT_UP_TO", 100)
    monkeypatch.setattr(build, "MOST_MESHES", 100)
    nearly = building(people, BuildConfig(alignment="none"))
    assert (exact.record["exact"], nearly.record["exact"]) == (True, False)
    assert nearly.quality.meshes == 100
    assert nearly.record["variance_kept"] == pytest.approx(exact.record["variance_kept"], abs=1e-6)
    np.testing.assert_allclose(nearly.model.identity, exact.model.identity, atol=1e-3)


def test_too_few_meshes_and_equal_meshes(known: Known, building: Building) -> None:
    with pytest.raises(MeshSetError, match=r"7 neutral meshes; at least 10"):
        building(known.sample(7), BuildConfig())
    with pytest.raises(MeshSetError, match="the same"):
        building(np.repeat(known.sample(1), 12, axis=0), BuildConfig())


@pytest.mark.parametrize("change", [{"variance": 0.0}, {"variance": 1.5}, {"failure_rate": 0.7}])
def test_choices_out_of_range(change: dict[str, float]) -> None:
    with pytest.raises(MeshSetError, match="is needed"):
        BuildConfig(**change)
