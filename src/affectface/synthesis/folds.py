"""Folds of the skin: where the moved surface is shorter than at rest, it creases.

Where a face folds is anatomy: the lines stand in the landmarks. How much it folds is geometry: points on both sides of
a line come nearer to each other. What a fold looks like is light: a groove is dark, and its banks catch the fitted
light. A fold that the photo shows already is not drawn twice, and one that its expression made is filled when the
expression goes. Old skin, which shows fine lines at rest, folds more than young skin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, smooth_step
from affectface.rendering.shade import GAMMA, harmonics

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


@dataclass(frozen=True, eq=False)
class Fold:
    """A fold of one photo, ready to be drawn at any strength.

    Attributes
    ----------
    name : str
        What anatomy calls it.
    x, y : int
        Where the map's first pixel lies in the face region.
    change : ndarray of shape (h, w), float32
        Logarithm of the change of the pixels by the whole fold.
    pairs : ndarray of shape (N, 2), int
        Drawn vertices on both sides of the line.
    rest : ndarray of shape (N, 3), float32
        From one to the other on the face without expression, cm.
    onset, full : float
        See `FoldLine`.
    shown : float
        How much of the fold the photo itself shows.
    """

    name: str
    x: int
    y: int
    change: FloatArray
    pairs: NDArray[np.intp]
    rest: FloatArray
    onset: float
    full: float
    shown: float


@dataclass(frozen=True, eq=False)
class Folds:
    """The folds of one photo.

    Attributes
    ----------
    lines : tuple of Fold
        Each of them.
    """

    lines: tuple[Fold, ...]

    @cached_property
    def _measured(self) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray, list[int]]:
        """All pairs' first and second vertices, the way between at rest over its squared length, the lines' ends."""
        pairs = np.concatenate([fold.pairs for fold in self.lines])
        rest = np.concatenate([fold.rest for fold in self.lines])
        ends = np.cumsum([len(fold.pairs) for fold in self.lines]).tolist()
        return pairs[:, 0], pairs[:, 1], rest / (rest**2).sum(axis=1, keepdims=True), ends

    def strengths(self, vertices: FloatArray) -> list[float]:
        """Return how much of each fold vertices (U, 3) make, 0 to 1."""
        if not self.lines:
            return []
        first, second, rest, ends = self._measured
        # along the old direction: skin that slides along the line does not stretch it
        shorter = 1 - np.einsum("nd,nd->n", vertices[second] - vertices[first], rest)
        most, start = [], 0
        for fold, end in zip(self.lines, ends, strict=True):
            part = sorted(shorter[start:end].tolist())
            part = part[len(part) // 2 :]  # half a line that folds is a fold
            most.append((sum(part) / len(part) - fold.onset) / (fold.full - fold.onset))
            start = end
        strengths: list[float] = smooth_step(np.array(most)).tolist()
        return strengths


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
    full=0.15,
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
    width=0.012, depth=0.60, banks=0.6, across=0.09, onset=0.04, full=0.20,
)  # fmt: skip
_NOSE = tuple(
    FoldLine("nose", points, width=0.008, depth=0.45, banks=0.4, across=0.07, onset=0.03, full=0.10)
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
FOLD_LINES: tuple[FoldLine, ...] = (
    *_both(_NASOLABIAL),
    *(line for right in _CROWS_FEET for line in _both(right)),
    *_both(_FROWN),
    *(line for right in _NOSE for line in _both(right)),
    _NOSE_ROOT,
    *_FOREHEAD,
)
"""Nasolabial folds, crow's feet (AU 6), frown lines (AU 4), nose wrinkles (AU 9), forehead lines (AU 1 and 2)."""

_SAMPLES = 32
"""Points along a line."""
_MEASURED = 7
"""Places along a line at which the skin's approach is measured."""
_FINEST = 1.6
"""Half the width of a groove, pixels, in the map in which a fold is worked out; it is enlarged for larger faces."""
_UNDER_EYES = (119, 229, 118, 348, 449, 347)
"""Landmarks on the skin under the eyes."""
_PATCH = 0.05
"""Half the side of the skin that is looked at there, in inter-ocular distances."""
_YOUNG, _OLD = 0.7, 1.3
"""Share of a fold on skin without any fine lines, and on skin full of them."""
_SMOOTH_SKIN, _LINED_SKIN = 0.009, 0.030
"""Fine detail of a young and of an old skin: standard deviation of the logarithm of its light."""


@dataclass(frozen=True, eq=False)
class Skin:
    """The fitted surface on which a photo's folds are found.

    Attributes
    ----------
    landmarks : ndarray of shape (478, 3), float32
        The landmarks in the face region, pixels.
    eye_distance : float
        Inter-ocular distance, pixels.
    front : ndarray of shape (D,), int32
        Which of the drawn vertices are the front's.
    points : ndarray of shape (D, 3), float32
        Where the front's vertices lie in the region, pixels.
    normals : ndarray of shape (D, 3), float32
        The front's normals in camera space.
    vertices, resting : ndarray of shape (U, 3), float32
        The drawn vertices as the photo shows them, and without expression, cm.
    lighting : ndarray of shape (9,), float32
        Luminance of the fitted light.
    """

    landmarks: FloatArray
    eye_distance: float
    front: NDArray[np.int32]
    points: FloatArray
    normals: FloatArray
    vertices: FloatArray
    resting: FloatArray
    lighting: FloatArray

    def nearest(self, wanted: FloatArray) -> NDArray[np.intp]:
        """Return the numbers (N,) of the front's vertices that lie nearest to wanted places (N, 2)."""
        x, y, _ = self.points.T
        to_x, to_y = wanted.T[..., None]
        return np.asarray(((to_x - x) ** 2 + (to_y - y) ** 2).argmin(axis=1))


def prepare_folds(image: Image, skin: Skin) -> Folds:
    """Find a photo's folds.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The face region.
    skin : Skin
        The fitted surface in it.

    Returns
    -------
    Folds
        Those that the face has room for.
    """
    grey = np.log(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) + 8)
    age = _age(grey, skin.landmarks, skin.eye_distance)
    folds = (_prepare(line, skin, grey.shape, age) for line in FOLD_LINES)
    return Folds(tuple(fold for fold in folds if fold is not None))


def draw_folds(
    light: FloatArray,
    displacement: FloatArray,
    folds: Folds,
    vertices: FloatArray,
    corner: tuple[int, int],
    share: float = 1.0,
) -> None:
    """Add the folds that moved vertices make to the logarithm of the change of light, in place.

    Parameters
    ----------
    light : ndarray of shape (h, w), float32
        The logarithm, on a window of the face region.
    displacement : ndarray of shape (h, w, 2), float32
        Where each of the window's pixels is looked up, relative to itself.
    folds : Folds
        The photo's folds.
    vertices : ndarray of shape (U, 3), float32
        The moved vertices, cm.
    corner : tuple of int
        Where the window's first pixel lies in the face region, x and y.
    share : float
        How much of every fold is drawn.
    """
    now = folds.strengths(vertices)
    changes = [(share * (strength - fold.shown), fold) for strength, fold in zip(now, folds.lines, strict=True)]
    changes = [(strength, fold) for strength, fold in changes if abs(strength) > 0.01]
    if not changes:
        return
    # the folds lie on the photo's skin and move with it: they are drawn there, and looked up like its pixels
    x0, y0 = min(fold.x for _, fold in changes), min(fold.y for _, fold in changes)
    x1 = max(fold.x + fold.change.shape[1] for _, fold in changes)
    y1 = max(fold.y + fold.change.shape[0] for _, fold in changes)
    drawn = np.zeros((y1 - y0, x1 - x0), dtype=np.float32)
    for strength, fold in changes:
        height, width = fold.change.shape
        drawn[fold.y - y0 : fold.y - y0 + height, fold.x - x0 : fold.x - x0 + width] += strength * fold.change
    height, width = light.shape
    where_x = displacement[..., 0] + np.arange(corner[0] - x0, corner[0] - x0 + width, dtype=np.float32)
    where_y = displacement[..., 1] + np.arange(corner[1] - y0, corner[1] - y0 + height, dtype=np.float32)[:, None]
    light += cv2.remap(drawn, where_x, where_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)


def _path(line: FoldLine, landmarks: FloatArray) -> FloatArray:
    """The line's points (S, 2) in the image, evenly spaced on a smooth curve."""
    a, b, t = (np.array(column) for column in zip(*line.points, strict=True))
    knots = landmarks[a, :2] + (landmarks[b, :2] - landmarks[a, :2]) * t[:, None]
    if len(knots) > 2:  # Chaikin: cut corners twice, keep the ends
        for _ in range(3):
            cut = np.stack([0.75 * knots[:-1] + 0.25 * knots[1:], 0.25 * knots[:-1] + 0.75 * knots[1:]], axis=1)
            knots = np.concatenate([knots[:1], cut.reshape(-1, 2), knots[-1:]])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    at = np.linspace(0, length[-1], _SAMPLES)
    return np.stack([np.interp(at, length, knots[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)


def _prepare(line: FoldLine, skin: Skin, size: tuple[int, ...], age: float) -> Fold | None:
    """One fold of the photo; None where it lies outside the picture or is too small to be seen."""
    path, width = _path(line, skin.landmarks), line.width * skin.eye_distance
    margin = 4 * width + 1
    x0, y0 = np.maximum(np.floor(path.min(axis=0) - margin), 0).astype(int).tolist()
    x1, y1 = np.minimum(np.ceil(path.max(axis=0) + margin), size[::-1]).astype(int).tolist()
    if width < 0.5 or x1 - x0 < 3 or y1 - y0 < 3:
        return None
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-6)
    across = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    if line.between:
        first, second = (skin.nearest(skin.landmarks[list(ends), :2]) for ends in zip(*line.between, strict=True))
    else:
        some = (np.linspace(0.15, 0.85, _MEASURED) * (_SAMPLES - 1)).astype(int)
        reach = line.across * skin.eye_distance * across[some]
        first, second = skin.nearest(path[some] - reach), skin.nearest(path[some] + reach)
    pairs = skin.front[np.stack([first, second], axis=1)]
    rest = skin.resting[pairs[:, 1]] - skin.resting[pairs[:, 0]]
    kept = np.linalg.norm(rest, axis=1) > 1e-3
    if not kept.any():
        return None
    pairs, rest = pairs[kept], rest[kept].astype(np.float32)
    middle = skin.normals[skin.nearest(path[[_SAMPLES // 2]])[0]]
    change = _appearance(line, path, across, (x0, y0, x1, y1), width, _tilt(middle, skin.lighting))
    change *= age
    fold = Fold(line.name, x0, y0, change, pairs, rest, line.onset, line.full, shown=0.0)
    return replace(fold, shown=Folds((fold,)).strengths(skin.vertices)[0])


def _tilt(normal: FloatArray, lighting: FloatArray) -> FloatArray:
    """Logarithmic change (2,) of the light on a surface that leans to the image's right, and downwards."""
    step = 0.1
    leans = (normal + step * np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0)])).astype(np.float32)
    leans /= np.linalg.norm(leans, axis=1, keepdims=True)
    light = np.maximum(harmonics(leans) @ lighting, 1e-3)
    return np.asarray(np.clip((light[1:] - light[0]) / (step * light[0]), -1.5, 1.5), dtype=np.float32)


def _appearance(
    line: FoldLine, path: FloatArray, across: FloatArray, box: tuple[int, int, int, int], width: float, tilt: FloatArray
) -> FloatArray:
    """Logarithm of the change of the pixels of a box (h, w) by the whole fold."""
    x0, y0, x1, y1 = box
    factor = max(1.0, width / _FINEST)
    w, h = max(2, round((x1 - x0) / factor)), max(2, round((y1 - y0) / factor))
    xs = x0 + (np.arange(w, dtype=np.float32) + 0.5) * ((x1 - x0) / w)
    ys = y0 + (np.arange(h, dtype=np.float32) + 0.5) * ((y1 - y0) / h)
    right, down = xs[None, :, None] - path[:, 0], ys[:, None, None] - path[:, 1]
    distance = right**2 + down**2
    nearest = distance.argmin(axis=-1)
    along = nearest / (_SAMPLES - 1)
    away = np.sqrt(np.take_along_axis(distance, nearest[..., None], axis=-1))[..., 0] / width
    side = (xs - path[nearest, 0]) * across[nearest, 0] + (ys[:, None] - path[nearest, 1]) * across[nearest, 1]
    signed = np.where(side < 0, -away, away)
    fades = smooth_step(np.minimum(along, 1 - along) / 0.4)
    groove = np.exp(-(away**2))
    slope = 2 * signed * groove - 0.5 * signed * np.exp(-((away / 2) ** 2))  # of a groove between raised banks
    lean = slope * (across[nearest] @ tilt)
    change = fades * (-line.depth * (groove - 0.3 * np.exp(-((away / 2.2) ** 2))) + line.banks * lean) / GAMMA
    return np.asarray(cv2.resize(change.astype(np.float32), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR))


def _age(grey: FloatArray, landmarks: FloatArray, eye_distance: float) -> float:
    """How much of every fold this skin makes, by the fine lines that it shows under the eyes, where no beard grows."""
    half, room = max(2, round(_PATCH * eye_distance)), max(3, round(0.06 * eye_distance))
    spreads = []
    for x, y in landmarks[list(_UNDER_EYES), :2].astype(int).tolist():
        top, left = max(y - half - room, 0), max(x - half - room, 0)
        around = grey[top : max(y + half + room, 0), left : max(x + half + room, 0)]
        if min(around.shape) <= 2 * room:
            continue  # outside of the picture
        fine, coarse = (cv2.GaussianBlur(around, (0, 0), max(s, s * 0.013 * eye_distance)) for s in (0.5, 1.5))
        lines = np.abs(np.subtract(fine, coarse)[room:-room, room:-room])
        spreads.append(float(np.median(lines)) / 0.6745)
    found = float(np.median(spreads)) if spreads else 0.0
    share = float(smooth_step(np.float32((found - _SMOOTH_SKIN) / (_LINED_SKIN - _SMOOTH_SKIN))))
    return _YOUNG + (_OLD - _YOUNG) * share
