"""What the judges look at."""

import numpy as np
import pytest

from affectface.evaluation.crops import aligned_crop, five_points, square_crop

TEMPLATE = np.array([(39, 52), (74, 52), (56, 72), (42, 92), (71, 92)], dtype=np.float32)


def face(eyes: tuple[float, float] = (100.0, 80.0), distance: float = 40.0) -> np.ndarray:
    """Return landmarks with the middle between the outer eye corners at `eyes`, and the lips a distance below."""
    x, y = eyes
    points = np.full((478, 3), (x, y, 0), dtype=np.float32)
    points[[33, 133, 362, 263], 0] += np.array([-0.5, -0.2, 0.2, 0.5], dtype=np.float32) * distance
    points[[13, 14, 61, 291], 1] += distance
    points[[61, 291], 0] += np.array([-0.3, 0.3], dtype=np.float32) * distance
    points[4, 1] += 0.6 * distance
    return points


def ramp(height: int, width: int) -> np.ndarray:
    """Return an image whose red is the column and whose green is the row."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, 0 * rows], axis=-1).astype(np.uint8)


def test_square_is_upright_and_around_eyes_and_mouth() -> None:
    crop = square_crop(ramp(200, 200), face(), room=1.05)
    # The middle is (100, 100), half the side 1.05 * 40 = 42.
    assert crop.shape == (84, 84, 3)
    assert crop[0, 0].tolist() == [58, 58, 0]
    assert crop[-1, -1].tolist() == [141, 141, 0]


def test_turned_head_gets_the_square_of_its_distance_in_space() -> None:
    points = face()
    points[33, 2], points[263, 2] = -15, 15
    assert square_crop(ramp(200, 200), points, room=1.0).shape == (100, 100, 3)  # 2 * hypot(40, 30)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_leaning_head_is_set_upright(turns: int) -> None:
    image, points = ramp(200, 200), face()
    turned = points.copy()
    for _ in range(turns):  # as np.rot90 turns: the right edge comes to be the upper one
        turned[:, :2] = np.stack([turned[:, 1], 200 - turned[:, 0]], axis=1)
    found = square_crop(np.ascontiguousarray(np.rot90(image, turns)), turned, room=1.0)
    expected = square_crop(image, points, room=1.0)
    assert found.shape == expected.shape
    assert np.abs(found[2:-2, 2:-2].astype(int) - expected[2:-2, 2:-2]).max() <= 1


def test_a_slight_lean_is_left_as_it_is() -> None:
    points = face()
    points[[33, 263], 1] += np.float32([-2, 2])
    assert square_crop(ramp(200, 200), points, room=1.0)[0, :, 1].std() == 0


def test_outside_of_the_image_repeats_its_edge() -> None:
    crop = square_crop(ramp(60, 90), face(eyes=(5.0, 0.0)), room=1.0)
    assert crop.shape == (80, 80, 3)
    assert (crop[:, :35, 0] == 0).all()
    np.testing.assert_array_equal(crop[40, 35:, 0], np.arange(45))
    assert (crop[:20, :, 1] == 0).all()
    assert crop[-1, 0, 1] == 59


def test_square_far_outside_shows_the_nearest_corner() -> None:
    assert (square_crop(ramp(60, 90), face(eyes=(900.0, 900.0)), room=1.0) == (89, 59, 0)).all()


def test_the_image_is_not_written_to() -> None:
    image = ramp(200, 200)
    before = image.copy()
    square_crop(image, face(), room=1.0)[:] = 7
    np.testing.assert_array_equal(image, before)


def test_five_points_are_eyes_nose_and_mouth() -> None:
    expected = [(86, 80), (114, 80), (100, 104), (88, 120), (112, 120)]
    np.testing.assert_allclose(five_points(face()), expected, atol=1e-4)


@pytest.mark.parametrize("turn", [0.0, 0.4, -2.0])
@pytest.mark.parametrize("scale", [0.3, 0.7, 1.6])
def test_alignment_undoes_a_known_similarity(turn: float, scale: float) -> None:
    # The face is the template moved by a similarity; where the crop shows a place, the image must be red and green as
    # the place says.
    size = 112
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
    middle = np.array([400.0, 380.0])
    five = (TEMPLATE - size / 2) @ matrix.T + middle
    points = np.zeros((478, 3), dtype=np.float32)
    for number, members in enumerate([(33, 133), (362, 263), (4,), (61,), (291,)]):
        points[list(members), :2] = five[number]
    rows, columns = np.mgrid[:800, :800]
    image = np.stack([columns // 4, rows // 4, 0 * rows], axis=-1).astype(np.uint8)
    crop = aligned_crop(image, points, size, TEMPLATE)
    assert crop.shape == (size, size, 3)
    rows, columns = np.mgrid[:size, :size] + 0.5
    places = (np.stack([columns, rows], axis=-1) - size / 2) @ matrix.T + middle
    # An image pixel of value v covers 4 v to 4 v + 4.
    np.testing.assert_allclose(crop[..., :2], places / 4 - 0.5, atol=0.8)


def test_alignment_of_the_template_itself_is_the_image_to_the_pixel() -> None:
    points = np.zeros((478, 3), dtype=np.float32)
    for number, members in enumerate([(33, 133), (362, 263), (4,), (61,), (291,)]):
        points[list(members), :2] = TEMPLATE[number]
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    np.testing.assert_array_equal(aligned_crop(image, points, 112, TEMPLATE), image)


def test_alignment_never_mirrors() -> None:
    points = face()
    mirrored = points.copy()
    mirrored[:, 0] = 200 - mirrored[:, 0]
    straight, other = (aligned_crop(ramp(200, 200), p, 112, TEMPLATE)[56, :, 0].astype(int) for p in (points, mirrored))
    assert straight[-1] > straight[0]
    assert other[-1] >= other[0]


def test_alignment_repeats_the_edge_outside() -> None:
    image = np.full((40, 40, 3), 77, dtype=np.uint8)
    assert (aligned_crop(image, face(eyes=(0.0, 0.0)), 64, TEMPLATE) == 77).all()


@pytest.mark.parametrize("crop", [lambda i, p: square_crop(i, p, 1.0), lambda i, p: aligned_crop(i, p, 9, TEMPLATE)])
def test_wrong_arguments_are_refused(crop) -> None:
    image, points = ramp(50, 50), face()
    with pytest.raises(ValueError, match="image is float64"):
        crop(image / 255, points)
    with pytest.raises(ValueError, match=r"landmarks has shape \(468, 3\); \(478, 3\) is needed"):
        crop(image, points[:468])
    points[33, 0] = np.nan
    with pytest.raises(ValueError, match="landmarks has NaN"):
        crop(image, points)


@pytest.mark.parametrize("room", [0.0, -1.0, np.nan, np.inf])
def test_room_without_sense_is_refused(room: float) -> None:
    with pytest.raises(ValueError, match="at least one pixel is needed"):
        square_crop(ramp(50, 50), face(), room)


def test_face_in_a_point_is_refused() -> None:
    points = np.ones((478, 3), dtype=np.float32)
    with pytest.raises(ValueError, match=r"a square of 0\.0 pixels"):
        square_crop(ramp(50, 50), points, 1.0)
    with pytest.raises(ValueError, match="five points of the landmarks, or of the template, coincide"):
        aligned_crop(ramp(50, 50), points, 112, TEMPLATE)


def test_template_and_size_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"template has shape \(4, 2\)"):
        aligned_crop(ramp(50, 50), face(), 112, TEMPLATE[:4])
    with pytest.raises(ValueError, match="size is 0"):
        aligned_crop(ramp(50, 50), face(), 0, TEMPLATE)
