"""Which part of a fitted face a photo shows, and how well."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.camera import Camera
from affectface.fitting.face_fit import FaceFit, fitted_vertices, landmark_shift
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.regions import REGIONS
from affectface.rendering.rasterise import NO_LABEL, rasterise
from affectface.texturing.zones import zones_of

SKIN, EYE, MOUTH = 0, 1, 2
"""Kinds of surface, the labels of what is drawn."""

_KINDS = {"eye_left": EYE, "eye_right": EYE} | dict.fromkeys(
    ("mouth_socket", "gums", "tongue", "teeth_upper", "teeth_lower"), MOUTH
)

_DRAWN_FACE = 900
"""Height of the face in the depth buffer, pixels: a coarse photo does not make it coarse."""

_BEHIND = 0.12
"""How far behind what is drawn a place may lie and still be it, cm, at a surface seen straight on."""

_GRAZING = (0.12, 0.42)
"""Cosine of the angle between normal and view where a place begins to be seen, and from which it is seen well."""

_STEP = 0.9
"""Jump of depth between neighbouring pixels, cm, that makes an edge: of the nose before a cheek, of the head itself."""

_EDGE = (0.012, 0.045)
"""Distance from such an edge, in inter-ocular distances, up to which nothing is trusted, and from which all is: where
the edge lies is known to a pixel or two, and background must not be taken for skin."""


@dataclass(frozen=True, eq=False)
class PhotoView:
    """A fitted face as its photo shows it.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float32
        The fitted vertices, cm.
    normals : ndarray of shape (V, 3), float32
        Their unit normals; 0 on the ears, which are never seen just where the model has them.
    shift : ndarray of shape (V, 2), float32
        What is added to the projected vertices so that they meet the found landmarks, pixels.
    camera : Camera
        The photo's camera.
    scale : float
        Pixels of the buffers below for one of the photo.
    origin : tuple of float
        The photo's pixel where the buffers begin.
    kind : ndarray of shape (h, w), uint8
        What is in front: `SKIN`, `EYE`, `MOUTH`; 255 beside the head.
    depth : ndarray of shape (h, w), float32
        Its depth, cm; infinite beside the head.
    trust : ndarray of shape (h, w), float32
        How far the edges of depth and of the photo are away: 0 to 1.
    """

    vertices: FloatArray
    normals: FloatArray
    shift: FloatArray
    camera: Camera
    scale: float
    origin: tuple[float, float]
    kind: NDArray[np.uint8]
    depth: FloatArray
    trust: FloatArray

    def pixels(self, positions: FloatArray, shift: FloatArray) -> FloatArray:
        """Return x, y in the photo's pixels and depth in cm of positions (N, 3), moved by a shift (N, 2): (N, 3)."""
        points = self.camera.project(positions)
        points[:, :2] += shift
        return points

    def seen(
        self, positions: FloatArray, normals: FloatArray, points: FloatArray, kind: NDArray[np.uint8]
    ) -> FloatArray:
        """Return how well the photo shows places of the surface.

        Parameters
        ----------
        positions, normals : ndarray of shape (N, 3), float32
            The places, cm, and the surface's normals there.
        points : ndarray of shape (N, 3), float32
            The same places in the photo, see `pixels`.
        kind : ndarray of shape (N,)
            What is there: `SKIN`, `EYE` or `MOUTH`.

        Returns
        -------
        ndarray of shape (N,), float32
            0 for what it does not show, 1 for what it shows well.
        """
        facing = self.facing(positions, normals)
        row, column, inside = self._cells(points)
        slack = _BEHIND / np.clip(facing, 0.15, 1)
        front = (points[:, 2] <= self.depth[row, column] + slack) & (self.kind[row, column] == kind)
        weight = smooth(facing, *_GRAZING) * self.trust[row, column]
        return np.asarray(np.where(inside & front, weight, 0), dtype=np.float32)

    def facing(self, positions: FloatArray, normals: FloatArray) -> FloatArray:
        """Return the cosine (N,) of the angle between normals (N, 3) and the way to the camera; 0 without a normal."""
        to_camera = -self.camera.to_camera(positions)
        to_camera /= np.maximum(np.linalg.norm(to_camera, axis=1, keepdims=True), 1e-9)
        turned = normals @ self.camera.direction_to_camera().T
        cosine = (turned * to_camera).sum(axis=1) / np.maximum(np.linalg.norm(turned, axis=1), 1e-9)
        return np.asarray(cosine, dtype=np.float32)

    def behind(self, points: FloatArray) -> FloatArray:
        """Return how far places in the photo (N, 3) lie behind what is in front there, (N,), cm; infinite outside."""
        row, column, inside = self._cells(points)
        return np.where(inside, points[:, 2] - self.depth[row, column], np.inf).astype(np.float32)

    def inward(self, points: FloatArray) -> FloatArray:
        """Return how far places in the photo (N, 3) lie from the head's outline, (N,), pixels of the photo."""
        row, column, inside = self._cells(points)
        away = cv2.distanceTransform((self.kind != NO_LABEL).astype(np.uint8), cv2.DIST_L2, 5) / self.scale
        return np.where(inside, away[row, column], 0).astype(np.float32)

    def _cells(self, points: FloatArray) -> tuple[NDArray[np.int_], NDArray[np.int_], BoolArray]:
        """Row and column (N,) of the buffers at places in the photo (N, 3), and which are inside."""
        place = (points[:, :2] - self.origin) * self.scale
        inside = np.asarray(((place >= 0) & (place < self.depth.shape[::-1])).all(axis=1))
        column, row = np.where(inside[:, None], place, 0).astype(int).T
        return row, column, inside


def smooth(values: FloatArray, low: float, high: float) -> FloatArray:
    """Return 0 below `low`, 1 above `high`, and a soft rise between."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def triangle_kinds(model: FaceModel) -> NDArray[np.uint8]:
    """Return `SKIN`, `EYE` or `MOUTH` for each triangle (T,) of a face model."""
    kinds = np.array([_KINDS.get(name, SKIN) for name in REGIONS], dtype=np.uint8)
    return np.asarray(kinds[model.triangle_regions])


def photo_view(
    image: Image, model: FaceModel, fit: FaceFit, eye_distance: float, hidden: BoolArray | None = None
) -> PhotoView:
    """Find out what of a fitted face its photo shows.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    model : FaceModel
        The face model that was fitted.
    fit : FaceFit
        The fit.
    eye_distance : float
        The inter-ocular distance, pixels.
    hidden : ndarray of shape (H, W), bool, optional
        Where something else is in front of the face.

    Returns
    -------
    PhotoView
        The view.
    """
    vertices, shift = fitted_vertices(model, fit), landmark_shift(model, fit)
    points = fit.camera.project(vertices)
    points[:, :2] += shift
    rows = ~model.region("eyelashes")
    low = np.floor(points[:, :2].min(axis=0)) - 2
    extent = np.ceil(points[:, :2].max(axis=0)) + 2 - low
    scale = _DRAWN_FACE / (2.2 * eye_distance)
    scale = min(scale, 3 * _DRAWN_FACE / float(extent.max()))
    size = int(extent[1] * scale) + 1, int(extent[0] * scale) + 1
    drawn = points.copy()
    drawn[:, :2] = (points[:, :2] - low) * scale
    values = np.zeros((len(points), 4), dtype=np.float32)
    values[:, 0] = points[:, 2]
    raster = rasterise(drawn, model.triangles[rows], triangle_kinds(model)[rows], values, size)
    depth = np.where(raster.label == NO_LABEL, np.inf, raster.values[..., 0]).astype(np.float32)
    normals = vertex_normals(vertices, model.triangles[rows])
    normals[zones_of(model).ear] = 0  # without a direction it faces nobody, and counts as unseen
    trust = _trust(depth, raster.label == MOUTH, eye_distance * scale)
    trust *= _inside_photo(image, low, scale, size, eye_distance, hidden)
    return PhotoView(
        vertices, normals, shift, fit.camera, scale, (float(low[0]), float(low[1])), raster.label, depth, trust
    )


def _trust(depth: FloatArray, mouth: BoolArray, eye_distance: float) -> FloatArray:
    """How far each pixel (h, w) is from jumps of depth, 0 to 1; `eye_distance` in pixels of the same buffer.

    Between lips and teeth is no such edge: landmarks lie on it.
    """
    finite = np.where(np.isfinite(depth), depth, 1e4).astype(np.float32)
    square = np.ones((3, 3), np.uint8)
    jump = cv2.dilate(finite, square) - cv2.erode(finite, square) > _STEP
    jump &= cv2.dilate(mouth.astype(np.uint8), square) == 0
    away = cv2.distanceTransform((~jump).astype(np.uint8), cv2.DIST_L2, 5) / eye_distance
    return smooth(np.asarray(away, dtype=np.float32), *_EDGE)


def _inside_photo(
    image: Image, low: FloatArray, scale: float, size: tuple[int, int], eye_distance: float, hidden: BoolArray | None
) -> FloatArray:
    """How far each pixel of the buffer is inside the photo and beside what hides the face, 0 to 1."""
    clear = np.zeros((image.shape[0] + 2, image.shape[1] + 2), dtype=np.uint8)
    clear[1:-1, 1:-1] = 1 if hidden is None else ~hidden
    away = cv2.distanceTransform(clear, cv2.DIST_L2, 5)[1:-1, 1:-1] / eye_distance
    soft = smooth(np.asarray(away, dtype=np.float32), 0.0, _EDGE[1])
    # pixel (x, y) of the buffer lies at low + (x + 0.5) / scale of the photo; OpenCV counts from pixel centres
    matrix = np.array([[1 / scale, 0, low[0] + 0.5 / scale - 0.5], [0, 1 / scale, low[1] + 0.5 / scale - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(soft, matrix, (size[1], size[0]), flags=flags), dtype=np.float32)
