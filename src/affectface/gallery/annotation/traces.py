"""What annotators said about sequences, moment by moment (Kollias 2020, section 3.2), and the file it is kept in."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO, get_args

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, read_only
from affectface.errors import AnnotationError
from affectface.files import atomic_path

Dimension = Literal["valence", "arousal"]
COLUMNS = ("annotator", "sequence", "dimension", "time", "value")
"""Columns of the file that traces are kept in, one row a moment: seconds from the start, and a value in [-1, 1].

An empty value says that nothing was said there.
"""
GRACE = 1.0
"""How far beyond its first and its last moment a trace still speaks for a sequence, seconds."""


@dataclass(frozen=True, eq=False)
class Trace:
    """One annotator's answer to one sequence in one dimension.

    Attributes
    ----------
    annotator, sequence : str
        Who, and of what.
    dimension : str
        `valence` or `arousal`.
    times : ndarray of shape (N,), float64
        Seconds from the start, rising.
    values : ndarray of shape (N,), float64
        What was said, in [-1, 1]; NaN from where on nothing was said.
    """

    annotator: str
    sequence: str
    dimension: Dimension
    times: NDArray[np.float64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        where = f"trace of {self.annotator!r} on {self.sequence!r}, {self.dimension}"
        times, values = (np.asarray(array, dtype=np.float64) for array in (self.times, self.values))
        if self.dimension not in get_args(Dimension):
            raise AnnotationError(f"{where}: the dimension is unknown; valence or arousal is needed")
        if times.ndim != 1 or times.shape != values.shape or not len(times):
            raise AnnotationError(f"{where}: {times.shape} times and {values.shape} values; one value a time is needed")
        if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
            raise AnnotationError(f"{where}: its times do not rise; sort it, and leave out what was said twice")
        said = values[~np.isnan(values)]
        if not len(said):
            raise AnnotationError(f"{where}: nothing was said at any of {len(times)} moments; one value is needed")
        if np.abs(said).max() > 1:
            raise AnnotationError(f"{where}: values from {said.min():g} to {said.max():g}; [-1, 1] is needed")
        object.__setattr__(self, "times", read_only(times))
        object.__setattr__(self, "values", read_only(values))

    def at(self, times: FloatArray, *, lag: float = 0.0) -> NDArray[np.float64]:
        """Return what was said about moments (M,), seconds: a person answers `lag` seconds after what they see.

        Between two answers it is on its way from one to the other; before the first and after the last it stays. NaN
        where nothing was said, and more than `GRACE` seconds before the first or after the last answer: an annotator
        who stopped halfway said nothing about the rest.
        """
        seen = np.asarray(times, dtype=np.float64)
        asked = np.clip(seen + lag, self.times[0], self.times[-1])
        left = np.searchsorted(self.times, asked, side="right") - 1
        right = np.searchsorted(self.times, asked, side="left")
        silent = np.isnan(self.values)
        known = ~(silent[left] | silent[right])
        known &= (seen >= self.times[0] - GRACE) & (seen <= self.times[-1] + GRACE)
        return np.where(known, np.interp(asked, self.times[~silent], self.values[~silent]), np.nan)


def read_traces(path: str | os.PathLike[str]) -> tuple[Trace, ...]:
    """Read traces from a file of comma-separated values.

    Parameters
    ----------
    path : path-like
        The file; see `COLUMNS`. Rows may stand in any order, other columns are passed over.

    Returns
    -------
    tuple of Trace
        The traces, in the order in which they first occur.

    Raises
    ------
    AnnotationError
        If the file is missing, has other columns, or holds what is no trace.
    """
    rows: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if missing:
                raise AnnotationError(f"{path}: no column {', '.join(missing)}; {', '.join(COLUMNS)} are needed")
            for row in table:
                key = row["annotator"], row["sequence"], row["dimension"]
                rows.setdefault(key, []).append((float(row["time"]), _value(row["value"])))
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read ({error.strerror}); give a file of annotations") from None
    except (csv.Error, UnicodeDecodeError, TypeError, ValueError) as error:
        raise AnnotationError(f"{path}: line {len(rows) and table.line_num}: {error}; numbers are needed") from None
    traces = []
    for (annotator, sequence, dimension), said in rows.items():
        times, values = np.array(sorted(said)).T
        traces.append(Trace(annotator, sequence, dimension, times, values))  # type: ignore[arg-type]
    return tuple(traces)


def write_traces(path: str | os.PathLike[str], traces: Iterable[Trace]) -> None:
    """Write traces as comma-separated values, atomically.

    Parameters
    ----------
    path : path-like
        The file.
    traces : iterable of Trace
        The traces.

    Raises
    ------
    AnnotationError
        If it cannot be written.
    """
    try:
        with atomic_path(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
            traces_table(file, traces)
    except OSError as error:
        raise AnnotationError(f"{Path(path)}: cannot be written ({error.strerror})") from None


def traces_table(file: TextIO, traces: Iterable[Trace]) -> None:
    """Write traces as comma-separated values into an open file.

    Parameters
    ----------
    file : text file
        The file, opened without translation of line ends.
    traces : iterable of Trace
        The traces.
    """
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for trace in traces:
        head = trace.annotator, trace.sequence, trace.dimension
        said = zip(trace.times.tolist(), trace.values.tolist(), strict=True)
        table.writerows((*head, repr(time), "" if value != value else repr(value)) for time, value in said)


def _value(text: str) -> float:
    """What a cell says: a number, or nothing."""
    value = float(text) if text.strip() else math.nan
    if text.strip() and math.isnan(value):
        raise ValueError(f"value {text!r}")
    return value
