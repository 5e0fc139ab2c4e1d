"""Skin folds where it is compressed, and only there."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from affectface.affect import Expression
from affectface.arrays import Image
from affectface.assets.example import example_photo
from affectface.fitting.face_fit import interocular_distance
from affectface.folds.filling import Filling, find_filling
from affectface.folds.folds import Fold, Folds, Skin, draw_folds, fill_folds
from affectface.folds.lines import FOLD_LINES, line_path
from affectface.gallery.driving import expression_of
from affectface.images import read_image
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    photo = read_image(example_photo())
    large = np.asarray(cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    return Portrait.open(large, face_model=load_named_face_model("embedded"))


def strengths(portrait: Portrait, expression: str, intensity: float = 1.0) -> dict[str, float]:
    """Return how much of each kind of fold an expression makes, the mean of its lines."""
    change = expression_of(portrait.affect_model, portrait.face_model, Expression(expression), intensity)
    moved = portrait._moved(portrait._resting_vertices, change)
    found: dict[str, list[float]] = {}
    folds = portrait.source.folds
    for fold, strength in zip(folds.lines, folds.strengths(moved), strict=True):
        found.setdefault(fold.name, []).append(strength)
    return {name: float(np.mean(some)) for name, some in found.items()}


def test_every_line_is_found(portrait: Portrait) -> None:
    assert [fold.name for fold in portrait.source.folds.lines] == [*(line.name for line in FOLD_LINES), "chin dimples"]
    for fold in portrait.source.folds.lines:
        assert np.isfinite(fold.change).all()
        assert 0.01 < np.abs(fold.change).max() < 0.6
        assert fold.change.min() < 0  # a groove is dark


@pytest.mark.parametrize(
    ("expression", "there", "not_there"),
    [
        ("surprise", "forehead", "frown"),
        ("anger", "frown", "forehead"),
        ("disgust", "nasolabial", "forehead"),
        ("happiness", "nasolabial", "forehead"),
        ("happiness", "crow's feet", "frown"),
        ("closed_anger", "chin", "forehead"),
        ("closed_anger", "chin dimples", "forehead"),
        ("surprise", "forehead", "chin dimples"),
    ],
)
def test_expressions_fold_where_faces_do(portrait: Portrait, expression: str, there: str, not_there: str) -> None:
    found = strengths(portrait, expression)
    assert found[there] > 0.25
    assert found[not_there] < 0.1


def test_more_of_an_expression_folds_more(portrait: Portrait) -> None:
    levels = [strengths(portrait, "surprise", intensity)["forehead"] for intensity in (0.0, 0.25, 0.5, 0.75)]
    assert levels[0] == pytest.approx(0, abs=0.02)
    assert (np.diff(levels) >= 0).all()
    assert levels[-1] > 0.4


def test_folds_can_be_left_out(portrait: Portrait) -> None:
    plain = Portrait.open(portrait.image, face_model=portrait.face_model, config=SynthesisConfig(folds=0))
    assert plain.source.folds.lines == ()
    with_folds, without = (p.express(Expression("disgust")).astype(int) for p in (portrait, plain))
    changed = np.abs(with_folds - without).max(axis=-1)
    assert changed.max() > 8
    assert (changed > 0).mean() < 0.06  # the lines, not the face


def test_a_fold_lies_on_the_skin_and_moves_with_it() -> None:
    change = np.zeros((9, 9), dtype=np.float32)
    change[4] = -0.5
    pairs, rest = np.array([[0, 1]]), np.float32([[0, 1, 0]])
    fold = Fold("line", 10, 20, change, pairs, rest, 0.05, 0.3, 0.0)
    closer = np.float32([[0, 0, 0], [0, 0.5, 0]])
    light = np.zeros((40, 40), dtype=np.float32)
    displacement = np.zeros((40, 40, 2), dtype=np.float32)
    displacement[..., 1] = -3  # each pixel shows what was three pixels higher
    draw_folds(light, displacement, Folds((fold,)).changes(closer), (5, 8))
    assert light[20 + 4 + 3 - 8, 10 + 4 - 5] == pytest.approx(-0.5)
    assert (light != 0).sum() == 9
    still = np.zeros_like(light)
    draw_folds(still, displacement, Folds((fold,)).changes(np.float32([[0, 0, 0], [0, 1, 0]])), (5, 8))
    assert not still.any()


def test_the_bounds_of_a_fold_cut_nothing_off() -> None:
    rng = np.random.default_rng(2)
    change = rng.normal(size=(9, 12)).astype(np.float32)
    fold = Fold("line", 20, 15, change, np.array([[0, 1]]), np.float32([[0, 1, 0]]), 0.05, 0.3, 0.0)
    closer = np.float32([[0, 0, 0], [0, 0.5, 0]])
    displacement = np.asarray(cv2.resize(rng.uniform(-9, 9, (5, 6, 2)).astype(np.float32), (50, 40)))
    displacement = np.rint(displacement * 8) / 8  # exact in OpenCV's steps of 1/32
    light = np.zeros((40, 50), dtype=np.float32)
    draw_folds(light, displacement, Folds((fold,)).changes(closer), (4, 6))
    rows, columns = np.mgrid[:40, :50].astype(np.float32)
    x, y = columns + displacement[..., 0] + 4 - 20, rows + displacement[..., 1] + 6 - 15
    everywhere = cv2.remap(change, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    assert (everywhere != 0).sum() > 100
    np.testing.assert_allclose(light, everywhere, atol=1e-6)


def test_the_nearest_vertex_is_found_near_and_far(portrait: Portrait) -> None:
    points = np.random.default_rng(3).uniform(0, 400, (300, 3)).astype(np.float32)
    skin = Skin(portrait.face.landmarks, 60.0, np.arange(300, dtype=np.int32), points, points, points, points, points)
    for wanted in (points[:5, :2] + 0.1, np.float32([(-90, 30), (700, 20)]), np.float32([(200, 200)])):
        away = np.linalg.norm(wanted[:, None] - points[:, :2], axis=-1)
        np.testing.assert_array_equal(skin.nearest(wanted), away.argmin(axis=1))


@pytest.mark.parametrize(("shown", "share"), [(1.0, 1.0), (0.5, 1.0), (0.2, 0.4)])
def test_a_fold_of_the_photo_is_filled_when_the_skin_is_stretched(shown: float, share: float) -> None:
    lacks = np.zeros((5, 5, 3), dtype=np.float32)
    lacks[2] = (0.2, 0.3, 0.4)
    filling = Filling(3, 4, lacks)
    pairs, rest = np.array([[0, 1]]), np.float32([[0, 1, 0]])
    fold = Fold("line", 0, 0, np.full((5, 5), -0.5, np.float32), pairs, rest, 0.05, 0.3, shown, filling)
    changes = Folds((fold,)).changes(np.float32([[0, 0, 0], [0, 1.2, 0]]))
    light = np.zeros((20, 20), dtype=np.float32)
    displacement = np.zeros((20, 20, 2), dtype=np.float32)
    displacement[..., 0] = -2  # each pixel shows what was two pixels further left
    draw_folds(light, displacement, changes, (1, 1))
    assert not light.any()
    pixels = np.full((20, 20, 3), 92, dtype=np.uint8)
    fill_folds(pixels, displacement, changes, (1, 1))
    row = pixels[4 + 2 - 1, 3 + 2 - 1 : 3 + 2 - 1 + 5].astype(float)
    np.testing.assert_allclose(row, 100 * np.exp(np.outer(np.ones(5), lacks[2, 0] * share)) - 8, atol=0.51)
    assert ((pixels != 92).any(axis=-1)).sum() == 5
    more = np.full((20, 20, 3), 92, dtype=np.uint8)
    fill_folds(more, displacement, [(2 * amount, one) for amount, one in changes], (1, 1))
    assert more.max() <= 100 * np.exp(0.4) - 7.5  # what is filled is no ridge
    assert not [amount for amount, _ in Folds((replace(fold, shown=0.0),)).changes(np.float32([[0, 0, 0], [0, 1, 0]]))]


def test_the_folds_of_a_smile_go_with_it(portrait: Portrait) -> None:
    def darkness(picture: Image) -> float:
        points = Portrait.open(picture, face_model=portrait.face_model).face.landmarks
        found = []
        for line in (line for line in FOLD_LINES if line.name == "nasolabial"):
            way = line_path(line, points)
            filling = find_filling(picture, way, line.width * interocular_distance(points))
            assert filling is not None
            found.append(float(np.quantile(filling.lacks, 0.99)))
        return max(found)

    smiling, neutral = darkness(portrait.image), darkness(portrait.neutral())
    left_out = replace(portrait.config, folds=0.0)
    kept = darkness(Portrait.open(portrait.image, face_model=portrait.face_model, config=left_out).neutral())
    assert neutral < 0.5 * min(smiling, kept)


def test_tiny_faces_have_no_room_for_fine_lines() -> None:
    small = np.asarray(
        cv2.resize(read_image(example_photo()), (170, 170), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    portrait = Portrait.open(small, face_model=load_named_face_model("embedded"))
    assert len(portrait.source.folds.lines) < len(FOLD_LINES)
    assert portrait.express(Expression("disgust")).shape == small.shape


def test_a_line_can_be_anywhere_in_the_picture(portrait: Portrait) -> None:
    fold = portrait.source.folds.lines[0]
    far = np.full((30, 30, 2), 1e6, dtype=np.float32)  # looked up far outside of the fold
    front = np.zeros((int(fold.pairs.max()) + 1, 3), dtype=np.float32)
    more = Folds((replace(fold, x=0, y=0, shown=0.0),)).changes(front)
    assert [amount for amount, _ in more] == [1.0]
    light, pixels = np.zeros((30, 30), dtype=np.float32), np.full((30, 30, 3), 90, dtype=np.uint8)
    draw_folds(light, far, more, (0, 0))
    assert not light.any()
    assert fold.filling is not None
    fill_folds(pixels, far, [(-1.0, replace(fold, filling=replace(fold.filling, x=0, y=0)))], (0, 0))
    assert (pixels == 90).all()


def test_a_mouth_at_the_border_is_no_fold(portrait: Portrait) -> None:
    corner = int(portrait.face.landmarks[61, 0]) + 2
    cut = np.ascontiguousarray(portrait.image[:, corner:])  # the right corner of the mouth lies beyond the border
    neutral = Portrait.open(cut, face_model=portrait.face_model).neutral()
    left_out = replace(portrait.config, folds=0.0)
    without = Portrait.open(cut, face_model=portrait.face_model, config=left_out).neutral()
    brighter = (neutral.astype(int) - without)[:, :20]
    assert brighter.max() < 25
