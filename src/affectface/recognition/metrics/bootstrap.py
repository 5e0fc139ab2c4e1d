"""How sure a figure is: bootstrap confidence intervals over rows, or over subjects (Efron and Tibshirani 1993)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectface.recognition.metrics.pairs import Numbers, check_lengths, group_rows, named_array

Metric = Callable[[NDArray[Any], NDArray[Any]], float]
"""Takes labels and predictions of N rows; returns a figure, NaN where it is not defined."""


@dataclass(frozen=True, kw_only=True)
class BootstrapConfig:
    """How a figure is made again from rows that are drawn with replacement."""

    resamples: int = 2000
    """How often; Efron and Tibshirani 1993, section 13, advise at least 1000 for intervals."""
    level: float = 0.95
    """How much of all intervals shall hold the true figure."""
    method: Literal["percentile", "bca"] = "percentile"
    """Whether the interval is between percentiles of the resampled figures, or corrected for bias and acceleration."""
    seed: int = 0
    """The same seed gives the same interval."""

    def __post_init__(self) -> None:
        if not 1 <= self.resamples <= 10_000_000:
            raise ValueError(f"resamples is {self.resamples}; 1 to 10,000,000 is needed")
        if not 0 < self.level < 1:
            raise ValueError(f"level is {self.level}; a share between 0 and 1 is needed")
        if self.method not in ("percentile", "bca"):
            raise ValueError(f"method is {self.method!r}; 'percentile' or 'bca' is needed")


@dataclass(frozen=True)
class Interval:
    """A figure and how sure it is.

    Attributes
    ----------
    value : float
        The figure of all rows.
    low, high : float
        The interval; NaN where there is only one row or subject to draw from, or too few figures are defined.
    units : int
        Rows or subjects that were drawn from.
    undefined : int
        Resamples whose figure is not defined; they are left out.
    """

    value: float
    low: float
    high: float
    units: int
    undefined: int


def confidence_interval(
    metric: Metric,
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    config: BootstrapConfig | None = None,
) -> Interval:
    """Return a figure with its confidence interval.

    Parameters
    ----------
    metric : callable
        Takes labels and predictions, returns a figure.
    y_true, y_pred : array_like of shape (N, ...)
        Labels and predictions.
    groups : array_like of shape (N,), optional
        The subject (or sequence) of each row. Rows of one subject are alike: with subjects drawn as a whole the
        interval is about people who were never seen, without them it is too narrow.
    config : BootstrapConfig, optional
        How it is drawn.

    Returns
    -------
    Interval
        The figure, and from where to where.

    Raises
    ------
    ValueError
        If the arguments differ in length, or the metric refuses them.

    Notes
    -----
    BCa takes as many more figures as there are rows or subjects (the jackknife).
    """
    config = config or BootstrapConfig()
    truth, answers = named_array("y_true", y_true), named_array("y_pred", y_pred)
    check_lengths(len(truth), y_pred=len(answers))
    members = group_rows(groups, len(truth))
    value = float(metric(truth, answers))
    if len(members) < 2:
        return Interval(value, float("nan"), float("nan"), len(members), 0)
    found = np.array([metric(truth[rows], answers[rows]) for rows in resamples(members, config)])
    shares = np.array([(1 - config.level) / 2, (1 + config.level) / 2])
    if config.method == "bca":
        left = [np.concatenate(members[:i] + members[i + 1 :]) for i in range(len(members))]
        shares = _corrected(shares, value, found, np.array([metric(truth[rows], answers[rows]) for rows in left]))
    low, high = percentiles(found, shares)
    return Interval(value, low, high, len(members), int(np.isnan(found).sum()))


def resamples(members: list[NDArray[np.intp]], config: BootstrapConfig) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each resample.

    Parameters
    ----------
    members : list of ndarray, int
        The rows of each group, which is drawn as a whole.
    config : BootstrapConfig
        How many, and the seed.

    Yields
    ------
    ndarray, int
        Rows, of as many groups as there are.
    """
    rng = np.random.default_rng(config.seed)
    single = np.concatenate(members) if all(len(rows) == 1 for rows in members) else None
    for _ in range(config.resamples):
        picks = rng.integers(len(members), size=len(members))
        yield single[picks] if single is not None else np.concatenate([members[i] for i in picks])


def percentiles(found: Numbers, shares: Numbers) -> tuple[float, float]:
    """Return two percentiles, given as shares (2,), of those resampled figures (B,) that are defined; or NaN."""
    kept = found[~np.isnan(found)]
    if not len(kept) or np.isnan(shares).any():
        return float("nan"), float("nan")
    low, high = np.quantile(kept, shares)
    return float(low), float(high)


def _corrected(shares: Numbers, value: float, found: Numbers, left: Numbers) -> Numbers:
    """Correct shares for bias and acceleration (Efron and Tibshirani 1993, eqs. 14.9 to 14.15); or NaN."""
    from scipy.special import ndtr, ndtri

    kept, left = found[~np.isnan(found)], left[~np.isnan(left)]
    if not len(kept) or len(left) < 2:
        return np.full(2, np.nan)
    bias = ndtri(((kept < value).mean() + (kept <= value).mean()) / 2)
    off = left.mean() - left
    spread = 6 * (off**2).sum() ** 1.5
    acceleration = (off**3).sum() / spread if spread > 0 else 0.0
    place = bias + ndtri(shares)
    return np.asarray(ndtr(bias + place / (1 - acceleration * place)), dtype=np.float64)
