"""Strengths of action units over time -> strengths of facial units, as `ActionUnits.units` does it for one moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectface.action_unit_tables import ACTION_UNIT_SHAPES
from affectface.gallery.prototypes import Recipe

_SHOWN = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 20, 23, 24, 25, 26, 27, 43, 45, 64)
"""Action units that simulated people show: those of the recipes, the published variants and habits, and blinks."""

ACTIONS: tuple[str, ...] = tuple(
    key for au in _SHOWN for key in ((f"{au}L", f"{au}R") if f"{au}L" in ACTION_UNIT_SHAPES else (f"{au}",))
)
"""The A action units, such as `12L`, `12R` and `25`."""
UNITS: tuple[str, ...] = tuple(sorted({unit for key in ACTIONS for unit in ACTION_UNIT_SHAPES[key]}))
"""The U facial units that they move."""

_COLUMN = {key: column for column, key in enumerate(ACTIONS)}
_PULLS: tuple[tuple[NDArray[np.intp], NDArray[np.float64]], ...] = tuple(
    (np.array([_COLUMN[key] for key in keys]), np.array([ACTION_UNIT_SHAPES[key][unit] for key in keys]))
    for unit in UNITS
    for keys in ([key for key in ACTIONS if unit in ACTION_UNIT_SHAPES[key]],)
)


def number_of(key: str) -> int:
    """Return the number of an action unit such as `12L`."""
    return int(key.rstrip("LR"))


def columns_of(au: int | str) -> list[int]:
    """Return the columns of an action unit among `ACTIONS`: two for both sides, none if nobody shows it."""
    keys = (f"{au}", f"{au}L", f"{au}R")
    return [_COLUMN[key] for key in keys if key in _COLUMN]


def as_actions(recipe: Recipe) -> NDArray[np.float64]:
    """Return the strengths (A,) of `ACTIONS` in a recipe."""
    strengths = np.zeros(len(ACTIONS))
    for au, strength in recipe.items():
        strengths[columns_of(au)] = strength
    return strengths


def as_units(actions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return strengths of facial units.

    Parameters
    ----------
    actions : ndarray of shape (..., A), float64
        Strengths of `ACTIONS`.

    Returns
    -------
    ndarray of shape (..., U), float64
        Strengths of `UNITS`. Where action units share a unit the stronger counts; where one pulls against another the
        difference is left.
    """
    units = np.empty((*actions.shape[:-1], len(UNITS)))
    for column, (sources, weights) in enumerate(_PULLS):
        pulls = actions[..., sources] * weights
        units[..., column] = np.maximum(pulls.max(axis=-1), 0) + np.minimum(pulls.min(axis=-1), 0)
    return units
