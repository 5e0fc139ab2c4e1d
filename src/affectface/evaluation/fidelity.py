"""Is it still the same photo? What changed outside the face, at its border, and in the sharpness of its skin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.fitting.face_fit import interocular_distance
from affectface.landmarks import detect_faces
from affectface.landmarks.masks import LEFT_EYE, RIGHT_EYE, hull_mask
from affectface.landmarks.topology import (
    FACE_OVAL,
    LIPS_OUTER_LOWER,
    LIPS_OUTER_UPPER,
)

_FEATURES = (
    LEFT_EYE,
    RIGHT_EYE,
    LIPS_OUTER_LOWER + LIPS_OUTER_UPPER,
)
_FINE = 1.5
"""Blur, pixels, whose difference from the picture is its fine detail."""
_AROUND = 1.0
"""What follows a face, in inter-ocular distances around its outline; a change beyond is a change of the background."""
_AROUND_FEATURES = 0.06
"""Margin around eyes and lips, whose look changes with the affect, in inter-ocular distances."""


@dataclass(frozen=True)
class Fidelity:
    """What a picture kept of its photo.

    Attributes
    ----------
    changed_outside : int
        Pixels that differ from the photo farther from the face than anything of it reaches; should be 0.
    seam : float
        Mean change of the changed pixels that lie next to unchanged ones, grey levels: a cut edge has many.
    sharpness : float
        Energy of the fine detail of the skin that changed, over that in the photo; 1 is as sharp, 0 all blurred. NaN
        where no skin changed.
    """

    changed_outside: int
    seam: float
    sharpness: float


@dataclass(frozen=True)
class ClipFidelity:
    """What a clip kept of its photo.

    Attributes
    ----------
    changed_outside : int
        Pixels beyond the face that differ from the photo in any frame.
    flicker : float
        Mean distance of the face's pixels from the mean of the frames before and after, grey levels.
    size_change : float
        The largest inter-ocular distance of a frame over the smallest, less 1.
    """

    changed_outside: int
    flicker: float
    size_change: float


class PhotoFidelity:
    """What pictures keep of one photo.

    Parameters
    ----------
    photo : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in it, pixels.
    """

    def __init__(self, photo: Image, landmarks: FloatArray) -> None:
        self._photo = photo
        self._near = _near_face(landmarks, photo.shape[:2])
        self._skin = _skin(landmarks, photo.shape[:2])
        self._detail = _detail(photo)

    def measure(self, picture: Image) -> Fidelity:
        """Compare a picture with the photo that it was made from.

        Parameters
        ----------
        picture : ndarray of shape (H, W, 3), uint8
            The picture.

        Returns
        -------
        Fidelity
            What was kept.

        Raises
        ------
        ValueError
            If the sizes differ.
        """
        if picture.shape != self._photo.shape:
            raise ValueError(f"the picture has shape {picture.shape}; the photo's, {self._photo.shape}, is needed")
        difference = _difference(self._photo, picture)
        x, y, width, height = cv2.boundingRect(difference)
        if not width:
            return Fidelity(0, 0.0, float("nan"))
        # the ring of unchanged pixels around the change tells where its border is
        box = np.s_[max(y - 1, 0) : y + height + 1, max(x - 1, 0) : x + width + 1]
        difference, changed = difference[box], difference[box] > 0
        skin = self._skin[box] & changed
        kept = float("nan")
        if skin.any():
            kept = float(_detail(picture[box])[skin].mean() / max(float(self._detail[box][skin].mean()), 1e-9))
        return Fidelity(int((changed & ~self._near[box]).sum()), _seam(difference, changed), kept)


def measure_clip(photo: Image, landmarks: FloatArray, frames: Iterable[Image]) -> ClipFidelity:
    """Compare a clip with the photo that it was made from, a frame at a time.

    Parameters
    ----------
    photo : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in the photo, pixels.
    frames : iterable of ndarray of shape (H, W, 3), uint8
        The frames; three are held at a time.

    Returns
    -------
    ClipFidelity
        What was kept.
    """
    near = _near_face(landmarks, photo.shape[:2])
    skin = _skin(landmarks, photo.shape[:2])
    outside = np.zeros_like(near)
    last: list[FloatArray] = []
    jumps, sizes = [], []
    for frame in frames:
        outside |= (_difference(photo, frame) > 0) & ~near
        if found := detect_faces(frame, max_faces=1):
            sizes.append(interocular_distance(found[0].landmarks))
        last = [*last[-2:], frame[skin].astype(np.float32)]
        if len(last) == 3:
            jumps.append(float(np.abs(last[1] - (last[0] + last[2]) / 2).mean()))
    return ClipFidelity(
        int(outside.sum()),
        float(np.mean(jumps)) if jumps else float("nan"),
        max(sizes) / min(sizes) - 1 if sizes else float("nan"),
    )


def _near_face(landmarks: FloatArray, size: tuple[int, int]) -> BoolArray:
    """Pixels (H, W) of the face and of what follows it."""
    mask = hull_mask([landmarks[list(FACE_OVAL), :2]], size)
    reach = _AROUND * interocular_distance(landmarks)
    return np.asarray(cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5) <= reach)


def _skin(landmarks: FloatArray, size: tuple[int, int]) -> BoolArray:
    """Pixels (H, W) of the face without eyes and lips."""
    face = hull_mask([landmarks[list(FACE_OVAL), :2]], size)
    features = hull_mask([landmarks[list(ring), :2] for ring in _FEATURES], size)
    margin = max(1, round(_AROUND_FEATURES * interocular_distance(landmarks)))
    wider = cv2.dilate(features, np.ones((2 * margin + 1,) * 2, np.uint8))
    return np.asarray((face > 0) & (wider == 0))


def _seam(difference: NDArray[np.uint8], changed: BoolArray) -> float:
    """Mean change of the changed pixels next to unchanged ones; 0 where all pixels of the picture changed."""
    inner = cv2.erode(changed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    border = changed & ~inner
    return float(difference[border].mean()) if border.any() else 0.0


def _difference(first: Image, second: Image) -> NDArray[np.uint8]:
    """The largest difference of the three channels of each pixel (H, W)."""
    red, green, blue = cv2.split(cv2.absdiff(first, second))
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.uint8)


def _detail(image: Image) -> FloatArray:
    """Energy of the fine detail of each pixel (H, W), squared grey levels."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = cv2.subtract(grey, cv2.GaussianBlur(grey, (0, 0), _FINE))
    return np.asarray(cv2.multiply(fine, fine), dtype=np.float32)
