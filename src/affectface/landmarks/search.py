"""Where in an image to look for faces: cheap looks first, dearer ones only while they are needed.

A look is a square view of the image, possibly turned, in which a detector is run. What it finds is a square crop
around a face, turned so that the eyes lie level, which is what the mesh network reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import atan2, hypot, pi

import cv2
import numpy as np

from affectface.arrays import Image
from affectface.landmarks.crop import Crop, cut, shrink, shrink_factor
from affectface.landmarks.detector import INPUT_SIZES, Detection, Range, detect

FACE_TO_CROP = 1.5
"""The crop's side over the longer side of the detector's box (MediaPipe's face_detection_front_detection_to_roi)."""

CLOSE_VIEW = 2.0
"""Side of a closer view over that of the crop: the face fills a third of it, as in an ordinary portrait."""

LEVEL, FAR = 0.45, 5.0
"""A face that is rolled by more (radians), or whose crop is smaller than the view over this, is looked at again: the
detector's box has upright sides, and is as coarse as its input."""

QUARTERS = (pi / 2, -pi / 2, pi)
"""Directions of view for faces that lie on their side or stand upside down."""

SMALLEST_TILE = 320
"""Side of the smallest tiles, pixels: a face of 40 pixels is an eighth of it, which the detector sees well."""

MOST_TILES = 64
"""Tiles in the finest grid, which bounds the time for an image without a face: 0.3 s on one core."""

TILE_STRIDE = 0.75
"""Distance between tiles over their side; a face of up to a quarter of a tile is whole in one of them."""


def whole(image: Image) -> Crop:
    """Return the smallest upright square around an image."""
    height, width = image.shape[:2]
    return Crop(width / 2, height / 2, max(width, height))


@dataclass(frozen=True)
class Sighting:
    """A face, or what a detector takes for one.

    Attributes
    ----------
    crop : Crop
        The square around it, turned so that the eyes lie level.
    score : float
        How sure the detector is, 0 to 1.
    exact : bool
        Whether the face stood upright enough in the view, and large enough, to be framed exactly.
    """

    crop: Crop
    score: float
    exact: bool


def look(image: Image, views: Sequence[Crop], which: Range) -> list[Sighting]:
    """Return what a detector finds in some views of an image, most certain first."""
    size = INPUT_SIZES[which]
    pictures = np.stack([cut(image, view, size, border=cv2.BORDER_CONSTANT) for view in views])
    sightings = [
        _sighting(detection, view, which)
        for view, detections in zip(views, detect(pictures, which), strict=True)
        for detection in detections
    ]
    return sorted(sightings, key=lambda sighting: -sighting.score)


def look_closely(image: Image, crop: Crop, rolls: Sequence[float]) -> list[Sighting]:
    """Return what is seen in closer views of what may be a face: one sighting, or none, for each direction of view."""
    nearest = []
    for roll in rolls:
        view = replace(crop, side=CLOSE_VIEW * crop.side, roll=roll)
        near = [(hypot(s.crop.x - crop.x, s.crop.y - crop.y), s) for s in look(image, [view], "short")]
        nearest += [found for distance, found in sorted(near, key=lambda pair: pair[0])[:1] if distance < crop.side / 3]
    return nearest


def frame(image: Image, sighting: Sighting) -> Crop:
    """Return the crop of a sighting, improved by a closer and level look if it is not exact."""
    if sighting.exact:
        return sighting.crop
    return next((s.crop for s in look_closely(image, sighting.crop, [sighting.crop.roll])), sighting.crop)


def _sighting(found: Detection, view: Crop, which: Range) -> Sighting:
    """Return a detection in a view as a crop of the image."""
    size = INPUT_SIZES[which]
    corners = found.box.reshape(2, 2)
    x, y = view.place(corners.mean(axis=0), size).tolist()
    extent = max(float((corners[1] - corners[0]).max()), 1.0)
    right_eye, left_eye = found.keypoints[:2].tolist()
    roll = atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    side = FACE_TO_CROP * extent
    exact = which == "short" and abs(roll) < LEVEL and side > size / FAR
    return Sighting(Crop(x, y, side * view.side / size, view.roll + roll), found.score, exact)


def overview(image: Image) -> tuple[Image, int]:
    """Return an image small enough for looks at the whole of it, and the factor by which it was shrunk."""
    factor = shrink_factor(max(image.shape[:2]) / INPUT_SIZES["short"])
    return shrink(image, factor), factor


def tilings(image: Image) -> Iterator[list[Crop]]:
    """Yield ever finer grids of overlapping tiles that cover an image."""
    height, width = image.shape[:2]
    side = max(height, width) / 2
    while side >= SMALLEST_TILE / 2:
        columns, rows = (_starts(extent, side) for extent in (width, height))
        if len(columns) * len(rows) > MOST_TILES:
            break
        yield [Crop(x + side / 2, y + side / 2, side) for y in rows for x in columns]
        side /= 2


def _starts(extent: int, side: float) -> list[float]:
    """Return where tiles of a side begin so that they cover an extent, evenly."""
    count = 1 + max(0, int(np.ceil((extent - side) / (side * TILE_STRIDE))))
    return [0.0] if count == 1 else np.linspace(0, extent - side, count).tolist()
