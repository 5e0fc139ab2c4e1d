"""A face on a mesh whose axes and unit nobody knows, found by drawing the mesh from all sides and looking.

The mean of a published model and a scan of a person are looked at in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations, product

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from affectface.arrays import FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.errors import FaceNotFoundError
from affectface.mesh import vertex_normals
from affectface.morphable.face_model import LANDMARKS
from affectface.morphable.visibility import look_up, triangle_buffer

Landmarker = Callable[[Image], FloatArray]
"""Image -> the landmarks (478, 3) of the one face in it, pixels; it raises `FaceNotFoundError` if there is none."""

SIDE = 640
"""Pixels of a drawing's sides."""
OUTER_EYES, NOSE_TIP, CHIN = (33, 263), 4, 152
"""Landmarks by which a face's size and direction are told."""
_ALIKE = 0.15
"""Median distance, over that of the eyes, between a face's surface and the landmarker's idea of it: 0.05 on faces."""
_SKIN, _BESIDE = (205, 160, 138), 120


@dataclass(frozen=True, eq=False)
class Shown:
    """A mesh to be drawn.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3)
        Positions in any unit.
    triangles : ndarray of shape (T, 3), int32
        Corners, in any order.
    colour : ndarray of shape (V, 3), or None
        sRGB in [0, 1]; drawn as plain skin without.
    """

    vertices: NDArray[np.floating]
    triangles: IntArray
    colour: NDArray[np.floating] | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """A mesh drawn from one side.

    Attributes
    ----------
    image : ndarray of shape (S, S, 3), uint8
        The drawing.
    triangle : ndarray of shape (S, S), int32
        The triangle seen at each pixel, -1 beside the mesh.
    weights : ndarray of shape (S, S, 3), float32
        Barycentric coordinates in it.
    """

    image: Image
    triangle: IntArray
    weights: FloatArray


def turns() -> Iterator[NDArray[np.float64]]:
    """Yield the 24 rotations of a cube, the usual one first, then those about one axis."""
    found = []
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        matrix = np.zeros((3, 3))
        matrix[range(3), order] = signs
        if np.linalg.det(matrix) > 0:
            found.append(matrix)
    yield from sorted(found, key=lambda matrix: -np.trace(matrix @ np.diag([1.1, 1, 1])))


def face_from(mesh: Shown, turn: NDArray[np.float64], landmarker: Landmarker) -> tuple[FloatArray, bool] | None:
    """Draw a turned mesh and seek a face on it.

    Parameters
    ----------
    mesh : Shown
        The mesh.
    turn : ndarray of shape (3, 3), float64
        A rotation, applied before it is looked at from the front.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels.

    Returns
    -------
    landmarks : ndarray of shape (478, 3), float32
        Where they lie on the surface, in turned axes and the mesh's unit; NaN where none is seen. None instead of both
        if no upright face that is nearest at its nose is seen.
    inside_out : bool
        Whether most triangles that are seen are clockwise.
    """
    vertices = mesh.vertices @ turn.T
    low, high = vertices.min(0), vertices.max(0)
    radius = float(np.linalg.norm(high - low)) / 2
    unit = ((vertices - (low + high) / 2) / radius).astype(np.float32)
    width = max(float((high - low)[:2].max()) / radius, 1e-3)
    away = np.array([0, 0, 8], dtype=np.float32)
    camera = Camera(np.eye(3, dtype=np.float32), away, 0.86 * SIDE * 8 / width, (SIDE / 2, SIDE / 2))
    pixels = camera.project(unit)
    drawing = drawn(Shown(unit, mesh.triangles, mesh.colour), pixels, SIDE)
    if not (drawing.triangle >= 0).any():
        return None
    inside_out = _inside_out(pixels, mesh.triangles, drawing.triangle)
    try:
        landmarks = landmarker(drawing.image)
    except FaceNotFoundError:
        return None
    if landmarks.shape != (LANDMARKS, 3) or not np.isfinite(landmarks).all():
        return None
    triangle, corner = look_up(pixels, mesh.triangles, landmarks[:, :2])
    surface = np.einsum("nc,ncd->nd", corner, vertices[mesh.triangles[triangle]])
    surface[triangle < 0] = np.nan
    return (surface.astype(np.float32), inside_out) if _upright(surface, landmarks) else None


def _upright(surface: NDArray[np.float64], landmarks: FloatArray) -> bool:
    """Return whether landmarks lie on the surface as on an upright face, and not as on the back of a mask."""
    right, left = OUTER_EYES
    known = np.isfinite(surface).all(axis=1)
    if known.mean() < 0.6:
        return False
    # A scan has holes: what should lie in one is taken to be where its nearest neighbour is.
    nearest = cKDTree(landmarks[known, :2]).query(landmarks[:, :2])[1]
    surface = surface[known][nearest]
    across = landmarks[left, :2] - landmarks[right, :2]
    middle = (landmarks[left, :2] + landmarks[right, :2]) / 2
    apart = float(np.linalg.norm(across))
    level = across[0] > 0.94 * apart and landmarks[CHIN, 1] - middle[1] > 0.7 * apart
    eyes = surface[[right, left]]
    across_3d = float(np.linalg.norm(eyes[1] - eyes[0]))
    if not level or surface[NOSE_TIP, 2] - eyes[:, 2].mean() < 0.1 * across_3d:
        return False
    return _misfit(surface, landmarks) < _ALIKE * across_3d


def _misfit(surface: NDArray[np.float64], landmarks: FloatArray) -> float:
    """Return how far the surface's points lie from the landmarker's own idea of the face, at its best (median)."""
    known = np.isfinite(surface).all(axis=1)
    source, target = (landmarks * np.array([1, -1, -1]))[known].astype(np.float64), surface[known]
    source, target = source - np.median(source, axis=0), target - np.median(target, axis=0)
    u, stretch, vt = np.linalg.svd(target.T @ source)
    rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    scale = stretch.sum() / (source**2).sum()
    return float(np.median(np.linalg.norm(target - scale * source @ rotation.T, axis=1)))


def drawn(mesh: Shown, pixels: FloatArray, side: int) -> Look:
    """Draw a mesh plainly, in its own colours where it has some.

    Parameters
    ----------
    mesh : Shown
        The mesh, z towards the viewer.
    pixels : ndarray of shape (V, 3), float32
        Its projected vertices.
    side : int
        Side of the drawing, pixels.

    Returns
    -------
    Look
        The drawing and what each pixel shows; triangles are lit from whichever side they are seen.
    """
    seen, weights = triangle_buffer(pixels, mesh.triangles, (side, side))
    hit = seen >= 0
    corners = mesh.triangles[seen[hit]]
    normal = np.einsum("nc,ncd->nd", weights[hit], vertex_normals(mesh.vertices, mesh.triangles)[corners])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    normal *= np.sign(normal[:, 2:] + 1e-9)
    light = np.clip(normal @ np.array([0.1, 0.45, 0.89]), 0, 1) * 0.75 + 0.3
    picture = np.full((*seen.shape, 3), _BESIDE, dtype=np.float32)
    skin = np.full((len(corners), 3), _SKIN, dtype=np.float32)
    if mesh.colour is not None:
        skin = 255 * np.einsum("nc,ncd->nd", weights[hit], mesh.colour[corners])
        light = 0.6 + 0.4 * light  # colours of scans have some of their light in them
    picture[hit] = skin * light[:, None]
    image = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7), 0, 255).astype(np.uint8)
    return Look(image, seen, weights)


def _inside_out(pixels: FloatArray, triangles: IntArray, seen: IntArray) -> bool:
    """Return whether most triangles that are seen are clockwise, that is, show their back."""
    corners = pixels[triangles[np.unique(seen[seen >= 0])], :2]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return bool((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] > 0).mean() > 0.5)  # pixels count downwards
