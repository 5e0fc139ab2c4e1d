"""Pictures of faces as they must not be: painted over, laid aside, and mouths that were drawn wrongly.

Each fault takes a picture and the face's landmarks in it, and returns the spoilt picture; `rng` chooses directions.
Lengths are shares of the inter-ocular distance.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.fitting.face_fit import interocular_distance
from affectface.landmarks.topology import FACE_OVAL, LIPS_OUTER_LOWER, LIPS_OUTER_UPPER

OUTLINE = (*LIPS_OUTER_UPPER, *LIPS_OUTER_LOWER[::-1])
Weights = NDArray[np.float32]
Fault = Callable[[Image, FloatArray, np.random.Generator], Image]


def face_painted(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """The whole face in its mean colour."""
    return painted(image, polygon(image, landmarks[list(FACE_OVAL), :2]))


def half_painted(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """The left or the right half of the face in its mean colour."""
    weights = polygon(image, landmarks[list(FACE_OVAL), :2])
    middle = int(landmarks[:, 0].mean())
    side = np.s_[:, :middle] if rng.random() < 0.5 else np.s_[:, middle:]
    weights[side] = 0
    return painted(image, weights)


def mouth_painted(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """The box around the lips in its mean colour."""
    low, high = landmarks[list(OUTLINE), :2].min(axis=0), landmarks[list(OUTLINE), :2].max(axis=0)
    room = 0.06 * interocular_distance(landmarks)
    (x0, y0), (x1, y1) = (low - room).astype(int), (high + room).astype(int)
    weights = np.zeros(image.shape[:2], np.float32)
    weights[y0:y1, x0:x1] = 1
    return painted(image, weights)


def mouth_black(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """Black where the lips and all between them are."""
    return mixed(image, np.zeros_like(image), mouth(image, landmarks, 0.0, 0.01))


def mouth_hole(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """A black hole in the middle of the mouth, half as wide, that eats into both lips."""
    return mixed(image, np.zeros_like(image), middle(image, landmarks, 0.25, 0.10))


def mouth_of_skin(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """No mouth: the colour of the skin around it, which fades into that."""
    inner, outer = mouth(image, landmarks, 0.05, 0.01), mouth(image, landmarks, 0.12, 0.01)
    ring = (outer > 0.5) & (inner < 0.5)
    skin = np.broadcast_to(image[ring].mean(axis=0), image.shape)
    return mixed(image, skin, mouth(image, landmarks, 0.05, 0.03))


def mouth_moved_5(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """The mouth 0.05 aside."""
    return moved(image, landmarks, rng, 0.05, 1.0)


def mouth_moved_10(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """The mouth 0.10 aside."""
    return moved(image, landmarks, rng, 0.10, 1.0)


def mouth_doubled(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """The mouth and the same 0.10 aside, half of each."""
    return moved(image, landmarks, rng, 0.10, 0.5)


def mouth_noisy(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """Noise of 40 grey levels on the mouth."""
    noise = rng.normal(0, 40, image.shape).astype(np.float32)
    return mixed(image, image + noise, mouth(image, landmarks, 0.02, 0.01))


def mouth_smeared(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """The mouth blurred until no lip is left."""
    blurred = cv2.GaussianBlur(image, (0, 0), 0.08 * interocular_distance(landmarks))
    return mixed(image, blurred, mouth(image, landmarks, 0.04, 0.02))


def teeth_over_lips(image: Image, landmarks: FloatArray, rng: np.random.Generator) -> Image:
    """A row of teeth in front of the middle of both lips."""
    columns = np.mgrid[: image.shape[0], : image.shape[1]][1]
    gaps = np.abs(np.sin(columns * np.pi / (0.09 * interocular_distance(landmarks)))) < 0.15
    teeth = np.where(gaps[..., None], (150, 130, 120), (225, 215, 200))
    return mixed(image, teeth, middle(image, landmarks, 0.28, 0.09))


FAULTS: tuple[Fault, ...] = (
    face_painted,
    half_painted,
    mouth_painted,
    mouth_black,
    mouth_hole,
    mouth_of_skin,
    mouth_moved_5,
    mouth_moved_10,
    mouth_doubled,
    mouth_noisy,
    mouth_smeared,
    teeth_over_lips,
)


def polygon(image: Image, points: FloatArray) -> Weights:
    """Return 1 within the points (N, 2), elsewhere 0."""
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(points - 0.5).astype(np.int32)], 1)
    return mask.astype(np.float32)


def mouth(image: Image, landmarks: FloatArray, room: float, soft: float) -> Weights:
    """Return 1 on the mouth and as much around it as there is to be room; it fades out over `soft`."""
    eyes = interocular_distance(landmarks)
    weights = polygon(image, landmarks[list(OUTLINE), :2])
    if room:
        side = 2 * round(room * eyes) + 1
        weights = cv2.dilate(weights, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return np.asarray(cv2.GaussianBlur(weights, (0, 0), max(soft * eyes, 0.5)), dtype=np.float32)


def middle(image: Image, landmarks: FloatArray, wide: float, high: float) -> Weights:
    """Return 1 on an ellipse in the middle of the mouth, half axes `wide` and `high`."""
    eyes = interocular_distance(landmarks)
    x, y = landmarks[list(OUTLINE), :2].mean(axis=0)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    inside = ((columns - x) / (wide * eyes)) ** 2 + ((rows - y) / (high * eyes)) ** 2 < 1
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.7), dtype=np.float32)


def moved(image: Image, landmarks: FloatArray, rng: np.random.Generator, far: float, share: float) -> Image:
    """Return the picture with its mouth so far aside, in any direction, mixed by a share with where it was."""
    angle, eyes = rng.uniform(0, 2 * np.pi), interocular_distance(landmarks)
    shift = far * eyes * np.array([np.cos(angle), np.sin(angle)])
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    aside = cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    aside = np.asarray(cv2.addWeighted(aside, share, image, 1 - share, 0), dtype=np.uint8)
    return mixed(image, aside, mouth(image, landmarks, 0.12, 0.03))


def painted(image: Image, weights: Weights) -> Image:
    """Return the picture with its mean colour there where the weights are."""
    mean = (image * weights[..., None]).sum(axis=(0, 1)) / weights.sum()
    return mixed(image, np.broadcast_to(mean, image.shape), weights)


def mixed(image: Image, other: NDArray[np.floating] | Image, weights: Weights) -> Image:
    """Return the other picture where the weights are 1."""
    both = image + (np.asarray(other, np.float32) - image) * weights[..., None]
    return np.asarray(np.clip(np.rint(both), 0, 255), dtype=np.uint8)
