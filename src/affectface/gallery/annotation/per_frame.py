"""Annotations in the layout of Aff-Wild2: one text file a video, one line a frame.

The first line names the columns, ``valence,arousal`` or one of them; every further line is a frame, in order. A frame
that nobody annotated has -5 (Kollias and Zafeiriou, "Aff-Wild2", 2019, and its distribution's read-me).
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from affectface.errors import AnnotationError
from affectface.gallery.annotation.traces import Dimension, Trace

NOT_ANNOTATED = -5.0
_LONGEST_FILE = 256 * 2**20


def read_per_frame(
    path: str | os.PathLike[str], annotator: str, frame_rate: float, *, sequence: str | None = None
) -> tuple[Trace, ...]:
    """Read a file with one line a frame.

    Parameters
    ----------
    path : path-like
        The file, such as ``video17.txt``.
    annotator : str
        Who annotated; the file does not say.
    frame_rate : float
        Frames a second of the video; the file does not say.
    sequence : str, optional
        Which sequence it is about; the file's name without its suffix if not given.

    Returns
    -------
    tuple of Trace
        One trace a column; none of a column in which no frame is annotated.

    Raises
    ------
    AnnotationError
        If the file cannot be read or has another layout.
    ValueError
        If the frame rate is no positive number.
    """
    if not (math.isfinite(frame_rate) and frame_rate > 0):
        raise ValueError(f"{frame_rate:g} frames a second; a positive number is needed")
    target = Path(path)
    try:
        if target.stat().st_size > _LONGEST_FILE:
            raise AnnotationError(f"{target}: more than {_LONGEST_FILE >> 20} MiB; one line a frame is needed")
        head, *lines = target.read_text(encoding="utf-8-sig").splitlines() or [""]
    except OSError as error:
        raise AnnotationError(f"{target}: cannot be read ({error.strerror}); give a file of annotations") from None
    except UnicodeDecodeError:
        raise AnnotationError(f"{target}: is no text; one line a frame is needed") from None
    names = [name.strip() for name in head.lower().split(",")]
    if not names or len(set(names)) != len(names) or not set(names) <= {"valence", "arousal"}:
        raise AnnotationError(f"{target}: the first line is {head[:60]!r}; valence,arousal is needed")
    table = np.array([_frame(target, number, line, len(names)) for number, line in enumerate(lines, 2) if line.strip()])
    times = np.arange(len(table)) / frame_rate
    traces = []
    for column, name in enumerate(names):
        values = table[:, column] if len(table) else np.zeros(0)
        values = np.where(values == NOT_ANNOTATED, np.nan, values)
        if np.isfinite(values).any():
            dimension: Dimension = "valence" if name == "valence" else "arousal"
            traces.append(Trace(annotator, sequence or target.stem, dimension, times, values))
    return tuple(traces)


def _frame(target: Path, number: int, line: str, columns: int) -> list[float]:
    """What one line says of a frame."""
    try:
        values = [float(cell) for cell in line.split(",")]
    except ValueError:
        values = []
    if len(values) != columns or not all(value == NOT_ANNOTATED or -1 <= value <= 1 for value in values):
        raise AnnotationError(
            f"{target}: line {number} is {line[:60]!r}; {columns} numbers in [-1, 1], or -5, are needed"
        )
    return values
