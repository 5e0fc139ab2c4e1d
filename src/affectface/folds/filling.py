"""What fills a fold that the photo shows when its expression goes: as dark as it is there, and in its own colours.

A fold is darker than the skin on both its sides, and redder: what lights it was reflected by skin. So each channel is
filled by what it lacks. Where exactly a face folds is its own: near the line of anatomy the darkest way is looked for.
What is lacked is measured across it and averaged along it: hairs and pores are no fold and stay, and what is darker on
one side only, such as a cheek or the border of a beard, is none either.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, smooth_step
from affectface.folds.relief import across_path, beside, box_around

_STEPS = 4
"""Places in half the width of a groove."""
_ASIDE = 4 * _STEPS
"""How far from the line of anatomy a fold is looked for, in places."""
_REACH = 3 * _STEPS
"""How far from its own line a fold is filled, in places."""
_HALF_WIDEST = 2 * _STEPS
"""Half the width of the widest fold that is filled, in places."""
_ENDS = 0.15
"""Share of the line on which the filling begins, and on which it ends."""
_TIMES = 2
"""How often what is still lacking is looked for: an average along the line is less sharp than the fold."""
_LONGER = 0.35
"""How far a fold may go on beyond the end of the line of anatomy, in lengths of that line."""
_POINTS = 48
"""Points along the longer line."""
_ALONG = 1.0
"""Blur along the line, in its points."""
_SHORT = 3
"""Points of the line that are too few for a fold."""
_BEND = 0.02
"""What it costs a fold to bend by a place from a point to the next, as a logarithm of light."""
_ASTRAY = 0.0005
"""The same for each place by which it is away from the line of anatomy: where there is no fold, it lies there."""
_MOST_BEND = 2
"""Places by which it may."""
_GONE = 0.9
"""Share of a fold's darkness that goes with the expression. With it, what neutral photos made of 51 smiling ones of the
London set lack is .071 in the mean with ICT-FaceKit and .078 with the embedded model; of the same people's real neutral
photos it is .076, of the smiling ones .106, of neutral photos in which nothing is filled .099 and .097."""
_OUTSIDE, _SKIN, _LIPS = 0, 1, 2
"""What is beyond the picture, what may fold in it, and what may not."""
_BLACK = 8.0
"""Added to grey levels before their logarithm is taken, so that noise in shadow is no depth."""


@dataclass(frozen=True, eq=False)
class Filling:
    """What a fold of a photo lacks to the skin on both its sides.

    Attributes
    ----------
    x, y : int
        Where the map's first pixel lies in the face region.
    lacks : ndarray of shape (h, w, 3), float32
        Logarithm of the change of the pixels by which the fold goes; not negative.
    """

    x: int
    y: int
    lacks: FloatArray


def find_filling(image: Image, path: FloatArray, width: float, lips: NDArray[np.uint8] | None = None) -> Filling | None:
    """Find what fills a fold.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The face region.
    path : ndarray of shape (N, 2), float32
        Points of the line of anatomy, evenly spaced, pixels.
    width : float
        Half the width of its groove, pixels.
    lips : ndarray of shape (H, W), uint8, optional
        Where lips are, whose corner is as dark as a fold: 1 there, 0 elsewhere.

    Returns
    -------
    Filling or None
        What fills it; None where it lies outside the picture.
    """
    line, step = _longer(path), width / _STEPS
    skin = (
        np.full(image.shape[:2], _SKIN, dtype=np.uint8)
        if lips is None
        else np.where(lips > 0, _LIPS, _SKIN).astype(np.uint8)
    )
    across = across_path(line)
    found = _darkest_way(*_straight(image, skin, line, across, step * _places(_ASIDE + _HALF_WIDEST)))
    line = line + across * (step * found)[:, None]
    box = box_around(line, (_REACH + _HALF_WIDEST + 1) * step, image.shape)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    part, skin = image[y0:y1, x0:x1], skin[y0:y1, x0:x1]
    line = line - np.array([x0, y0], dtype=np.float32)
    across = across_path(line)
    at = beside(line, across, (0, 0, x1 - x0, y1 - y0), max(1.0, step))
    where = np.stack([at.side / step + _REACH, at.along * (len(line) - 1)], axis=-1).astype(np.float32)
    fades = _fades()
    lacks = np.zeros(part.shape, dtype=np.float32)
    for _ in range(_TIMES):
        light, counts = _straight(fill(part, lacks, 1.0), skin, line, across, step * _places(_REACH + _HALF_WIDEST))
        straight = (_lacked(_averaged(light)) * counts[..., None])[:, _HALF_WIDEST:-_HALF_WIDEST] * fades
        found = cv2.remap(straight, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
        lacks += cv2.resize(found, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return Filling(x0, y0, _GONE * lacks)


def _fades() -> FloatArray:
    """How much of the filling there is (N, A, 1) along the line and beside it."""
    ends = np.minimum(np.arange(1, _POINTS + 1), np.arange(_POINTS, 0, -1))
    along = smooth_step(ends / (_ENDS * _POINTS))
    aside = smooth_step((1 - np.abs(_places(_REACH)) / (_REACH + 1)) / 0.4)
    return np.asarray(along[:, None, None] * aside[:, None], dtype=np.float32)


def fill(pixels: Image, lacks: FloatArray, amount: float) -> Image:
    """Fill a fold.

    Parameters
    ----------
    pixels : ndarray of shape (h, w, 3), uint8
        The pixels.
    lacks : ndarray of shape (h, w, 3), float32
        What they lack; see `Filling`.
    amount : float
        How much of it is added.

    Returns
    -------
    ndarray of shape (h, w, 3), uint8
        The filled pixels.
    """
    filled = (pixels + np.float32(_BLACK)) * np.exp(lacks * np.float32(amount)) - np.float32(_BLACK - 0.5)
    return np.asarray(np.minimum(filled, 255), dtype=np.uint8)


def _longer(path: FloatArray) -> FloatArray:
    """A line (N, 2) that goes on beyond its end, evenly spaced (48, 2)."""
    count = len(path) - 1
    onwards = (path[-1] - path[-1 - count // 4]) / (count // 4)
    ahead = path[-1] + onwards * np.arange(1, round(_LONGER * count) + 1)[:, None]
    points = np.concatenate([path, ahead])
    at = np.linspace(0, len(points) - 1, _POINTS)
    columns = [np.interp(at, np.arange(len(points)), points[:, axis]) for axis in (0, 1)]
    return np.stack(columns, axis=1).astype(np.float32)


def _places(most: int) -> FloatArray:
    """Places beside a line."""
    return np.arange(-most, most + 1, dtype=np.float32)


def _straight(
    image: Image, skin: NDArray[np.uint8], line: FloatArray, across: FloatArray, aside: FloatArray
) -> tuple[FloatArray, NDArray[np.uint8]]:
    """Logarithm of the light (N, A, 3) beside a line's points, and where it counts (N, A): 1 there, 0 elsewhere.

    It does not on lips, nor near points from which one looks beyond the picture: its border, repeated, is a long line.
    """
    places = (line[:, None] + across[:, None] * aside[:, None] - 0.5).astype(np.float32)
    seen = cv2.remap(image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    kind = cv2.remap(skin, places, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
    counts = ((kind == _SKIN) & (kind != _OUTSIDE).all(axis=1, keepdims=True)).astype(np.uint8)
    near = np.ones((2 * _SHORT + 1, 1), dtype=np.uint8)  # as far as an average along the line reaches
    counts = np.asarray(cv2.erode(counts, near, borderValue=1), dtype=np.uint8)
    return np.asarray(np.log(seen.astype(np.float32) + _BLACK)), counts


def _lacked(light: FloatArray) -> FloatArray:
    """What is darker than on both sides lacks."""
    widest = np.ones((1, 2 * _HALF_WIDEST + 1), dtype=np.uint8)
    return np.asarray(cv2.morphologyEx(light, cv2.MORPH_CLOSE, widest) - light, dtype=np.float32)


def _averaged(light: FloatArray) -> FloatArray:
    """Light (N, A, 3) averaged along a line; a mole is too short to count."""
    ends = np.pad(light, ((_SHORT, _SHORT), (0, 0), (0, 0)), mode="edge")
    middle = np.median([ends[start : start + len(light)] for start in range(2 * _SHORT + 1)], axis=0)
    return np.asarray(cv2.GaussianBlur(middle, (1, 0), 0, sigmaY=_ALONG), dtype=np.float32)


def _darkest_way(light: FloatArray, counts: NDArray[np.uint8]) -> FloatArray:
    """Where (N,), in places from the middle, the way is that lacks most light and bends little."""
    grey = cv2.GaussianBlur(np.asarray(light.mean(axis=-1)), (0, 0), 1.0)
    lacks = (_lacked(np.asarray(grey, dtype=np.float32)) * counts)[:, _HALF_WIDEST:-_HALF_WIDEST]
    lacks = lacks - _ASTRAY * np.abs(_places(_ASIDE))
    bends = range(-_MOST_BEND, _MOST_BEND + 1)
    best, ways = lacks[0], np.zeros(lacks.shape, dtype=np.intp)
    for row, lack in enumerate(lacks[1:], 1):
        padded = np.pad(best, _MOST_BEND, constant_values=-np.inf)
        from_where = np.stack([padded[_MOST_BEND + bend :][: len(best)] - _BEND * abs(bend) for bend in bends])
        ways[row] = from_where.argmax(axis=0)
        best = lack + from_where.max(axis=0)
    found = np.empty(len(lacks), dtype=np.float32)
    place = int(best.argmax())
    for row in range(len(lacks) - 1, -1, -1):
        found[row] = place
        place += int(ways[row][place]) - _MOST_BEND if row else 0
    smooth = cv2.GaussianBlur(found[:, None] - _ASIDE, (0, 0), _ALONG, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth[:, 0], dtype=np.float32)
