"""Where the edges of open lips are in a photo, to the pixel, and how lips that close keep to them.

Landmarks have them to some hundredths of the distance between the eyes. That is enough to fit a face, but not to move
a lip: a row of teeth that was taken for lip moves with it, and is seen when lips are closed over it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, smooth_step
from affectface.blending.displacement import looked_up_at
from affectface.fitting.face_fit import FaceFit, interocular_distance, unsmoothed_lips
from affectface.folds.relief import box_around
from affectface.landmarks.masks import ball, nearest_outside
from affectface.landmarks.topology import LIPS_INNER_LOWER, LIPS_INNER_UPPER, LIPS_OUTER_LOWER, LIPS_OUTER_UPPER
from affectface.morphable import FaceModel
from affectface.synthesis.mouth_frame import LESS_RED, cielab, frame_of, row_of, smoothed

_SCALE = 160
"""Inter-ocular distance at which it is looked, pixels."""
_BAND = 8
"""How far an edge may be from its landmarks, in those pixels."""
_OPEN = (4.0, 9.0)
"""Widest gap of the lips, in those pixels, from which they count as open, and at which surely."""
_MOST = 5.0
"""Most that one pixel says for lip or mouth, in nats: an odd one must not outweigh its column."""
_STEEP, _FAR = 1.5, 2.0
"""Cost of an edge that leaves that of the next column by a pixel, or its landmarks by the whole band."""
_SPREAD = (2.0, 3.0, 3.0)
"""Least standard deviation of a part's colour, in CIELAB."""
_OUTWARDS = 0.4
"""How much of the lip is left out, in those pixels: half of one of lip is not missed, half of one of tooth is seen."""


_BLURRED = 0.012
"""How far into the lips an edge is blurred with what lies behind it, and dark, in inter-ocular distances."""
_MIRRORED = 0.02
"""Width of the lip that is looked up mirrored at its edge, in inter-ocular distances."""
_CORNER = 0.03
"""Gap of the lips towards the mouth's corners, in inter-ocular distances, at which a photo shows shadow, no teeth;
closed lips have it too. At twice that gap all of what lies between them is left out."""


@dataclass(frozen=True, eq=False)
class OpenMouth:
    """The part of a photo that lies between open lips.

    Attributes
    ----------
    x, y : int
        Where the map's first pixel lies in the face region.
    aside : ndarray of shape (h, w, 2), float32
        The way from each pixel to one of a lip, mirrored at its edge, pixels; zero on lips and towards the corners.
    gap : float
        How far the lips are apart on average, pixels.
    """

    x: int
    y: int
    aside: FloatArray
    gap: float

    def keep_to_lips(
        self, displacement: FloatArray, skin: BoolArray, corner: tuple[int, int], edges: tuple[FloatArray, FloatArray]
    ) -> None:
        """Let lips that close look up lips where their mesh lies on what the photo shows between them, in place.

        A lip is rolled in: closing turns skin outwards of which the photo shows nothing, but what lies before it.

        Parameters
        ----------
        displacement : ndarray of shape (h, w, 2), float32
            Where each pixel of a window of the face region looks.
        skin : ndarray of shape (h, w), bool
            Which of them are skin.
        corner : tuple of int
            Where the window's first pixel lies in the face region, x and y.
        edges : tuple of two ndarrays of shape (L, 2), float32
            The edges of the upper and the lower lip now, pixels of the region.
        """
        closing = 1 - _mean_gap(*edges) / self.gap
        if closing <= 0:
            return
        around, margin = np.concatenate(edges) - corner, int(self.gap) + 2
        (left, top), (right, bottom) = around.min(axis=0).astype(int) - margin, around.max(axis=0).astype(int) + margin
        box = np.s_[max(int(top), 0) : max(int(bottom), 0), max(int(left), 0) : max(int(right), 0)]
        if not displacement[box].size:
            return
        place = box[1].start + corner[0] - self.x, box[0].start + corner[1] - self.y
        where = looked_up_at(displacement[box], place)
        aside = cv2.remap(self.aside, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
        displacement[box] += aside * (min(closing, 1.0) * skin[box])[..., None].astype(np.float32)


def find_open_mouth(
    upper: FloatArray, lower: FloatArray, size: tuple[int, ...], eye_distance: float
) -> OpenMouth | None:
    """Find what lies between the lips of a photo.

    Parameters
    ----------
    upper, lower : ndarray of shape (L, 2), float32
        The inner edges of its lips from corner to corner, pixels.
    size : tuple of int
        Height and width of the face region.
    eye_distance : float
        Inter-ocular distance, pixels.

    Returns
    -------
    OpenMouth or None
        None for lips that are less than a pixel apart.
    """
    blurred = int(_BLURRED * eye_distance)
    around, gap = np.concatenate([upper, lower[::-1]]), _mean_gap(upper, lower)
    box = box_around(around, blurred + 2, size)
    if gap < 1 or box is None:
        return None
    left, top, right, bottom = box
    between = np.zeros((bottom - top, right - left), dtype=np.uint8)
    cv2.fillPoly(between, [np.rint((around - (left + 0.5, top + 0.5)) * 16).astype(np.int32)], 1, shift=4)
    if blurred:
        cv2.dilate(between, ball(blurred), dst=between)
    if between.all():  # a picture of nothing but a mouth
        return None
    rows, columns = nearest_outside(between)
    here = np.stack(np.meshgrid(np.arange(right - left), np.arange(bottom - top)), axis=-1)
    aside = (np.stack([columns, rows], axis=-1) - here).astype(np.float32)
    far = np.linalg.norm(aside, axis=-1, keepdims=True)
    aside *= 1 + np.minimum(far, _MIRRORED * eye_distance) / np.maximum(far, 1)
    frame = frame_of(upper)
    along = frame.of(np.add(here, (left + 0.5, top + 0.5)).astype(np.float32))[..., 0]
    apart = row_of(frame.of(lower), along) - row_of(frame.of(upper), along)
    aside *= smooth_step(apart / (_CORNER * eye_distance) - 1)[..., None]
    return OpenMouth(left, top, aside, gap)


def _mean_gap(upper: FloatArray, lower: FloatArray) -> float:
    """How far edges (L, 2) are apart on average; where they lie over each other counts as zero."""
    along = frame_of(upper).along
    return float(np.maximum((lower - upper) @ np.array([-along[1], along[0]]), 0).mean())


def onto_lip_edges(model: FaceModel, fit: FaceFit, image: Image, landmarks: FloatArray) -> FaceFit:
    """Return a fit whose open lips end where those of its photo do.

    Parameters
    ----------
    model : FaceModel
        The face model.
    fit : FaceFit
        Its fit.
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in it, pixels.

    Returns
    -------
    FaceFit
        The same fit with another residual.
    """
    movement = lip_edge_movement(image, landmarks)
    if not movement.any():
        return fit
    return replace(fit, residual=fit.residual + unsmoothed_lips(model, movement))


def lip_edge_movement(image: Image, landmarks: FloatArray) -> FloatArray:
    """Find how far the landmarks of the lips' inner edges must move to lie on what is seen.

    In every column of the mouth the edge is put where pixels like the lip end and pixels like teeth begin, with the
    edges of neighbouring columns near each other (dynamic programming). Lips only give way: gums and shadows look too
    much like them to say anything.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 2 or 3), float32
        The face's landmarks, pixels.

    Returns
    -------
    ndarray of shape (478, 2), float32
        Movement, pixels; zero for other landmarks, and for lips that are closed.
    """
    movement = np.zeros((len(landmarks), 2), dtype=np.float32)
    points, scale = landmarks[:, :2], _SCALE / max(interocular_distance(landmarks[:, :2]), 1e-6)
    edges = [points[list(lip)] for lip in (LIPS_INNER_UPPER, LIPS_INNER_LOWER)]
    frame = frame_of(edges[0])
    inner = [frame.of(edge) * scale for edge in edges]
    outer = [frame.of(points[list(lip)]) * scale for lip in (LIPS_OUTER_UPPER, LIPS_OUTER_LOWER)]
    half = np.floor(inner[0][-1, 0])
    columns = np.arange(-half, half + 1, dtype=np.float32)
    rows = np.stack([row_of(edge, columns) for edge in inner])
    gap = rows[1] - rows[0]
    if len(columns) < 2 * _BAND or gap.max() < _OPEN[0]:
        return movement
    first = np.floor(min(edge[:, 1].min() for edge in outer)) - _BAND
    last = np.ceil(max(edge[:, 1].max() for edge in outer)) + _BAND
    across, down = (
        grid.astype(np.float32) for grid in np.meshgrid(columns / scale, np.arange(first, last + 1) / scale)
    )
    patch = _patch(image, frame.back(across, down), scale)
    open_here = smooth_step((gap - _OPEN[0]) / (_OPEN[1] - _OPEN[0]))
    for lip, numbers, side in ((0, LIPS_INNER_UPPER, 1), (1, LIPS_INNER_LOWER, -1)):
        thick = np.abs(rows[lip] - row_of(outer[lip], columns))
        says = _like_teeth(patch, rows - np.float32(first), thick, lip)
        found = _edge(_around(says, rows[lip] - np.float32(first), side) * (gap > _OPEN[0]))
        moved = side * open_here * (smoothed(found, 1.5) - _OUTWARDS) / scale
        at = np.interp(inner[lip][:, 0], columns, moved, left=0, right=0)
        movement[list(numbers)] = at[:, None] * np.array([-frame.along[1], frame.along[0]])
    return movement


def _patch(image: Image, where: tuple[FloatArray, FloatArray], scale: float) -> FloatArray:
    """The mouth (h, w, 3) in CIELAB at places (h, w), x and y, that are 1 / `scale` pixels apart."""
    x, y = where
    x0, y0 = max(int(x.min()) - 2, 0), max(int(y.min()) - 2, 0)
    part = image[y0 : int(y.max()) + 4, x0 : int(x.max()) + 4]
    if scale < 1:  # every pixel of a large photo has its share
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.5 / scale), dtype=np.uint8)
    maps = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    patch = cv2.remap(part, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cielab(np.asarray(patch, dtype=np.uint8))


def _like_teeth(patch: FloatArray, rows: FloatArray, thick: FloatArray, lip: int) -> FloatArray:
    """How much more each pixel (h, w) looks like teeth than like a lip, in nats.

    Parameters
    ----------
    patch : ndarray of shape (h, w, 3), float32
        The mouth, CIELAB.
    rows : ndarray of shape (2, w), float32
        The edges of the lips by the landmarks.
    thick : ndarray of shape (w,), float32
        The lip's thickness.
    lip : int
        0 for the upper lip, 1 for the lower one.

    Returns
    -------
    ndarray of shape (h, w), float32
        Positive for teeth.
    """
    row = np.arange(len(patch), dtype=np.float32)[:, None]
    depth = (row - rows[0]) / np.maximum(rows[1] - rows[0], 1e-3)
    between = patch[(depth > 0.3) & (depth < 0.7) & (rows[1] - rows[0] > _OPEN[0])]
    into = (rows[0] - row if lip == 0 else row - rows[1]) / np.maximum(thick, 1e-3)
    flesh = patch[(into > 0.3) & (into < 0.8) & (thick > 2)]
    if len(between) < 8 or len(flesh) < 8:
        return np.zeros(patch.shape[:2], dtype=np.float32)
    teeth = between[between[:, 0] >= np.percentile(between[:, 0], 40)]
    if flesh[:, 1].mean() - teeth[:, 1].mean() < LESS_RED:
        return np.zeros(patch.shape[:2], dtype=np.float32)
    return np.asarray(np.clip(_likelihood(patch, teeth) - _likelihood(patch, flesh), -_MOST, _MOST), np.float32)


def _likelihood(patch: FloatArray, samples: FloatArray) -> FloatArray:
    """Logarithm of how likely colours (h, w, 3) are for a normal distribution of samples (n, 3)."""
    mean, variance = samples.mean(axis=0), np.maximum(samples.var(axis=0), np.square(_SPREAD))
    return np.asarray(-0.5 * ((patch - mean) ** 2 / variance).sum(axis=-1) - 0.5 * np.log(variance).sum(), np.float32)


def _around(says: FloatArray, row: FloatArray, side: int) -> FloatArray:
    """The values (2 B, w) of an image along columns, from the lip's side of an edge to the mouth's."""
    offsets = side * (np.arange(-_BAND, _BAND, dtype=np.float32)[:, None] + 0.5)
    columns = np.broadcast_to(np.arange(says.shape[1], dtype=np.float32), (len(offsets), says.shape[1]))
    return np.asarray(cv2.remap(says, columns, (row + offsets).astype(np.float32), cv2.INTER_LINEAR), np.float32)


def _edge(says: FloatArray) -> FloatArray:
    """The cheapest edge (w,) through values (2 B, w), as distance from their middle towards the mouth."""
    count, width = says.shape
    before = np.concatenate([np.zeros((1, width)), np.cumsum(says, axis=0)])  # mouth taken for lip
    places = np.arange(count + 1) - count / 2
    cost = 2 * before - before[-1] + _FAR * (places[:, None] / _BAND) ** 2
    step = _STEEP * (places[:, None] - places[None]) ** 2
    cost[places > 0] = np.inf  # what is not like teeth may be gums or a shadow: only lips give way
    total, came = cost[:, 0], np.zeros((width, count + 1), dtype=np.intp)
    for column in range(1, width):
        ways = total[:, None] + step
        came[column] = ways.argmin(axis=0)
        total = ways.min(axis=0) + cost[:, column]
    best = np.empty(width, dtype=np.intp)
    best[-1] = total.argmin()
    for column in range(width - 1, 0, -1):
        best[column - 1] = came[column, best[column]]
    return np.asarray(places[best], dtype=np.float32)
