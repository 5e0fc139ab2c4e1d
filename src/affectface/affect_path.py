"""A path in the valence-arousal plane: affects over time, interpolated smoothly and without overshoot."""

from __future__ import annotations

import csv
import itertools
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectface.errors import TargetError
from affectface.valence_arousal import ValenceArousal, quoted


@dataclass(frozen=True)
class AffectPath:
    """Two or more affects and when each is reached.

    Attributes
    ----------
    points : tuple of ValenceArousal
        The affects; pairs (valence, arousal) are taken too.
    times : tuple of float
        When each is reached, strictly increasing; without them the points are spread evenly over [0, 1].
    """

    points: Sequence[ValenceArousal | tuple[float, float]]
    times: Sequence[float] | None = field(default=None)

    def __post_init__(self) -> None:
        points = tuple(_point(point) for point in self.points)
        if len(points) < 2:
            raise TargetError(f"a path has {len(points)} point(s); at least 2 are needed, such as 0,0 0.8,0.4")
        times = np.linspace(0.0, 1.0, len(points)).tolist() if self.times is None else [float(t) for t in self.times]
        if len(times) != len(points):
            raise TargetError(f"a path has {len(points)} points and {len(times)} times; give one time a point")
        if not all(map(math.isfinite, times)) or any(b <= a for a, b in itertools.pairwise(times)):
            raise TargetError("the times of a path do not increase strictly; sort them and leave out repeated ones")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "times", tuple(times))

    @classmethod
    def parse(cls, text: str) -> AffectPath:
        """Return the path of a text such as `0,0 0.8,0.4 0,0`.

        Parameters
        ----------
        text : str
            Pairs `valence,arousal` with spaces between them.

        Returns
        -------
        AffectPath
            The path, with the points spread evenly over [0, 1].
        """
        points = []
        for part in text.replace(";", " ").split():
            pair = part.split(",")
            if len(pair) != 2:
                raise TargetError(f"{part!r} is not valence,arousal; write a path like '0,0 0.8,0.4 0,0'")
            points.append(_point((pair[0], pair[1])))
        return cls(points)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> AffectPath:
        """Read a path from a table with the columns t, valence and arousal.

        Parameters
        ----------
        path : path-like
            The file: comma-separated, UTF-8, with a header line; t in seconds.

        Returns
        -------
        AffectPath
            The path.

        Raises
        ------
        TargetError
            If the file cannot be read or a row does not hold three numbers in range.
        """
        try:
            with Path(path).open(newline="", encoding="utf-8-sig") as file:
                rows = list(csv.DictReader(file, skipinitialspace=True))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise TargetError(f"{path}: {reason}; give a CSV file with the columns t, valence, arousal") from None
        times, points = [], []
        for number, row in enumerate(rows, start=2):
            try:
                times.append(float(row["t"]))
                if row["valence"] is None or row["arousal"] is None:
                    raise ValueError("a short row")
                points.append(ValenceArousal(row["valence"], row["arousal"]))  # type: ignore[arg-type]
            except TargetError as error:
                raise TargetError(f"{path}, line {number}: {error}") from None
            except (KeyError, TypeError, ValueError):
                raise TargetError(f"{path}, line {number}: three numbers t, valence, arousal are needed") from None
        try:
            return cls(points, times)
        except TargetError as error:
            raise TargetError(f"{path}: {error}") from None

    @property
    def duration(self) -> float:
        """The time from the first point to the last: 1 without times, seconds for a CSV file."""
        return self._times[-1] - self._times[0]

    def at(self, t: float) -> ValenceArousal:
        """Return the affect at time `t`; before the first point and after the last it stands still.

        Parameters
        ----------
        t : float
            The time, in the unit of `times`.

        Returns
        -------
        ValenceArousal
            The affect.
        """
        if not math.isfinite(t):
            raise TargetError(f"the time on a path is {t}; a finite number is needed")
        valence, arousal = self._interpolate(np.array([t]))[0]
        return ValenceArousal(valence, arousal)

    def sample(self, count: int) -> list[ValenceArousal]:
        """Return `count` affects at even times, from the first point to the last.

        Parameters
        ----------
        count : int
            How many, at least 1; a single one is the first point.

        Returns
        -------
        list of ValenceArousal
            The affects.
        """
        if count < 1:
            raise TargetError(f"{count} samples of a path are asked for; at least 1 is needed")
        moments = np.linspace(self._times[0], self._times[-1], count)
        return [ValenceArousal(v, a) for v, a in self._interpolate(moments).tolist()]

    @property
    def _times(self) -> tuple[float, ...]:
        """The times, which are always there after construction."""
        return tuple(self.times or ())

    def _interpolate(self, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return valence and arousal (M, 2) at the given times (M,)."""
        x = np.array(self._times)
        y = np.array([(p.valence, p.arousal) for p in map(_point, self.points)])
        slopes = _slopes(x, y)
        m = np.clip(moments, x[0], x[-1])
        i = np.clip(np.searchsorted(x, m, side="right") - 1, 0, len(x) - 2)
        h = (x[i + 1] - x[i])[:, None]
        s = ((m - x[i]) / (x[i + 1] - x[i]))[:, None]
        value = (
            (1 + 2 * s) * (1 - s) ** 2 * y[i]
            + s * (1 - s) ** 2 * h * slopes[i]
            + s**2 * (3 - 2 * s) * y[i + 1]
            + s**2 * (s - 1) * h * slopes[i + 1]
        )
        return np.asarray(np.clip(value, -1.0, 1.0), dtype=np.float64)


def _slopes(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the derivatives (K, 2) of a monotone piecewise cubic through the knots.

    Fritsch & Butland (1984), as in PCHIP: the weighted harmonic mean of the neighbouring slopes, zero at a turning
    point, so that the curve never goes beyond the asked affects. It starts and ends at rest, as faces do.
    """
    h = np.diff(x)[:, None]
    secants = np.diff(y, axis=0) / h
    slopes = np.zeros_like(y)
    left, right = secants[:-1], secants[1:]
    same = left * right > 0
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slopes[1:-1] = np.where(same, (w1 + w2) / (w1 / left + w2 / right), 0.0)
    return np.nan_to_num(slopes, posinf=0.0, neginf=0.0)


def _point(point: ValenceArousal | Sequence[float | str]) -> ValenceArousal:
    """Return a point of a path as an affect."""
    if isinstance(point, ValenceArousal):
        return point
    pair = () if isinstance(point, str) or not hasattr(point, "__len__") else tuple(point)
    if len(pair) != 2:
        raise TargetError(f"{quoted(point)} is not a pair (valence, arousal)")
    return ValenceArousal(pair[0], pair[1])  # type: ignore[arg-type]
