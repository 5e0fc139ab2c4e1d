"""Landmarks in the files of others: iBUG's `.pts` and the landmarker.io's `.ljson`, of 68 points or any number.

iBUG's `.pts` (Sagonas et al. 2013) counts pixels from 1, the `.ljson` of landmarker.io and menpo from 0 and writes the
row first; both name the pixel's centre. Here the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from affectface.arrays import FloatArray
from affectface.errors import LandmarkFileError
from affectface.files import atomic_path

_LARGEST_FILE = 4 << 20
"""Bytes that are read at most: 68 points take three thousand."""

_MOST_POINTS = 20_000
_PTS_CENTRE, _LJSON_CENTRE = -0.5, 0.5
"""What is added to a file's numbers."""

_DIGITS = 6


def read_landmark_file(path: str | os.PathLike[str]) -> FloatArray:
    """Read landmarks from a `.pts` or `.ljson` file.

    Parameters
    ----------
    path : path-like
        The file; `.ljson` of version 1, 2 or 3, and of several groups the first.

    Returns
    -------
    ndarray of shape (N, 2), float32
        The points in the file's order, pixels; NaN for points that the file leaves out.

    Raises
    ------
    LandmarkFileError
        If it cannot be read or is of another format.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise LandmarkFileError(f"{file}: {file.stat().st_size >> 20} MiB; landmark files are far smaller")
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise LandmarkFileError(f"{file}: not a text file; give a .pts or .ljson file") from None
    except OSError as error:
        raise LandmarkFileError(f"{file}: cannot be read ({error.strerror}); give a .pts or .ljson file") from None
    match file.suffix.lower():
        case ".pts":
            points = _from_pts(file, text) + _PTS_CENTRE
        case ".ljson" | ".json":
            points = _from_ljson(file, text)[:, ::-1] + _LJSON_CENTRE
        case suffix:
            raise LandmarkFileError(f"{file}: unknown suffix {suffix!r}; use .pts or .ljson")
    if not 0 < len(points) <= _MOST_POINTS or np.isinf(points).any() or np.abs(np.nan_to_num(points)).max() > 1e6:
        raise LandmarkFileError(f"{file}: has {len(points)} points, or points that are in no image; check the file")
    return np.ascontiguousarray(points, dtype=np.float32)


def write_landmark_file(path: str | os.PathLike[str], points: FloatArray) -> None:
    """Write landmarks as `.pts` (version 1) or `.ljson` (version 3), atomically.

    Parameters
    ----------
    path : path-like
        The file; its suffix chooses the format.
    points : ndarray of shape (N, 2) or (N, 3), float32
        The points, pixels; a depth is left out. NaN stands for a missing point, which only `.ljson` can say.

    Raises
    ------
    LandmarkFileError
        If the suffix is another one, a point cannot be written, or the file cannot.
    ValueError
        If the shape is another one.
    """
    file, given = Path(path), np.asarray(points, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] not in (2, 3):
        raise ValueError(f"points has shape {given.shape}; (N, 2) or (N, 3) is needed")
    flat = given[:, :2]
    match file.suffix.lower():
        case ".pts":
            if not np.isfinite(flat).all():
                raise LandmarkFileError(f"{file}: a .pts file has no missing points; use .ljson")
            lines = [f"{x:.{_DIGITS}f} {y:.{_DIGITS}f}" for x, y in (flat - _PTS_CENTRE).tolist()]
            text = "\n".join(["version: 1", f"n_points:  {len(lines)}", "{", *lines, "}"]) + "\n"
        case ".ljson" | ".json":
            rows = [
                [None if math.isnan(v) else round(v, _DIGITS) for v in (y, x)]
                for x, y in (flat - _LJSON_CENTRE).tolist()
            ]
            group = {"labels": [], "landmarks": {"connectivity": [], "points": rows}}
            text = json.dumps({"version": 3, "groups": {"LJSON": group}}, indent=1, allow_nan=False) + "\n"
        case suffix:
            raise LandmarkFileError(f"{file}: unknown suffix {suffix!r}; use .pts or .ljson")
    try:
        with atomic_path(file) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LandmarkFileError(f"{file}: cannot be written ({error.strerror})") from None


def _from_pts(file: Path, text: str) -> FloatArray:
    """The numbers (N, 2) between the braces."""
    head, brace, rest = text.partition("{")
    body, end, _ = rest.partition("}")
    if not brace or not end:
        raise LandmarkFileError(f"{file}: no points between braces; a .pts file has version, n_points, {{ and }}")
    rows = [line.split() for line in body.splitlines() if line.strip()]
    wanted = next((line.partition(":")[2].strip() for line in head.splitlines() if "n_points" in line), "")
    if wanted.isdecimal() and int(wanted) != len(rows):
        raise LandmarkFileError(f"{file}: announces {wanted} points and has {len(rows)}; the file is incomplete")
    try:
        with np.errstate(over="ignore"):  # becomes infinite, which the caller refuses
            return np.array([[float(x), float(y)] for x, y, *_ in rows], dtype=np.float32).reshape(-1, 2)
    except ValueError:
        raise LandmarkFileError(f"{file}: a line between the braces is not two numbers; repair the file") from None


def _from_ljson(file: Path, text: str) -> FloatArray:
    """The first group's numbers (N, 2), row first."""
    try:
        content: Any = json.loads(text)
        match content["version"]:
            case 1:
                points = [one["point"] for group in content["groups"] for one in group["landmarks"]]
            case 2:
                points = content["landmarks"]["points"]
            case 3:
                points = next(iter(content["groups"].values()))["landmarks"]["points"]
            case version:
                raise LandmarkFileError(f"{file}: .ljson version {version!r}; 1, 2 and 3 can be read")
        numbers = [[math.nan if v is None else float(v) for v in point] for point in points]
        if any(len(point) != 2 for point in numbers):
            raise LandmarkFileError(f"{file}: its points are not in a plane; give the landmarks of an image")
        return np.array(numbers, dtype=np.float32).reshape(-1, 2)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration, RecursionError, OverflowError):
        raise LandmarkFileError(f"{file}: not an .ljson file of landmarks; check where it comes from") from None
