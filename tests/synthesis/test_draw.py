"""Drawing a moved face."""

import numpy as np
import pytest

from affectface.assets.example import example_photo
from affectface.images import read_image
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.draw import _smooth_edges
from affectface.synthesis.layers import Window, _around, _eye, draw_eyes
from affectface.synthesis.portrait import Portrait
from affectface.synthesis.source import SourceFace


@pytest.fixture(scope="module")
def source() -> SourceFace:
    return Portrait.open(read_image(example_photo()), face_model=load_named_face_model("embedded")).source


def test_edges_are_smooth_but_for_the_seams_of_lips_and_lids(source: SourceFace) -> None:
    height, width = source.image.shape[:2]
    rows = np.arange(height)[:, None] % 2 * np.ones((1, width))
    field = np.dstack([rows, -rows]).astype(np.float32)
    before = field.copy()
    _smooth_edges(field, source.parts, source.front_rows, Window(0, 0, width, height))
    kept = (field == before).all(axis=-1)
    assert 0 < kept.mean() < 0.5
    for seam in (source.parts.lips, *source.parts.eyes):
        x, y = source.front_points[seam, :2].round().astype(int).T
        assert kept[y, x].all()
    forehead, nose = source.front_points[:, 1].min(), source.front_points[:, :2].mean(axis=0)
    for x, y in ((nose[0], forehead + 8), nose):
        assert not kept[int(y), int(x)]


def test_both_eyes_and_the_lips_have_seams(source: SourceFace) -> None:
    assert len(source.parts.eyes) == 2
    assert all(len(seam) > 10 for seam in (source.parts.lips, *source.parts.eyes))
    left, right = (source.front_points[eye, 0].mean() for eye in source.parts.eyes)
    assert abs(left - right) > 0.4 * source.eye_distance


def test_an_eye_is_drawn_whole_in_the_bounds_of_its_opening(source: SourceFace) -> None:
    height, width = source.image.shape[:2]
    window = Window(0, 0, width, height)
    opening = np.zeros((height, width), dtype=bool)
    displacement = np.zeros((height, width, 2), dtype=np.float32)
    displacement[..., 1] = -2
    moved = np.full((height, width, 4), 1.5, dtype=np.float32)
    whole = source.image.copy()
    for eye in source.eyes:
        high, wide = eye.eyeball.shape[:2]
        box = np.s_[eye.y : eye.y + high, eye.x : eye.x + wide]
        opening[box][high // 3 : 2 * high // 3, wide // 4 : 3 * wide // 4] = True
        part = Window(eye.x, eye.y, wide, high)
        whole[box] = _eye(source.image[box], eye, part, opening[box], moved[box], displacement[box])
    pixels = source.image.copy()
    draw_eyes(pixels, source, window, opening, moved, displacement)
    assert (pixels != source.image).any()
    np.testing.assert_array_equal(pixels, whole)


def test_the_border_around_a_mask_stays_within_its_part() -> None:
    mask = np.zeros((20, 30), dtype=bool)
    part = Window(100, 50, 30, 20)
    assert _around(mask, part, 4) is None
    mask[2, 28] = True
    assert _around(mask, part, 4) == Window(124, 50, 6, 7)
