"""Divide the valence-arousal plane into classes with enough faces each (Kollias 2020, section 4.5.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray, check_array
from affectface.gallery.plane.ward import ward_clusters

CLASSES = 550
"""Classes that Kollias 2020 makes of 600,000 labels."""
_CELLS = 40_000
"""Different points from which on labels are rounded: the tree grows with their square."""
_STEPS = (1e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02)
"""What labels may be rounded to; annotators disagree by a tenth."""


@dataclass(frozen=True, eq=False)
class PlaneClasses:
    """Classes of valence-arousal labels.

    Attributes
    ----------
    centres : ndarray of shape (K, 2), float32
        Mean valence and arousal of each class.
    support : ndarray of shape (K,), int32
        Labels in each class.
    class_of : ndarray of shape (N,), int32
        The class of each label.
    step : float
        What labels were rounded to before they were clustered; 0 for not at all.
    """

    centres: FloatArray
    support: IntArray
    class_of: IntArray
    step: float


def divide_plane(labels: FloatArray, classes: int = CLASSES) -> PlaneClasses:
    """Divide labels into classes by agglomerative clustering with Ward's criterion.

    Parameters
    ----------
    labels : ndarray of shape (N, 2)
        Valence and arousal.
    classes : int
        The number of classes.

    Returns
    -------
    PlaneClasses
        The classes. Equal labels are one weighted point, which changes nothing; where there are too many different
        ones, they are rounded first, and `step` says to what. Centres are means of the labels themselves.

    Raises
    ------
    ValueError
        If a label is not a number in [-1, 1], or there are fewer different labels than classes.
    """
    exact = np.asarray(check_array("labels", labels, (None, 2), dtype=np.float64), dtype=np.float64)
    if np.abs(exact).max(initial=0) > 1:
        raise ValueError("labels go outside [-1, 1]; valence and arousal are needed")
    points, cell_of, step = _cells(exact)
    if not 1 <= classes <= len(points):
        raise ValueError(f"{classes} classes of {len(points)} different labels; give 1 to {len(points)}")
    weights = np.bincount(cell_of).astype(np.float64)
    class_of = ward_clusters(points, weights, classes)[cell_of].astype(np.int32)
    support = np.bincount(class_of, minlength=classes)
    centres = np.stack([np.bincount(class_of, axis, classes) for axis in exact.T], axis=1) / support[:, None]
    return PlaneClasses(centres.astype(np.float32), support.astype(np.int32), class_of, step)


def _cells(labels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp], float]:
    """The different labels (P, 2), which of them each label is (N,), and what they were rounded to."""
    for step in (0.0, *_STEPS):
        rounded = np.round(labels / step) if step else labels
        found, cell_of = np.unique(rounded, axis=0, return_inverse=True)
        if len(found) <= _CELLS:
            break
    cell_of = cell_of.ravel()
    if not step:
        return found, cell_of, step
    weights = np.bincount(cell_of)
    means = np.stack([np.bincount(cell_of, axis) for axis in labels.T], axis=1) / weights[:, None]
    return means, cell_of, step
