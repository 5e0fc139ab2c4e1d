"""The light that a photo was rendered with is found in it."""

from functools import cache

import numpy as np
import pytest

from affectface.assets import asset_path
from affectface.camera import Camera
from affectface.fitting.lighting import fit_lighting
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel, load_face_model
from affectface.rendering.rasterise import NO_LABEL, rasterise
from affectface.rendering.shade import harmonics, to_linear, to_srgb

SIZE = (256, 256)
CAMERA = Camera(np.eye(3, dtype=np.float32), np.array([0, 0, 60], np.float32), 600.0, (128.0, 128.0))
LIGHT = np.zeros((9, 3), np.float32)
LIGHT[0] = 0.35, 0.3, 0.25
LIGHT[1] = 0.08, 0.07, 0.05
LIGHT[3] = -0.15, -0.12, -0.1


@cache
def model() -> FaceModel:
    return load_face_model(asset_path("embedded"))


@cache
def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A rendered photo, where it shows the face, and the vertices' normals in camera space."""
    face = model()
    middle = face.vertices[face.triangles[face.region("face")]].mean(axis=(0, 1))
    camera = centred(middle)
    normals = vertex_normals(face.vertices, face.triangles) @ camera.direction_to_camera().T
    values = np.concatenate([harmonics(normals) @ LIGHT, np.zeros((len(normals), 1))], axis=1).astype(np.float32)
    skin = face.triangles[face.region("face")]
    drawn = rasterise(camera.project(face.vertices), skin, np.zeros(len(skin), np.uint8), values, SIZE)
    image = (to_srgb(drawn.values[..., :3]) + 0.5).astype(np.uint8)
    return image, drawn.label != NO_LABEL, normals


def centred(middle: np.ndarray) -> Camera:
    """The camera, with a point of the model in the middle of the picture."""
    return Camera(CAMERA.rotation, (CAMERA.translation - middle * (1, -1, 0)).astype(np.float32), 600.0, CAMERA.centre)


def found(image: np.ndarray) -> np.ndarray:
    face = model()
    camera = centred(face.vertices[face.triangles[face.region("face")]].mean(axis=(0, 1)))
    nobody = np.zeros(len(face.identity), np.float32), np.zeros(len(face.expression_names), np.float32)
    return fit_lighting(face, *nobody, camera, image)


def worst(light: np.ndarray) -> float:
    """The 95th percentile of the error of the light on what the camera sees of the face."""
    face = model()
    skin = np.unique(face.triangles[face.region("face")])
    normals = scene()[2][skin]
    seen = harmonics(normals[normals[:, 2] < -0.25])
    return float(np.percentile(np.abs(seen @ (light - LIGHT)), 95))


def test_the_light_of_a_rendered_face_is_found() -> None:
    assert worst(found(scene()[0])) < 0.02


def test_a_beard_and_a_highlight_are_left_out() -> None:
    image, face, _ = scene()
    rng = np.random.default_rng(0)
    spoilt = image.copy()
    spoilt[face & (rng.random(SIZE) < 0.08)] = 255
    spoilt[face & (rng.random(SIZE) < 0.08)] = 10
    assert worst(found(spoilt)) < 0.04


def test_half_the_light_is_found_as_half_the_light() -> None:
    image, _, _ = scene()
    half = (to_srgb(to_linear(image) * np.float32(0.5)) + 0.5).astype(np.uint8)
    np.testing.assert_allclose(found(half), found(image) / 2, atol=0.01)


@pytest.mark.parametrize("size", [(1, 1), (4, 300)])
def test_a_face_outside_the_picture_gets_light_from_everywhere(size: tuple[int, int]) -> None:
    light = found(np.zeros((*size, 3), np.uint8))
    assert light.shape == (9, 3)
    assert np.all(light[0] > 0)
    assert not light[1:].any()
