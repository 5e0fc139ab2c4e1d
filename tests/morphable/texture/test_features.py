"""Descriptors say where edges point, whatever the light."""

import cv2
import numpy as np
import pytest

from affectface.morphable.texture.features import CELL, CHANNELS, feature_image, sample

KINDS = ("sift", "hog")


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Smooth blobs with contrast."""
    noise = np.random.default_rng(0).normal(size=(80, 90, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.clip(110 + 350 * smooth, 30, 200).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_shape_type_and_length(picture: np.ndarray, kind: str) -> None:
    features = feature_image(picture, kind)
    assert features.shape == (80, 90, CHANNELS)
    assert features.dtype == np.float32
    length = np.linalg.norm(features, axis=2)
    assert length.max() <= 1 + 1e-5
    assert np.median(length) > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_light_hardly_matters(picture: np.ndarray, kind: str) -> None:
    darker = np.rint(0.5 * picture.astype(float) + 10).astype(np.uint8)
    change = np.linalg.norm(feature_image(picture, kind) - feature_image(darker, kind), axis=2)
    assert np.median(change) < 0.15


@pytest.mark.parametrize("kind", KINDS)
def test_a_shifted_picture_has_shifted_features(picture: np.ndarray, kind: str) -> None:
    room = 2 * CELL + 2
    moved = feature_image(picture[3:, 5:], kind)[room:-room, room:-room]
    np.testing.assert_allclose(moved, feature_image(picture, kind)[3:, 5:][room:-room, room:-room], atol=1e-5)


def test_plain_skin_says_nothing() -> None:
    assert not feature_image(np.full((40, 40, 3), 120, np.uint8)).any()


def test_an_edge_votes_for_its_direction() -> None:
    step = np.zeros((60, 60, 3), np.uint8)
    step[:, 30:] = 200  # brighter to the right: the gradient's angle is 0
    middle = feature_image(step)[30, 30].reshape(4, 9)
    assert (middle.argmax(axis=1) == 0).all()
    turned = feature_image(np.ascontiguousarray(step[:, ::-1]))[30, 30].reshape(4, 9)
    assert set(turned.argmax(axis=1)) <= {4, 5}  # half a turn lies between two of nine
    unsigned = [feature_image(s, "hog")[30, 30] for s in (step, np.ascontiguousarray(step[:, ::-1]))]
    np.testing.assert_allclose(*unsigned, atol=0.05)


def test_slopes_are_those_of_the_interpolation(picture: np.ndarray) -> None:
    features = feature_image(picture).astype(np.float64)
    points = np.random.default_rng(1).uniform(12, 65, (200, 2))
    points = np.floor(points) + 0.5 + np.random.default_rng(2).uniform(0.1, 0.9, (200, 2))
    slopes = sample(features, points)[1]
    for axis in range(2):
        step = np.zeros(2)
        step[axis] = 1e-3
        ahead, behind = sample(features, points + step)[0], sample(features, points - step)[0]
        np.testing.assert_allclose((ahead - behind) / 2e-3, slopes[..., axis], atol=1e-3)
    centre = np.array([[20.5, 30.5]])
    np.testing.assert_allclose(sample(features, centre)[0][0], features[30, 20], atol=1e-6)


def test_an_unknown_kind_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="feature kind 'surf' is unknown; one of sift, hog is needed"):
        feature_image(picture, "surf")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="uint8"):
        feature_image(picture.astype(float))
