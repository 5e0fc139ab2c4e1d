"""Is the mouth still the photo's? The landmarker guesses lips that are not there, so the pixels are looked at too.

Skin between landmarks of the lips and around them is looked up in the photo, and in the picture where the expression
moves it. Drawn pixels are the photo's own: there they are nearly the same. What stands in front of a mouth stays where
it is and is found there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, median
from affectface.landmarks.topology import (
    LIPS_INNER_LOWER,
    LIPS_INNER_UPPER,
    LOWER_LIP,
    MESH_COUNT,
    MOUTH_CORNERS,
    UPPER_LIP,
)

MOUTH = np.array([*UPPER_LIP, *LOWER_LIP, *MOUTH_CORNERS])
"""Landmarks of the lips, corners included."""
_INNER = np.array([*LIPS_INNER_UPPER, *LIPS_INNER_LOWER])
_AROUND = 0.12
"""How far around the lips skin is looked at, in inter-ocular distances."""
_NEIGHBOURS = 7
"""Skin is looked up in the middle between each landmark and so many near ones, itself included."""
_SOFT, _LEAST_SOFT = 0.012, 0.8
"""What is smaller is detail, which moves with skin but not to the pixel: in inter-ocular distances, but never less than
so many pixels."""
_FAINT = 3.0
"""Contrast of a mouth, grey levels, that is expected of any: without it, noise would count in a mouth that has none."""
_NO_DETAIL = 0.5
"""The same for its detail, grey levels."""


@dataclass(frozen=True, eq=False)
class Mouth:
    """How a photo's mouth looks.

    Attributes
    ----------
    pairs : ndarray of shape (S, 2), int
        Landmarks between which skin is looked up.
    plain : ndarray of shape (S,), bool
        Which of them do not touch the lips' inner edges, beside which teeth come and go: their detail counts.
    places : ndarray of shape (S, 2), float32
        Where it is in the photo, pixels.
    grey : ndarray of shape (S,), float32
        How light it is, grey levels.
    contrast : float
        Their standard deviation.
    detail : float
        Median distance of pixels from those, grey levels.
    softness : float
        Standard deviation of the blur that parts the two, pixels.
    """

    pairs: NDArray[np.intp]
    plain: BoolArray
    places: FloatArray
    grey: FloatArray
    contrast: float
    detail: float
    softness: float


def mouth_of(photo: Image, landmarks: FloatArray, eye_distance: float) -> Mouth:
    """Look at the mouth of a photo.

    Parameters
    ----------
    photo : ndarray of shape (h, w, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        Its landmarks, pixels.
    eye_distance : float
        Inter-ocular distance, pixels.

    Returns
    -------
    Mouth
        How it looks.
    """
    pairs = _neighbours(landmarks[:MESH_COUNT, :2], eye_distance)
    places, softness = _between(landmarks, pairs), max(_SOFT * eye_distance, _LEAST_SOFT)
    plain = np.asarray(np.isin(pairs, _INNER, invert=True).all(axis=1))
    (grey,), (detail,) = _looked_up(photo, [places], softness)
    return Mouth(pairs, plain, places, grey, float(grey.std()), float(median(detail[plain])), softness)


def compare_mouth(mouth: Mouth, picture: Image, expected: FloatArray) -> tuple[float, float]:
    """Say how a picture's mouth differs from the photo's.

    Parameters
    ----------
    mouth : Mouth
        The photo's.
    picture : ndarray of shape (h, w, 3), uint8
        The picture, of the photo's size.
    expected : ndarray of shape (478, 3), float32
        Where the landmarks are to be in it, pixels.

    Returns
    -------
    error : float
        Mean difference of the skin, over its contrast in the photo.
    detail : float
        How much detail there is for each grey level of it in the photo.
    """
    moved = _between(expected, mouth.pairs)
    (there, here), (fine, _) = _looked_up(picture, [moved, mouth.places], mouth.softness)
    detail = float(median(fine[mouth.plain]))
    apart = np.minimum(np.abs(there - mouth.grey), np.abs(here - mouth.grey))
    error = float(apart.mean()) / (mouth.contrast + _FAINT)
    return error, (detail + _NO_DETAIL) / (mouth.detail + _NO_DETAIL)


def _neighbours(points: FloatArray, eye_distance: float) -> NDArray[np.intp]:
    """Pairs of near landmarks about the mouth (S, 2), each once, with nothing but skin in between."""
    lips = points[MOUTH]
    beyond = np.maximum(lips.min(axis=0) - points, points - lips.max(axis=0))
    near = np.flatnonzero(np.linalg.norm(np.maximum(beyond, 0), axis=1) < _AROUND * eye_distance)
    apart = np.linalg.norm(points[near, None] - points[None, near], axis=2)
    nearest = near[np.argsort(apart, axis=1, kind="stable")[:, :_NEIGHBOURS]]
    pairs = np.stack([np.repeat(near, nearest.shape[1]), nearest.ravel()], axis=1)
    lip = np.isin(pairs, UPPER_LIP) - np.isin(pairs, LOWER_LIP).astype(int)
    closed = lip.prod(axis=1) >= 0  # between the upper lip and the lower one the mouth may open
    return np.unique(np.sort(pairs[closed], axis=1), axis=0)


def _between(landmarks: FloatArray, pairs: NDArray[np.intp]) -> FloatArray:
    """The middle of each pair of landmarks (S, 2), pixels."""
    return np.asarray(landmarks[pairs, :2].mean(axis=1), dtype=np.float32)


def _looked_up(image: Image, places: list[FloatArray], softness: float) -> tuple[list[FloatArray], list[FloatArray]]:
    """What is seen softly at each of some sets of places, grey levels, and how far the pixels are from that."""
    every, room = np.concatenate(places), int(np.ceil(4 * softness)) + 2
    size = np.array(image.shape[1::-1])
    low = np.clip(np.floor(every.min(axis=0)).astype(int) - room, 0, size - 1)
    high = np.clip(np.ceil(every.max(axis=0)).astype(int) + room, low + 1, size)
    part = np.ascontiguousarray(image[low[1] : high[1], low[0] : high[0]])
    sharp = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft = cv2.GaussianBlur(sharp, (0, 0), softness)
    both = cv2.merge([soft, cv2.absdiff(sharp, soft)])
    x, y = (every - low - 0.5).astype(np.float32).T[:, None]
    seen = cv2.remap(both, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    sets = np.split(seen, np.cumsum([len(one) for one in places])[:-1])
    soft_there, fine_there = ([np.asarray(one[:, channel], dtype=np.float32) for one in sets] for channel in (0, 1))
    return soft_there, fine_there
