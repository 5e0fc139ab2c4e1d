"""What is counted as changed, cut and blurred."""

import cv2
import numpy as np
import pytest

from affectface.arrays import FloatArray, Image
from affectface.assets.example import example_photo
from affectface.evaluation.fidelity import PhotoFidelity, measure_clip
from affectface.images import read_image
from affectface.landmarks import detect_faces

Portrayed = tuple[Image, FloatArray]


@pytest.fixture(scope="module")
def portrayed() -> Portrayed:
    photo = read_image(example_photo())
    return photo, detect_faces(photo, max_faces=1)[0].landmarks


def cheek(landmarks: FloatArray) -> tuple[int, int]:
    x, y = landmarks[50, :2].astype(int).tolist()
    return x, y


def test_the_photo_itself_is_perfect(portrayed: Portrayed) -> None:
    photo, landmarks = portrayed
    found = PhotoFidelity(photo, landmarks).measure(photo.copy())
    assert (found.changed_outside, found.seam) == (0, 0)
    assert np.isnan(found.sharpness)


def test_a_change_of_the_background_is_counted(portrayed: Portrayed) -> None:
    photo, landmarks = portrayed
    picture = photo.copy()
    picture[:7, :5] ^= 1
    assert PhotoFidelity(photo, landmarks).measure(picture).changed_outside == 35


def test_a_cut_edge_is_a_seam_and_a_faded_one_is_not(portrayed: Portrayed) -> None:
    photo, landmarks = portrayed
    (x, y), size = cheek(landmarks), 12
    cut = photo.astype(int)
    cut[y - size : y + size, x - size : x + size] -= 40
    away = np.hypot(*np.mgrid[-size:size, -size:size]) / size
    faded = photo.astype(int)
    faded[y - size : y + size, x - size : x + size] -= (40 * np.clip(1 - away, 0, 1) ** 2)[..., None].astype(int)
    measure = PhotoFidelity(photo, landmarks).measure
    assert measure(np.clip(cut, 0, 255).astype(np.uint8)).seam > 25
    assert measure(np.clip(faded, 0, 255).astype(np.uint8)).seam < 3


@pytest.mark.parametrize(("blur", "low", "high"), [(0.4, 0.6, 1.0), (3.0, 0.0, 0.1)])
def test_blurred_skin_is_not_sharp(portrayed: Portrayed, blur: float, low: float, high: float) -> None:
    photo, landmarks = portrayed
    picture = np.asarray(cv2.GaussianBlur(photo, (0, 0), blur), dtype=np.uint8)
    assert low < PhotoFidelity(photo, landmarks).measure(picture).sharpness < high


def test_skin_that_only_moves_stays_sharp(portrayed: Portrayed) -> None:
    photo, landmarks = portrayed
    found = PhotoFidelity(photo, landmarks).measure(np.roll(photo, 2, axis=1))
    assert found.sharpness == pytest.approx(1, abs=0.05)
    assert found.changed_outside > 10_000


def test_another_size_is_refused(portrayed: Portrayed) -> None:
    photo, landmarks = portrayed
    with pytest.raises(ValueError, match="shape"):
        PhotoFidelity(photo, landmarks).measure(photo[:-1])


def test_a_still_clip_does_not_flicker_and_a_blinking_one_does(portrayed: Portrayed) -> None:
    photo, landmarks = portrayed
    still = measure_clip(photo, landmarks, [photo] * 4)
    assert (still.changed_outside, still.flicker, still.size_change) == (0, 0, 0)
    darker = (photo * 0.8).astype(np.uint8)
    blinking = measure_clip(photo, landmarks, [photo, darker, photo, darker])
    assert blinking.flicker > 5
    assert blinking.changed_outside > 10_000


def test_a_growing_face_is_seen(portrayed: Portrayed) -> None:
    photo, landmarks = portrayed
    height, width = photo.shape[:2]
    closer = cv2.warpAffine(photo, cv2.getRotationMatrix2D((width / 2, height / 2), 0, 1.1), (width, height))
    found = measure_clip(photo, landmarks, [photo, np.asarray(closer, dtype=np.uint8)])
    assert found.size_change == pytest.approx(0.1, abs=0.02)
    assert np.isnan(found.flicker)
