"""Where about the lines of a frame go, on a face that wears one."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.landmarks.masks import LEFT_EYE, RIGHT_EYE, hull_mask
from affectface.landmarks.topology import (
    FACE_OVAL,
)
from affectface.occlusion.glasses_view import BRIDGE_FROM, FARTHEST, NEAREST, UNIT, WIDEST, View, grey
from affectface.occlusion.lines import best_way, standing_out, unroll, without_spikes

CAP = 30.0
"""Grey values beyond which a line is not better for standing out more."""
LOG_CAP = 0.6
"""The same for a step of light, as its logarithm."""
ANGLES = np.linspace(0, 2 * np.pi, 128, endpoint=False, dtype=np.float32)
_MIRRORED = (len(ANGLES) // 2 - np.arange(len(ANGLES))) % len(ANGLES)
NOSE = 0.08
"""Half the width of the nose's root, in inter-ocular distances."""
_STRONG = 110.0
"""How much a black rim stands out from light skin, in grey values: more than brows do."""
_LIKE = 25.0
"""How far a rim's colour may be from what it mostly is, in grey values; from twice that on it is something else."""
_ALL_DARK = 0.85
"""Share of what a rim stands out by, from which on it is taken to be darker than what is around it everywhere."""
_BLACK = 0.8
"""Light of a dark rim, in that of the skin below the eyes: gold is darker in blue only, and brighter than brows."""
_OTHER = 15.0
"""How much worse a line of another colour is, in grey values: a thin rim takes some of the colour around it."""
_UNEQUAL = 2
"""How far the two sides of a frame lie from being mirror images, pixels of the view."""
_LASHES = 0.04
"""Length of lashes, in inter-ocular distances."""
_STEP_MARGIN = 0.012
"""How far beyond the step from a dark lens its rim's own edge lies, in inter-ocular distances."""
_HIGHLIGHT = 4
"""Width, pixels of the view, of a highlight on a dark rim."""
_OUTER = 12.0
"""How much the farthest of equal steps is better than the nearest, in grey values: beyond it, nothing is dark."""
_HALF_WIDTHS = np.linspace(0.19, 0.31, 9), np.linspace(0.21, 0.37, 11)
"""Half widths of a lens towards the nose and towards the temple, in inter-ocular distances."""
_HEIGHTS = np.linspace(0.11, 0.35, 21)
"""Heights of a rim above or below the middle of its lens, in inter-ocular distances."""
_SLANTS = np.array([-0.3, -0.15, 0.0, 0.15, 0.3])
"""How much higher a rim is towards the nose."""
_EXPONENTS = np.array([2.0, 2.5, 3.2, 4.5, 7.0])
"""From an ellipse to nearly a rectangle."""
_MEDIAN = 9
"""Angles over which a ring is smoothed: a lash or a strand of hair that crosses it is not part of it."""
_LONGEST_BRIDGE = 0.16
"""Half the length of a bridge, in inter-ocular distances."""
_TEMPLE_FROM, _TEMPLE_TO = -0.24, 0.12
"""Where a temple may leave the frame, in inter-ocular distances below the middle of the lens."""
_BEYOND = 0.06
"""How far beyond the outline of the face a temple is followed, in inter-ocular distances."""
_TEMPLE = 18.0
"""Grey values by which half of a temple stands out; less is hair, or the edge of the face."""
_OUTWARDS = np.array([-1.0, 1.0], dtype=np.float32)


def line_rings(view: View, *, full: bool) -> FloatArray:
    """Return the lines around both eyes.

    Parameters
    ----------
    view : View
        The eyes.
    full : bool
        Whether the rim goes around below the eyes too.

    Returns
    -------
    ndarray of shape (2, N, 2), float32
        Points of both lines, pixels of the view, at `ANGLES` around the lenses.
    """
    darker, brighter, pixels = view.rim(ANGLES)
    both, dark = (_rings_of(view, out, pixels, full=full) for out in (np.maximum(darker, brighter), darker))
    # of a dark rim, what is brighter than both sides is the skin between it and a brow
    of_skin = np.median(grey(pixels[:, : len(ANGLES) // 2]))
    black = grey(_sample_rim(darker, pixels)[1]) < _BLACK * of_skin
    return dark[1] if black and dark[0] > _ALL_DARK * both[0] else both[1]


def _rings_of(view: View, out: FloatArray, pixels: Image, *, full: bool) -> tuple[float, FloatArray]:
    """How well contrasts (2, N, K) fit rings, and points (2, N, 2) of those that fit best."""
    usual, colour = _sample_rim(out, pixels) if full else _sample_bridge(view)
    # lashes and brows stand out as well: they are told from the frame by its strength and colour, and by where they are
    unlike = np.abs(pixels.astype(np.float32) - colour).max(axis=-1)
    cap = float(np.clip(usual, CAP, _STRONG))
    scores = np.minimum(out, cap) * (CAP / cap) - _OTHER * np.clip((unlike - _LIKE) / _LIKE, 0, 1)
    scores[_in_eyes(view, out.shape)] = -CAP
    total, prior = _ring_of_arches(_common(scores), full=full)
    away = np.abs(np.arange(out.shape[2]) - prior[:, None]) > 2 * _UNEQUAL
    scores -= 2 * CAP * np.stack([away, away[_MIRRORED]])
    priors = np.stack([prior, prior[_MIRRORED]])
    beside = without_spikes(best_way(scores, 3, closed=True) - priors, _MEDIAN, closed=True)
    return total, _ring_points(view, priors + beside)


def _common(scores: FloatArray) -> FloatArray:
    """Scores (N, K) of both sides (2, N, K) as one, in the right eye's angles."""
    sides = np.stack([scores[0], scores[1][_MIRRORED]])
    loose = np.stack([cv2.dilate(side, np.ones((1, 2 * _UNEQUAL + 1), np.uint8)) for side in sides])
    return np.asarray(loose.mean(axis=0))


def _ring_of_arches(scores: FloatArray, *, full: bool) -> tuple[float, NDArray[np.intp]]:
    """The best sum of scores (N, K) around the right eye, and the distances (N,) beyond the nearest at which it is.

    Brows, lashes and folds stand out as frames do, but a frame is an arch above and another below: halves of
    superellipses, whose widths towards nose and temple they share, each with a height, a slant and an exponent.
    """
    inner = np.cos(ANGLES) > 0  # the right eye's nose side
    arcs = [np.flatnonzero(np.sin(ANGLES) < 0), np.flatnonzero(np.sin(ANGLES) >= 0)]
    best, chosen = -np.inf, np.zeros(len(ANGLES), dtype=np.intp)
    for nose_side, temple_side in product(*_HALF_WIDTHS):
        half = UNIT * np.where(inner, nose_side, temple_side)
        fits = [_best_arch(scores[arc], ANGLES[arc], half[arc]) for arc in (arcs if full else arcs[:1])]
        if (total := sum(fit[0] for fit in fits)) > best:
            best = total
            for arc, fit in zip(arcs, fits, strict=False):
                chosen[arc] = fit[1]
    return best, chosen


def _best_arch(scores: FloatArray, angles: FloatArray, half: FloatArray) -> tuple[float, NDArray[np.intp]]:
    """The best sum of scores (M, K) along an arch of half widths (M,), pixels, and its distances (M,)."""
    cosine, sine = np.abs(np.cos(angles)) / half, np.maximum(np.abs(np.sin(angles)), 1e-3)
    aslant = np.sin(np.arctan2(np.sin(angles), np.cos(angles)) - np.pi / 2)  # 1 where the nose is, -1 at the temple
    tall = UNIT * _HEIGHTS[:, None, None, None] * (1 + _SLANTS[:, None, None] * aslant)
    power = _EXPONENTS[:, None]
    radius = (cosine**power + (sine / tall) ** power) ** (-1 / power)
    at = np.clip(np.rint(radius - NEAREST * UNIT), 0, scores.shape[1] - 1).astype(np.intp)
    total = scores[np.arange(len(angles)), at].sum(axis=-1)
    where = np.unravel_index(int(total.argmax()), total.shape)
    return float(total[where]), at[where]


def step_rings(view: View) -> FloatArray:
    """Return the outlines of both dark lenses with their rims.

    Parameters
    ----------
    view : View
        The eyes.

    Returns
    -------
    ndarray of shape (2, N, 2), float32
        Points of both outlines, pixels of the view, at `ANGLES` around the lenses.
    """
    steps, pixels = view.rim_steps(ANGLES), view.rim(ANGLES)[2]
    light = grey(pixels)
    limit = np.sqrt(np.median(light[..., :_MEDIAN]) * np.median(light[:, : len(ANGLES) // 2, -_MEDIAN:]))
    bright = np.cumsum(light > limit, axis=2)  # a highlight on the rim is narrow; skin between rim and brow is not
    beyond = np.clip((bright - _HIGHLIGHT) / _HIGHLIGHT, 0, 1)
    farther = np.arange(steps.shape[2]) / steps.shape[2]
    scores = np.minimum(steps, LOG_CAP) * (CAP / LOG_CAP) + _OUTER * farther - CAP * beyond
    way = best_way(scores.astype(np.float32), 3, closed=True)
    return _ring_points(view, without_spikes(way, _MEDIAN, closed=True) + 0.5 + _STEP_MARGIN * UNIT)


def bridge(view: View, rings: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the line across the nose, from ring to ring.

    Parameters
    ----------
    view : View
        The eyes.
    rings : ndarray of shape (2, N, 2), float32
        Points around both eyes, pixels of the view.

    Returns
    -------
    points : ndarray of shape (M, 2), float32
        Points of the line, pixels of the view.
    directions : ndarray of shape (M, 2), float32
        Unit vectors across it.
    """
    near, reach = view.nose_root[0], _LONGEST_BRIDGE * UNIT
    start = float(np.clip(rings[0, :, 0].max(), near - reach, near - 2))
    end = float(np.clip(rings[1, :, 0].min(), near + 2, near + reach))
    columns = np.arange(start, end, dtype=np.float32)
    way = best_way(np.minimum(view.nose(columns)[0][None], CAP), 1)[0]
    return _downwards(columns, view.nose_root[1] + BRIDGE_FROM * UNIT + way)


def temples(view: View, rings: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Return the lines from the rings towards the ears, as far as they are seen on the face.

    Parameters
    ----------
    view : View
        The eyes.
    rings : ndarray of shape (2, N, 2), float32
        Points around both eyes, pixels of the view.

    Returns
    -------
    list of tuple
        Points (M, 2), pixels of the view, and unit vectors (M, 2) across, of each temple that stands out.
    """
    found = []
    oval = view.points[list(FACE_OVAL), 0]
    ends = oval.min() - _BEYOND * UNIT, oval.max() + _BEYOND * UNIT
    for ring, lens, side, end in zip(rings, view.lenses, _OUTWARDS, ends, strict=True):
        start = float((ring[:, 0] * side).max())
        columns = side * np.arange(start, max(float(end * side), start), dtype=np.float32)
        if len(columns) < WIDEST // 2:
            continue  # turned away: the temple is behind the rim
        points = np.stack([columns, np.full_like(columns, lens[1])], axis=-1)
        offsets = np.arange(_TEMPLE_FROM * UNIT - WIDEST, _TEMPLE_TO * UNIT + WIDEST, dtype=np.float32)
        down = np.broadcast_to(np.array([0, 1], dtype=np.float32), points.shape)
        out = np.maximum(*standing_out(unroll(view.image, points, down, offsets), WIDEST))[:, WIDEST:-WIDEST]
        way = best_way(np.minimum(out[None], CAP), 1)[0]
        if np.median(out[np.arange(len(way)), way]) >= _TEMPLE:
            found.append(_downwards(columns, lens[1] + _TEMPLE_FROM * UNIT + way))
    return found


def _ring_points(view: View, distance: FloatArray) -> FloatArray:
    """Points (2, N, 2) of rings at distances (2, N) beyond the nearest."""
    radius = np.clip(NEAREST * UNIT + distance, 0, FARTHEST * UNIT)
    return np.asarray(view.lenses[:, None] + view.rays(ANGLES) * radius[..., None], dtype=np.float32)


def _sample_rim(out: FloatArray, pixels: Image) -> tuple[float, FloatArray]:
    """How much the lower rims stand out in contrasts (2, N, K), and their colour (3,)."""
    below = slice(2, len(ANGLES) // 2 - 1)  # angles go around from the viewer's right by way of below
    way = best_way(np.minimum(out[:, below], CAP), 3)[..., None]
    strength = np.take_along_axis(out[:, below], way, axis=2)
    colours = np.take_along_axis(pixels[:, below], way[..., None], axis=2)
    return float(np.median(strength)), np.median(colours.reshape(-1, 3), axis=0)


def _sample_bridge(view: View) -> tuple[float, FloatArray]:
    """How much the bridge stands out, and its colour (3,)."""
    middle, half = view.nose_root[0], NOSE * UNIT
    out, pixels = view.nose(np.arange(middle - half, middle + half, dtype=np.float32))
    way = best_way(np.minimum(out[None], CAP), 1)[0]
    rows = np.arange(len(way))
    return float(np.median(out[rows, way])), np.median(pixels[rows, way], axis=0)


def _in_eyes(view: View, shape: tuple[int, ...]) -> BoolArray:
    """Where rings (2, N, K) would cross an eye or its lashes."""
    eyes = hull_mask([view.points[list(ring)] for ring in (RIGHT_EYE, LEFT_EYE)], view.image.shape[:2])
    wide = max(1, round(_LASHES * UNIT))
    near = cv2.dilate(eyes, np.ones((2 * wide + 1, 2 * wide + 1), np.uint8)) > 0
    radius = NEAREST * UNIT + np.arange(shape[2], dtype=np.float32)
    where = view.lenses[:, None, None] + view.rays(ANGLES)[:, :, None] * radius[:, None]
    x, y = (np.clip(where[..., axis].astype(int), 0, near.shape[1 - axis] - 1) for axis in (0, 1))
    return np.asarray(near[y, x])


def _downwards(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points (M, 2), and the direction downwards for each."""
    points = np.stack([x, y], axis=-1).astype(np.float32)
    return points, np.broadcast_to(np.array([0, 1], dtype=np.float32), points.shape)
