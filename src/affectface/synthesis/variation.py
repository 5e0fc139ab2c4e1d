"""People differ: the same affect, as another person would show it.

Measured on the fitted smiles of 51 people (the pairs of the London set): the strength of a facial unit varies by a
third, its two sides by a tenth of their sum. Part of the third is how much they smiled at all, which is not varied. An
affect model that was built from people knows by how much they differ in each unit and each class; then that is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray

_STRENGTH = 0.22
"""Standard deviation of the logarithm of a unit's strength; the strength of the whole is the caller's to choose."""
_SIDES = 0.08
"""Standard deviation of the difference of the sides, over their sum."""
_WORDS = 2.0**64
"""How many words of 64 bits there are."""
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
    stems, which, sides = _stems(tuple(unit_names))
    # numbers for each unit by its name, so that a model with more units does not change the others
    normal = _two_normal(seed, stems)[which]
    strength, side = np.clip(normal, -2, 2).T
    return strength, side * sides


@lru_cache(maxsize=16)
def _stems(unit_names: tuple[str, ...]) -> tuple[tuple[bytes, ...], NDArray[np.intp], FloatArray]:
    """Names without their sides, each once; which each unit (E,) has; 1 for the left, -1 for the right, or 0."""
    names = [name.removesuffix("_L").removesuffix("_R") for name in unit_names]
    stems = tuple(dict.fromkeys(names))
    which = np.array([stems.index(name) for name in names], dtype=np.intp)
    sides = np.array([name.endswith("_L") - name.endswith("_R") for name in unit_names], dtype=np.float32)
    return tuple(stem.encode() for stem in stems), which, sides


def _two_normal(seed: int, stems: tuple[bytes, ...]) -> FloatArray:
    """Two standard normal numbers a stem (N, 2), from a hash (Box & Muller 1958); generators take milliseconds."""
    start = b"%d " % seed
    hashes = b"".join([hashlib.blake2b(start + stem, digest_size=16).digest() for stem in stems])
    first, second = np.frombuffer(hashes, dtype=">u8").reshape(-1, 2).T / _WORDS
    length, angle = np.sqrt(-2 * np.log(first + 1 / _WORDS)), 2 * np.pi * second
    return np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1).astype(np.float32)
