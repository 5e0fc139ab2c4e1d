"""Where in the valence-arousal plane the labels lie, and where the errors (Kollias 2020, figures 12 to 14 and 16)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectface.recognition.metrics.pairs import Numbers, point_pair


@dataclass(frozen=True, eq=False)
class PlaneError:
    """The mean squared error in each cell of the plane; the first axis is valence, the second arousal.

    Attributes
    ----------
    edges : ndarray of shape (C + 1,), float64
        The borders of the cells in both dimensions, from -1 to 1.
    counts : ndarray of shape (C, C), int64
        Rows whose label lies there: the 2D histogram of the figures.
    valence : ndarray of shape (C, C), float64
        MSE of valence; NaN in empty cells.
    arousal : ndarray of shape (C, C), float64
        MSE of arousal; NaN in empty cells.
    """

    edges: Numbers
    counts: NDArray[np.int64]
    valence: Numbers
    arousal: Numbers

    @property
    def both(self) -> Numbers:
        """The mean of the MSE of valence and of arousal (C, C), NaN in empty cells."""
        return np.asarray((self.valence + self.arousal) / 2)


def plane_error(y_true: ArrayLike, y_pred: ArrayLike, *, cells: int = 10) -> PlaneError:
    """Return the mean squared error in each cell of the valence-arousal plane.

    Parameters
    ----------
    y_true : array_like of shape (N, 2)
        Labels, valence and arousal, each from -1 to 1: they say in which cell a row lies.
    y_pred : array_like of shape (N, 2)
        Predictions, of any size.
    cells : int
        Cells along each dimension, at most 1000. A label on a border belongs to the cell above, +1 to the last one.

    Returns
    -------
    PlaneError
        Counts and errors.

    Raises
    ------
    ValueError
        If a label lies outside, or there are no cells, or too many.
    """
    truth, answers = point_pair(y_true, y_pred)
    if not 1 <= cells <= 1000:
        raise ValueError(f"cells is {cells}; 1 to 1000 is needed")
    if np.abs(truth).max() > 1:
        raise ValueError(f"y_true reaches {np.abs(truth).max():g}; valence and arousal from -1 to 1 are needed")
    edges = np.linspace(-1, 1, cells + 1)
    # by the edges themselves: (truth + 1) / 2 * cells may round a label on a border into the cell below
    place = np.clip(np.searchsorted(edges, truth, side="right") - 1, 0, cells - 1)
    flat = place[:, 0] * cells + place[:, 1]
    counts = np.bincount(flat, minlength=cells * cells)

    def mean(errors: Numbers) -> Numbers:
        sums = np.bincount(flat, weights=errors, minlength=cells * cells)
        share = np.divide(sums, counts, out=np.full(cells * cells, np.nan), where=counts > 0)
        return np.asarray(share.reshape(cells, cells))

    squares = (truth - answers) ** 2
    shape = (cells, cells)
    return PlaneError(edges, counts.reshape(shape).astype(np.int64), mean(squares[:, 0]), mean(squares[:, 1]))
