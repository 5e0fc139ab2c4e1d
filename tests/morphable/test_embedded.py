"""The model in the wheel: landmarks where they belong, teeth behind closed lips, quick to load."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from affectface.assets import asset_path
from affectface.morphable import FaceModel, load_face_model
from affectface.morphable.contours import (
    LOWER_INNER_LIP,
    LOWER_LID_LEFT,
    UPPER_INNER_LIP,
    UPPER_LID_LEFT,
)
from affectface.morphable.portrait_drawing import portrait_camera
from affectface.morphable.visibility import triangle_buffer

Positions = Callable[[FaceModel, np.ndarray], np.ndarray]


def unit(model: FaceModel, name: str) -> np.ndarray:
    return model.expression[model.expression_names.index(name)]


def test_contents(embedded: FaceModel) -> None:
    assert len(embedded.identity) == 100
    assert len(embedded.expression_names) == 54
    assert (embedded.landmark_triangles >= 0).sum() >= 470
    for region in ("face", "head", "mouth_socket", "gums", "tongue", "teeth_upper", "teeth_lower", "eye_left"):
        assert embedded.region(region).any(), region
    assert asset_path("embedded").stat().st_size < 4e6


def test_loads_quickly() -> None:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        load_face_model(asset_path("embedded"))
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.3


def test_upper_lip_landmarks_lie_on_the_upper_lip(embedded: FaceModel, landmark_positions: Positions) -> None:
    moved = np.linalg.norm(landmark_positions(embedded, unit(embedded, "jawOpen")), axis=1)
    upper, lower = moved[list(UPPER_INNER_LIP[2:-2])], moved[list(LOWER_INNER_LIP[2:-2])]
    assert (upper < 0.3 * lower).all()  # towards the corners the upper lip is drawn along a little
    assert (upper[1:-1] < 0.2 * lower[1:-1]).all()


def test_upper_lid_landmarks_lie_on_the_upper_lid(embedded: FaceModel, landmark_positions: Positions) -> None:
    moved = -landmark_positions(embedded, unit(embedded, "eyeBlink_L"))[:, 1]
    upper, lower = moved[list(UPPER_LID_LEFT[2:-2])], moved[list(LOWER_LID_LEFT[2:-2])]
    assert (upper > 0.25).all()
    assert (np.abs(lower) < 0.4 * upper).all()


def test_landmarks_are_symmetric(embedded: FaceModel, landmark_positions: Positions) -> None:
    places = landmark_positions(embedded, embedded.vertices)
    mirrored = places * (-1, 1, 1)
    apart = np.linalg.norm(mirrored[:, None] - places[None], axis=2).min(1)
    assert apart.mean() < 0.03
    assert places[263, 0] > 0 > places[33, 0]  # 263 is the outer corner of the person's left eye


def test_irises_lie_on_the_eyeballs(embedded: FaceModel) -> None:
    assert embedded.region("eye_right")[embedded.landmark_triangles[468:473]].all()
    assert embedded.region("eye_left")[embedded.landmark_triangles[473:478]].all()


def test_sides(embedded: FaceModel) -> None:
    for name, shape in zip(embedded.expression_names, embedded.expression, strict=True):
        if name[-2:] in ("_L", "_R"):
            assert ((shape**2).sum(1) @ embedded.vertices[:, 0] > 0) == name.endswith("_L"), name


def test_closed_jaw_and_lips_meet(embedded: FaceModel, landmark_positions: Positions) -> None:
    shape = embedded.shape(None, embedded.expression_vector({"jawOpen": 1, "mouthClose": 1}))
    places = landmark_positions(embedded, shape)
    gap = places[list(UPPER_INNER_LIP), 1] - places[list(LOWER_INNER_LIP), 1]
    assert np.abs(gap).max() < 0.1


def test_a_common_offset_is_followed_amid_the_landmarks_and_not_by_teeth(embedded: FaceModel) -> None:
    followed = embedded.spread_weights.sum(1)
    inner = embedded.triangles[embedded.landmark_triangles[[4, 50, 280, 13, 14, 9]]]
    np.testing.assert_allclose(followed[inner], 1, atol=0.05)
    assert not followed[embedded.triangles[embedded.region("teeth_upper", "teeth_lower", "eye_left")]].any()


def poking(model: FaceModel, vertices: np.ndarray) -> int:
    """Return how many pixels of lips that face the viewer have a tooth or gum in front of them."""
    size = 240
    camera = portrait_camera(model, size=size)
    mouth = camera.project(model.vertices[model.landmarks68[48:]])[:, :2]
    low, high = mouth.min(0) - 12, mouth.max(0) + 12
    camera = camera.shifted(*map(float, low)).scaled(size / float((high - low).max()))
    pixels = camera.project(vertices)
    depth, front = [], np.zeros((size, size), dtype=bool)
    for regions in (("face",), ("teeth_upper", "teeth_lower", "gums")):
        mesh = model.triangles[model.region(*regions)]
        seen, weights = triangle_buffer(pixels, mesh, (size, size))
        depth.append(np.where(seen >= 0, (weights * pixels[mesh[seen], 2]).sum(-1), np.inf))
        if regions == ("face",):
            a, b, c = (pixels[mesh[:, i], :2] for i in range(3))
            area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
            front = (area < 0)[seen] & (seen >= 0)
    return int((front & (depth[1] < depth[0] - 0.005)).sum())


def test_teeth_stay_behind_the_lips_in_every_unit(embedded: FaceModel) -> None:
    found = {
        name: poking(embedded, embedded.shape(None, embedded.expression_vector({name: 1})))
        for name in embedded.expression_names
    }
    assert {name: count for name, count in found.items() if count} == {}


@pytest.mark.parametrize("seed", range(6))
def test_teeth_stay_behind_the_lips_of_other_people(embedded: FaceModel, seed: int) -> None:
    identity = np.clip(np.random.default_rng(seed).normal(size=100), -2, 2).astype(np.float32)
    assert poking(embedded, embedded.shape(identity)) == 0
