"""A face that looks straight ahead stays as it is; another is turned, and its hidden side is black."""

import numpy as np
import pytest
from painted_head import SIDE, Painted, photograph

from affectface.camera import Camera
from affectface.landmarks.topology import LEFT_EYE_OUTER_CORNER, RIGHT_EYE_OUTER_CORNER
from affectface.morphable import FaceModel
from affectface.texturing.frontal import frontalise


def far_frontal(model: FaceModel) -> Painted:
    """The canonical view as a photo of 700 x 700 pixels, from 100 m away."""
    eyes = model.at_landmarks(model.vertices)[[RIGHT_EYE_OUTER_CORNER, LEFT_EYE_OUTER_CORNER]]
    scale = 0.45 * SIDE / float(np.linalg.norm(eyes[1] - eyes[0]))
    focal = scale * 10_000
    turn = np.eye(3, dtype=np.float32)
    translation = np.array([0, eyes[:, 1].mean(), 10_000], dtype=np.float32)
    return photograph(model, camera=Camera(turn, translation, focal, (SIDE / 2, 0.38 * SIDE)))


def drawn(model: FaceModel, painted: Painted, size: int = 224, **options: bool) -> np.ndarray:
    return frontalise(painted.image, painted.landmarks, model, painted.fit, size=size, **options)


def test_a_frontal_face_stays_as_it_is(model: FaceModel) -> None:
    painted = far_frontal(model)
    picture = drawn(model, painted, SIDE)
    shown = (picture.sum(axis=2) > 0) & (painted.image != (0, 255, 0)).any(axis=2)
    assert shown.mean() > 0.4
    off = np.abs(picture.astype(int) - painted.image).max(axis=2)[shown]
    assert np.percentile(off, 98) <= 3


@pytest.mark.parametrize("yaw", [15.0, -30.0])
def test_pose_is_taken_off(model: FaceModel, yaw: float) -> None:
    straight, turned = drawn(model, far_frontal(model)), drawn(model, photograph(model, yaw))
    assert straight.shape == (224, 224, 3)
    both = (straight.min(axis=2) > 0) & (turned.min(axis=2) > 0)
    off = np.abs(straight.astype(int) - turned).max(axis=2)[both]
    assert both.mean() > 0.3
    assert np.percentile(off, 95) <= 6


def test_the_hidden_side_is_black(model: FaceModel) -> None:
    straight, turned = drawn(model, photograph(model)), drawn(model, photograph(model, 45))
    black = (turned.sum(axis=2) == 0) & (straight.sum(axis=2) > 0)
    halves = black[:, :112].sum(), black[:, 112:].sum()
    assert max(halves) > 5 * min(halves)
    assert max(halves) > 1000


def test_without_identity_it_is_the_mean_face(model: FaceModel) -> None:
    painted = photograph(model)
    np.testing.assert_array_equal(drawn(model, painted), drawn(model, painted, mean_shape=True))


def test_wrong_size(model: FaceModel) -> None:
    with pytest.raises(ValueError, match="size is 8; 32 to 4096"):
        drawn(model, photograph(model), 8)
