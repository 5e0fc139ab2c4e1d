"""Folds of the skin: where the moved surface is shorter than at rest, it creases.

Where a face folds is anatomy: the lines stand in the landmarks. How much it folds is geometry: points on both sides of
a line come nearer to each other. What a fold looks like is light: a groove is dark, and its banks catch the fitted
light. A fold that the photo shows already is not drawn twice, and one that its expression made is filled when the
expression goes; the dimples of a chin are not. Old skin, which shows fine lines at rest, folds more than young skin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, median, smooth_step
from affectface.blending.displacement import looked_up_at
from affectface.folds.filling import Filling, fill, find_filling
from affectface.folds.lines import CHIN, FOLD_LINES, SAMPLES, FoldLine, line_path
from affectface.folds.relief import Box, across_path, box_around, dimples, groove
from affectface.landmarks.masks import hull_mask
from affectface.landmarks.topology import LIPS_OUTER_LOWER, LIPS_OUTER_UPPER
from affectface.rendering.shade import harmonics


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
        How much of the fold the photo's own expression makes.
    filling : Filling, optional
        What makes go what the photo shows of it.
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
    filling: Filling | None = None


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
    def _measured(self) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray, NDArray[np.intp], FloatArray]:
        """How all of them are measured.

        The first and second vertices of the pairs (N,), the way between at rest over its squared length, which pair
        stands where in a table with a row a line (M, most), beyond the last the pair N, and the shares (M, most) that
        give the mean of the larger half of a sorted row.
        """
        pairs = np.concatenate([fold.pairs for fold in self.lines])
        rest = np.concatenate([fold.rest for fold in self.lines])
        counts = np.array([len(fold.pairs) for fold in self.lines])
        most, starts = counts.max(), np.cumsum(counts) - counts
        column = np.arange(most)
        table = np.where(column < counts[:, None], starts[:, None] + column, len(pairs))
        half = counts - counts // 2  # half a line that folds is a fold
        shares = (column >= most - half[:, None]) / half[:, None]
        rest = rest / (rest**2).sum(axis=1, keepdims=True)
        return pairs[:, 0], pairs[:, 1], rest, table, shares.astype(np.float32)

    @cached_property
    def _bounds(self) -> tuple[FloatArray, FloatArray]:
        """Where each line's fold begins, and how much more shortening makes the whole of it."""
        onset, full = np.array([(fold.onset, fold.full) for fold in self.lines]).T
        return onset, full - onset

    def strengths(self, vertices: FloatArray) -> list[float]:
        """Return how much of each fold vertices (U, 3) make, 0 to 1."""
        if not self.lines:
            return []
        first, second, rest, table, shares = self._measured
        # along the old direction: skin that slides along the line does not stretch it
        shorter = 1 - np.einsum("nd,nd->n", vertices[second] - vertices[first], rest)
        rows = np.sort(np.append(shorter, np.float32(_SHORTEST))[table], axis=1)
        onset, room = self._bounds
        strengths: list[float] = smooth_step(((rows * shares).sum(axis=1) - onset) / room).tolist()
        return strengths

    def changes(self, vertices: FloatArray) -> list[tuple[float, Fold]]:
        """Return how much more of which folds vertices (U, 3) make than the photo shows."""
        both = zip(self.strengths(vertices), self.lines, strict=True)
        more = ((strength - fold.shown, fold) for strength, fold in both)
        return [(amount, fold) for amount, fold in more if abs(amount) > _UNSEEN]


_UNSEEN = 0.01
"""Part of a fold that no eye sees."""
_WHOLE = 0.5
"""How much of a fold an expression makes whose whole darkness in the photo is that expression's."""
_NEAR = 20.0
"""Distance, pixels, within which the vertex that is nearest to a place is looked for first."""
_SHORTEST = -1e9
"""What stands for a pair that is not there: skin that was stretched so far."""
_MEASURED = 7
"""Places along a line at which the skin's approach is measured."""
_BOSS = (199, 201, 421)
"""Middle of the chin's boss, and its right and left."""
_BOSS_WIDTH, _BOSS_HEIGHT = 0.21, 0.62
"""Half the width of the skin on the chin that dimples (AU 17), in inter-ocular distances; its height over its width."""
_PIT = 0.011
"""Radius of a dimple, in inter-ocular distances."""
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
        x, y = self._rows
        (left, top), (right, bottom) = wanted.min(axis=0) - _NEAR, wanted.max(axis=0) + _NEAR
        near = np.flatnonzero((x > left) & (x < right) & (y > top) & (y < bottom))
        if len(near):
            nearest, farthest = _nearest(x[near], y[near], wanted)
            if farthest < _NEAR:  # none of the others is nearer
                return near[nearest]
        return _nearest(x, y, wanted)[0]

    @cached_property
    def _rows(self) -> FloatArray:
        """x and y of the points (2, D)."""
        return np.ascontiguousarray(self.points.T[:2])

    def ends(self, line: FoldLine) -> tuple[FloatArray, FloatArray]:
        """Return the landmarks (N, 2) and (N, 2) whose approach makes a line fold, where it names some."""
        first, second = (self.landmarks[list(ends), :2] for ends in zip(*line.between, strict=True))
        return first, second

    def tilts(self, places: FloatArray) -> FloatArray:
        """Return the logarithmic change (N, 2) of light on skin at places (N, 2) that leans right, and downwards."""
        return _tilts(self.normals[self.nearest(places)], self.lighting)


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
    paths = [line_path(line, skin.landmarks) for line in FOLD_LINES]
    tilts = skin.tilts(np.stack([path[SAMPLES // 2] for path in paths]))
    prepared = [
        (line, path, _prepare(line, path, skin, grey.shape, tilt))
        for line, path, tilt in zip(FOLD_LINES, paths, tilts, strict=True)
    ]
    grooves = [(line, path, fold) for line, path, fold in prepared if fold is not None]
    pits = _dimples(skin, grey.shape)
    folds = [fold for _, _, fold in grooves] + ([pits] if pits is not None else [])
    shown = Folds(tuple(folds)).strengths(skin.vertices)
    fillings: list[Filling | None] = [None] * len(folds)
    lips = hull_mask([skin.landmarks[[*LIPS_OUTER_UPPER, *LIPS_OUTER_LOWER], :2]], (grey.shape[0], grey.shape[1]))
    for number, (line, path, _) in enumerate(grooves):
        if shown[number] > _UNSEEN:
            fillings[number] = find_filling(image, path, line.width * skin.eye_distance, lips)
    return Folds(
        tuple(
            replace(fold, change=fold.change * np.float32(age), shown=much, filling=lacks)
            for fold, much, lacks in zip(folds, shown, fillings, strict=True)
        )
    )


def draw_folds(
    light: FloatArray, displacement: FloatArray, changes: Sequence[tuple[float, Fold]], corner: tuple[int, int]
) -> None:
    """Add the folds that moved vertices make to the logarithm of the change of light, in place.

    Parameters
    ----------
    light : ndarray of shape (h, w), float32
        The logarithm, on a window of the face region.
    displacement : ndarray of shape (h, w, 2), float32
        Where each of the window's pixels is looked up, relative to itself.
    changes : sequence of (float, Fold)
        How much more of which folds there is; see `Folds.changes`.
    corner : tuple of int
        Where the window's first pixel lies in the face region, x and y.
    """
    more = [(amount, fold.change, (fold.x, fold.y)) for amount, fold in changes if amount > 0]
    for amount, box, found in _found(displacement, more, corner):
        cv2.scaleAdd(found, amount, light[box], dst=light[box])


def fill_folds(
    pixels: Image, displacement: FloatArray, changes: Sequence[tuple[float, Fold]], corner: tuple[int, int]
) -> None:
    """Fill the folds that the photo's own expression made and moved vertices do not make, in place.

    Parameters
    ----------
    pixels : ndarray of shape (h, w, 3), uint8
        The pixels of a window of the face region.
    displacement : ndarray of shape (h, w, 2), float32
        Where each of them was looked up, relative to itself.
    changes : sequence of (float, Fold)
        How much more of which folds there is; what is negative is filled.
    corner : tuple of int
        Where the window's first pixel lies in the face region, x and y.
    """
    gone = [
        (min(-amount / max(fold.shown, _WHOLE), 1.0), fold.filling.lacks, (fold.filling.x, fold.filling.y))
        for amount, fold in changes
        if amount < 0 and fold.filling is not None
    ]
    for amount, box, lacks in _found(displacement, gone, corner):
        pixels[box] = fill(pixels[box], lacks, amount)


def _found(
    displacement: FloatArray, maps: Sequence[tuple[float, FloatArray, tuple[int, int]]], corner: tuple[int, int]
) -> Iterator[tuple[float, tuple[slice, slice], FloatArray]]:
    """Yield of each amount of a map that lies at a place the part of a window that may show it, and what it shows.

    Folds lie on the photo's skin and move with it: they are looked up like its pixels.
    """
    longest = math.ceil(cv2.norm(displacement, cv2.NORM_INF)) + 1 if maps else 0
    for amount, there, place in maps:
        (x, y), (height, width) = (place[0] - corner[0], place[1] - corner[1]), there.shape[:2]
        top, left = max(y - longest, 0), max(x - longest, 0)
        box = np.s_[top : max(y + height + longest, 0), left : max(x + width + longest, 0)]
        if displacement[box].size:
            where = looked_up_at(displacement[box], (left - x, top - y))
            found = cv2.remap(there, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
            yield amount, box, found


def _prepare(line: FoldLine, path: FloatArray, skin: Skin, size: tuple[int, ...], tilt: FloatArray) -> Fold | None:
    """One fold of the photo along its path; None where it lies outside the picture or is too small to be seen."""
    width = line.width * skin.eye_distance
    box = box_around(path, 4 * width + 1, size)
    if width < 0.5 or box is None:
        return None
    across = across_path(path)
    if line.between:
        first, second = skin.ends(line)
    else:
        some = (np.linspace(0.15, 0.85, _MEASURED) * (SAMPLES - 1)).astype(int)
        reach = line.across * skin.eye_distance * across[some]
        first, second = path[some] - reach, path[some] + reach
    return _measured(line, skin, (first, second), box, groove(line, path, across, box, width, tilt))


def _dimples(skin: Skin, size: tuple[int, ...]) -> Fold | None:
    """The dimples that the chin gets with its furrow; None where they are too small to be seen."""
    middle, right, left = skin.landmarks[list(_BOSS), :2]
    along = _BOSS_WIDTH * skin.eye_distance * (left - right) / max(float(np.linalg.norm(left - right)), 1e-6)
    box = box_around(middle[None], float(np.linalg.norm(along)), size)
    if box is None or _PIT * skin.eye_distance < 0.5:
        return None
    change = dimples(middle, along, (_BOSS_HEIGHT, _PIT / _BOSS_WIDTH), box, skin.tilts(middle[None])[0])
    return _measured(replace(CHIN, name="chin dimples"), skin, skin.ends(CHIN), box, change)


def _measured(
    line: FoldLine,
    skin: Skin,
    places: tuple[FloatArray, FloatArray],
    box: Box,
    change: FloatArray,
) -> Fold | None:
    """A fold by the approach of pairs of places (N, 2); None where they show no skin of their own.

    How much of it is shown is not known yet.
    """
    pairs = skin.front[skin.nearest(np.concatenate(places)).reshape(2, -1).T]
    rest = skin.resting[pairs[:, 1]] - skin.resting[pairs[:, 0]]
    kept = np.linalg.norm(rest, axis=1) > 1e-3
    if not kept.any():
        return None
    pairs, rest = pairs[kept], rest[kept].astype(np.float32)
    return Fold(line.name, box[0], box[1], change, pairs, rest, line.onset, line.full, shown=0.0)


def _nearest(x: FloatArray, y: FloatArray, wanted: FloatArray) -> tuple[NDArray[np.intp], float]:
    """Which of points (D,) is nearest to each wanted place (N, 2), and how far away the farthest of them is."""
    to_x, to_y = wanted.T[..., None]
    squares = (to_x - x) ** 2 + (to_y - y) ** 2
    return np.asarray(squares.argmin(axis=1)), float(squares.min(axis=1).max()) ** 0.5


def _tilts(normals: FloatArray, lighting: FloatArray) -> FloatArray:
    """Logarithmic change (N, 2) of the light on surfaces that lean to the image's right, and downwards."""
    step = 0.1
    leans = normals[:, None] + step * np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0)])
    leans /= np.linalg.norm(leans, axis=-1, keepdims=True)
    light = np.maximum(harmonics(leans.reshape(-1, 3).astype(np.float32)) @ lighting, 1e-3).reshape(-1, 3)
    change = (light[:, 1:] - light[:, :1]) / (step * light[:, :1])
    return np.asarray(np.clip(change, -1.5, 1.5), dtype=np.float32)


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
        spreads.append(float(median(lines)) / 0.6745)
    found = float(median(spreads)) if spreads else 0.0
    share = float(smooth_step(np.float32((found - _SMOOTH_SKIN) / (_LINED_SKIN - _SMOOTH_SKIN))))
    return _YOUNG + (_OLD - _YOUNG) * share
