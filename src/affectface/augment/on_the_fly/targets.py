"""What is drawn to be shown while a recogniser learns: points of the plane, classes, expressions; even or evening out.

A plan (`affectface.augment.targets`) fills cells up in turn; here each sample draws alone, so cells have chances that
come to the same on average.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affectface.affect import Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS, EXPRESSIONS
from affectface.arrays import FloatArray
from affectface.augment.even import filled_up
from affectface.augment.rows import Row
from affectface.augment.statistics import BINS
from affectface.augment.targets import Wish

Counts = NDArray[np.int64]


class Targets(Protocol):
    """Says what a face is to show."""

    def draw(self, rng: np.random.Generator) -> Wish:
        """Return a target that is drawn."""


@dataclass(frozen=True, eq=False)
class PlaneTargets:
    """Points of the valence-arousal plane.

    Attributes
    ----------
    chances : ndarray of shape (B, B), float64
        Chance of each cell, by arousal and valence, both from -1 up; see `plane_chances`.
    """

    chances: NDArray[np.float64] = field(default_factory=lambda: plane_chances())

    def draw(self, rng: np.random.Generator) -> Wish:
        """Return a point: a cell by its chance, and in it any place on the unit disc alike."""
        bins = len(self.chances)
        row, column = divmod(int(rng.choice(bins * bins, p=self.chances.ravel())), bins)
        corner = np.array([column, row]) * 2 / bins - 1
        while True:
            point = corner + rng.random(2) * 2 / bins
            if np.hypot(*point) <= 1:
                return Wish(ValenceArousal(float(point[0]), float(point[1])))


@dataclass(frozen=True, eq=False)
class ClassTargets:
    """Classes of an affect model, all alike (Kollias 2020, section 6.1).

    Attributes
    ----------
    points : ndarray of shape (K, 2), float32
        Valence and arousal of each, such as `AffectModel.points`.
    """

    points: FloatArray

    def __post_init__(self) -> None:
        if self.points.ndim != 2 or self.points.shape[1] != 2 or not len(self.points):
            raise ValueError(f"points has shape {self.points.shape}; (K, 2) with at least one is needed")

    def draw(self, rng: np.random.Generator) -> Wish:
        """Return the point of a class."""
        valence, arousal = self.points[int(rng.integers(len(self.points)))].tolist()
        return Wish(ValenceArousal(valence, arousal))


@dataclass(frozen=True, eq=False)
class ExpressionTargets:
    """Expressions, and neutral: a face that shows something is made neutral.

    Attributes
    ----------
    chances : mapping of str to float
        Chance of each; see `expression_chances`.
    least_intensity : float
        The lowest intensity; the highest is 1.
    """

    chances: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(BASIC_EXPRESSIONS, 1 / 6))
    least_intensity: float = 0.6

    def __post_init__(self) -> None:
        if not set(self.chances) <= set(EXPRESSIONS) or not abs(sum(self.chances.values()) - 1) < 1e-6:
            raise ValueError(
                f"chances are of {', '.join(self.chances)}; expressions whose chances add up to 1 are needed"
            )
        if not 0 < self.least_intensity <= 1:
            raise ValueError(f"least_intensity is {self.least_intensity}; a number in (0, 1] is needed")

    def draw(self, rng: np.random.Generator) -> Wish:
        """Return an expression with an intensity."""
        names = list(self.chances)
        name = names[int(rng.choice(len(names), p=[self.chances[name] for name in names]))]
        return Wish(Expression(name), float(rng.uniform(self.least_intensity, 1.0)))


@dataclass(frozen=True, eq=False)
class EitherTargets:
    """Targets of several kinds, all kinds alike.

    Attributes
    ----------
    kinds : tuple of Targets
        The kinds.
    """

    kinds: tuple[Targets, ...]

    def __post_init__(self) -> None:
        if not self.kinds:
            raise ValueError("kinds are none; at least one is needed")

    def draw(self, rng: np.random.Generator) -> Wish:
        """Return a target of a kind that is drawn."""
        return self.kinds[int(rng.integers(len(self.kinds)))].draw(rng)


def plane_chances(existing: Counts | None = None, share: float = 0.5) -> NDArray[np.float64]:
    """Return chances of the plane's cells that make the labels of an epoch as even as they can become.

    Parameters
    ----------
    existing : ndarray of shape (B, B), int64, optional
        Rows that there are by arousal and valence, see `count_labels`; without it all cells have the same chance.
    share : float
        Share of the samples that are replaced.

    Returns
    -------
    ndarray of shape (B, B), float64
        The chances; only cells whose middle lies on the unit disc have any.
    """
    existing = np.zeros((BINS, BINS), dtype=np.int64) if existing is None else existing
    middles = (np.arange(len(existing)) + 0.5) * 2 / len(existing) - 1
    inside = np.hypot(middles[:, None], middles[None, :]) <= 1
    chances = np.zeros(existing.shape)
    chances[inside] = _filling(existing[inside], int(existing.sum()), share)
    return chances


def expression_chances(existing: Mapping[str, int], share: float = 0.5) -> dict[str, float]:
    """Return chances of expressions that make the labels of an epoch as even as they can become.

    Parameters
    ----------
    existing : mapping of str to int
        Rows that there are of each expression that may be shown; see `count_labels`.
    share : float
        Share of the samples that are replaced.

    Returns
    -------
    dict of str to float
        The chances.
    """
    names = list(existing)
    counts = np.array([existing[name] for name in names], dtype=np.int64)
    return dict(zip(names, _filling(counts, int(counts.sum()), share).tolist(), strict=True))


def count_labels(rows: Iterable[Row], bins: int = BINS) -> tuple[Counts, dict[str, int]]:
    """Count labels.

    Parameters
    ----------
    rows : iterable of Row
        The rows.
    bins : int
        Cells of the plane along each side.

    Returns
    -------
    tuple of ndarray and dict
        Rows by arousal and valence (B, B), and rows of each of the six basic expressions.
    """
    plane, expressions = np.zeros((bins, bins), dtype=np.int64), dict.fromkeys(BASIC_EXPRESSIONS, 0)
    for row in rows:
        if row.valence is not None and row.arousal is not None:
            across, up = (min(int((value + 1) * bins / 2), bins - 1) for value in (row.valence, row.arousal))
            plane[up, across] += 1
        if row.expression in expressions:
            expressions[row.expression] += 1
    return plane, expressions


_FINE = 1000
"""Parts that a row is divided into, so that chances are no whole numbers of rows."""


def _filling(existing: Counts, rows: int, share: float) -> NDArray[np.float64]:
    """Chances that fill cells up, after a share of what they had was replaced."""
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; a number in (0, 1] is needed")
    left = np.rint(existing * (1 - share) * _FINE).astype(np.int64)
    count = max(round(rows * share), 1) * _FINE * len(existing)
    added = filled_up(left * len(existing), count, np.random.default_rng(0))
    return np.asarray(added / added.sum(), dtype=np.float64)
