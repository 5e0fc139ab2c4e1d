"""A published model -> our axes and centimetres, found by looking at it.

Published models are in metres to micrometres, with y up or down and z out of the face or into it; files of one's own
in any of the 24 ways. So the mesh is drawn from all sides until a landmarker sees an upright face, whose size then
tells the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations, product

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from affectface.arrays import FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.errors import FaceNotFoundError, ModelFileError
from affectface.mesh import vertex_normals
from affectface.morphable.embedding import mirror_pairs
from affectface.morphable.face_model import LANDMARKS
from affectface.morphable.importers.published import PublishedModel
from affectface.morphable.visibility import look_up, triangle_buffer

Landmarker = Callable[[Image], FloatArray]

_SIZE = 640
_UNITS = (100.0, 10.0, 2.54, 1.0, 0.1, 1e-4)
"""Centimetres in a metre, decimetre, inch, centimetre, millimetre and micrometre."""
EYE_DISTANCE = 8.9
"""Distance of an adult's outer eye corners, cm: that of the embedded model (8.84) and of ICT-FaceKit (8.92)."""
_PLAUSIBLE = (7.0, 10.8)
"""Distances of outer eye corners, cm, from a small child's to a large adult's."""
_TURNED, _ASIDE = 0.5, 0.1
"""Degrees and cm by which a mean face may be off the plane x = 0 and still be kept as published."""
_FARTHEST = 30.0
"""Distance of the origin from the face, cm, beyond which the origin is moved."""
_ALIKE = 0.15
"""Median distance, over that of the eyes, between a face's surface and the landmarker's idea of it: 0.05 on faces."""
_FACE, _SAMPLES, _ROUNDS = 1.5, 4000, 40
"""Distance from a landmark, cm, within which a vertex belongs to the face; how many are mirrored, and how often."""
_OUTER_EYES, _NOSE_TIP, _CHIN = (33, 263), 4, 152


@dataclass(frozen=True, eq=False)
class Placed:
    """A model in our axes and unit, and roughly where its landmarks are.

    Attributes
    ----------
    model : PublishedModel
        The model, cm, y up, z out of the face, symmetric about x = 0, triangles counter-clockwise from outside.
    landmarks : ndarray of shape (478, 3), float32
        Where the landmarker saw them on its surface, cm; NaN where it saw none there.
    notes : tuple of str
        What was changed, in words.
    """

    model: PublishedModel
    landmarks: FloatArray
    notes: tuple[str, ...]


def place(model: PublishedModel, landmarker: Landmarker) -> Placed:
    """Turn and scale a published model.

    Parameters
    ----------
    model : PublishedModel
        The model.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels; raises `FaceNotFoundError`
        if there is none.

    Returns
    -------
    Placed
        The model in our axes and unit.

    Raises
    ------
    ModelFileError
        If no face is seen from any side.
    """
    for turn in _turns():
        seen = _look(model, turn, landmarker)
        if seen is not None:
            break
    else:
        raise ModelFileError(
            f"{model.name}: no face is seen on its mean from any of 24 sides; is it a model of faces? If it is, give "
            "its vertices colours, by an .npz with 'colour'"
        )
    landmarks, inside_out = seen
    notes = [] if np.allclose(turn, np.eye(3)) else ["turned to y up and z out of the face"]
    triangles, uv_triangles = model.triangles, model.uv_triangles
    if inside_out:
        notes.append("triangles turned outside")
        triangles = np.ascontiguousarray(triangles[:, ::-1])
        uv_triangles = None if uv_triangles is None else np.ascontiguousarray(uv_triangles[:, ::-1])
    unit, words = _unit(model, landmarks)
    notes += words
    upright = landmarks.astype(np.float64) * unit
    mend, shift, words = _symmetric(upright, unit * model.vertices @ turn.T)
    notes += words
    middle = np.nanmean(upright @ mend.T + shift, axis=0)
    if np.linalg.norm(middle) > _FARTHEST:
        notes.append("origin moved to the middle of the face")
        shift = shift - np.array([0, *middle[1:]])
    rotation = mend @ turn
    placed = replace(
        model,
        vertices=unit * model.vertices @ rotation.T + shift,
        identity=_turned(model.identity, unit * rotation),
        expression=_turned(model.expression, unit * rotation),
        triangles=triangles,
        uv_triangles=uv_triangles,
        unit=1.0,
    )
    return Placed(placed, (upright @ mend.T + shift).astype(np.float32), tuple(notes))


def _turns() -> Iterator[NDArray[np.float64]]:
    """Yield the 24 rotations of a cube, the usual one first, then those about one axis."""
    found = []
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        matrix = np.zeros((3, 3))
        matrix[range(3), order] = signs
        if np.linalg.det(matrix) > 0:
            found.append(matrix)
    yield from sorted(found, key=lambda matrix: -np.trace(matrix @ np.diag([1.1, 1, 1])))


def _look(model: PublishedModel, turn: NDArray[np.float64], landmarker: Landmarker) -> tuple[FloatArray, bool] | None:
    """Draw the turned mean and seek a face on it.

    Returns the landmarks (478, 3) on the surface in turned axes and the file's unit, and whether the mesh is inside
    out; None if no upright face that is nearest at its nose is seen.
    """
    vertices = model.vertices @ turn.T
    low, high = vertices.min(0), vertices.max(0)
    radius = float(np.linalg.norm(high - low)) / 2
    unit = ((vertices - (low + high) / 2) / radius).astype(np.float32)
    width = max(float((high - low)[:2].max()) / radius, 1e-3)
    away = np.array([0, 0, 8], dtype=np.float32)
    camera = Camera(np.eye(3, dtype=np.float32), away, 0.86 * _SIZE * 8 / width, (_SIZE / 2, _SIZE / 2))
    pixels = camera.project(unit)
    seen, weights = triangle_buffer(pixels, model.triangles, (_SIZE, _SIZE))
    if not (seen >= 0).any():
        return None
    inside_out = _inside_out(pixels, model.triangles, seen)
    try:
        landmarks = landmarker(_drawn(model, unit, seen, weights))
    except FaceNotFoundError:
        return None
    if landmarks.shape != (LANDMARKS, 3) or not np.isfinite(landmarks).all():
        return None
    triangle, corner = look_up(pixels, model.triangles, landmarks[:, :2])
    surface = np.einsum("nc,ncd->nd", corner, vertices[model.triangles[triangle]])
    surface[triangle < 0] = np.nan
    return (surface.astype(np.float32), inside_out) if _upright(surface, landmarks) else None


def _upright(surface: NDArray[np.float64], landmarks: FloatArray) -> bool:
    """Return whether landmarks lie on the surface as on an upright face, and not as on the back of a mask."""
    right, left = _OUTER_EYES
    if np.isnan(surface[[right, left, _NOSE_TIP]]).any() or np.isnan(surface).any(axis=1).mean() > 0.4:
        return False
    across = landmarks[left, :2] - landmarks[right, :2]
    middle = (landmarks[left, :2] + landmarks[right, :2]) / 2
    apart = float(np.linalg.norm(across))
    level = across[0] > 0.94 * apart and landmarks[_CHIN, 1] - middle[1] > 0.7 * apart
    eyes = surface[[right, left]]
    across_3d = float(np.linalg.norm(eyes[1] - eyes[0]))
    if not level or surface[_NOSE_TIP, 2] - eyes[:, 2].mean() < 0.1 * across_3d:
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


def _drawn(model: PublishedModel, vertices: FloatArray, seen: IntArray, weights: FloatArray) -> Image:
    """Return a plain drawing, in the mean's own colours where it has some."""
    hit = seen >= 0
    corners = model.triangles[seen[hit]]
    normal = np.einsum("nc,ncd->nd", weights[hit], vertex_normals(vertices, model.triangles)[corners])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    normal *= np.sign(normal[:, 2:] + 1e-9)
    light = np.clip(normal @ np.array([0.1, 0.45, 0.89]), 0, 1) * 0.75 + 0.3
    picture = np.full((*seen.shape, 3), 120, dtype=np.float32)
    skin = np.full((len(corners), 3), (205, 160, 138), dtype=np.float32)
    if model.colour is not None:
        skin = 255 * np.einsum("nc,ncd->nd", weights[hit], model.colour[corners])
        light = 0.6 + 0.4 * light  # colours of scans have some of their light in them
    picture[hit] = skin * light[:, None]
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7), 0, 255), dtype=np.uint8)


def _inside_out(pixels: FloatArray, triangles: IntArray, seen: IntArray) -> bool:
    """Return whether most triangles that are seen are clockwise, that is, show their back."""
    corners = pixels[triangles[np.unique(seen[seen >= 0])], :2]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return bool((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] > 0).mean() > 0.5)  # pixels count downwards


def _unit(model: PublishedModel, landmarks: FloatArray) -> tuple[float, list[str]]:
    """Return the centimetres in one of the file's units: as its format says, the likeliest unit, or by the eyes."""
    right, left = _OUTER_EYES
    apart = float(np.linalg.norm(landmarks[left] - landmarks[right]))
    if model.unit is not None and _PLAUSIBLE[0] <= apart * model.unit <= _PLAUSIBLE[1]:
        return model.unit, []
    likely = min(_UNITS, key=lambda unit: abs(np.log(apart * unit / EYE_DISTANCE)))
    if _PLAUSIBLE[0] <= apart * likely <= _PLAUSIBLE[1]:
        return likely, [f"one unit taken as {likely:g} cm"]
    return EYE_DISTANCE / apart, [f"scaled so that the outer eye corners are {EYE_DISTANCE} cm apart"]


def _symmetric(
    landmarks: NDArray[np.float64], vertices: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:
    """Return the small rotation and shift that put the face's plane of symmetry at x = 0, where they are needed."""
    pairs = mirror_pairs(_flat(landmarks))
    known = np.asarray(np.isfinite(landmarks).all(axis=1) & np.isfinite(landmarks[pairs]).all(axis=1))
    known[468:] = False
    across = (landmarks[pairs] - landmarks)[known]
    across = across[np.abs(across[:, 0]) > np.percentile(np.abs(across[:, 0]), 50)]
    normal = (across * np.sign(across[:, :1])).mean(axis=0)
    middle = np.median(((landmarks + landmarks[pairs]) / 2)[known], axis=0)
    normal, middle = _mirror_plane(_around(landmarks, vertices), normal / np.linalg.norm(normal), middle)
    yaw, roll = np.degrees(np.arctan2(normal[2], normal[0])), np.degrees(np.arcsin(normal[1]))
    a, b = np.radians([yaw, roll]) if max(abs(yaw), abs(roll)) > _TURNED else np.zeros(2)
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_z = np.array([[np.cos(b), np.sin(b), 0], [-np.sin(b), np.cos(b), 0], [0, 0, 1]])
    mend = about_z @ about_y
    off = float((mend @ middle)[0])
    shift = np.array([-off if abs(off) > _ASIDE else 0.0, 0, 0])
    words = [f"turned by {max(abs(yaw), abs(roll)):.1f} degrees to be symmetric"] if a or b else []
    return mend, shift, words + (["moved to x = 0"] if shift.any() else [])


def _around(landmarks: NDArray[np.float64], vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return some of the vertices (N, 3) of the face itself, which are near a landmark."""
    known = landmarks[np.isfinite(landmarks).all(axis=1)]
    near = cKDTree(known).query(vertices, distance_upper_bound=_FACE)[0] < _FACE
    found = vertices[near]
    return np.asarray(found[:: max(1, len(found) // _SAMPLES)])


def _mirror_plane(
    points: NDArray[np.float64], normal: NDArray[np.float64], middle: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return normal and a point of the plane at which points mirror onto each other best, from a guess at it.

    The mirror image is laid onto the points by closest points; the reflection that the fitted motion makes of it is the
    next guess.
    """
    tree = cKDTree(points)
    for _ in range(_ROUNDS):
        reflection = np.eye(3) - 2 * np.outer(normal, normal)
        mirrored = (points - middle) @ reflection + middle
        apart, nearest = tree.query(mirrored)
        good = apart <= np.percentile(apart, 80)
        source, target = mirrored[good], points[nearest[good]]
        u, _stretch, vt = np.linalg.svd((target - target.mean(0)).T @ (source - source.mean(0)))
        rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        whole = rotation @ reflection
        values, axes = np.linalg.eigh((whole + whole.T) / 2)
        normal = axes[:, values.argmin()]
        normal = normal * np.sign(normal[0])
        middle = (points[good].mean(0) + target.mean(0)) / 2
    return normal, middle


def _flat(landmarks: NDArray[np.float64]) -> FloatArray:
    """Return landmarks as on a picture: y down, depth away; unknown ones at the others' middle."""
    known = np.where(np.isnan(landmarks), np.nanmean(landmarks, axis=0), landmarks)
    return np.asarray(known * np.array([1, -1, -1]), dtype=np.float32)


def _turned(basis: FloatArray, matrix: NDArray[np.float64]) -> FloatArray:
    """Return displacements (N, V, 3) times a matrix (3, 3), one after the other to save memory."""
    by = matrix.T.astype(np.float32)
    return np.stack([moved @ by for moved in basis]) if len(basis) else basis
