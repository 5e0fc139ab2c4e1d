"""What annotators said about sequences, moment by moment (Kollias 2020, section 3.2), and the file it is kept in."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, read_only
from affectface.errors import AnnotationError
from affectface.files import atomic_path

Dimension = Literal["valence", "arousal"]
COLUMNS = ("annotator", "sequence", "dimension", "time", "value")
"""Columns of the file that traces are kept in, one row a moment: seconds from the start, and a value in [-1, 1]."""


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
        What was said, in [-1, 1].
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
        if not (np.isfinite(values).all() and np.abs(values).max() <= 1):
            raise AnnotationError(f"{where}: values from {values.min():g} to {values.max():g}; [-1, 1] is needed")
        object.__setattr__(self, "times", read_only(times))
        object.__setattr__(self, "values", read_only(values))

    def at(self, times: FloatArray, *, lag: float = 0.0) -> NDArray[np.float64]:
        """Return what was said about moments (M,), seconds: a person answers `lag` seconds after what they see.

        Between two answers it is on its way from one to the other; before the first and after the last it stays.
        """
        return np.interp(np.asarray(times, dtype=np.float64) + lag, self.times, self.values)


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
                rows.setdefault(key, []).append((float(row["time"]), float(row["value"])))
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
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for trace in traces:
                head = trace.annotator, trace.sequence, trace.dimension
                table.writerows((*head, repr(t), repr(v)) for t, v in zip(*_lists(trace), strict=True))
    except OSError as error:
        raise AnnotationError(f"{Path(path)}: cannot be written ({error.strerror})") from None


def _lists(trace: Trace) -> tuple[list[float], list[float]]:
    return trace.times.tolist(), trace.values.tolist()
