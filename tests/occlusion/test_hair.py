"""Hair over the face stays where it is."""

import cv2
import numpy as np
import pytest

from affectface.affect import Expression
from affectface.arrays import FloatArray, Image
from affectface.fitting.face_fit import interocular_distance
from affectface.landmarks.masks import hull_mask
from affectface.landmarks.topology import FACE_OVAL
from affectface.morphable.library import load_named_face_model
from affectface.occlusion.hair import find_hair
from affectface.occlusion.occlusion import Occlusion, lay_over, without_occlusion
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def occlusion(photo: Image, landmarks: FloatArray) -> Occlusion:
    found = find_hair(photo, landmarks, interocular_distance(landmarks))
    assert found is not None
    return found


def whole(occlusion: Occlusion, mask: FloatArray, size: tuple[int, ...]) -> FloatArray:
    """Return a mask of an occlusion on the whole picture (H, W)."""
    result = np.zeros(size[:2], dtype=np.float32)
    height, width = mask.shape
    result[occlusion.y : occlusion.y + height, occlusion.x : occlusion.x + width] = mask
    return result


def test_the_fringe_is_found_and_the_face_is_not(photo: Image, landmarks: FloatArray, occlusion: Occlusion) -> None:
    alpha = whole(occlusion, occlusion.alpha, photo.shape)

    def at(landmark: int) -> float:
        x, y = landmarks[landmark, :2].astype(int)
        return float(alpha[y, x])

    assert at(10) > 0.9  # the top of the forehead, under this portrait's fringe
    for bare in (4, 50, 280, 9, 105, 334, 159, 386, 13):  # nose, cheeks, between the brows, brows, lids, lips
        assert at(bare) < 0.1, bare
    assert occlusion.rim.sum() > 50


def test_the_fringe_stays_when_the_brows_go_down(photo: Image, occlusion: Occlusion) -> None:
    model = load_named_face_model("embedded")
    still, moving = (
        Portrait.open(photo, face_model=model, config=SynthesisConfig(occlusion=on)).express(Expression("anger"))
        for on in (True, False)
    )
    hair = whole(occlusion, occlusion.alpha, photo.shape) >= 1
    np.testing.assert_array_equal(still[hair], photo[hair])
    assert (moving[hair] != photo[hair]).any(axis=-1).mean() > 0.1  # without, it is dragged down


def test_nothing_changes_where_nothing_moves(photo: Image, occlusion: Occlusion) -> None:
    drawn = without_occlusion(photo, occlusion)
    assert (drawn != photo).any()
    lay_over(drawn, photo, np.zeros((*photo.shape[:2], 2), np.float32), occlusion, (0, 0))
    np.testing.assert_array_equal(drawn, photo)


def test_under_the_hair_is_skin(photo: Image, landmarks: FloatArray, occlusion: Occlusion) -> None:
    bare = without_occlusion(photo, occlusion)
    rim = whole(occlusion, occlusion.rim, photo.shape) > 0
    np.testing.assert_array_equal(bare[~rim], photo[~rim])
    x, y = landmarks[151, :2].astype(int)
    skin = bare[y - 2 : y + 3, x - 2 : x + 3].mean(axis=(0, 1))
    cheek = photo[tuple(landmarks[50, 1::-1].astype(int))]
    assert np.abs(skin - cheek).max() < 60


def test_a_window_may_cut_the_hair(photo: Image, occlusion: Occlusion) -> None:
    x, y = occlusion.x + 7, occlusion.y + 9
    window = np.zeros((40, 50, 3), dtype=np.uint8)
    lay_over(window, photo[y : y + 40, x : x + 50], np.full((40, 50, 2), 9, np.float32), occlusion, (x, y))
    alpha = occlusion.alpha[9:49, 7:57]
    np.testing.assert_array_equal(window[alpha >= 1], photo[y : y + 40, x : x + 50][alpha >= 1])
    far = np.zeros((5, 5, 3), dtype=np.uint8)
    lay_over(far, far.copy(), np.zeros((5, 5, 2), np.float32), occlusion, (10_000, 10_000))
    assert not far.any()


def test_a_bald_head_has_no_hair(photo: Image, landmarks: FloatArray) -> None:
    skin = np.median(photo[tuple(landmarks[[50, 280, 151, 4], 1::-1].astype(int).T)], axis=0)
    bald = photo.copy()
    bald[: int(landmarks[9, 1])] = skin
    assert find_hair(bald, landmarks, interocular_distance(landmarks)) is None


@pytest.mark.parametrize("landmark", [109, 103, 54, 68])
@pytest.mark.parametrize("darker", [0.5, 0.65])
def test_shaded_skin_is_no_hair(photo: Image, landmarks: FloatArray, landmark: int, darker: float) -> None:
    eyes = interocular_distance(landmarks)
    combed_back = photo.copy()
    combed_back[: int(landmarks[9, 1])] = np.median(photo[tuple(landmarks[[50, 280, 151, 4], 1::-1].astype(int).T)], 0)
    combed_back[: int(landmarks[10, 1] - 0.08 * eyes)] = (40, 28, 22)
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]]
    away = np.hypot(x - landmarks[landmark, 0], y - landmarks[landmark, 1]) / (0.45 * eyes)
    shaded = (combed_back * (1 - darker * np.exp(-(away**2) / 2))[..., None]).astype(np.uint8)
    found = find_hair(shaded, landmarks, eyes)
    if found is not None:
        face = hull_mask([landmarks[list(FACE_OVAL), :2]], (photo.shape[0], photo.shape[1])) > 0
        held = (whole(found, found.alpha, photo.shape) > 0.5) & face
        assert held.sum() < 0.01 * face.sum()  # by colour alone, it was 4 to 12 %


def test_the_same_hair_is_found_every_time(photo: Image, landmarks: FloatArray, occlusion: Occlusion) -> None:
    again = find_hair(photo, landmarks, interocular_distance(landmarks))
    assert again is not None
    np.testing.assert_array_equal(again.alpha, occlusion.alpha)


@pytest.mark.parametrize("size", [40, 90, 1200])
def test_faces_of_any_size(photo: Image, landmarks: FloatArray, size: int) -> None:
    scale = size / photo.shape[0]
    resized = np.asarray(cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    found = find_hair(resized, landmarks * np.float32(scale), interocular_distance(landmarks) * scale)
    if found is not None:
        assert found.alpha.shape == found.rim.shape
        assert np.isfinite(found.alpha).all()
