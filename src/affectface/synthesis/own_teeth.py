"""The upper teeth that a photo shows: found between its lips, and laid between the lips that moved.

Upper teeth are fixed to the skull: whatever the lips do, they stay where the photo has them. Lips that rise uncover
more of them than the photo shows. A tooth is a column, so what is missed is made by stretching what is there, and where
that would be too much the row of teeth follows the lip: nobody knows how long somebody's teeth are, but everybody sees
when there are two rows of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.synthesis.mouth_frame import LESS_RED, Frame, cielab, frame_of, row_of, smoothed

_LEAST = 0.04
"""Height of the visible teeth, in inter-ocular distances, below which too little of them is seen to draw from."""
_BAND = 0.02
"""How far a lip's edge may be from where the landmarks have it, in inter-ocular distances."""
_GAP = 0.035
"""Width of a gap or a shadow between teeth, in inter-ocular distances."""
_DARKEST = 0.35
"""Light of a tooth, in that of the brightest ones."""
_BRIGHT = 0.9
"""Light of the brightest teeth, at least, in that of lips."""
_GREY = 6.0
"""Difference of the channels of lips below which a photo has no colour."""
_LONGER, _WIDER = 1.7, 1.2
"""How much teeth may be stretched."""
_BEYOND_MESH = 0.05
"""How far below the face model's upper teeth those of a person may end, in inter-ocular distances."""


@dataclass(frozen=True, eq=False)
class OwnTeeth:
    """The upper teeth of a photo.

    Attributes
    ----------
    frame : Frame
        Coordinates along the mouth.
    first : tuple of float
        Column and row of the first value of `seen`.
    lip : ndarray of shape (n,), float32
        Row, for each column, of the upper lip's edge by the landmarks.
    top, bottom : ndarray of shape (n,), float32
        Row where the teeth come out from under the lip, and where they end, smoothly.
    seen : ndarray of shape (m, n), float32
        How much of each pixel is to be drawn: teeth, the gaps between them, and the dark beside them.
    """

    frame: Frame
    first: tuple[float, float]
    lip: FloatArray
    top: FloatArray
    bottom: FloatArray
    seen: FloatArray


def find_own_teeth(
    image: Image, upper: FloatArray, lower: FloatArray, teeth: FloatArray, eye_distance: float
) -> OwnTeeth | None:
    """Find the upper teeth between the lips of a photo.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The face region.
    upper, lower : ndarray of shape (L, 2), float32
        The edges of the lips from corner to corner, pixels.
    teeth : ndarray of shape (N, 2), float32
        Where the face model has its upper teeth, pixels: below them a tooth is a lower one.
    eye_distance : float
        Inter-ocular distance, pixels.

    Returns
    -------
    OwnTeeth or None
        The teeth; None where the photo shows none.
    """
    frame = frame_of(upper)
    over, under = frame.of(upper), frame.of(lower)
    half, band = np.floor(over[-1, 0]), _BAND * eye_distance
    columns = np.arange(-half, half + 1, dtype=np.float32)
    lip, chin = row_of(over, columns), row_of(under, columns)
    if len(columns) < 3 or (chin - lip).max() < _LEAST * eye_distance:
        return None
    low, high = np.floor(min(lip.min(), chin.min()) - 3 * band), np.ceil(max(lip.max(), chin.max()) + 3 * band)
    rows = np.arange(low, high, dtype=np.float32)[:, None]
    x, y = frame.back(np.broadcast_to(columns, (len(rows), len(columns))), rows)
    patch = np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
    inside = (rows > lip) & (rows < chin)
    beside = ((rows < lip - band) & (rows > lip - 3 * band)) | ((rows > chin + band) & (rows < chin + 3 * band))
    tooth = _teeth(patch, inside, beside) & (rows > lip - band) & (rows < chin + band)
    top, end = _rows_of_teeth(tooth, lip, chin, float(low), eye_distance)
    if len(teeth):
        end = np.minimum(end, np.percentile(frame.of(teeth)[:, 1], 95) + _BEYOND_MESH * eye_distance)
    found = tooth.any(axis=0)
    height = float(np.percentile((end - top)[found], 75)) / eye_distance if found.any() else 0.0
    if height < _LEAST:
        return None
    bottom = np.maximum(smoothed(np.maximum(end, top + 1), max(1.0, _GAP / 2 * eye_distance)), top + 1)
    return OwnTeeth(
        frame=frame,
        first=(float(columns[0]), float(low)),
        lip=lip,
        top=top,
        bottom=bottom.astype(np.float32),
        seen=np.clip(end - rows + 0.5, 0, 1).astype(np.float32),
    )


def place_own_teeth(
    own: OwnTeeth, upper: FloatArray, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Find where the pixels of an open mouth look for their tooth.

    Parameters
    ----------
    own : OwnTeeth
        The photo's teeth.
    upper : ndarray of shape (L, 2), float32
        The edge of the upper lip now, from corner to corner, pixels.
    x, y : ndarray of shape (h, w), float32
        The pixels.

    Returns
    -------
    x, y : ndarray of shape (h, w), float32
        Where to look in the face region.
    share : ndarray of shape (h, w), float32
        How much of it is to be seen, 0 to 1.
    """
    over = own.frame.of(upper)
    first, low = own.first
    wide = float(np.clip((over[-1, 0] - over[0, 0]) / (-2 * first), 1, _WIDER))
    grid = np.arange(len(own.top), dtype=np.float32) + np.float32(first)
    lip = own.top + smoothed(row_of(over, grid * wide) - own.lip, 1.0)
    height = own.bottom - own.top
    stretch = np.clip((own.bottom - lip) / height, 1, _LONGER).astype(np.float32)
    end = np.minimum(own.bottom, lip + _LONGER * height)
    pixel = own.frame.of(np.stack([x, y], axis=-1))
    column = np.clip(pixel[..., 0] / wide, first, -first)  # beside them is the dark that the photo has there
    index = np.asarray(column - first, dtype=np.float32)
    row = _at(own.bottom, index) - (_at(end, index) - pixel[..., 1]) / _at(stretch, index)
    share = cv2.remap(
        own.seen, index, (row - low).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return *own.frame.back(column, row), np.asarray(share, dtype=np.float32)


def _rows_of_teeth(
    tooth: BoolArray, lip: FloatArray, chin: FloatArray, low: float, eye_distance: float
) -> tuple[FloatArray, FloatArray]:
    """First and last row of the teeth for each column (n,); from lip to lip where there are none."""
    gap = max(1, round(_GAP * eye_distance))
    whole = cv2.morphologyEx(tooth.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, 2 * gap + 1), np.uint8))
    has = whole.any(axis=0)
    begin = low + np.argmax(whole, axis=0) - 0.5
    end = low + len(whole) - 1 - np.argmax(whole[::-1], axis=0) + 0.5
    end = np.where(has, end, chin)
    edge = gap | 1  # a highlight on the lip is no tooth
    end = np.median(np.lib.stride_tricks.sliding_window_view(np.pad(end, edge // 2, mode="edge"), edge), axis=-1)
    top = np.where(has, np.clip(begin, lip - _BAND * eye_distance, lip), lip)
    return smoothed(top, max(1.0, 0.3 * gap)), end.astype(np.float32)


def _at(values: FloatArray, index: FloatArray) -> FloatArray:
    """Values (n,) at indices between whole ones."""
    low = np.clip(np.floor(index).astype(np.int32), 0, len(values) - 2)
    part = np.clip(index - low, 0, 1)
    return np.asarray(values[low] * (1 - part) + values[low + 1] * part, dtype=np.float32)


def _teeth(patch: Image, inside: BoolArray, beside: BoolArray) -> BoolArray:
    """Which pixels are teeth: less red than the lips beside them, and not dark; in a grey photo brighter than lips."""
    lab = cielab(patch)
    light, red = lab[..., 0], lab[..., 1]
    brightest = float(np.percentile(light[inside], 90))
    sure = inside & (light > 0.75 * brightest)
    tooth, lips = float(np.median(red[sure])), float(np.median(red[beside]))
    if np.ptp(patch[beside].astype(np.int16), axis=-1).mean() < _GREY:
        return np.asarray(light > 0.5 * (float(np.median(light[beside])) + brightest))
    if lips - tooth < LESS_RED or brightest < _BRIGHT * float(np.median(light[beside])):
        return np.zeros_like(inside)
    return np.asarray((red < 0.5 * (tooth + lips)) & (light > _DARKEST * brightest))
