"""Light that a face was drawn with is found again in its pixels."""

import numpy as np
import pytest

from affectface.fitting.lighting import fit_lighting
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.morphable.portrait_drawing import portrait_camera
from affectface.rendering.drawn_mesh import drawn_mesh, place
from affectface.rendering.rasterise import rasterise
from affectface.rendering.shade import harmonics, luminance, to_srgb

SIDE = 400
SKIN = np.float32([0.5, 0.36, 0.28])
LIGHTS = {
    "ambient": (1, 0, 0, 0, 0, 0, 0, 0, 0),
    "from the front": (0.7, 0, 0, -0.4, 0, 0, 0.05, 0, 0),
    "from the left": (0.8, 0.35, -0.1, -0.25, 0, 0, 0, 0, 0),
    "from above, in two orders": (0.7, -0.1, -0.3, -0.3, 0.05, 0.05, 0.05, -0.05, 0.05),
}


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


def draw(model: FaceModel, identity: np.ndarray, expression: np.ndarray, light: np.ndarray, yaw: float) -> np.ndarray:
    """Return a picture of the skin in a light (9, 3), linear, each pixel by its own normal."""
    camera = portrait_camera(model, yaw=yaw, size=SIDE)
    skin = model.triangles[model.region("face", "head")]
    mesh = drawn_mesh(skin, np.zeros(len(skin), np.uint8))
    points, normals = place(mesh, model.shape(identity, expression), camera, np.zeros((len(mesh.index), 2), np.float32))
    values = np.hstack([normals, np.zeros((len(normals), 1), np.float32)]).astype(np.float32)
    drawn = rasterise(points, mesh.triangles, mesh.labels, values, (SIDE, SIDE))
    facing = drawn.values[..., :3].reshape(-1, 3)
    facing = facing / np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 1e-6)
    return np.rint(to_srgb(harmonics(facing) @ light)).astype(np.uint8).reshape(SIDE, SIDE, 3)


def nothing(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(len(model.identity), np.float32), np.zeros(len(model.expression_names), np.float32)


def luminance_error(model: FaceModel, found: np.ndarray, light: np.ndarray, yaw: float) -> float:
    """Return the median relative error of the luminance on skin that is seen."""
    skin = np.unique(model.triangles[model.region("face")])
    direction = portrait_camera(model, yaw=yaw, size=SIDE).direction_to_camera()
    normals = (vertex_normals(model.vertices, model.triangles) @ direction.T)[skin]
    basis = harmonics(normals[normals[:, 2] < -0.4])
    return float(np.median(np.abs(luminance(basis @ found) / luminance(basis @ light) - 1)))


@pytest.mark.parametrize("yaw", [0.0, 20.0])
@pytest.mark.parametrize("name", LIGHTS)
def test_the_light_is_found_again(model: FaceModel, name: str, yaw: float) -> None:
    light = np.float32(LIGHTS[name])[:, None] * SKIN
    identity, expression = nothing(model)
    image = draw(model, identity, expression, light, yaw)
    found = fit_lighting(model, identity, expression, portrait_camera(model, yaw=yaw, size=SIDE), image)
    assert found.shape == (9, 3)
    assert found.dtype == np.float32
    assert luminance_error(model, found, light, yaw) < 0.04


def test_brows_and_highlights_do_not_matter(model: FaceModel) -> None:
    light = np.float32(LIGHTS["from the left"])[:, None] * SKIN
    identity, expression = nothing(model)
    image = draw(model, identity, expression, light, 0.0)
    spoilt = np.random.default_rng(0).random((SIDE // 20, SIDE // 20)).repeat(20, 0).repeat(20, 1)
    image[spoilt < 0.08] = 15
    image[spoilt > 0.96] = 255
    found = fit_lighting(model, identity, expression, portrait_camera(model, size=SIDE), image)
    assert luminance_error(model, found, light, 0.0) < 0.06


def test_light_is_twice_as_strong_in_a_picture_twice_as_light(model: FaceModel) -> None:
    light = np.float32(LIGHTS["from the front"])[:, None] * SKIN
    identity, expression = nothing(model)
    camera = portrait_camera(model, size=SIDE)
    once, half = (
        fit_lighting(model, identity, expression, camera, draw(model, identity, expression, share * light, 0.0))
        for share in (np.float32(1), np.float32(0.5))
    )
    np.testing.assert_allclose(2 * half, once, atol=0.02)


@pytest.mark.parametrize("shift", [(5000.0, 0.0), (0.0, -5000.0)])
def test_a_face_outside_the_photo_is_lit_from_everywhere(model: FaceModel, shift: tuple[float, float]) -> None:
    image = np.full((SIDE, SIDE, 3), 90, np.uint8)
    camera = portrait_camera(model, size=SIDE).shifted(*shift)
    found = fit_lighting(model, *nothing(model), camera, image)
    assert (found[0] > 0).all()
    assert not found[1:].any()


def test_the_same_twice_is_the_same_bytes(model: FaceModel) -> None:
    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    image.flags.writeable = False
    camera = portrait_camera(model, size=SIDE)
    once, again = (fit_lighting(model, *nothing(model), camera, image) for _ in range(2))
    np.testing.assert_array_equal(once, again)
