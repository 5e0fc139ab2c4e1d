"""Brows and lashes that are carried, turned and bent, but not squeezed."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from affectface.landmarks.topology import (
    LEFT_EYE_LOWER,
    LEFT_EYE_OUTER_CORNER,
    LEFT_EYE_UPPER,
    LEFT_EYEBROW_LOWER,
    LEFT_EYEBROW_UPPER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_OUTER_CORNER,
    RIGHT_EYE_UPPER,
    RIGHT_EYEBROW_LOWER,
    RIGHT_EYEBROW_UPPER,
)
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.hairs import with_stiff_hairs
from affectface.synthesis.parts import parts_of

UPPER, LOWER = [*RIGHT_EYEBROW_UPPER, *LEFT_EYEBROW_UPPER], [*RIGHT_EYEBROW_LOWER, *LEFT_EYEBROW_LOWER]
LIDS = [*RIGHT_EYE_UPPER, *RIGHT_EYE_LOWER, *LEFT_EYE_UPPER, *LEFT_EYE_LOWER]
SIDE, STEP = 97, 0.15


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="module")
def sheet(model: FaceModel) -> FaceModel:
    """A flat, finely ruled sheet with the landmarks of a face on it."""
    places = model.at_landmarks(model.vertices)[:, :2]
    x, y = np.meshgrid(np.arange(SIDE) - SIDE // 2, np.arange(SIDE) - SIDE // 2)
    middle = places[[RIGHT_EYE_OUTER_CORNER, LEFT_EYE_OUTER_CORNER]].mean(axis=0)
    flat = np.stack([STEP * x + middle[0], STEP * y + middle[1]], axis=-1).reshape(-1, 2)
    vertices = np.hstack([flat, np.zeros((len(flat), 1))]).astype(np.float32)
    column, row = np.clip((places - flat[0]) / STEP, 0, SIDE - 1.001).T
    corner = row.astype(int) * SIDE + column.astype(int)
    right, up = column % 1, row % 1
    above = up > right
    quads = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    below_right = np.stack([quads, quads + 1, quads + SIDE + 1], axis=1)
    above_left = np.stack([quads, quads + SIDE + 1, quads + SIDE], axis=1)
    triangles = np.stack([below_right, above_left], axis=1).reshape(-1, 3).astype(np.int32)
    number = 2 * ((corner // SIDE) * (SIDE - 1) + corner % SIDE) + above
    weights = np.where(
        above[:, None], np.stack([1 - up, right, up - right], 1), np.stack([1 - right, right - up, up], 1)
    )
    none = np.zeros((1, len(vertices), 3), dtype=np.float32)
    return replace(
        model,
        vertices=vertices,
        identity=none,
        expression=none,
        expression_names=("unit",),
        triangles=triangles,
        triangle_regions=np.zeros(len(triangles), dtype=np.uint8),
        uv_triangles=np.zeros_like(triangles),
        landmark_triangles=number.astype(np.int32),
        landmark_weights=weights.astype(np.float32),
        landmarks68=np.zeros(68, dtype=np.int32),
        spread_landmarks=np.zeros((len(vertices), 1), dtype=np.int16),
        spread_weights=np.zeros((len(vertices), 1), dtype=np.float32),
    )


def stiffened(model: FaceModel, unit: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what a unit (V, 3) does to a sheet with stiff hairs (V, 3)."""
    moving, every = replace(model, expression=unit[None].astype(np.float32)), np.arange(len(model.vertices))
    found: NDArray[np.float32] = with_stiff_hairs(moving, moving.expression, every, every)[0]
    return found


def thickness(model: FaceModel, movement: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the thickness (10,) of both brows along them after a movement (V, 3), over what it is at rest."""
    rest, moved = (model.at_landmarks(vertices)[:, :2] for vertices in (model.vertices, model.vertices + movement))
    then, now = (np.linalg.norm(points[UPPER] - points[LOWER], axis=1) for points in (rest, moved))
    return now / then


def turned(model: FaceModel, movement: NDArray[np.floating]) -> int:
    """Return how many triangles that look to the front at rest do not after a movement (V, 3)."""

    def area(vertices: NDArray[np.floating]) -> NDArray[np.floating]:
        (ax, ay), (bx, by) = (
            (vertices[model.triangles[:, k], :2] - vertices[model.triangles[:, 0], :2]).T for k in (1, 2)
        )
        return ax * by - ay * bx

    return int(((area(model.vertices) > 0) & (area(model.vertices + movement) <= 0)).sum())


@pytest.mark.parametrize("squeeze", [-0.15, 0.2])
def test_a_brow_keeps_its_thickness_where_skin_is_squeezed_or_stretched(sheet: FaceModel, squeeze: float) -> None:
    x, y = sheet.vertices[:, 0], sheet.vertices[:, 1]
    unit = np.stack([0 * x, squeeze * (y - y.mean()) * np.exp(-(((y - y.mean()) / 4) ** 2)), 0 * x], axis=1)
    movement = stiffened(sheet, unit)
    assert np.abs(thickness(sheet, unit) - 1).max() > 0.08
    np.testing.assert_allclose(thickness(sheet, movement), 1, atol=0.03)
    assert turned(sheet, movement) == 0


def test_no_part_of_a_brow_gets_longer_than_another(sheet: FaceModel) -> None:
    def lengths(movement: NDArray[np.floating]) -> NDArray[np.floating]:
        points = sheet.at_landmarks(sheet.vertices + movement)[:, :2]
        middle = (points[list(RIGHT_EYEBROW_UPPER)] + points[list(RIGHT_EYEBROW_LOWER)]) / 2
        return np.linalg.norm(np.diff(middle, axis=0), axis=1)

    x, rest, unit = sheet.vertices[:, 0], lengths(np.zeros_like(sheet.vertices)), np.zeros_like(sheet.vertices)
    unit[:, 0] = 0.03 * x * np.abs(x)  # the more, the nearer to the temple
    longer, evenly = lengths(unit) / rest, lengths(stiffened(sheet, unit)) / rest
    assert np.ptp(longer) > 0.08
    assert np.ptp(evenly) < 0.03
    assert (evenly * rest).sum() == pytest.approx((longer * rest).sum(), rel=0.02)


def test_what_does_not_stretch_stays_as_it_is(sheet: FaceModel) -> None:
    x, y = sheet.vertices[:, 0], sheet.vertices[:, 1]
    for unit in (np.tile([0.2, 0.7, 0.1], (len(x), 1)), 0.1 * np.stack([-y, x, x], axis=1)):
        np.testing.assert_allclose(stiffened(sheet, unit), unit, atol=0.02)


def test_what_a_unit_does_towards_the_camera_stays(sheet: FaceModel) -> None:
    unit = np.zeros_like(sheet.vertices)
    unit[:, 1:] = 0.2 * sheet.vertices[:, 1:2]
    movement = stiffened(sheet, unit)
    assert np.abs(movement[:, 1] - unit[:, 1]).max() > 0.05
    np.testing.assert_array_equal(movement[:, 2], unit[:, 2])


@pytest.mark.parametrize("name", ["browDown", "browInnerUp", "browOuterUp", "noseSneer"])
def test_no_unit_changes_the_thickness_of_the_brows(model: FaceModel, name: str) -> None:
    parts, both = parts_of(model), model.expression_vector({f"{name}_L": 1, f"{name}_R": 1})
    movement = model.deformation(both)
    stiff = movement.copy()
    stiff[parts.used] = np.tensordot(both, parts.expression, axes=1)
    assert np.abs(thickness(model, movement) - 1).max() > 0.05
    np.testing.assert_allclose(thickness(model, stiff), 1, atol=0.03)


@pytest.mark.parametrize("name", ["eyeBlink", "eyeWide", "browDown"])
def test_the_edges_of_the_lids_go_where_they_went(model: FaceModel, name: str) -> None:
    parts, both = parts_of(model), model.expression_vector({f"{name}_L": 1, f"{name}_R": 1})
    movement = model.deformation(both)
    stiff = movement.copy()
    stiff[parts.used] = np.tensordot(both, parts.expression, axes=1)
    edges = model.at_landmarks(stiff - movement)[LIDS]
    assert np.abs(edges).max() < 0.01


def test_lashes_go_with_the_edge_of_a_closing_lid(sheet: FaceModel) -> None:
    places = sheet.at_landmarks(sheet.vertices)[:, :2]
    eyes = np.linalg.norm(places[LEFT_EYE_OUTER_CORNER] - places[RIGHT_EYE_OUTER_CORNER])
    above = sheet.vertices[:, :2] - places[list(RIGHT_EYE_UPPER[3:6])].mean(axis=0)
    unit = np.zeros_like(sheet.vertices)
    unit[:, 1] = -np.clip(1 - above[:, 1] / (0.12 * eyes), 0, 1)
    on_lashes = (np.abs(above[:, 0]) < 0.03 * eyes) & (above[:, 1] > 0.02 * eyes) & (above[:, 1] < 0.045 * eyes)
    assert on_lashes.sum() > 3
    assert unit[on_lashes, 1].max() > -0.75
    movement = stiffened(sheet, unit)
    np.testing.assert_allclose(movement[on_lashes, 1], -1, atol=0.05)
    assert turned(sheet, movement) == 0


def test_a_model_without_brows_moves_as_before(sheet: FaceModel) -> None:
    unknown = sheet.landmark_triangles.copy()
    unknown[UPPER[2]] = -1
    blind, unit = replace(sheet, landmark_triangles=unknown), 0.2 * sheet.vertices
    np.testing.assert_array_equal(stiffened(blind, unit), unit.astype(np.float32))
