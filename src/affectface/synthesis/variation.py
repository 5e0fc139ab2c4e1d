"""People differ: the same affect, as another person would show it.

Measured on the fitted smiles of 51 people (the pairs of the London set): the strength of a facial unit varies by a
third, its two sides by a tenth of their sum. Part of the third is how much they smiled at all, which is not varied. An
affect model that was built from people knows by how much they differ in each unit and each class; then that is taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectface.arrays import FloatArray

_STRENGTH = 0.22
"""Standard deviation of the logarithm of a unit's strength; the strength of the whole is the caller's to choose."""
_SIDES = 0.08
"""Standard deviation of the difference of the sides, over their sum."""
_MOST_SCALED = 2.0
"""By how much, at most, the whole is scaled back to the strength that is asked for."""


def natural_variation(unit_names: Sequence[str], seed: int) -> FloatArray:
    """Return how strongly one person uses each facial unit.

    Parameters
    ----------
    unit_names : sequence of E str
        Facial units; those of the two sides end in `_L` and `_R`.
    seed : int
        Which person: equal seeds give equal people, whatever the face model.

    Returns
    -------
    ndarray of shape (E,), float32
        Factors on the units' strengths, around 1.
    """
    strength, sides = _person(unit_names, seed)
    return np.asarray(np.exp(_STRENGTH * strength) * (1 + _SIDES * sides), dtype=np.float32)


def varied(change: FloatArray, spread: FloatArray, unit_names: Sequence[str], seed: int) -> FloatArray:
    """Return what one person does where the mean and the spread between people are known.

    Parameters
    ----------
    change : ndarray of shape (E,), float32
        Mean strengths of the facial units.
    spread : ndarray of shape (E,), float32
        Their standard deviations between people.
    unit_names : sequence of E str
        Facial units; those of the two sides end in `_L` and `_R`.
    seed : int
        Which person, as for `natural_variation`.

    Returns
    -------
    ndarray of shape (E,), float32
        Strengths, on the same side of 0 as the mean's; as much of the whole as in the mean, which is what was asked.
    """
    strength, sides = _person(unit_names, seed)
    away = spread * (_STRENGTH * strength + _SIDES * sides) / np.hypot(_STRENGTH, _SIDES)
    own = np.where(change >= 0, np.maximum(change + away, 0), np.minimum(change + away, 0))
    whole = float(own @ change) / max(float(change @ change), 1e-12)
    return np.asarray(own / np.clip(whole, 1 / _MOST_SCALED, _MOST_SCALED), dtype=np.float32)


def _person(unit_names: Sequence[str], seed: int) -> tuple[FloatArray, FloatArray]:
    """How far one person is from the mean (E,) in each unit, and in the difference of its sides: standard normal."""
    strengths, sides = [], []
    known: dict[str, tuple[float, float]] = {}
    for name in unit_names:
        stem = name.removesuffix("_L").removesuffix("_R")
        if stem not in known:
            # a stream for each unit, so that a model with more units does not change the others
            rng = np.random.default_rng([seed, *stem.encode()])
            strength, side = np.clip(rng.normal(size=2), -2, 2)
            known[stem] = float(strength), float(side)
        strengths.append(known[stem][0])
        sides.append(known[stem][1] * (name.endswith("_L") - name.endswith("_R")))
    return np.array(strengths, dtype=np.float32), np.array(sides, dtype=np.float32)
