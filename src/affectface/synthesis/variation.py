"""People differ: the same affect, as another person would show it.

Measured on the fitted smiles of 51 people (the pairs of the London set): the strength of a facial unit varies by a
third, its two sides by a tenth of their sum. Part of the third is how much they smiled at all, which is not varied.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectface.arrays import FloatArray

_STRENGTH = 0.22
"""Standard deviation of the logarithm of a unit's strength; the strength of the whole is the caller's to choose."""
_SIDES = 0.08
"""Standard deviation of the difference of the sides, over their sum."""


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
    stems = sorted({name.removesuffix("_L").removesuffix("_R") for name in unit_names})
    factors = {}
    for stem in stems:
        # a stream for each unit, so that a model with more units does not change the others
        rng = np.random.default_rng([seed, *stem.encode()])
        strength, sides = np.clip(rng.normal(size=2), -2, 2)
        factors[stem] = float(np.exp(_STRENGTH * strength)), float(_SIDES * sides)
    result = []
    for name in unit_names:
        strength, sides = factors[name.removesuffix("_L").removesuffix("_R")]
        result.append(strength * (1 + sides if name.endswith("_L") else 1 - sides if name.endswith("_R") else 1))
    return np.array(result, dtype=np.float32)
