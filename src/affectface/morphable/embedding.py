"""Where the 478 landmarks lie on a face model of any topology.

The mean face is drawn from several sides, a landmarker is run on the drawings, and what it finds is cast back onto the
mesh. The drawings agree to about a millimetre; their weighted mean, made symmetric, is taken. Lip seam and lid margins
are then put exactly where the mesh parts (`affectface.morphable.contours`), and the irises on the eyeballs.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from affectface.arrays import BoolArray, FloatArray, Image, IntArray
from affectface.errors import FaceNotFoundError, ModelFileError
from affectface.mesh import vertex_normals
from affectface.morphable import contours
from affectface.morphable.face_model import LANDMARKS, FaceModel
from affectface.morphable.looking import Landmarker
from affectface.morphable.portrait_drawing import (
    IRIS_RADIUS,
    Drawing,
    draw_mean_face,
    eye_axis,
    portrait_camera,
)
from affectface.morphable.spread import landmark_spread
from affectface.morphable.visibility import look_up, nearest_on_surface

_VIEWS = ((0, 0), (18, 0), (-18, 0), (36, 0), (-36, 0), (0, 14), (0, -14))
"""Yaw and pitch of the drawings, degrees."""

CHECKED_YAWS = (0, 25, -25)
"""Yaw of the views that an embedding is checked from, degrees."""
_THROUGH = 3.0
"""How far behind other drawings' hits of the same landmark one is not on the face, cm."""
_FACING = 0.15
"""Cosine of the angle to the camera beyond which a landmark is not seen."""
_FIRST_IRIS = 468
_IRIS_OFFSETS = np.array([(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)], dtype=np.float32)
"""Centre, image right, up, image left, down: MediaPipe's order in both eyes."""


def with_landmarks(model: FaceModel, landmarker: Landmarker) -> FaceModel:
    """Return the model with its landmark embedding and spread filled in.

    Parameters
    ----------
    model : FaceModel
        Any model; its 68 points must be set, for they guide the drawing.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels.

    Returns
    -------
    FaceModel
        The same model, knowing where the landmarks lie.

    Raises
    ------
    ModelFileError
        If the landmarker finds nothing on the drawn mean face.
    """
    triangles, weights = embed_landmarks(model, landmarker)
    embedded = replace(model, landmark_triangles=triangles, landmark_weights=weights)
    spread_landmarks, spread_weights = landmark_spread(embedded)
    return replace(embedded, spread_landmarks=spread_landmarks, spread_weights=spread_weights)


def embed_landmarks(model: FaceModel, landmarker: Landmarker) -> tuple[IntArray, FloatArray]:
    """Find the triangle and barycentric coordinates of each landmark.

    Parameters
    ----------
    model : FaceModel
        Any model; its 68 points must be set, for they guide the drawing.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels.

    Returns
    -------
    triangles : ndarray of shape (478,), int32
        The triangle each landmark lies on; -1 where it has no place.
    weights : ndarray of shape (478, 3), float32
        Barycentric coordinates in it.

    Raises
    ------
    ModelFileError
        If the landmarker finds nothing on the drawn mean face.
    """
    drawings = [draw_mean_face(model, portrait_camera(model, yaw, pitch)) for yaw, pitch in _VIEWS]
    found = [_seen(landmarker, drawing.image) for drawing in drawings]
    if found[0].shape != (LANDMARKS, 3) or not np.isfinite(found[0]).all():
        raise ModelFileError(f"face model {model.name!r}: no landmarks found on its mean face; check scale and axes")
    positions = _combine(model, drawings, found)
    pairs = mirror_pairs(found[0])
    mirrored = positions[pairs] * np.array([-1, 1, 1], dtype=np.float32)
    positions = np.where(np.isfinite(mirrored), (positions + mirrored) / 2, positions)

    triangles = np.full(LANDMARKS, -1, dtype=np.int32)
    weights = np.zeros((LANDMARKS, 3), dtype=np.float32)
    placed = np.asarray(np.isfinite(positions).all(1))
    placed[_FIRST_IRIS:] = False
    skin = model.region("face", "head")
    triangles[placed], weights[placed] = nearest_on_surface(positions[placed], model.vertices, model.triangles, skin)
    _put_on_contours(model, _contour_pixels(model, found[0], pairs), triangles, weights)
    _put_irises(model, triangles, weights)
    return triangles, weights


def view_errors(model: FaceModel, landmarker: Landmarker, yaws: tuple[int, ...] = CHECKED_YAWS) -> dict[int, float]:
    """Return how far a model's landmarks are from where a landmarker sees them, in views of its mean face.

    Parameters
    ----------
    model : FaceModel
        A model with its landmark embedding.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels.
    yaws : tuple of int
        How the head is turned, degrees: other views than those the embedding was made of.

    Returns
    -------
    dict of int to float
        The median distance of the landmarks that face the camera in each view, in inter-ocular distances; infinite
        where no face is seen.
    """
    errors: dict[int, float] = {}
    placed = np.flatnonzero(model.landmark_triangles[:_FIRST_IRIS] >= 0)
    places, normals = model.at_landmarks(model.vertices), vertex_normals(model.vertices, model.triangles)
    facing = model.at_landmarks(normals)
    for yaw in yaws:
        camera = portrait_camera(model, yaw)
        seen = _seen(landmarker, draw_mean_face(model, camera).image)
        near = placed[(facing @ camera.rotation[2])[placed] > _FACING]
        apart = np.linalg.norm(camera.project(places)[near, :2] - seen[near, :2], axis=1)
        eyes = float(np.linalg.norm(seen[263] - seen[33]))
        known = len(near) > 0 and np.isfinite(eyes) and eyes > 0
        errors[yaw] = float(np.median(apart)) / eyes if known else float("inf")
    return errors


def _seen(landmarker: Landmarker, image: Image) -> FloatArray:
    """Return the landmarks in an image; NaN if no face is seen."""
    try:
        return landmarker(image)
    except FaceNotFoundError:
        return np.full((LANDMARKS, 3), np.nan, dtype=np.float32)


def mirror_pairs(landmarks: FloatArray) -> IntArray:
    """Return which landmark is the mirror image of which.

    Parameters
    ----------
    landmarks : ndarray of shape (478, 3), float32
        Landmarks of a frontal, symmetric face, pixels.

    Returns
    -------
    ndarray of shape (478,), int32
        The partner of each; points of the middle are their own.
    """
    flat = landmarks[:, :2].astype(np.float64)
    middle = (flat[33] + flat[263]) / 2
    across = (flat[263] - flat[33]) / np.linalg.norm(flat[263] - flat[33])
    mirrored = flat - 2 * ((flat - middle) @ across)[:, None] * across
    # The two lips lie on each other where the mouth is closed: depth tells their points apart only a little, so the
    # contours, whose order is known, are paired by hand.
    cost = np.linalg.norm(mirrored[:, None] - flat[None], axis=2)
    cost += 0.3 * np.abs(landmarks[:, None, 2] - landmarks[None, :, 2])
    for line in (contours.UPPER_INNER_LIP, contours.LOWER_INNER_LIP):
        cost[list(line)] += 1e3
        cost[list(line), list(line)[::-1]] = 0
    partner = linear_sum_assignment(cost)[1]
    mutual = partner[partner] == np.arange(LANDMARKS)
    return np.asarray(np.where(mutual, partner, cost.argmin(1)), dtype=np.int32)


def _combine(model: FaceModel, drawings: list[Drawing], found: list[FloatArray]) -> FloatArray:
    """Return the landmarks' mean positions (478, 3) on the mesh over all drawings, cm; NaN where none sees one."""
    rows = np.flatnonzero(model.region("face", "head"))
    mesh = model.triangles[rows]
    corners = model.vertices[mesh]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    hits, trust = [], []
    for drawing, landmarks in zip(drawings, found, strict=True):
        if not np.isfinite(landmarks).all():
            continue
        triangle, weight = look_up(drawing.camera.project(model.vertices), mesh, landmarks[:, :2])
        surface = np.einsum("nc,ncd->nd", weight, corners[triangle])
        facing = normals[triangle] @ drawing.camera.rotation[2]
        seen = (triangle >= 0) & (facing > 0.15)
        hits.append(np.where(seen[:, None], surface, np.nan))
        trust.append(np.where(seen, np.clip(facing, 0, 1) ** 4, 0))
    hits_array, trust_array = np.stack(hits), np.stack(trust)
    trust_array[0] *= 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a landmark that no drawing sees has no front
        front = np.nanmax(hits_array[..., 2], axis=0)
    # What is centimetres behind other hits went through a gap between lips or lids onto what is behind it.
    trust_array[(hits_array[..., 2] < front - _THROUGH) & _by_a_gap(found[0])] = 0
    return combined_views(hits_array, trust_array)[0]


def combined_views(hits: NDArray[np.floating], trust: NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
    """Return the robust mean of landmarks that were cast onto a surface from several sides.

    Parameters
    ----------
    hits : ndarray of shape (N, 478, 3)
        Where each of N views puts each landmark, cm; NaN where it does not see it.
    trust : ndarray of shape (N, 478)
        How far each is to be believed, 0 where it is not.

    Returns
    -------
    places : ndarray of shape (478, 3), float32
        The means, cm; NaN where no view sees a landmark.
    trust : ndarray of shape (478,), float32
        How much is left of the views' trust after those that disagree lost theirs.
    """
    with np.errstate(invalid="ignore"):
        for _ in range(3):
            total = trust.sum(0)
            mean = np.nansum(hits * trust[..., None], axis=0) / np.where(total > 0, total, np.nan)[:, None]
            away = np.linalg.norm(hits - mean, axis=2)
            # A drawing that puts a landmark a centimetre from where the others do saw another fold of the skin.
            trust = np.nan_to_num(np.where(away < 0.8, trust / (1 + (away / 0.2) ** 2), trust * 0.01))
    return np.asarray(mean, dtype=np.float32), np.asarray(trust.sum(0), dtype=np.float32)


def _by_a_gap(front: FloatArray) -> BoolArray:
    """Return which landmarks (478,) lie at lips or lids, from the frontal drawing's (478, 3)."""
    gaps = [*contours.UPPER_INNER_LIP, *contours.LOWER_INNER_LIP, *contours.UPPER_LID_LEFT, *contours.LOWER_LID_LEFT]
    gaps += [*contours.UPPER_LID_RIGHT, *contours.LOWER_LID_RIGHT]
    apart = np.linalg.norm(front[:, None, :2] - front[None, gaps, :2], axis=2).min(axis=1)
    return np.asarray(apart < 0.15 * np.linalg.norm(front[263, :2] - front[33, :2]))


def _contour_pixels(model: FaceModel, front: FloatArray, pairs: IntArray) -> FloatArray:
    """Return the frontal drawing's landmarks (478, 2), made symmetric about the model's plane x = 0, pixels."""
    flat = front[:, :2]
    nose = model.vertices[model.landmarks68[30]] * np.array([0, 1, 1], dtype=np.float32)
    middle = portrait_camera(model).project(nose[None])[0, 0]
    mirrored = np.stack([2 * middle - flat[pairs, 0], flat[pairs, 1]], axis=1)
    return np.asarray((flat + mirrored) / 2, dtype=np.float32)


def _put_on_contours(model: FaceModel, pixels: FloatArray, triangles: IntArray, weights: FloatArray) -> None:
    """Move the landmarks of lip seam and lid margins, seen at `pixels` (478, 2), onto them, in place."""
    camera = portrait_camera(model)
    for upper, lower, find in (
        (contours.UPPER_INNER_LIP, contours.LOWER_INNER_LIP, contours.lip_seam),
        (contours.UPPER_LID_RIGHT, contours.LOWER_LID_RIGHT, contours.lid_margin),
        (contours.UPPER_LID_LEFT, contours.LOWER_LID_LEFT, contours.lid_margin),
    ):
        slit = find(model, camera, pixels[list(upper + lower)])
        if slit is None:
            continue
        for line, above in ((lower, False), (upper, True)):
            index = np.array(line)
            x = pixels[index, 0]
            # The seam's ends are the mouth's corners; an eye's inner corner lies beyond the eyeball, on the caruncle.
            found, weight = slit.place(slit.stretched(x) if find is contours.lip_seam else x, above)
            triangles[index[found >= 0]], weights[index[found >= 0]] = found[found >= 0], weight[found >= 0]


def _put_irises(model: FaceModel, triangles: IntArray, weights: FloatArray) -> None:
    """Put the ten iris landmarks on the eyeballs, in place."""
    to_front = np.array([1, -1, -1], dtype=np.float32)
    for first, eye in ((_FIRST_IRIS, "eye_right"), (_FIRST_IRIS + 5, "eye_left")):
        rows = np.flatnonzero(model.region(eye))
        if not len(rows):
            continue
        _, apex = eye_axis(model, eye)
        points = (apex[:2] + IRIS_RADIUS * _IRIS_OFFSETS) * to_front[:2]
        hit, weight = look_up(model.vertices * to_front, model.triangles[rows], points)
        triangles[first : first + 5] = np.where(hit >= 0, rows[hit], -1)
        weights[first : first + 5] = weight
