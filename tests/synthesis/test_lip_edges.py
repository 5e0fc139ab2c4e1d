from __future__ import annotations

import cv2
import numpy as np
import pytest

from affectface.arrays import FloatArray, Image
from affectface.fitting.face_fit import spread_over_vertices, unsmoothed_lips
from affectface.landmarks.topology import (
    LEFT_EYE_OUTER_CORNER,
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    LIPS_OUTER_LOWER,
    LIPS_OUTER_UPPER,
    RIGHT_EYE_OUTER_CORNER,
)
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.lip_edges import find_open_mouth, lip_edge_movement

EYES = 160.0
SKIN, LIP, ENAMEL, GUM = (205, 160, 140), (170, 90, 95), (225, 220, 205), (190, 110, 112)
MARGIN = 0.4
"""Of the lip that is left out, in pixels of the scale that the edges are found at: here, the picture's own."""


def edge(middle: float) -> FloatArray:
    """A lip's edge (11, 2): a parabola through both corners."""
    t = np.linspace(-1, 1, 11)
    return np.stack([100 + 45 * t, 60 + (middle - 60) * (1 - t**2)], axis=-1).astype(np.float32)


def face(upper: float = 52, lower: float = 74) -> FloatArray:
    """Landmarks (478, 2) of a mouth whose inner edges are at these rows in its middle."""
    landmarks = np.zeros((478, 2), dtype=np.float32)
    landmarks[RIGHT_EYE_OUTER_CORNER] = (20, 0)
    landmarks[LEFT_EYE_OUTER_CORNER] = (20 + EYES, 0)
    for lip, row in (
        (LIPS_OUTER_UPPER, upper - 14),
        (LIPS_INNER_UPPER, upper),
        (LIPS_INNER_LOWER, lower),
        (LIPS_OUTER_LOWER, lower + 16),
    ):
        landmarks[list(lip)] = edge(row)
    return landmarks


def photo(between: tuple[int, int, int], upper: float = 52, lower: float = 74) -> Image:
    """Skin, lips, and between their inner edges one colour."""
    image = np.full((120, 200, 3), SKIN, dtype=np.uint8)
    for top, low, colour in ((38.0, 90.0, LIP), (upper, lower, between)):
        outline = np.concatenate([edge(top), edge(low)[::-1]])
        cv2.fillPoly(image, [np.rint(outline * 16).astype(np.int32)], colour, lineType=cv2.LINE_AA, shift=4)
    return image


@pytest.mark.parametrize("missed", [0.0, 2.0, 5.0])
def test_lips_give_way_to_teeth_that_landmarks_take_for_lip(missed: float) -> None:
    movement = lip_edge_movement(photo(ENAMEL, 52 - missed, 74 + missed), face())
    middle = movement[[LIPS_INNER_UPPER[5], LIPS_INNER_LOWER[5]]]
    np.testing.assert_allclose(middle[:, 0], 0, atol=0.01)
    np.testing.assert_allclose(middle[:, 1], [-missed - MARGIN, missed + MARGIN], atol=1.05)
    others = np.ones(478, dtype=bool)
    others[[*LIPS_INNER_UPPER, *LIPS_INNER_LOWER]] = False
    assert not movement[others].any()


def test_lips_never_grow_into_the_mouth() -> None:
    """Gums and shadows look like lips: what is not like teeth says nothing."""
    movement = lip_edge_movement(photo(ENAMEL, 56, 70), face())
    assert (movement[list(LIPS_INNER_UPPER), 1] <= 0).all()
    assert (movement[list(LIPS_INNER_LOWER), 1] >= 0).all()


@pytest.mark.parametrize("image", [photo(GUM), photo(LIP)], ids=["gums", "nothing"])
def test_without_teeth_only_the_margin_is_left_out(image: Image) -> None:
    assert np.abs(lip_edge_movement(image, face())).max() <= MARGIN + 1e-3


def test_closed_lips_stay() -> None:
    assert not lip_edge_movement(photo(ENAMEL, 52 - 4, 74 + 4), face(upper=59, lower=61)).any()


def test_a_mouth_at_the_picture_s_border_and_a_tiny_one_are_no_error() -> None:
    landmarks = face()
    assert np.isfinite(lip_edge_movement(photo(ENAMEL), landmarks + np.array([70, 40], dtype=np.float32))).all()
    small = cv2.resize(photo(ENAMEL), None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA)
    assert np.isfinite(lip_edge_movement(np.asarray(small, dtype=np.uint8), landmarks * 0.15)).all()


def test_the_same_in_a_photo_three_times_as_large() -> None:
    image, landmarks = photo(ENAMEL, 48, 78), face()
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    wide = lip_edge_movement(np.asarray(large, dtype=np.uint8), 3 * landmarks + 1)
    np.testing.assert_allclose(wide / 3, lip_edge_movement(image, landmarks), atol=1.05)


@pytest.mark.parametrize("apart", [False, True], ids=["all downwards", "apart"])
def test_lips_move_as_far_as_asked(apart: bool) -> None:
    """What spreading over vertices takes from a movement is added to it before."""
    model = load_named_face_model("embedded")
    asked = np.zeros((478, 2), dtype=np.float32)
    asked[[*LIPS_INNER_LOWER, *LIPS_OUTER_LOWER], 1] = 3
    asked[[*LIPS_INNER_UPPER, *LIPS_OUTER_UPPER], 1] = -3 if apart else 3
    asked[[61, 78, 291, 308]] = 0 if apart else (0, 3)
    spread = spread_over_vertices(model, unsmoothed_lips(model, asked))
    came = model.at_landmarks(np.column_stack([spread, np.zeros(len(spread), dtype=np.float32)]))[:, :2]
    middle = [LIPS_INNER_UPPER[5], LIPS_INNER_LOWER[5]]
    np.testing.assert_allclose(came[middle], asked[middle], atol=0.25)
    plain = model.at_landmarks(np.column_stack([spread_over_vertices(model, asked), spread[:, :1] * 0]))[:, :2]
    assert np.abs(came[middle] - asked[middle]).max() < np.abs(plain[middle] - asked[middle]).max()


UPPER = np.stack([np.linspace(20, 80, 11), 40 - 6 * np.sin(np.linspace(0, np.pi, 11))], axis=1).astype(np.float32)
LOWER = np.stack([np.linspace(20, 80, 11), 40 + 8 * np.sin(np.linspace(0, np.pi, 11))], axis=1).astype(np.float32)
MIDDLE = ((UPPER + LOWER) / 2).astype(np.float32)


def looked_up(moved: FloatArray) -> FloatArray:
    """Return where the pixels of a window at (10, 20) look in the region."""
    rows, columns = np.mgrid[: moved.shape[0], : moved.shape[1]].astype(np.float32)
    return np.stack([columns + 10 + 0.5, rows + 20 + 0.5], axis=-1) + moved


@pytest.mark.parametrize("opened", [0.0, 0.5, 1.0])
def test_lips_that_close_look_up_lips(opened: float) -> None:
    mouth = find_open_mouth(UPPER, LOWER, (90, 100), 80.0)
    assert mouth is not None
    window = np.zeros((50, 80, 2), dtype=np.float32)
    skin = np.ones(window.shape[:2], dtype=bool)
    skin[:, 60:] = False
    now = MIDDLE + opened * (UPPER - MIDDLE), MIDDLE + opened * (LOWER - MIDDLE)
    mouth.keep_to_lips(window, skin, (10, 20), now)
    assert not window[:, 60:].any()  # what is no skin stays
    outline = np.concatenate([UPPER, LOWER[::-1]])
    near = np.mgrid[:50, :80][0][:, 15:60] + 20.5 - 40
    seen = looked_up(window)[:, 15:60][np.abs(near) < mouth.gap]
    inside = [cv2.pointPolygonTest(outline, place.tolist(), True) for place in seen.astype(float)]
    if opened == 1:
        assert not window.any()  # lips that stay open show what the photo shows
    elif opened == 0:
        assert max(inside) < 0.5
        assert np.abs(window).max() < 14
    else:
        before = looked_up(np.zeros_like(window))[:, 15:60][np.abs(near) < mouth.gap].astype(float)
        deep = np.array([cv2.pointPolygonTest(outline, place.tolist(), True) for place in before])
        assert 0 < np.abs(window).max() < 8
        assert (np.array(inside) <= deep + 0.1).all()
        assert (np.array(inside) < deep - 0.2)[deep > 2].mean() > 0.4  # less deep in the mouth


def test_closed_lips_have_no_open_mouth() -> None:
    assert find_open_mouth(MIDDLE, MIDDLE + np.float32(0.2), (90, 100), 80.0) is None
    assert find_open_mouth(UPPER - np.float32([40, 40]), LOWER - np.float32([40, 36]), (3, 20), 80.0) is None
    assert find_open_mouth(UPPER + 500, LOWER + 500, (90, 100), 80.0) is None
    assert find_open_mouth(UPPER - np.float32([30, 0]), LOWER - np.float32([30, 0]), (90, 100), 80.0) is not None
