"""Is one model better than another on the same rows? Tests for pairs.

Rows of one subject are alike. Where a subject has several, tests that take `groups` are the right ones: without them
the number of rows makes any difference look sure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectface.recognition.metrics.bootstrap import BootstrapConfig, Metric, percentiles, resamples
from affectface.recognition.metrics.pairs import (
    Numbers,
    check_lengths,
    class_pair,
    group_rows,
    named_array,
    number_pair,
)

_ALIKE = 1e-12
"""Differences that are closer than this are the same: what rounding leaves is no evidence."""


@dataclass(frozen=True)
class Comparison:
    """What is found between two models.

    Attributes
    ----------
    difference : float
        The second's figure less the first's.
    p_value : float
        How often a difference as large would come about if the models were equally good, to either side.
    units : int
        Rows or subjects that were compared.
    low, high : float
        Confidence interval of the difference; NaN where the test has none.
    """

    difference: float
    p_value: float
    units: int
    low: float = float("nan")
    high: float = float("nan")


def paired_bootstrap(
    metric: Metric,
    y_true: ArrayLike,
    predictions: tuple[ArrayLike, ArrayLike],
    *,
    groups: ArrayLike | None = None,
    config: BootstrapConfig | None = None,
) -> Comparison:
    """Compare two models on rows, or subjects, that are drawn with replacement.

    Parameters
    ----------
    metric : callable
        Takes labels and predictions, returns a figure.
    y_true : array_like of shape (N, ...)
        Labels.
    predictions : tuple of two array_like of shape (N, ...)
        The first model's and the second's, of the same rows.
    groups : array_like of shape (N,), optional
        The subject of each row.
    config : BootstrapConfig, optional
        How it is drawn. The interval is one of percentiles, whatever the method.

    Returns
    -------
    Comparison
        With a confidence interval. The p-value is twice the share of resamples in which the other model is at least
        as good, counted with one more resample that is (Davison and Hinkley 1997, eq. 4.11).

    Raises
    ------
    ValueError
        If the arguments differ in length, or the metric refuses them.
    """
    config = config or BootstrapConfig()
    truth, first, second = _triple(y_true, predictions)
    members = group_rows(groups, len(truth))
    difference = float(metric(truth, second) - metric(truth, first))
    nan = float("nan")
    if len(members) < 2:
        return Comparison(difference, nan, len(members))
    found = np.array(
        [metric(truth[rows], second[rows]) - metric(truth[rows], first[rows]) for rows in resamples(members, config)]
    )
    kept = found[~np.isnan(found)]
    low, high = percentiles(found, np.array([(1 - config.level) / 2, (1 + config.level) / 2]))
    if not len(kept) or np.isnan(difference):
        return Comparison(difference, nan, len(members), low, high)
    rarer = min(int((kept <= _ALIKE).sum()), int((kept >= -_ALIKE).sum()))
    return Comparison(difference, min(1.0, 2 * (rarer + 1) / (len(kept) + 1)), len(members), low, high)


def permutation_test(
    metric: Metric,
    y_true: ArrayLike,
    predictions: tuple[ArrayLike, ArrayLike],
    *,
    groups: ArrayLike | None = None,
    config: BootstrapConfig | None = None,
) -> Comparison:
    """Compare two models by exchanging their predictions of whole rows, or of whole subjects.

    Parameters
    ----------
    metric : callable
        Takes labels and predictions, returns a figure.
    y_true : array_like of shape (N, ...)
        Labels.
    predictions : tuple of two array_like of shape (N, ...)
        The first model's and the second's, of the same rows.
    groups : array_like of shape (N,), optional
        The subject of each row.
    config : BootstrapConfig, optional
        How many exchanges are tried, and the seed. Where all exchanges are no more than that, each is tried once and
        the p-value is exact.

    Returns
    -------
    Comparison
        Without an interval. Exchanges whose figure is not defined count as large.

    Raises
    ------
    ValueError
        If the arguments differ in length, or the metric refuses them.
    """
    config = config or BootstrapConfig()
    truth, first, second = _triple(y_true, predictions)
    members = group_rows(groups, len(truth))
    owner = np.empty(len(truth), dtype=int)
    for i, rows in enumerate(members):
        owner[rows] = i
    difference = float(metric(truth, second) - metric(truth, first))
    if np.isnan(difference):
        return Comparison(difference, float("nan"), len(members))
    exact = len(members) < 24 and 2 ** len(members) <= config.resamples
    rng = np.random.default_rng(config.seed)
    count = 2 ** len(members) if exact else config.resamples
    reached = 0
    for i in range(count):
        swap = (i >> np.arange(len(members)) & 1) == 1 if exact else rng.random(len(members)) < 0.5
        turned = swap[owner].reshape(-1, *[1] * (first.ndim - 1))
        one, other = np.where(turned, second, first), np.where(turned, first, second)
        reached += not abs(metric(truth, other) - metric(truth, one)) < abs(difference) - _ALIKE
    return Comparison(difference, reached / count if exact else (reached + 1) / (count + 1), len(members))


def wilcoxon_test(first: ArrayLike, second: ArrayLike, *, groups: ArrayLike | None = None) -> Comparison:
    """Compare two models by the signed ranks of what each has in every row (Wilcoxon 1945).

    Parameters
    ----------
    first, second : array_like of shape (N,)
        Errors or scores of the rows by the two models, such as absolute errors.
    groups : array_like of shape (N,), optional
        The subject of each row; compared is then the mean of each subject.

    Returns
    -------
    Comparison
        The difference is that of the means. Rows that do not differ are left out; where none differs, p is 1.

    Raises
    ------
    ValueError
        If the arguments differ in length, are empty, or hold NaN or infinities.
    """
    from scipy.stats import wilcoxon

    one, other = number_pair(first, second)
    members = group_rows(groups, len(one))
    off: Numbers = np.array([(other[rows] - one[rows]).mean() for rows in members])
    difference = float(off.mean())
    off = off[np.abs(off) > _ALIKE]
    p_value = float(wilcoxon(off, zero_method="wilcox").pvalue) if len(off) else 1.0
    return Comparison(difference, p_value, len(members))


def mcnemar_test(y_true: ArrayLike, predictions: tuple[ArrayLike, ArrayLike]) -> Comparison:
    """Compare the accuracy of two classifiers by the rows that only one of them has right (McNemar 1947, exact).

    Parameters
    ----------
    y_true : array_like of shape (N,), str or int
        Labels.
    predictions : tuple of two array_like of shape (N,), str or int
        The first model's and the second's.

    Returns
    -------
    Comparison
        The difference is that of the accuracies; p is 1 where no row is right by one model only. Rows must be
        independent: for several rows a subject take `permutation_test` with groups.

    Raises
    ------
    ValueError
        If the arguments differ in length, are empty, or are no classes.
    """
    from scipy.stats import binomtest

    truth, first = class_pair(y_true, predictions[0])
    _, second = class_pair(y_true, predictions[1])
    lost = int(((truth == first) & (truth != second)).sum())
    won = int(((truth != first) & (truth == second)).sum())
    p_value = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return Comparison((won - lost) / len(truth), p_value, len(truth))


def _triple(
    y_true: ArrayLike, predictions: tuple[ArrayLike, ArrayLike]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return labels and both models' predictions, of one length."""
    truth = named_array("y_true", y_true)
    first, second = (named_array("predictions", one) for one in predictions)
    check_lengths(len(truth), first=len(first), second=len(second))
    if first.shape != second.shape:
        raise ValueError(f"predictions have shapes {first.shape} and {second.shape}; one shape is needed")
    return truth, first, second
