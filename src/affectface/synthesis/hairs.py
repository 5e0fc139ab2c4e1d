"""Brows and lashes move as hair does: with their roots, and not as soft as skin.

A face model's units stretch and squeeze all skin alike. Hairs are stiffer than skin: a brow is carried and turned by
the skin at its roots and bends along its length, but becomes neither thicker nor thinner, and no part of it longer than
another; the upper lashes go with the edge of the lid. The skin around them takes up the difference. As what units do
adds up, this is done to the units themselves, once for each face model, and costs nothing when a face is drawn.

All of it happens in the plane of the face as it is seen from the front. What units do towards the camera stays as it
is: with it a lid slides over the eyeball.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, smooth_step
from affectface.fitting.face_fit import interocular_distance
from affectface.landmarks.topology import (
    LEFT_EYE_UPPER,
    LEFT_EYEBROW_LOWER,
    LEFT_EYEBROW_UPPER,
    RIGHT_EYE_UPPER,
    RIGHT_EYEBROW_LOWER,
    RIGHT_EYEBROW_UPPER,
)
from affectface.morphable import FaceModel

Floats = NDArray[np.float64]

_BROWS = RIGHT_EYEBROW_UPPER, RIGHT_EYEBROW_LOWER, LEFT_EYEBROW_UPPER, LEFT_EYEBROW_LOWER
_LIDS = RIGHT_EYE_UPPER, LEFT_EYE_UPPER
_SAMPLES = 33
"""Points on a curve of roots."""
_BEND = 4
"""Terms of the polynomials along a brow: where its roots are, and where a unit takes them."""
_THINNEST = 0.01
"""Least half of a brow's thickness, in inter-ocular distances."""
_BROW_MARGIN = 0.025
"""How far the hairs of thick brows reach beyond the landmarks on a brow's edges, in inter-ocular distances."""
_BROW_FADE = 0.085
"""Width of the skin around a brow that takes up the difference, in inter-ocular distances."""
_BELOW = 0.33
"""Sum of these two below a brow, as a share of the room above the eye: there the lid must stay free to move."""
_LASHES = 0.045
"""Length of the upper lashes over the lid, in inter-ocular distances."""
_LASHES_FADE = 0.06
"""Width of the skin above the lashes that takes up the difference, in inter-ocular distances."""
_ROOT = 0.01
"""Height above the edge of a lid from which all of it goes with the edge, which itself stays as the units have it."""
_CORNER = 0.2
"""Share of a lid's length at either corner along which lashes fade out, where both lids meet."""


@dataclass(frozen=True, eq=False)
class _Curve:
    """A curve of roots on the mean face, as it is seen from the front, cm.

    Attributes
    ----------
    points, along, up : ndarray of shape (S, 2), float64
        Evenly spaced points, and the unit vectors along the curve and across it, upwards.
    step : float
        Length between two points.
    """

    points: Floats
    along: Floats
    up: Floats
    step: float


@dataclass(frozen=True, eq=False)
class _Near:
    """Vertices near a curve.

    Attributes
    ----------
    index : ndarray of shape (N,), int
        Which of the vertices.
    at : ndarray of shape (N,), float64
        The nearest place on the curve, in steps from its start.
    beyond, above : ndarray of shape (N,), float64
        How far past an end of the curve, and above the curve, each is, cm.
    """

    index: NDArray[np.intp]
    at: Floats
    beyond: Floats
    above: Floats


def with_stiff_hairs(
    model: FaceModel, expression: FloatArray, used: NDArray[np.integer[Any]], skin: NDArray[np.integer[Any]]
) -> FloatArray:
    """Return what units do to a face model's vertices, without stretching brows and upper lashes.

    The thickness of a brow is kept to the first order of the angle by which a unit turns it.

    Parameters
    ----------
    model : FaceModel
        The face model.
    expression : ndarray of shape (E, U, 3), float32
        What its units do to some of its vertices, cm.
    used : ndarray of shape (U,), int
        Which vertices.
    skin : ndarray of shape (N,), int
        Which of those are skin that is drawn.

    Returns
    -------
    ndarray of shape (E, U, 3), float32
        The same, with brows and lashes only carried, turned and bent; as it was for a model that does not know where
        they are.
    """
    if (model.landmark_triangles[[*sum(_BROWS, ()), *sum(_LIDS, ())]] < 0).any():
        return expression
    landmarks = model.at_landmarks(model.vertices)
    places, eyes = landmarks[:, :2].astype(np.float64), interocular_distance(landmarks)
    vertices = model.vertices[used[skin], :2].astype(np.float64)
    stiff = expression.copy()
    for upper, lower, lid in zip(_BROWS[::2], _BROWS[1::2], _LIDS, strict=True):
        above, below = places[list(upper)], places[list(lower)]
        half = np.maximum(np.linalg.norm(above - below, axis=1) / 2, _THINNEST * eyes)
        curve = _curve((above + below) / 2)
        near = _near(vertices, curve, (_BROW_MARGIN + _BROW_FADE) * eyes + float(half.max()))
        room = float(np.linalg.norm(places[list(lower)].mean(axis=0) - places[list(lid)].mean(axis=0)))
        here = np.interp(near.at, np.linspace(0, _SAMPLES - 1, len(half)), half)
        where = skin[near.index]
        stiff[:, where, :2] = _stiffen_brow(stiff[:, where, :2].astype(np.float64), near, curve, here, eyes, room)
    for lid in _LIDS:
        curve = _curve(places[list(lid)])
        near = _near(vertices, curve, (_LASHES + _LASHES_FADE) * eyes)
        corners = model.triangles[model.landmark_triangles[list(lid)]]
        edge = np.einsum("lc,elcd->eld", model.landmark_weights[list(lid)], model.expression[:, corners, :2])
        on_edge = _near(places[list(lid)], curve, eyes).at, edge.astype(np.float64)
        where = skin[near.index]
        stiff[:, where, :2] = _stiffen_lashes(stiff[:, where, :2].astype(np.float64), near, curve, on_edge, eyes)
    return stiff


def _curve(points: Floats) -> _Curve:
    """A smooth curve near a few points (L, 2), in order from the image's left to its right."""
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    powers = np.arange(_BEND)
    fitted = np.linalg.lstsq((length / length[-1])[:, None] ** powers, points, rcond=None)[0]
    fine = np.linspace(0, 1, 8 * _SAMPLES)[:, None] ** powers @ fitted
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    even = _between(fine, np.interp(np.linspace(0, length[-1], _SAMPLES), length, np.arange(len(length))))
    along = _unit(np.gradient(even, axis=0))
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)
    return _Curve(even, along, up, float(length[-1]) / (_SAMPLES - 1))


def _near(vertices: Floats, curve: _Curve, reach: float) -> _Near:
    """Those of vertices (V, 2) that lie within reach of a curve."""
    low, high = curve.points.min(axis=0) - reach, curve.points.max(axis=0) + reach
    index = np.flatnonzero(((vertices > low) & (vertices < high)).all(axis=1))
    from_points = vertices[index, None] - curve.points
    nearest = (from_points**2).sum(axis=-1).argmin(axis=1)
    offset = from_points[np.arange(len(index)), nearest]
    past = nearest + (offset * curve.along[nearest]).sum(axis=1) / curve.step
    at = np.clip(past, 0, _SAMPLES - 1)
    return _Near(index, at, (past - at) * curve.step, (offset * curve.up[nearest]).sum(axis=1))


def _stiffen_brow(units: Floats, near: _Near, curve: _Curve, half: Floats, eyes: float, room: float) -> Floats:
    """What units (E, N, 2) do near a brow with its hairs stiff; `half` (N,) of the brow's thickness at each vertex."""
    crowd = (_BROW_MARGIN + _BROW_FADE) * eyes / (_BELOW * room)
    margin = _BROW_MARGIN * eyes
    across = np.maximum(near.above - half, 0) + np.maximum(-half - near.above, 0) * crowd
    away = np.hypot(across, near.beyond)
    roots = away < margin
    if roots.sum() < 4 * _BEND:
        return units  # a mesh too coarse to tell what happens to a brow
    powers = np.arange(_BEND)
    line = np.linspace(-1, 1, _SAMPLES)[:, None]
    terms = (2 * near.at[roots, None] / (_SAMPLES - 1) - 1) ** powers
    # the change across the brow is told apart, as vertices above do not lie in pairs with those below
    solve = np.linalg.pinv(np.hstack([terms, (near.above / half)[roots, None] * terms[:, :2]]))
    moved, more = (  # (E, S, 2): on the curve, and how much more on the upper edge
        np.tensordot(units[:, roots], line**power @ part, (1, 1)).swapaxes(1, 2)
        for power, part in ((powers, solve[:_BEND]), (powers[:2], solve[_BEND:]))
    )
    # a unit that squeezes a brow down must not push it over the eye: then the lower edge stays where it was
    raised = np.maximum(-(more * curve.up).sum(axis=-1, keepdims=True), 0)
    moved += raised * curve.up
    slope = np.gradient(moved, curve.step, axis=1)
    stretch = (slope * curve.along).sum(axis=-1, keepdims=True)
    # the few percent by which the whole brow gets longer are spread evenly: its ends must meet the skin beyond them
    slope -= (stretch - stretch.mean(axis=1, keepdims=True)) * curve.along
    bent = np.cumsum(slope, axis=1) * curve.step - slope * (curve.step / 2)
    # held at its end beside the nose: how near both brows come to each other is what knits them
    begins = np.argsort(np.abs(curve.points[:, 0]))[:2]
    moved = bent + (moved - bent)[:, begins].mean(axis=1, keepdims=True)
    weight = smooth_step(1 - (away - margin) / (_BROW_FADE * eyes))
    return _carried(units, weight, near, curve, moved, slope)


def _stiffen_lashes(units: Floats, near: _Near, curve: _Curve, on_edge: tuple[Floats, Floats], eyes: float) -> Floats:
    """What units (E, N, 2) do near an upper lid with its lashes stiff, by places on its edge and what they do there."""
    where, edge = on_edge
    steps = np.arange(_SAMPLES)
    moved = np.stack([_between(unit, np.interp(steps, where, np.arange(len(where)))) for unit in edge])
    slope = np.gradient(moved, curve.step, axis=1)
    from_corner = np.minimum(near.at, _SAMPLES - 1 - near.at) / (_CORNER * (_SAMPLES - 1))
    weight = smooth_step(1 - (near.above - _LASHES * eyes) / (_LASHES_FADE * eyes))
    weight *= smooth_step(near.above / (_ROOT * eyes)) * smooth_step(from_corner)
    return _carried(units, weight, near, curve, moved, slope)


def _carried(units: Floats, weight: FloatArray, near: _Near, curve: _Curve, moved: Floats, slope: Floats) -> Floats:
    """Units (E, N, 2) made, by weight (N,), to carry and turn what is near a curve as they do its points (E, S, 2).

    `slope` (E, S, 2) is how fast that movement changes along the curve.
    """
    along, up = (_unit(_between(axis, near.at)) for axis in (curve.along, curve.up))
    turn = _between((slope * curve.up).sum(axis=-1).T, near.at).T[..., None]  # radians
    rigid = _between(moved.swapaxes(0, 1), near.at).swapaxes(0, 1)
    rigid += turn * (near.beyond[:, None] * up - near.above[:, None] * along)
    return units + weight[:, None] * (rigid - units)


def _between(values: Floats, at: Floats) -> Floats:
    """Values (S, ...) at places (N,) between their indices."""
    first = np.minimum(at.astype(int), len(values) - 2)
    share = (at - first).reshape(-1, *(1,) * (values.ndim - 1))
    return np.asarray(values[first] * (1 - share) + values[first + 1] * share)


def _unit(vectors: Floats) -> Floats:
    """Vectors (..., 2) of length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))
