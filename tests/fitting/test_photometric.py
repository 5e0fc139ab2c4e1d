"""Features find the face again; projecting the texture out is solving for it; what goes wrong is said."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_faces import DrawnFace, draw_face

from affectface.assets import asset_path
from affectface.errors import TopologyMismatchError
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.face_fit import interocular_distance
from affectface.fitting.landmark_term import landmark_basis
from affectface.fitting.photometric import fit_photometric, photometric_term
from affectface.fitting.photometric_config import PhotometricConfig
from affectface.fitting.photometric_steps import Problem, descend, linearise, total_cost
from affectface.fitting.photometric_term import photometric_cost, photometric_equations, robust_weights
from affectface.fitting.projection import FaceState, state_of
from affectface.fitting.texture_learning import TextureConfig, learn_texture
from affectface.morphable import FaceModel, load_face_model
from affectface.morphable.texture.texture_model import TextureModel

TRUSTING = PhotometricConfig(outlier=np.inf, iterations=40, tolerance=1e-9, texture_weight=100.0)


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_face_model(asset_path("embedded"))


@pytest.fixture(scope="module")
def texture(model: FaceModel) -> TextureModel:
    photos = [draw_face(model, seed).photo for seed in range(10)]
    return learn_texture(model, photos, config=TextureConfig(vertices=600, diagonals=(60, 120)))


@pytest.fixture(scope="module")
def drawn(model: FaceModel) -> DrawnFace:
    return draw_face(model, 77, noise=2.0)


def start_of(model: FaceModel, drawn: DrawnFace) -> FaceState:
    fit = fit_landmarks(model, drawn.landmarks, drawn.photo.image.shape[:2])
    return state_of(fit.camera, fit.identity, fit.expression)


def problem_of(model: FaceModel, texture: TextureModel, drawn: DrawnFace, config: PhotometricConfig) -> Problem:
    state = start_of(model, drawn)
    basis = landmark_basis(model, config.start.identity_components)
    term = photometric_term(model, texture, 1, drawn.photo.image, state, None, config)
    eyes = interocular_distance(drawn.landmarks)
    return Problem(basis, drawn.landmarks[basis.index, :2], eyes, 0.7, 512.0, True, term, config)


def test_features_improve_on_noisy_landmarks(model: FaceModel, texture: TextureModel, drawn: DrawnFace) -> None:
    before = fit_landmarks(model, drawn.landmarks, drawn.photo.image.shape[:2], focal=drawn.photo.camera.focal)
    config = PhotometricConfig(focal=drawn.photo.camera.focal, landmark_weight=1e3, features_weight=20)
    fit = fit_photometric(model, texture, drawn.photo.image, drawn.landmarks, config=config)
    assert fit.method == "photometric"
    assert fit.reason == ""
    assert fit.texture is not None
    skin = np.unique(model.triangles[model.region("face")])

    def away(found) -> float:
        projected = found.camera.project(model.shape(found.identity, found.expression))[skin, :2]
        return float(np.linalg.norm(projected - drawn.photo.camera.project(drawn.vertices)[skin, :2], axis=1).mean())

    assert away(fit) < 0.8 * away(before)


def test_the_gradient_is_that_of_finite_differences(model: FaceModel, texture: TextureModel, drawn: DrawnFace) -> None:
    problem = problem_of(model, texture, drawn, TRUSTING)
    state, term = start_of(model, drawn), problem.photometric
    # features that are linear in the pixels have the slopes that finite differences see
    height, width, channels = term.features.shape
    ramp = np.random.default_rng(0).normal(size=(2, channels)) / 100
    plane = np.arange(width)[None, :, None] * ramp[0] + np.arange(height)[:, None, None] * ramp[1]
    term = replace(term, features=plane.astype(np.float32))
    normal, gradient, _ = photometric_equations(term, state, term.weight)
    for unknown in range(0, len(gradient), 5):
        size = 3e-3 if unknown < 7 else 3e-2
        step = np.zeros(len(gradient))
        step[unknown] = size
        costs = [photometric_cost(term, state.moved(sign * step), term.weight).cost for sign in (1, -1)]
        slope = (costs[0] - costs[1]) / (2 * size)
        assert -2 * gradient[unknown] == pytest.approx(slope, rel=0.05, abs=2e-3 * np.abs(gradient).max())
    np.testing.assert_allclose(normal, normal.T, atol=1e-3 * np.abs(normal).max())


def test_project_out_takes_the_simultaneous_step(model: FaceModel, texture: TextureModel, drawn: DrawnFace) -> None:
    problem = problem_of(model, texture, drawn, TRUSTING)
    state = start_of(model, drawn)
    both = [replace(TRUSTING, solver=solver, iterations=1) for solver in ("project-out", "simultaneous")]
    one, other = (descend(replace(problem, config=config), state)[0] for config in both)
    scale = np.abs(one.coefficients - state.coefficients).max()
    assert scale > 0.05
    np.testing.assert_allclose(one.coefficients, other.coefficients, atol=2e-3 * scale)
    np.testing.assert_allclose(one.translation, other.translation, atol=2e-3)
    assert one.focal == pytest.approx(other.focal, rel=1e-3)


def test_both_solvers_reach_the_same_optimum(model: FaceModel, texture: TextureModel) -> None:
    drawn = draw_face(model, 78)  # no noise
    problem = problem_of(model, texture, drawn, TRUSTING)
    state, found = start_of(model, drawn), []
    for solver in ("project-out", "simultaneous"):
        config = replace(TRUSTING, solver=solver)
        found.append(descend(replace(problem, config=config), state))
    costs = [
        total_cost(problem, one, problem.photometric.weight, linearise(problem, one, weight).precision)[0]
        for one, weight, _ in found
    ]
    assert costs[0] == pytest.approx(costs[1], rel=1e-3)
    shapes = [model.shape(one.identity.astype(np.float32), one.expression.astype(np.float32)) for one, _, _ in found]
    assert np.linalg.norm(shapes[0] - shapes[1], axis=1).mean() < 0.01
    np.testing.assert_allclose(found[0][2], found[1][2], atol=0.05 * np.abs(found[0][2]).max())


def test_what_hides_the_face_loses_its_say(model: FaceModel, texture: TextureModel) -> None:
    drawn = draw_face(model, 79, expressive=False)
    camera, image = drawn.photo.camera, drawn.photo.image.copy()
    x, y = camera.project(drawn.vertices[model.landmarks68])[54:58, :2].mean(0).astype(int)
    box = np.s_[y - 30 : y + 30, x - 40 : x + 40]
    image[box] = np.random.default_rng(0).integers(0, 255, image[box].shape)
    state = state_of(camera, np.pad(drawn.photo.identity, (0, 52)), drawn.photo.expression)
    term = photometric_term(model, texture, 1, image, state, None, PhotometricConfig())
    weight = robust_weights(term, photometric_cost(term, state, term.weight).misfit, 3.0)
    pixels = camera.project(drawn.vertices[texture.vertices])[:, :2]
    hidden = (np.abs(pixels - [x, y]) < [30, 20]).all(1)
    far = (np.abs(pixels - [x, y]) > [60, 50]).any(1) & (term.weight > 0.9)
    assert hidden.sum() > 20
    assert weight[hidden].mean() < 0.5 * weight[far].mean()
    mask = np.zeros(image.shape[:2], bool)
    mask[box] = True
    known = photometric_term(model, texture, 1, image, state, mask, PhotometricConfig())
    assert not known.weight[hidden].any()


def test_the_landmark_fit_stays_where_little_is_seen(model: FaceModel, texture: TextureModel, drawn: DrawnFace) -> None:
    size = drawn.photo.image.shape[:2]
    fit = fit_photometric(model, texture, drawn.photo.image, drawn.landmarks, occluded=np.ones(size, bool))
    landmarks = fit_landmarks(model, drawn.landmarks, size)
    assert fit.method == "landmarks"
    assert "0 % of the face's vertices are seen" in fit.reason
    np.testing.assert_array_equal(fit.identity, landmarks.identity)
    assert fit.error == landmarks.error


def test_the_landmark_fit_stays_where_landmarks_get_worse(
    model: FaceModel, texture: TextureModel, drawn: DrawnFace
) -> None:
    config = PhotometricConfig(most_landmark_error=-1.0)
    fit = fit_photometric(model, texture, drawn.photo.image, drawn.landmarks, config=config)
    assert fit.method == "landmarks"
    assert "the landmarks' error grew from" in fit.reason


@pytest.mark.parametrize("points", [68, 478])
def test_the_same_twice_is_the_same(model: FaceModel, texture: TextureModel, drawn: DrawnFace, points: int) -> None:
    config = PhotometricConfig(points=points, iterations=2)  # type: ignore[arg-type]
    once, again = (fit_photometric(model, texture, drawn.photo.image, drawn.landmarks, config=config) for _ in range(2))
    np.testing.assert_array_equal(once.identity, again.identity)
    assert once.method == "photometric"


def test_another_face_model_is_refused(texture: TextureModel, drawn: DrawnFace, model: FaceModel) -> None:
    other = replace(model, vertices=model.vertices * np.float32(1.01))
    with pytest.raises(TopologyMismatchError):
        fit_photometric(other, texture, drawn.photo.image, drawn.landmarks)
    with pytest.raises(ValueError, match="occluded has shape"):
        fit_photometric(model, texture, drawn.photo.image, drawn.landmarks, occluded=np.ones((3, 3), bool))
