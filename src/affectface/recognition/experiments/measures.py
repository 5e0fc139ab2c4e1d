"""A table's columns as functions of labels and of what several seeds' recognisers said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from affectface.recognition.metrics.bootstrap import Metric
from affectface.recognition.metrics.classification import macro_f1, mean_diagonal
from affectface.recognition.metrics.scores import NUMBER_METRICS

_OF_ANSWERS = {"macro_f1": macro_f1, "mean_diagonal": mean_diagonal}
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
    count = said.shape[1]
    if not len(truth):
        return [float("nan")] * count
    part, _, metric = name.partition(".")
    if part in _SIDES or part in _OF_ANSWERS:
        return [_one_seed(part, metric, len(classes), truth, said[:, i]) for i in range(count)]
    # thousands of resamples are measured: all seeds at once, and without looking at their labels again
    found: NDArray[Any]
    if part == "auc":
        found = _areas(truth == 1, said[..., 1] - said[..., 0])
    elif part == "log_loss":
        right = np.take_along_axis(said, truth[:, None, None], axis=2)[..., 0]
        most = said.max(axis=2)
        found = (most + np.log(np.exp(said - most[..., None]).sum(axis=2)) - right).mean(axis=0)
    else:
        rows = truth == list(classes).index(metric) if part == "diagonal" else np.ones(len(truth), dtype=bool)
        right = said.argmax(axis=2) == truth[:, None]
        found = right[rows].mean(axis=0) if rows.any() else np.full(count, np.nan)
    return [float(one) for one in found]


def _areas(shown: NDArray[np.bool_], scores: NDArray[Any]) -> NDArray[Any]:
    """The areas under the curves (S,) of scores (N, S), see `area_under_curve`."""
    count = int(shown.sum())
    pairs = count * (len(shown) - count)
    if not pairs:
        return np.full(scores.shape[1], np.nan)
    ranks = rankdata(scores, axis=0)[shown].sum(axis=0)
    return np.asarray((ranks - count * (count + 1) / 2) / pairs)


def _one_seed(part: str, metric: str, classes: int, truth: NDArray[Any], said: NDArray[Any]) -> float:
    if part in _SIDES:
        function = NUMBER_METRICS[metric]
        return float(np.mean([function(truth[:, i], said[:, i]) for i in _SIDES[part]]))
    return float(_OF_ANSWERS[part](truth, said.argmax(axis=1), range(classes)))
