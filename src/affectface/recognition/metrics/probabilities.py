"""How sure a recogniser is of the right class: criteria of what it says before it decides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp
from scipy.stats import rankdata

from affectface.arrays import check_array
from affectface.recognition.metrics.pairs import check_lengths


def area_under_curve(y_true: ArrayLike, scores: ArrayLike) -> float:
    """Return the area under the receiver operating characteristic.

    It is the chance that a row of the class has a higher score than one that is not (Hanley and McNeil 1982).

    Parameters
    ----------
    y_true : array_like of shape (N,), bool or int
        1 for rows of the class, 0 for others.
    scores : array_like of shape (N,)
        Higher for rows that are more surely of the class; only their order counts.

    Returns
    -------
    float
        From 0 to 1; 0.5 by chance; equal scores count half. NaN where one of the two sorts of rows is missing.

    Raises
    ------
    ValueError
        If they differ in length, are empty, labels are others than 0 and 1, or scores hold NaN.
    """
    truth = check_array("y_true", y_true, (None,), dtype=np.float64)
    answers = check_array("scores", scores, (None,), dtype=np.float64)
    check_lengths(len(truth), scores=len(answers))
    shown = truth == 1
    if not (shown | (truth == 0)).all():
        raise ValueError("y_true holds others than 0 and 1; 1 is needed for rows of the class and 0 for others")
    count = int(shown.sum())
    pairs = count * (len(truth) - count)
    if not pairs:
        return float("nan")
    return float((rankdata(answers)[shown].sum() - count * (count + 1) / 2) / pairs)


def log_loss(y_true: ArrayLike, logits: ArrayLike) -> float:
    """Return the mean cross-entropy: minus the natural logarithm of the probability that the right class is given.

    Parameters
    ----------
    y_true : array_like of shape (N,), int
        Numbers of the classes, from 0.
    logits : array_like of shape (N, K)
        What is said of each class; their softmax are its probabilities.

    Returns
    -------
    float
        0 for what is right and sure; log K by chance.

    Raises
    ------
    ValueError
        If they differ in length, are empty, hold NaN, or a label is no class.
    """
    truth = check_array("y_true", y_true, (None,), dtype=np.int64)
    said = check_array("logits", logits, (None, None), dtype=np.float64)
    check_lengths(len(truth), logits=len(said))
    if truth.min() < 0 or truth.max() >= said.shape[1]:
        raise ValueError(f"y_true reaches from {truth.min()} to {truth.max()}; classes are 0 to {said.shape[1] - 1}")
    return float((logsumexp(said, axis=1) - said[np.arange(len(truth)), truth]).mean())
