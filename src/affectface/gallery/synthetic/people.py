"""Simulated people: everyone shows the same affect a little differently.

How much people differ was measured on the fitted smiles of 51 people (`affectface.synthesis.variation`): the strength
of a facial unit varies by a third in all, of which a quarter of its value is how much somebody moves at all, and the
sides differ by a tenth of their sum. Which side is the stronger one is a person's own, the same over expressions [1]_.
Blinks of people who look at something in silence: 8 to 21 a minute [2]_.

References
----------
.. [1] K. L. Schmidt, Y. Liu, J. F. Cohn: The role of structural facial asymmetry in asymmetry of peak facial
   expressions, Laterality 11(6), 2006 (abstract).
.. [2] M. J. Doughty: Consideration of three types of spontaneous eyeblink activity in normal humans, Optometry and
   Vision Science 78(10), 2001 (abstract).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import read_only
from affectface.gallery.synthetic.actions import ACTIONS, columns_of, number_of
from affectface.gallery.synthetic.config import SynthesisPlan

_EXPRESSIVENESS = 0.25
"""Standard deviation of the logarithm of how much of an affect somebody shows."""
_STRENGTH = 0.22
"""Standard deviation of the logarithm of how strongly somebody uses one action unit."""
_SIDED, _SIDES = 0.05, 0.06
"""Standard deviation of half the difference of the sides: the person's own, and that of one action unit."""
_LEFT = 0.02
"""Its mean: the person's left is a little stronger, as in the fitted smiles."""
_PACE = 0.15
_FARTHEST = 2.0
"""Standard deviations beyond which nobody is."""
_BLINKS = (8.0, 21.0)
_REST = 0.025
_RESTING = (1, 4, 7, 12, 15, 17, 24, 25)
"""Action units of which a resting face may show a little."""
_HABITS = (1, 2, 4, 7, 14, 17, 20, 24, "2L", "2R", "14L", "14R")
"""Action units that people add to whatever they show; which ones is the project's choice."""


@dataclass(frozen=True, eq=False)
class Person:
    """One simulated person.

    Attributes
    ----------
    index : int
        Which one of the gallery.
    name : str
        What the person is called there.
    gains : ndarray of shape (A,), float64
        How strongly each action unit is used, around 1; with the differences of the sides.
    expressiveness : float
        How much of an affect is shown, around 1.
    pace : float
        How long everything takes, around 1.
    rest : ndarray of shape (A,), float64
        The resting face.
    habits : dict of str to float
        Action units that are added to what is shown, with their strengths.
    blinks : float
        Blinks a minute.
    """

    index: int
    name: str
    gains: NDArray[np.float64]
    expressiveness: float
    pace: float
    rest: NDArray[np.float64]
    habits: Mapping[int | str, float]
    blinks: float

    def __post_init__(self) -> None:
        for name in ("gains", "rest"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


def stream(plan: SynthesisPlan, *path: int | str) -> np.random.Generator:
    """Return the source of randomness of one thing in a gallery.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    *path : int or str
        What it is for, such as the person and the sequence: nothing else draws from it.

    Returns
    -------
    Generator
        The source.
    """
    keys = [part if isinstance(part, int) else crc32(part.encode()) for part in path]
    return np.random.default_rng([plan.seed, *keys])


def person_of(plan: SynthesisPlan, index: int) -> Person:
    """Return one person of a gallery.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    index : int
        Which one, from 0.

    Returns
    -------
    Person
        The person; the same whatever others were made before.
    """
    rng = stream(plan, "person", index)
    numbers = sorted({number_of(key) for key in ACTIONS})
    evenly = _evenly(plan, index, 2 + len(numbers))
    strengths = dict(zip(numbers, _around_one(evenly[2:], _STRENGTH), strict=True))
    sides = dict(zip(numbers, np.clip(rng.normal(size=len(numbers)), -2, 2) * _SIDES, strict=True))
    own_side = _LEFT + _SIDED * float(np.clip(rng.normal(), -2, 2))
    sign = {"L": 1, "R": -1}
    gains = [
        strengths[n] * (1 + sign.get(key[-1], 0) * (own_side + sides[n])) for key in ACTIONS for n in [number_of(key)]
    ]
    rest = np.zeros(len(ACTIONS))
    for au in _RESTING:
        rest[columns_of(au)] = abs(rng.normal()) * _REST
    count = int(rng.integers(0, 3))
    chosen = rng.choice(len(_HABITS), size=count, replace=False)
    return Person(
        index=index,
        name=f"s{index + 1:0{len(str(plan.people))}d}",
        gains=np.array(gains),
        expressiveness=float(_around_one(evenly[0], _EXPRESSIVENESS)),
        pace=float(_around_one(evenly[1], _PACE)),
        rest=rest,
        habits={_HABITS[i]: float(rng.uniform(0.1, 0.35)) for i in chosen},
        blinks=float(rng.uniform(*_BLINKS)),
    )


def _evenly(plan: SynthesisPlan, index: int, count: int) -> NDArray[np.float64]:
    """Normal numbers (N,) of one person that are spread evenly over people instead of at random.

    Each is a sequence that turns by an irrational angle from person to person: of any number of people the mean is
    nearly that of all, so that few people already show the prototype on average.
    """
    from scipy.special import ndtri

    turns = np.sqrt([n for n in range(2, 200) if all(n % k for k in range(2, n))][:count]) % 1
    begin = stream(plan, "spread").random(count)
    return np.asarray(np.clip(ndtri((begin + index * turns) % 1), -_FARTHEST, _FARTHEST))


def _around_one(normal: Any, spread: float) -> Any:
    """Factors of mean 1 whose logarithms have a standard deviation."""
    return np.exp(spread * normal - spread**2 / 2)
