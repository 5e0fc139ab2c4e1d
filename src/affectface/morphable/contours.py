"""The lip seam and the lid margins of a face model, found by looking at it.

Landmarks on these contours decide what a picture looks like: pixels above belong to the upper lip, pixels below to the
lower one, and they part when the mouth opens. A landmarker is right about them to a millimetre or two, which is too
little, so they are put where the mesh really parts: where neighbouring visible pixels move apart under `jawOpen`, and
where skin meets eyeball.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.camera import Camera
from affectface.morphable.face_model import FaceModel
from affectface.morphable.visibility import triangle_buffer

UPPER_INNER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
UPPER_LID_RIGHT = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LOWER_LID_RIGHT = (33, 7, 163, 144, 145, 153, 154, 155, 133)
UPPER_LID_LEFT = (362, 398, 384, 385, 386, 387, 388, 466, 263)
LOWER_LID_LEFT = (362, 382, 381, 380, 374, 373, 390, 249, 263)
"""MediaPipe's numbers along each contour, from image left to image right; the corners are in both halves."""

_SIDE = 1400


@dataclass(frozen=True)
class Slit:
    """An opening of the face as seen from the front: what lies just above and just below it, column by column.

    Attributes
    ----------
    x : ndarray of shape (N,), float32
        Where each column lies, pixels of the camera the slit was looked up with.
    above, below : ndarray of shape (N,), int32
        The triangles that touch the slit.
    above_weights, below_weights : ndarray of shape (N, 3), float32
        Where in them.
    """

    x: FloatArray
    above: IntArray
    below: IntArray
    above_weights: FloatArray
    below_weights: FloatArray

    def stretched(self, x: FloatArray) -> FloatArray:
        """Return `x` (N,), in order, moved and scaled so that its ends fall on the slit's ends."""
        share = (x - x[0]) / (x[-1] - x[0])
        return np.asarray(self.x[0] + share * (self.x[-1] - self.x[0]), dtype=np.float32)

    def place(self, x: FloatArray, upper: bool) -> tuple[IntArray, FloatArray]:
        """Return triangle (N,) and weights (N, 3) of the contour's points at `x` (N,); -1 beyond the slit's ends."""
        column = np.abs(self.x[None] - x[:, None]).argmin(1)
        triangles, weights = (self.above, self.above_weights) if upper else (self.below, self.below_weights)
        within = (x >= self.x[0] - 0.5) & (x <= self.x[-1] + 0.5)
        return np.where(within, triangles[column], -1), weights[column]


def lip_seam(model: FaceModel, camera: Camera, around: FloatArray) -> Slit | None:
    """Find where the closed lips touch.

    Parameters
    ----------
    model : FaceModel
        A model with a `jawOpen` unit.
    camera : Camera
        A frontal camera.
    around : ndarray of shape (N, 2), float32
        Projected landmarks of the lips, pixels.

    Returns
    -------
    Slit or None
        The seam; None if the model's lips do not part.
    """
    if "jawOpen" not in model.expression_names:
        return None
    view = _View(model, camera, around)
    jaw = np.linalg.norm(model.expression[model.expression_names.index("jawOpen")], axis=1)
    moved = np.einsum("hwc,hwc->hw", view.weights, jaw[model.triangles[view.triangle]])
    skin = model.region("face")[view.triangle] & (view.triangle >= 0)
    tops, bottoms = (np.full(view.columns, -1) for _ in range(2))
    size = np.zeros(view.columns, dtype=np.float32)
    for column in range(view.columns):
        rows = np.flatnonzero(skin[:, column])
        if len(rows) < 2:
            continue
        jump = np.diff(moved[rows, column])
        place = int(np.argmax(jump))
        size[column], tops[column], bottoms[column] = jump[place], rows[place], rows[place + 1]
    return view.slit(size > 0.12 * size.max(), tops, bottoms)


def lid_margin(model: FaceModel, camera: Camera, around: FloatArray) -> Slit | None:
    """Find the lid margins of one eye.

    Parameters
    ----------
    model : FaceModel
        A model with eyeballs.
    camera : Camera
        A frontal camera.
    around : ndarray of shape (N, 2), float32
        Projected landmarks of that eye's lids, pixels.

    Returns
    -------
    Slit or None
        The opening; None if no eyeball is seen there.
    """
    view = _View(model, camera, around)
    seen = view.triangle >= 0
    skin = model.region("face", "head")[view.triangle] & seen
    inside = model.region("eye_left", "eye_right", "eye_socket")[view.triangle] & seen
    tops, bottoms = (np.full(view.columns, -1) for _ in range(2))
    good = np.zeros(view.columns, dtype=bool)
    for column in range(view.columns):
        rows = np.flatnonzero(inside[:, column])
        if not len(rows):
            continue
        above = np.flatnonzero(skin[: rows[0], column])
        below = np.flatnonzero(skin[rows[-1] :, column])
        if len(above) and len(below):
            tops[column], bottoms[column], good[column] = above[-1], rows[-1] + below[0], True
    return view.slit(good, tops, bottoms)


class _View:
    """An enlarged look at a part of the mean face, without lashes."""

    def __init__(self, model: FaceModel, camera: Camera, around: FloatArray) -> None:
        low, high = around.min(0), around.max(0)
        low, high = low - 0.25 * (high - low).max(), high + 0.25 * (high - low).max()
        self.factor = _SIDE / float((high - low)[0])
        self.low = low
        close = camera.shifted(float(low[0]), float(low[1])).scaled(self.factor)
        shape = (int(np.ceil((high - low)[1] * self.factor)), _SIDE)
        rows = np.flatnonzero(~model.region("eyelashes"))
        seen, self.weights = triangle_buffer(close.project(model.vertices), model.triangles[rows], shape)
        self.triangle = np.where(seen >= 0, rows[seen], -1)
        self.columns = _SIDE

    def slit(self, good: BoolArray, tops: NDArray[np.int_], bottoms: NDArray[np.int_]) -> Slit | None:
        """Return the longest run of good columns, gaps of a few columns bridged."""
        columns = np.flatnonzero(good)
        if len(columns) < 20:
            return None
        runs = np.split(columns, np.flatnonzero(np.diff(columns) > 12) + 1)
        run = max(runs, key=len)
        top, bottom = (tops[run], run), (bottoms[run], run)
        return Slit(
            ((run + 0.5) / self.factor + self.low[0]).astype(np.float32),
            self.triangle[top].astype(np.int32),
            self.triangle[bottom].astype(np.int32),
            self.weights[top],
            self.weights[bottom],
        )
