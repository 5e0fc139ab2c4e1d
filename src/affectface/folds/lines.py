"""Where a face folds, and how: the lines of anatomy, in landmarks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray

Mix = tuple[int, int, float]
"""Two landmarks, and how far from the first to the second a point lies."""


@dataclass(frozen=True)
class FoldLine:
    """A line along which skin folds, and how.

    Attributes
    ----------
    name : str
        What anatomy calls it.
    points : tuple of Mix
        Points of the line, from landmarks.
    width : float
        Half the width of the groove, in inter-ocular distances.
    depth : float
        How dark the groove gets, as a logarithm of light.
    banks : float
        How much the banks lean, as a slope.
    across : float
        Distance from the line of the points on both sides whose approach is measured, in inter-ocular distances.
    onset, full : float
        Share by which their distance shrinks when the fold begins to show, and when it is there in full.
    between : tuple of (int, int)
        Landmarks whose approach is measured instead, where skin is pushed towards the line from afar.
    """

    name: str
    points: tuple[Mix, ...]
    width: float
    depth: float
    banks: float
    across: float
    onset: float
    full: float
    between: tuple[tuple[int, int], ...] = ()


_MIRROR = {
    129: 358, 203: 423, 92: 322, 206: 426, 216: 436, 186: 410, 212: 432, 57: 287, 33: 263, 133: 362, 226: 446,
    35: 265, 113: 342, 143: 372, 111: 340, 31: 261, 228: 448, 107: 336, 55: 285, 193: 417, 122: 351, 188: 412,
    196: 419, 174: 399, 156: 383, 117: 346, 61: 291, 40: 270, 119: 348, 9: 9, 8: 8, 168: 168, 6: 6, 197: 197,
}  # fmt: skip
"""Landmarks of the person's right side, and those of the left."""


def _both(line: FoldLine) -> tuple[FoldLine, FoldLine]:
    """A line of the right side, and its mirror image."""
    mirrored = tuple((_MIRROR[a], _MIRROR[b], t) for a, b, t in line.points)
    between = tuple((_MIRROR[a], _MIRROR[b]) for a, b in line.between)
    return line, replace(line, points=mirrored, between=between)


_NASOLABIAL = FoldLine(
    "nasolabial",
    points=((129, 203, 0.25), (203, 92, 0.3), (206, 92, 0.5), (216, 186, 0.5), (212, 57, 0.5)),
    width=0.024,
    depth=0.42,
    banks=0.5,
    across=0.10,
    onset=0.03,
    full=0.13,
    between=((61, 117), (40, 119), (129, 119)),  # the mouth's corner, the lip and the nostril push the cheek up
)
_CROWS_FEET = tuple(
    FoldLine("crow's feet", points, width=0.007, depth=0.40, banks=0.4, across=0.07, onset=0.05, full=0.22)
    for points in (
        ((33, 113, 0.75), (113, 156, 0.55)),
        ((33, 35, 0.45), (33, 143, 0.85)),
        ((33, 31, 0.9), (31, 117, 0.45)),
    )
)
_FROWN = FoldLine(
    "frown",
    points=((107, 9, 0.45), (55, 8, 0.45), (193, 168, 0.3)),
    width=0.012, depth=0.60, banks=0.6, across=0.09, onset=0.04, full=0.16,
)  # fmt: skip
_NOSE = tuple(
    FoldLine("nose", points, width=0.008, depth=0.45, banks=0.4, across=0.07, onset=0.03, full=0.08)
    for points in (((6, 122, 0.4), (122, 188, 0.7)), ((197, 196, 0.45), (196, 174, 0.7)))
)
_NOSE_ROOT = FoldLine(
    "nose root",
    points=((193, 168, 0.35), (168, 6, 0.45), (417, 168, 0.35)),
    width=0.010, depth=0.45, banks=0.4, across=0.09, onset=0.05, full=0.25,
)  # fmt: skip
_COLUMNS = (
    (105, 104, 103), (66, 69, 67), (107, 108, 109), (9, 151, 10), (336, 337, 338), (296, 299, 297), (334, 333, 332)
)  # fmt: skip
_FOREHEAD = tuple(
    FoldLine(
        "forehead",
        points=tuple((column[row], column[row + 1], t) for column in _COLUMNS),
        width=0.012, depth=0.45, banks=0.6, across=0.10, onset=0.05, full=0.25,
    )
    for row, t in ((0, 0.55), (0, 0.95), (1, 0.4))
)  # fmt: skip
CHIN = FoldLine(
    "chin",
    points=((106, 204, 0.35), (182, 194, 0.35), (83, 201, 0.3), (18, 200, 0.3), (313, 421, 0.3), (406, 418, 0.35),
            (335, 424, 0.35)),
    width=0.022, depth=0.35, banks=0.5, across=0.10, onset=0.03, full=0.16,
    between=((200, 2),),  # the chin's skin rises towards the nose
)  # fmt: skip
FOLD_LINES: tuple[FoldLine, ...] = (
    *_both(_NASOLABIAL),
    *(line for right in _CROWS_FEET for line in _both(right)),
    *_both(_FROWN),
    *(line for right in _NOSE for line in _both(right)),
    _NOSE_ROOT,
    *_FOREHEAD,
    CHIN,
)
"""Nasolabial folds, crow's feet (AU 6), frown lines (AU 4), nose wrinkles (AU 9), forehead lines (AU 1 and 2), and the
furrow between lower lip and chin (AU 17)."""

SAMPLES = 32
"""Points along a line."""


@lru_cache(maxsize=64)
def _smooth(line: FoldLine) -> tuple[list[int], NDArray[np.float64]]:
    """A line's landmarks, and how much of each is in each point (N, landmarks) of the smooth curve.

    Chaikin's way: corners are cut three times, the ends stay.
    """
    wanted = sorted({number for a, b, _ in line.points for number in (a, b)})
    knots = np.zeros((len(line.points), len(wanted)))
    for knot, (a, b, t) in zip(knots, line.points, strict=True):
        knot[wanted.index(a)] += 1 - t
        knot[wanted.index(b)] += t
    for _ in range(3 if len(knots) > 2 else 0):
        cut = np.stack([0.75 * knots[:-1] + 0.25 * knots[1:], 0.25 * knots[:-1] + 0.75 * knots[1:]], axis=1)
        knots = np.concatenate([knots[:1], cut.reshape(-1, len(wanted)), knots[-1:]])
    return wanted, knots


def line_path(line: FoldLine, landmarks: FloatArray) -> FloatArray:
    """Return a line's points on a face, evenly spaced on a smooth curve.

    Parameters
    ----------
    line : FoldLine
        The line.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks, pixels.

    Returns
    -------
    ndarray of shape (32, 2), float32
        The points, pixels.
    """
    wanted, mix = _smooth(line)
    knots = mix @ landmarks[wanted, :2]
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    at = np.linspace(0, length[-1], SAMPLES)
    return np.stack([np.interp(at, length, knots[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)
