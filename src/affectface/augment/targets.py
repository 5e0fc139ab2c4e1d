"""What is to be shown: all classes, the plane's empty regions, rare expressions, equal intensities, paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.action_unit_tables import ACTION_UNIT_SHAPES
from affectface.affect import ActionUnits, AffectPath, Expression, ValenceArousal
from affectface.augment.even import filled_up
from affectface.augment.plan import Target

LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Strengths of the levels 0 and A to E, as Niinuma 2021 (section 3.2) maps them to [0, 1]."""

FERA_UNITS = ("1", "4", "6", "10", "12", "14", "17")
"""Action units whose levels Niinuma 2021 balances: those of FERA 2017."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One target with its intensity, and for a clip its length.

    Attributes
    ----------
    target : ValenceArousal, Expression, ActionUnits or AffectPath
        What is to be shown.
    intensity : float
        How much of it.
    seconds : float or None
        A clip's length.
    """

    target: Target
    intensity: float = 1.0
    seconds: float | None = None

    def text(self) -> str:
        """Return it as text that is the same for equal wishes."""
        match self.target:
            case ValenceArousal(valence=v, arousal=a):
                words = ["plane", _short(v), _short(a)]
            case Expression(name=name):
                words = ["expression", name]
            case ActionUnits(strengths=strengths):
                words = ["action_units", *(f"{unit}={_short(strength)}" for unit, strength in strengths)]
            case AffectPath() as path:
                points = path.sample(len(path.points))
                words = ["path", *(f"{_short(p.valence)},{_short(p.arousal)}" for p in points)]
        return " ".join([*words, _short(self.intensity), "image" if self.seconds is None else _short(self.seconds)])


def class_wishes(points: NDArray[np.float32], rng: np.random.Generator) -> list[Wish]:
    """Return one wish for each class of the plane, (K, 2), in an order that is drawn."""
    return [Wish(ValenceArousal(*point)) for point in points[rng.permutation(len(points))].tolist()]


def plane_wishes(plane: NDArray[np.int64], count: int, rng: np.random.Generator) -> Iterator[Wish]:
    """Yield points that make a histogram over the plane as flat as it can become.

    Parameters
    ----------
    plane : ndarray of shape (B, B), int64
        Rows that there are by arousal and valence, both from -1 up.
    count : int
        How many points.
    rng : numpy.random.Generator
        Draws them, evenly in each cell.

    Yields
    ------
    Wish
        A point; only cells whose middle lies on the unit disc get any, since points beyond it are taken to lie on it.
    """
    bins = len(plane)
    middles = (np.arange(bins) + 0.5) * 2 / bins - 1
    rows, columns = np.nonzero(np.hypot(middles[:, None], middles[None, :]) <= 1)
    added = filled_up(plane[rows, columns], count, rng)
    for row, column, more in zip(rows.tolist(), columns.tolist(), added.tolist(), strict=True):
        corner = np.array([column, row]) * 2 / bins - 1
        for _ in range(more):
            point = corner + rng.random(2) * 2 / bins
            while np.hypot(*point) > 1:
                point = corner + rng.random(2) * 2 / bins
            yield Wish(ValenceArousal(float(np.float32(point[0])), float(np.float32(point[1]))))


def expression_wishes(existing: dict[str, int], count: int, least: float, rng: np.random.Generator) -> Iterator[Wish]:
    """Yield expressions that make classes equally frequent.

    Parameters
    ----------
    existing : dict of str to int
        Rows that there are of each expression that is wanted.
    count : int
        How many wishes.
    least : float
        The lowest intensity; the highest is 1.
    rng : numpy.random.Generator
        Draws intensities.

    Yields
    ------
    Wish
        An expression.
    """
    names = list(existing)
    added = filled_up(np.array([existing[name] for name in names], dtype=np.int64), count, rng)
    for name, more in zip(names, added.tolist(), strict=True):
        for intensity in rng.uniform(least, 1.0, more).astype(np.float32).tolist():
            yield Wish(Expression(name), intensity)


def unit_wishes(
    units: tuple[str, ...],
    seen: dict[tuple[str, int], list[dict[str, float]]],
    count: int,
    rng: np.random.Generator,
) -> Iterator[Wish]:
    """Yield action units with equally many wishes for each level of each.

    Parameters
    ----------
    units : tuple of str
        The action units whose levels are to be equally frequent.
    seen : dict of (str, int) to list of dict
        For a unit and a level, codes of real frames that have it: unit and strength.
    count : int
        How many wishes.
    rng : numpy.random.Generator
        Draws codes.

    Yields
    ------
    Wish
        All units of a drawn frame that can be shown; the unit alone where no frame has that level of it.

    Notes
    -----
    Niinuma 2021 (section 4.2.2) draws pairs of a photo and the labels of a frame, 5,000 for each level of each unit.
    """
    cells = [(unit, level) for unit in units for level in range(len(LEVELS))]
    added = filled_up(np.zeros(len(cells), dtype=np.int64), count, rng)
    for cell, more in zip(cells, added.tolist(), strict=True):
        codes = seen.get(cell, [])
        for _ in range(more):
            code = codes[int(rng.integers(len(codes)))] if codes else {}
            shown: dict[int | str, float] = {cell[0]: code.get(cell[0], LEVELS[cell[1]])}
            shown |= {unit: strength for unit, strength in code.items() if unit in ACTION_UNIT_SHAPES and strength > 0}
            yield Wish(ActionUnits(shown))


def path_wishes(count: int, seconds: tuple[float, float], rng: np.random.Generator) -> Iterator[Wish]:
    """Yield paths from neutral over one or two points and back.

    Parameters
    ----------
    count : int
        How many.
    seconds : tuple of float
        The shortest and the longest clip.
    rng : numpy.random.Generator
        Draws points, in all directions alike and at least half-way out, and lengths in tenths of a second.

    Yields
    ------
    Wish
        A path.
    """
    for _ in range(count):
        stops = 1 + int(rng.integers(2))
        angles, radii = rng.uniform(0, 2 * np.pi, stops), rng.uniform(0.5, 1.0, stops)
        points = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1).astype(np.float32)
        length = round(float(rng.uniform(*seconds)), 1)
        yield Wish(AffectPath([(0.0, 0.0), *((float(v), float(a)) for v, a in points), (0.0, 0.0)]), 1.0, length)


def _short(value: float) -> str:
    """A number with the digits that float32 has at least, so that it is the same after it was read from a plan."""
    return f"{value:.6g}"
