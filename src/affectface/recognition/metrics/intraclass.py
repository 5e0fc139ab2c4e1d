"""Intraclass correlations (Shrout and Fleiss 1979), by which Niinuma 2021 compares intensities of action units."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from affectface.arrays import check_array
from affectface.recognition.metrics.pairs import number_pair


def intraclass_correlation(ratings: ArrayLike, form: Literal["1,1", "3,1"]) -> float:
    """Return how well raters agree on targets.

    Parameters
    ----------
    ratings : array_like of shape (N, K)
        What K raters say of N targets; two of each are needed.
    form : {'1,1', '3,1'}
        ICC(1,1), where each target has raters of its own, and a rater who always says more disagrees; or ICC(3,1),
        where all targets have the same raters, and how much each says on the average does not count.

    Returns
    -------
    float
        At most 1. NaN for one target, and where nothing varies that could be agreed on.

    Raises
    ------
    ValueError
        If there are fewer than two raters, NaN or infinities, or there is no such form.

    References
    ----------
    .. [1] Shrout and Fleiss: Intraclass correlations: uses in assessing rater reliability. Psychological Bulletin
       86(2), 1979, pages 420 to 428: tables 3 and 4.
    """
    values = check_array("ratings", ratings, (None, None), dtype=np.float64)
    targets, raters = values.shape
    if form not in ("1,1", "3,1"):
        raise ValueError(f"form is {form!r}; '1,1' or '3,1' is needed")
    if raters < 2 or targets < 1:
        raise ValueError(f"ratings has shape {values.shape}; at least one target and two raters are needed")
    if targets == 1:
        return float("nan")
    values = values - values[0, 0]  # what is constant then varies by 0
    of_targets, of_raters = values.mean(axis=1), values.mean(axis=0)
    mean = values.mean()
    between = raters * ((of_targets - mean) ** 2).sum() / (targets - 1)
    if form == "1,1":
        within = ((values - of_targets[:, None]) ** 2).sum() / (targets * (raters - 1))
    else:
        left = values - of_targets[:, None] - of_raters[None] + mean
        within = (left**2).sum() / ((targets - 1) * (raters - 1))
    total = between + (raters - 1) * within
    return float((between - within) / total) if total > 0 else float("nan")


def icc_1_1(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return ICC(1,1) of labels (N,) and predictions (N,); see `intraclass_correlation`."""
    return intraclass_correlation(np.stack(number_pair(y_true, y_pred), axis=1), "1,1")


def icc_3_1(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Return ICC(3,1) of labels (N,) and predictions (N,); see `intraclass_correlation`."""
    return intraclass_correlation(np.stack(number_pair(y_true, y_pred), axis=1), "3,1")
