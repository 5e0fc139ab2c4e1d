"""How numbers agree with numbers: the criteria of Kollias 2020, section 6.2.2."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from affectface.recognition.metrics.pairs import number_pair


def concordance(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return the concordance correlation coefficient, CCC (Kollias 2020, eq. 6; Lin 1989).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,)
        Labels and predictions.

    Returns
    -------
    float
        From -1 to 1. 0 where one of them does not vary; NaN where both are one and the same constant, as a single
        label that is predicted exactly is.

    Notes
    -----
    Variances and covariance are divided by N, as by Lin; the paper does not say by what.
    """
    above, below = concordance_parts(*number_pair(y_true, y_pred))
    return float(above / below) if below > 0 else float("nan")


def concordance_parts(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Return numerator and denominator of the CCC.

    Parameters
    ----------
    y_true, y_pred : ndarray or Tensor of shape (N,)
        Labels and predictions. Written in what arrays and tensors share, so that metric and loss are one formula.

    Returns
    -------
    tuple of two scalars
        2 s_xy, and s_x² + s_y² + (mean x - mean y)².

    Notes
    -----
    The first value is taken off before anything else: what is constant then varies by 0, not by what rounding leaves.
    """
    x, y = y_true - y_true[0], y_pred - y_pred[0]
    x, y = x - x.mean(), y - y.mean()
    shift = (y_true - y_pred).mean()
    return 2 * (x * y).mean(), (x * x).mean() + (y * y).mean() + shift * shift


def pearson(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return Pearson's correlation, P-CC (Kollias 2020, eq. 8), of labels (N,) and predictions (N,).

    From -1 to 1; NaN where one of them does not vary.
    """
    x, y = number_pair(y_true, y_pred)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()  # so that squares of small numbers are not 0
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return the mean squared error, MSE (Kollias 2020, eq. 7), of labels (N,) and predictions (N,)."""
    x, y = number_pair(y_true, y_pred)
    return float(((x - y) ** 2).mean())


def root_mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return the root of the mean squared error, RMSE, of labels (N,) and predictions (N,)."""
    return float(np.sqrt(mean_squared_error(y_true, y_pred)))


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return the mean absolute error, MAE, of labels (N,) and predictions (N,)."""
    x, y = number_pair(y_true, y_pred)
    return float(np.abs(x - y).mean())


def sign_agreement(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return the share of predictions with the right sign, SAGR (Kollias 2020, eqs. 9 and 10).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,)
        Labels and predictions.

    Returns
    -------
    float
        From 0 to 1. Zero agrees with either sign, as eq. 10 has it; to compare the results of `sign` would count a
        prediction of 0.01 for a label of 0 as wrong.
    """
    x, y = number_pair(y_true, y_pred)
    return float((((x >= 0) & (y >= 0)) | ((x <= 0) & (y <= 0))).mean())
