"""Colours of what a photo shows through openings only: eyeballs between the lids, teeth and tongue between the lips."""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.landmarks.topology import LEFT_IRIS, LIPS_INNER_LOWER, LIPS_INNER_UPPER, RIGHT_IRIS
from affectface.morphable import FaceModel
from affectface.rendering.eyes import EyeLayers, separate_eye
from affectface.rendering.mouth import INTERIOR, mouth_albedo, white_of_photo
from affectface.rendering.shade import to_srgb
from affectface.texturing.sampling import look_up
from affectface.texturing.view import EYE, PhotoView

_LIT_DEPTH, _FADE_DEPTH = 0.4, 1.6
"""Depth behind the lips, cm, to which light falls freely, and in which it then falls to a third."""

_LIT_MOUTH = 0.8
"""Light behind parted lips against that on the face."""

_CLOSED_EYE = 0.75
"""Brightness of an eyeball that no photo shows, against white."""


def eye_opening(view: PhotoView, size: tuple[int, ...]) -> BoolArray:
    """Return where a photo of a size (H, W, ...) shows eyeballs."""
    matrix = np.array(
        [
            [view.scale, 0, (0.5 - view.origin[0]) * view.scale - 0.5],
            [0, view.scale, (0.5 - view.origin[1]) * view.scale - 0.5],
        ]
    )
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    kind = cv2.warpAffine(view.kind, matrix, (size[1], size[0]), flags=flags, borderValue=255)
    return np.asarray(kind == EYE)


def separate_eyes(image: Image, landmarks: FloatArray, opening: BoolArray) -> tuple[EyeLayers | None, EyeLayers | None]:
    """Take both eyes of a photo apart into eyeball and shadow.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.
    opening : ndarray of shape (H, W), bool
        Where it shows eyeballs.

    Returns
    -------
    tuple of EyeLayers or None
        The person's right eye and left eye; None for one that is closed or hidden.
    """
    irises = [_circle(landmarks[list(ring), :2]) for ring in (RIGHT_IRIS, LEFT_IRIS)]
    rows, columns = np.nonzero(opening)
    nearest = np.argmin([np.hypot(columns - x, rows - y) for x, y, _ in irises], axis=0)
    found = []
    for i, iris in enumerate(irises):
        own = np.zeros_like(opening)
        own[rows[nearest == i], columns[nearest == i]] = True
        found.append(separate_eye(image, own, iris))
    return found[0], found[1]


def eyeball_colours(layers: EyeLayers | None, points: FloatArray, white: FloatArray) -> FloatArray:
    """Return the colours of places of an eyeball.

    Parameters
    ----------
    layers : EyeLayers or None
        The eye, taken apart.
    points : ndarray of shape (N, 2), float32
        The places, pixels of the photo.
    white : ndarray of shape (3,), float32
        Linear RGB of white in the photo.

    Returns
    -------
    ndarray of shape (N, 3), float32
        sRGB in [0, 255]: the photo's within the opening of the lids, continued under them.
    """
    if layers is None:
        return np.tile(to_srgb(_CLOSED_EYE * white), (len(points), 1))
    return look_up(layers.eyeball * layers.shadow, points - (layers.x, layers.y), cv2.INTER_LINEAR)


def photo_white(image: Image, landmarks: FloatArray, opening: BoolArray, skin: FloatArray) -> FloatArray:
    """Return the linear RGB (3,) of white in a photo, by the whites of the eyes and the skin (3,)."""
    tall = opening.sum(axis=0).max() if opening.size else 0
    inner = cv2.erode(opening.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=max(1, int(0.12 * tall))) > 0
    rows, columns = np.nonzero(inner)
    for ring in (RIGHT_IRIS, LEFT_IRIS):
        x, y, radius = _circle(landmarks[list(ring), :2])
        covered = np.hypot(columns - x, rows - y) <= 1.15 * radius
        inner[rows[covered], columns[covered]] = False
    return white_of_photo(image, inner, skin)


def mouth_colours(model: FaceModel, vertices: FloatArray, white: FloatArray) -> FloatArray:
    """Return the colours of the inside of the mouth where no photo shows it.

    Parameters
    ----------
    model : FaceModel
        The face model.
    vertices : ndarray of shape (V, 3), float32
        The fitted vertices, cm.
    white : ndarray of shape (3,), float32
        Linear RGB of white in the photo.

    Returns
    -------
    ndarray of shape (T, 3, 3), float32
        sRGB in [0, 255] of each triangle's corners, darker inward; black outside the mouth.
    """
    lips = model.at_landmarks(vertices)[[*LIPS_INNER_UPPER, *LIPS_INNER_LOWER], 2]
    depth = float(np.median(lips)) - vertices[:, 2]
    light = _LIT_MOUTH * np.exp(-np.clip(depth - _LIT_DEPTH, 0, None) / _FADE_DEPTH)
    albedo = mouth_albedo(model.triangle_regions[:, None])
    linear = albedo * light[model.triangles][..., None] * white
    return np.where(model.region(*INTERIOR)[:, None, None], to_srgb(linear), 0).astype(np.float32)


def _circle(ring: FloatArray) -> tuple[float, float, float]:
    """Centre x, y and radius of an iris from its centre and four rim points (5, 2)."""
    centre = ring.mean(axis=0)
    return float(centre[0]), float(centre[1]), float(np.linalg.norm(ring[1:] - ring[0], axis=1).mean())
