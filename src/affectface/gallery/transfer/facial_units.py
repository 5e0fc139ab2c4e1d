"""What skin does, as strengths of facial units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.gallery.transfer.bounded import bounded_least_squares

Array64 = NDArray[np.float64]

_STRONGEST = 1.5
"""The most that a unit is asked for."""
_RIDGE = 1e-2
"""What a unit's square costs beside what it explains: units that do nearly the same share the work. With a tenth of it
faces come a tenth closer, and lips are pulled down and pressed together at once."""
UNSEEN = ("eyeLook", "tongue")
"""Units of which skin shows little: gaze, which lids follow a little, would be guessed from any squint."""
_OPPOSITES = (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight"))
"""Units that undo each other; both at once would explain what neither does."""


def flat_products(a: NDArray[np.floating], b: NDArray[np.floating]) -> Array64:
    """Return the products (N, M) of displacements (N, V, 3) and (M, V, 3), as long vectors."""
    flat = [values.reshape(len(values), -1) for values in (a, b)]
    return np.asarray(flat[0] @ flat[1].T, dtype=np.float64)


def units_of(right: Array64, gram: Array64, names: Sequence[str], unseen: tuple[str, ...] = UNSEEN) -> FloatArray:
    """Return the strengths of facial units that come nearest to wanted displacements.

    Parameters
    ----------
    right : ndarray of shape (N, U), float64
        Products of the wanted displacements with those of the units.
    gram : ndarray of shape (U, U), float64
        Products of the units with each other.
    names : sequence of U str
        The units: of two that are opposites one is at rest.
    unseen : tuple of str
        How the names of units begin that stay at rest, as nothing is seen of them.

    Returns
    -------
    ndarray of shape (N, U), float32
        In [0, 1.5].
    """
    most = np.where([name.startswith(unseen) for name in names], 0.0, _STRONGEST)
    found = bounded_least_squares(gram, right, most, ridge=_RIDGE)
    bound = np.tile(most, (len(found), 1))
    for one, other in _OPPOSITES:
        if one in names and other in names:
            a, b = names.index(one), names.index(other)
            bound[:, a] = np.maximum(found[:, a] - found[:, b], 0)
            bound[:, b] = np.maximum(found[:, b] - found[:, a], 0)
    return bounded_least_squares(gram, right, bound, ridge=_RIDGE).astype(np.float32)
