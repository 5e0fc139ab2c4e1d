"""Points on scans as a table that people and other programs can read and write.

One row a point: `sequence`, `frame` (counted from 0 as in the gallery), `point`, and `x`, `y`, `z` in centimetres, in
the scan's own axes as the gallery has them. `point` is a landmark's number among the 478, or `t` and the number of one
of the 79 that are tracked (`t36`: the outer corner of the right eye, as in the 68 of iBUG; see `POINTS79`). A point
that is not known has no row, or `nan` or nothing as its coordinates.
"""

from __future__ import annotations

import csv
import os
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from affectface.arrays import FloatArray
from affectface.csv_rows import Row, stream_rows
from affectface.errors import GalleryError
from affectface.files import atomic_path, sha256_of
from affectface.gallery.store import Gallery
from affectface.gallery.tracking.points79 import POINTS79

COLUMNS = ("sequence", "frame", "point", "x", "y", "z")
"""The table's columns; others are passed over."""
_LANDMARKS = 478
_MOST_FRAMES = 10_000_000
_FARTHEST = 1e4
"""Coordinates beyond this, cm, are not those of a scan."""

Place = tuple[str, int]
"""A sequence's name and the number of a frame."""
AddPoints = Callable[[Place, FloatArray], None]


@dataclass(frozen=True, eq=False)
class PointTable:
    """Points of frames.

    Attributes
    ----------
    frames : mapping of (str, int) to pair of array
        For each frame numbers of landmarks, and their coordinates one after the other; see `at`.
    sha256 : str
        Of the file that they were read from.
    """

    frames: Mapping[Place, tuple[array[int], array[float]]]
    sha256: str

    def at(self, place: Place) -> FloatArray | None:
        """Return the points (478, 3) of a frame, cm, NaN where one is not known; None if none is."""
        found = self.frames.get(place)
        if found is None:
            return None
        points = np.full((_LANDMARKS, 3), np.nan, dtype=np.float32)
        points[np.array(found[0], dtype=np.intp)] = np.array(found[1], dtype=np.float32).reshape(-1, 3)
        return points


def read_points(path: str | os.PathLike[str], gallery: Gallery) -> PointTable:
    """Read points of frames of a gallery.

    Parameters
    ----------
    path : path-like
        The table.
    gallery : Gallery
        The gallery of scans that they lie on.

    Returns
    -------
    PointTable
        The points.

    Raises
    ------
    GalleryError
        If the file cannot be read, has other columns, says anything twice, or what the gallery does not have.
    """
    lengths = {one.name: one.frames for one in gallery.sequences}
    frames: dict[Place, tuple[array[int], array[float]]] = {}
    seen: dict[Place, set[int]] = {}
    last: Place | None = None
    for number, row in enumerate(stream_rows(path, GalleryError), 2):
        missing = [name for name in COLUMNS if name not in row]
        if missing:
            raise GalleryError(f"{path}: no column {', '.join(missing)}; {', '.join(COLUMNS)} are needed")
        try:
            place, point, coordinates = _said(row)
        except ValueError as error:
            raise GalleryError(f"{path}: row {number}: {error}") from None
        if place[0] not in lengths or place[1] >= lengths[place[0]]:
            raise GalleryError(
                f"{path}: row {number}: frame {place[1]} of {place[0]!r} is not in {gallery.path.name}; "
                "the points of this gallery's scans are needed"
            )
        if coordinates is None:
            continue
        numbers, values = frames.setdefault(place, (array("H"), array("f")))
        if place != last:  # only frames whose rows do not stand together need a look at all that was said of them
            seen, last = {place: set(numbers)}, place
        if point in seen[place]:
            raise GalleryError(f"{path}: row {number}: point {point} of frame {place[1]} of {place[0]!r} occurs twice")
        seen[place].add(point)
        numbers.append(point)
        values.extend(coordinates)
    if not frames:
        raise GalleryError(f"{path}: has no point with coordinates; one is needed")
    return PointTable(frames, sha256_of(path))


@contextmanager
def writing_points(path: str | os.PathLike[str]) -> Iterator[AddPoints]:
    """Write points frame by frame; the file is there as a whole at the end, or not at all.

    Parameters
    ----------
    path : path-like
        The table.

    Yields
    ------
    callable
        Takes a frame and its points (478, 3), cm, NaN where one is not known.

    Raises
    ------
    GalleryError
        If the file cannot be written.
    """
    try:
        with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)

            def add(place: Place, points: FloatArray) -> None:
                for point in np.flatnonzero(np.isfinite(points).all(axis=1)):
                    table.writerow([*place, point, *(f"{value:.4f}" for value in points[point].tolist())])

            yield add
    except OSError as error:
        raise GalleryError(f"{path}: cannot be written ({error.strerror}); give another place") from None


def _said(row: Row) -> tuple[Place, int, list[float] | None]:
    """Return what a row says: frame, landmark and coordinates."""
    if not (row["frame"].isascii() and row["frame"].isdigit() and int(row["frame"][:9]) < _MOST_FRAMES):
        raise ValueError(f"frame {row['frame'][:20]!r}; a number from 0 is needed")
    text = row["point"]
    tracked, digits = text.startswith("t"), text.removeprefix("t")
    count = len(POINTS79) if tracked else _LANDMARKS
    if not (digits.isascii() and digits.isdigit() and len(digits) < 5 and int(digits) < count):
        raise ValueError(f"point {text[:20]!r}; 0 to {_LANDMARKS - 1}, or t0 to t{len(POINTS79) - 1} are needed")
    point = POINTS79[int(digits)] if tracked else int(digits)
    place = row["sequence"], int(row["frame"])
    try:
        values = [float(row[axis] or "nan") for axis in "xyz"]
    except ValueError:
        raise ValueError("x, y and z are not three numbers; centimetres are needed") from None
    if any(value != value for value in values):
        return place, point, None
    if max(map(abs, values)) > _FARTHEST:
        raise ValueError(f"a coordinate of {max(map(abs, values)):g} cm; up to {_FARTHEST:g} are needed")
    return place, point, values
