"""The part of a photo that a face covers, at the size at which features are compared."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.morphable.texture.features import CELL
from affectface.rendering.rasterise import NO_LABEL, rasterise

_BEHIND = 0.4
"""How far behind the nearest surface a vertex still counts as seen, cm: more than a fine mesh is off at this size."""
_GRAZING, _STEEP = 0.15, 0.5
"""Cosine between normal and view at which a vertex says nothing, and at which it says all it can."""


@dataclass(frozen=True, eq=False)
class FaceCrop:
    """A face cut out of a photo and resized.

    Attributes
    ----------
    image : ndarray of shape (h, w, 3), uint8
        Its pixels.
    x, y : float
        Where its corner lies in the photo, pixels.
    scale : float
        Its pixels for one of the photo's.
    """

    image: Image
    x: float
    y: float
    scale: float

    def camera(self, camera: Camera) -> Camera:
        """Return the photo's camera as the camera of this picture."""
        return camera.shifted(self.x, self.y).scaled(self.scale)


def face_scale(model: FaceModel, camera: Camera, diagonal: float) -> float:
    """Return the factor by which a photo is resized for the mean face's 68 points to have a diagonal, pixels."""
    points = model.vertices[model.landmarks68]
    depth = float(camera.to_camera(points)[:, 2].mean())
    return diagonal * depth / (camera.focal * float(np.hypot(np.ptp(points[:, 0]), np.ptp(points[:, 1]))))


def crop_face(image: Image, points: FloatArray, scale: float) -> FaceCrop:
    """Cut out what some points cover, with room for their descriptors, and resize it without aliasing.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    points : ndarray of shape (N, 2), float32
        Projected vertices, pixels.
    scale : float
        Its pixels for one of the photo's.

    Returns
    -------
    FaceCrop
        The part; beyond the photo its border is continued.
    """
    room = (2 * CELL + 4) / scale
    low, high = points.min(0) - room, points.max(0) + room
    # what lies outside of the photo altogether is not worth pixels
    limits = np.array(image.shape[1::-1], dtype=np.float64)
    low = np.floor(np.clip(low, -room, limits + room - 2))
    high = np.maximum(np.clip(high, -room, limits + room), low + 2)
    if scale < 1:
        a, b = np.clip(low - 8 / scale, 0, limits - 1).astype(int), np.clip(high + 8 / scale, 1, limits).astype(int)
        part = cv2.GaussianBlur(image[a[1] : b[1], a[0] : b[0]], (0, 0), 0.45 * (scale**-2 - 1) ** 0.5 + 1e-3)
    else:
        a, part = np.zeros(2, dtype=int), image
    width, height = np.ceil((high - low) * scale).astype(int)
    # crop pixel centre u + 0.5 = (x + 0.5 - low) * scale
    shift = (low - a + 0.5 / scale) - 0.5
    back = np.array([[1 / scale, 0, shift[0]], [0, 1 / scale, shift[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    small = cv2.warpAffine(part, back, (int(width), int(height)), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return FaceCrop(np.asarray(small, dtype=np.uint8), float(low[0]), float(low[1]), scale)


def vertex_visibility(
    model: FaceModel, vertices: FloatArray, camera: Camera, chosen: IntArray, size: tuple[int, int]
) -> FloatArray:
    """Return how well vertices are seen: 1 straight on, 0 hidden, turned away or outside of the picture.

    Parameters
    ----------
    model : FaceModel
        The face model.
    vertices : ndarray of shape (V, 3), float32
        The fitted vertices, cm.
    camera : Camera
        The picture's camera.
    chosen : ndarray of shape (N,), int32
        Which vertices are asked for.
    size : tuple of int
        Height and width of the picture, pixels.

    Returns
    -------
    ndarray of shape (N,), float32
        Between 0 and 1.
    """
    points = camera.project(vertices)
    solid = model.triangles[~model.region("eyelashes")]
    depth = np.zeros((len(points), 4), dtype=np.float32)
    depth[:, 0] = points[:, 2]
    drawn = rasterise(points, solid, np.zeros(len(solid), np.uint8), depth, size)
    place = np.floor(points[chosen, :2]).astype(np.intp)
    inside = ((place >= 0) & (place < np.array(size[::-1]))).all(1)
    x, y = np.clip(place, 0, np.array(size[::-1]) - 1).T
    nearest = np.where(drawn.label[y, x] == NO_LABEL, np.inf, drawn.values[y, x, 0])
    seen = inside & (points[chosen, 2] <= nearest + _BEHIND)
    normals = vertex_normals(vertices, model.triangles)[chosen] @ camera.direction_to_camera().T
    ray = camera.to_camera(vertices[chosen])
    facing = -(normals * ray).sum(1) / np.linalg.norm(ray, axis=1)
    return np.asarray(seen * np.clip((facing - _GRAZING) / (_STEEP - _GRAZING), 0, 1), dtype=np.float32)


def hidden_points(mask: BoolArray, points: FloatArray) -> BoolArray:
    """Return which points (N, 2), pixels, lie under a mask (H, W), bool."""
    height, width = mask.shape
    x, y = np.floor(points).astype(np.intp).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return np.asarray(inside & mask[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)])
