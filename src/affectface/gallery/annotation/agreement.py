"""What follows from what several annotators said: how late each answers, how well they agree, and the labels.

Kollias 2020, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, check_array
from affectface.errors import AnnotationError
from affectface.gallery.annotation.traces import Trace

_FEWEST = 3
"""Moments that a correlation needs."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """What annotators agree on about one sequence in one dimension.

    Attributes
    ----------
    values : ndarray of shape (M,), float32
        The mean of the annotators who said something; NaN where nobody did.
    disagreement : ndarray of shape (M,), float32
        Their standard deviation; 0 where one spoke alone.
    annotators : tuple of str
        Who they are.
    """

    values: FloatArray
    disagreement: FloatArray
    annotators: tuple[str, ...]


def reaction_lag(trace: Trace, others: Sequence[Trace], *, longest: float = 4.0, rate: float = 25.0) -> float:
    """Return by how many seconds an annotator answers later than the mean of others.

    Parameters
    ----------
    trace : Trace
        The annotator's.
    others : sequence of Trace
        Those of others about the same sequence and dimension.
    longest : float
        The longest lag that is looked for, to either side, seconds.
    rate : float
        How finely it is looked for, per second.

    Returns
    -------
    float
        The lag at which they correlate best; the least of several, 0 where they never do.

    Raises
    ------
    AnnotationError
        If there are no others, or they are about something else.
    """
    _check_together([trace, *others])
    if not others:
        raise AnnotationError(f"nobody else annotated {trace.sequence!r}; a lag is between annotators")
    end = max(one.times[-1] for one in (trace, *others))
    times = np.arange(0, end + 0.5 / rate, 1 / rate)
    mean, _ = _mean_and_spread(np.array([other.at(times) for other in others]))
    lags = np.arange(-round(longest * rate), round(longest * rate) + 1) / rate
    lags = lags[np.argsort(np.abs(lags), kind="stable")]
    found = np.array([_correlation(trace.at(times, lag=lag), mean) for lag in lags])
    return 0.0 if np.isnan(found).all() else float(lags[np.nanargmax(np.round(found, 9))])


def inter_annotator(traces: Sequence[Trace], *, rate: float = 25.0) -> dict[str, float]:
    """Return how well each annotator agrees with the others.

    Parameters
    ----------
    traces : sequence of Trace
        Traces of any number of sequences in one dimension.
    rate : float
        How often they are compared, per second.

    Returns
    -------
    dict of str to float
        For each annotator the mean of Pearson's correlations with every other one over every sequence that both
        annotated (Kollias 2020 found 0.66, 0.70, 0.68 for valence and 0.59, 0.62, 0.59 for arousal). NaN where there is
        none: a trace that does not move correlates with nothing.

    Raises
    ------
    AnnotationError
        If the traces are of several dimensions.
    """
    if len({trace.dimension for trace in traces}) > 1:
        raise AnnotationError("traces of valence and of arousal together; compare one dimension at a time")
    found: dict[str, list[float]] = {trace.annotator: [] for trace in traces}
    for sequence in dict.fromkeys(trace.sequence for trace in traces):
        own = [trace for trace in traces if trace.sequence == sequence]
        end = max(trace.times[-1] for trace in own)
        times = np.arange(0, end + 0.5 / rate, 1 / rate)
        sampled = [trace.at(times) for trace in own]
        for i, one in enumerate(own):
            for j, other in enumerate(own):
                if one.annotator != other.annotator:
                    found[one.annotator].append(_correlation(sampled[i], sampled[j]))
    return {name: _mean([value for value in values if not np.isnan(value)]) for name, values in found.items()}


def agree(traces: Sequence[Trace], times: FloatArray, *, lags: Sequence[float] | None = None) -> Agreement:
    """Return the label of each moment: the mean of the annotators.

    Parameters
    ----------
    traces : sequence of Trace
        What each said about one sequence in one dimension.
    times : ndarray of shape (M,)
        The moments, seconds: those of the frames.
    lags : sequence of float, optional
        How late each answers, seconds.

    Returns
    -------
    Agreement
        Mean and disagreement.

    Raises
    ------
    AnnotationError
        If there is no trace, or they are about different things.
    ValueError
        If `times` or `lags` have another shape.
    """
    _check_together(traces)
    times = check_array("times", times, (None,), dtype=np.float64)
    late = [0.0] * len(traces) if lags is None else list(lags)
    if len(late) != len(traces):
        raise ValueError(f"{len(late)} lags for {len(traces)} traces; one each is needed")
    said = np.array([trace.at(times, lag=lag) for trace, lag in zip(traces, late, strict=True)])
    mean, spread = _mean_and_spread(said)
    names = tuple(trace.annotator for trace in traces)
    return Agreement(mean.astype(np.float32), spread.astype(np.float32), names)


def _mean_and_spread(said: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of annotators (A, M), of those who said something; NaN where nobody did."""
    spoke = ~np.isnan(said)
    count = np.where(spoke.any(axis=0), spoke.sum(axis=0), np.nan)
    mean = np.where(spoke, said, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(spoke, (said - mean) ** 2, 0).sum(axis=0) / count)
    return mean, spread


def _check_together(traces: Sequence[Trace]) -> None:
    """Refuse traces of several sequences or dimensions, two of one annotator, or none."""
    about = sorted({(trace.sequence, trace.dimension) for trace in traces})
    if len(about) != 1:
        found = "; ".join(f"{dimension} of {sequence!r}" for sequence, dimension in about) or "none"
        raise AnnotationError(f"traces are about {found}; one sequence and one dimension are needed")
    names = [trace.annotator for trace in traces]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise AnnotationError(f"{', '.join(map(repr, twice))} annotated {about[0][0]!r} twice; keep one trace each")


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's correlation over the moments about which both said something; NaN where one does not move."""
    both = ~(np.isnan(one) | np.isnan(other))
    one, other = one[both], other[both]
    if len(one) < _FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
