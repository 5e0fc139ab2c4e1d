"""A published model -> our axes and centimetres, found by looking at it.

Published models are in metres to micrometres, with y up or down and z out of the face or into it; files of one's own
in any of the 24 ways. So the mesh is drawn from all sides until a landmarker sees an upright face, whose size then
tells the unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from affectface.arrays import FloatArray
from affectface.errors import ModelFileError
from affectface.morphable.embedding import mirror_pairs
from affectface.morphable.importers.published import PublishedModel
from affectface.morphable.looking import OUTER_EYES, Landmarker, Shown, face_from, turns

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
_FACE, _SAMPLES, _ROUNDS = 1.5, 4000, 40
"""Distance from a landmark, cm, within which a vertex belongs to the face; how many are mirrored, and how often."""


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
    mesh = Shown(model.vertices, model.triangles, model.colour)
    for turn in turns():
        seen = face_from(mesh, turn, landmarker)
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


def _unit(model: PublishedModel, landmarks: FloatArray) -> tuple[float, list[str]]:
    """Return the centimetres in one of the file's units: as its format says, the likeliest unit, or by the eyes."""
    right, left = OUTER_EYES
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
