"""All criteria of the paper at once: the figures of a table's row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from affectface.recognition.metrics.classification import (
    Classes,
    accuracy,
    class_scores,
    confusion_matrix,
    macro_f1,
    mean_diagonal,
)
from affectface.recognition.metrics.intraclass import icc_1_1, icc_3_1
from affectface.recognition.metrics.pairs import point_pair
from affectface.recognition.metrics.regression import (
    concordance,
    mean_absolute_error,
    mean_squared_error,
    pearson,
    root_mean_squared_error,
    sign_agreement,
)

NUMBER_METRICS: dict[str, Callable[[ArrayLike, ArrayLike], float]] = {
    "ccc": concordance,
    "pearson": pearson,
    "mse": mean_squared_error,
    "rmse": root_mean_squared_error,
    "mae": mean_absolute_error,
    "sagr": sign_agreement,
    "icc_3_1": icc_3_1,
    "icc_1_1": icc_1_1,
}
"""Metrics of labels (N,) and predictions (N,), by the names of tables."""


def valence_arousal_scores(y_true: ArrayLike, y_pred: ArrayLike) -> dict[str, dict[str, float]]:
    """Return every metric for valence and for arousal.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N, 2)
        Labels and predictions, valence and arousal.

    Returns
    -------
    dict of str to dict of str to float
        `valence`, `arousal` and `mean`, the mean of both, each with the names of `NUMBER_METRICS`; NaN where a metric
        is not defined.

    Raises
    ------
    ValueError
        If the shapes differ, there are no rows, or a number is NaN or infinite.
    """
    truth, answers = point_pair(y_true, y_pred)
    scores = {
        name: {metric: function(truth[:, i], answers[:, i]) for metric, function in NUMBER_METRICS.items()}
        for i, name in enumerate(("valence", "arousal"))
    }
    mean = {metric: float(np.mean([scores["valence"][metric], scores["arousal"][metric]])) for metric in NUMBER_METRICS}
    return {**scores, "mean": mean}


def expression_scores(y_true: ArrayLike, y_pred: ArrayLike, classes: Classes | None = None) -> dict[str, Any]:
    """Return every metric for classes.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (N,), str or int
        Labels and predictions.
    classes : sequence of str or int, optional
        The classes, in the order of the confusion matrix.

    Returns
    -------
    dict
        `accuracy`, `macro_f1`, `mean_diagonal`; `classes`, ClassScores by class; `confusion`, counts (K, K).

    Raises
    ------
    ValueError
        If the lengths differ, there are no rows, or a label is none of the classes.
    """
    return {
        "accuracy": accuracy(y_true, y_pred),
        "macro_f1": macro_f1(y_true, y_pred, classes),
        "mean_diagonal": mean_diagonal(y_true, y_pred, classes),
        "classes": class_scores(y_true, y_pred, classes),
        "confusion": confusion_matrix(y_true, y_pred, classes),
    }
