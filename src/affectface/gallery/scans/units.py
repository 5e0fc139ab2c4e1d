"""In which unit a face was measured, told by its size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectface.errors import GalleryError
from affectface.gallery.scans.layouts import CENTIMETRES, Unit

_USUAL = 8.5
"""Root mean square distance of a face's vertices from their middle, cm: 6 for a face alone, 12 for a head with neck."""
_FURTHEST = 3.2
"""How much larger or smaller a face may be than usual: the units are factors of 10 and 100 apart."""


def tell_unit(meshes: Sequence[NDArray[np.float64]]) -> Unit:
    """Return the unit in which faces have a face's size.

    Parameters
    ----------
    meshes : sequence of ndarray of shape (V, 3)
        Vertices of some of them.

    Returns
    -------
    str
        `mm`, `cm` or `m`.

    Raises
    ------
    GalleryError
        If they have a face's size in none.
    """
    sizes = [float(np.sqrt(((mesh - np.median(mesh, axis=0)) ** 2).sum(axis=1).mean())) for mesh in meshes]
    size = float(np.median(sizes))
    if size > 0 and math.isfinite(size):
        unit = min(CENTIMETRES, key=lambda name: abs(math.log(size * CENTIMETRES[name] / _USUAL)))
        if 1 / _FURTHEST < size * CENTIMETRES[unit] / _USUAL < _FURTHEST:
            return unit
    raise GalleryError(
        f"the meshes have a radius of {size:.3g}, which is no face's in mm, cm or m; say their unit with --unit"
    )
