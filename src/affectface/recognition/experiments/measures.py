"""A table's columns as functions of labels and of what several seeds' recognisers said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.recognition.metrics.bootstrap import Metric
from affectface.recognition.metrics.classification import accuracy, macro_f1, mean_diagonal
from affectface.recognition.metrics.probabilities import area_under_curve, log_loss
from affectface.recognition.metrics.scores import NUMBER_METRICS

_SIDES = {"valence": (0,), "arousal": (1,), "mean": (0, 1)}


def measure_of(name: str, classes: Sequence[str]) -> Metric:
    """Return a column's measure: the mean over seeds.

    Parameters
    ----------
    name : str
        One of `affectface.recognition.experiments.design.METRICS`.
    classes : sequence of K str
        The classes; none where valence and arousal are said.

    Returns
    -------
    callable
        Takes labels (N, 2), or class numbers (N,), and what S seeds said, (N, S, 2), or logits (N, S, K).
    """

    def mean(truth: NDArray[Any], said: NDArray[Any]) -> float:
        return float(np.mean(each_seed(name, classes, truth, said)))

    return mean


def each_seed(name: str, classes: Sequence[str], truth: NDArray[Any], said: NDArray[Any]) -> list[float]:
    """Return a column's figure for each seed.

    Parameters
    ----------
    name : str
        The column.
    classes : sequence of K str
        The classes.
    truth : ndarray of shape (N, 2) or (N,)
        Labels.
    said : ndarray of shape (N, S, 2) or (N, S, K)
        What the recognisers said: valence and arousal, or logits of the classes.

    Returns
    -------
    list of S float
        NaN where it is not defined.
    """
    return [_measured(name, classes, truth, said[:, i]) for i in range(said.shape[1])]


def _measured(name: str, classes: Sequence[str], truth: NDArray[Any], said: NDArray[Any]) -> float:
    if not len(truth):
        return float("nan")
    part, _, metric = name.partition(".")
    if part in _SIDES:
        function = NUMBER_METRICS[metric]
        return float(np.mean([function(truth[:, i], said[:, i]) for i in _SIDES[part]]))
    match part:
        case "auc":
            return area_under_curve(truth == 1, said[:, 1] - said[:, 0])
        case "log_loss":
            return log_loss(truth, said)
    answers = said.argmax(axis=1)
    match part:
        case "diagonal":
            shown = truth == list(classes).index(metric)
            return float((answers[shown] == truth[shown]).mean()) if shown.any() else float("nan")
        case "accuracy":
            return accuracy(truth, answers)
    function = {"macro_f1": macro_f1, "mean_diagonal": mean_diagonal}[part]
    return float(function(truth, answers, range(len(classes))))
