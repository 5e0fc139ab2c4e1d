"""Three simulated annotators who follow a sequence with a joystick (Kollias 2020, section 3.2).

Each answers late, by one to a few seconds as people do [1]_, moves smoothly, has a scale of their own, and errs slowly,
the more the more there is to judge. How late each is, is found as with people: they annotate a few sequences whose
course is known, and `reaction_lag` compares the two; the labels are then what `agree` makes of the traces. How much
they err was set so that they agree as the paper's annotators do: a mean correlation of 0.68 for valence and 0.60 for
arousal (`inter_annotator`).

References
----------
.. [1] S. Mariooryad, C. Busso: Correcting time-continuous emotional labels by modeling the reaction lag of evaluators,
   IEEE Transactions on Affective Computing 6(2), 2015: 1 to 6 seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from affectface.gallery.annotation.agreement import agree, reaction_lag
from affectface.gallery.annotation.traces import Dimension, Trace
from affectface.gallery.store import Labels
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.people import stream
from affectface.gallery.synthetic.timing import Course, slow_noise

Times = NDArray[np.float64]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
_ANNOTATORS = 3
_LATE = (1.0, 2.5)
"""Seconds by which annotators answer late; the shortest of the published range, for short sequences."""
_LATE_JITTER = 0.08
"""Its standard deviation from sequence to sequence."""
_SMOOTH = 0.15
"""Seconds over which a hand follows."""
_SCALE = 0.12
"""Standard deviation of the logarithm of an annotator's scale."""
_ERROR: dict[Dimension, float] = {"valence": 0.3, "arousal": 0.4}
"""Standard deviation of the error where an affect is at its strongest."""
_FORGET = 0.8
"""Seconds after which an error is another one."""
_STILL = 0.02
"""What is nearer to neutral is left at rest: the joystick's middle."""
_STEP = 0.05
"""Seconds between two answers."""
_CALIBRATIONS = 12


@dataclass(frozen=True)
class Annotator:
    """A simulated annotator.

    Attributes
    ----------
    name : str
        Who.
    lag : float
        Seconds by which they answer late.
    scale : float
        What they make of a strength of 1.
    """

    name: str
    lag: float
    scale: float


@dataclass(frozen=True)
class Panel:
    """The annotators of a gallery, and how late each was found to be.

    Attributes
    ----------
    annotators : tuple of Annotator
        Who they are.
    lags : tuple of float
        The lag found for each, seconds.
    """

    annotators: tuple[Annotator, ...]
    lags: tuple[float, ...]


def panel_of(plan: SynthesisPlan) -> Panel:
    """Return the annotators of a gallery, calibrated on courses that are known.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.

    Returns
    -------
    Panel
        The annotators and their lags: the medians of what is found on the calibrating sequences.
    """
    rng = stream(plan, "annotators")
    annotators = tuple(
        Annotator(f"annotator_{number + 1}", float(rng.uniform(*_LATE)), float(np.exp(_SCALE * rng.normal())))
        for number in range(_ANNOTATORS)
    )
    found: list[list[float]] = [[] for _ in annotators]
    for number in range(_CALIBRATIONS):
        times = np.arange(0, 6, _STEP)
        shown = 0.8 * Course(1.0, 0.6, 1.5, 1.0).at(times)
        truth = np.stack([shown, shown], axis=1)
        known = Trace("known", "calibration", "valence", times, shown)
        for index, trace in enumerate(traces_of(annotators, rng, f"calibration {number}", times, truth)["valence"]):
            renamed = Trace(trace.annotator, "calibration", "valence", trace.times, trace.values)
            found[index].append(reaction_lag(renamed, [known]))
    return Panel(annotators, tuple(float(np.median(lags)) for lags in found))


def traces_of(
    annotators: tuple[Annotator, ...], rng: np.random.Generator, sequence: str, times: Times, truth: Times
) -> dict[Dimension, list[Trace]]:
    """Return what annotators say about a sequence.

    Parameters
    ----------
    annotators : tuple of Annotator
        Who.
    rng : Generator
        Source of randomness.
    sequence : str
        Its name.
    times : ndarray of shape (N,), float64
        Seconds.
    truth : ndarray of shape (N, 2), float64
        Valence and arousal of what is shown.

    Returns
    -------
    dict of str to list of Trace
        For each dimension a trace of each annotator, which ends when the last has answered.
    """
    moments = np.arange(0, times[-1] + _LATE[1] + 1, _STEP)
    traces: dict[Dimension, list[Trace]] = {dimension: [] for dimension in DIMENSIONS}
    strength = np.hypot(*truth.T)
    for annotator in annotators:
        late = annotator.lag + _LATE_JITTER * float(rng.normal())
        errors = slow_noise(rng, len(moments), len(DIMENSIONS), step=_STEP, seconds=_FORGET)
        felt = _followed(np.interp(moments - late, times, strength))
        for column, dimension in enumerate(DIMENSIONS):
            seen = annotator.scale * _followed(np.interp(moments - late, times, truth[:, column]))
            said = np.where(felt > _STILL, seen + _ERROR[dimension] * felt * errors[:, column], 0)
            traces[dimension].append(
                Trace(annotator.name, sequence, dimension, moments, np.clip(np.round(said, 3), -1, 1))
            )
    return traces


def labels_of(panel: Panel, traces: dict[Dimension, list[Trace]], times: Times, expression: tuple[str, ...]) -> Labels:
    """Return the labels of a sequence's frames: what the annotators agree on, each shifted by their lag.

    Parameters
    ----------
    panel : Panel
        The annotators.
    traces : dict of str to list of Trace
        What they said.
    times : ndarray of shape (N,), float64
        Seconds of the frames.
    expression : tuple of N str
        What the frames show by name.

    Returns
    -------
    Labels
        Means and disagreements.
    """
    frames = times.astype(np.float32)
    found = {dimension: agree(traces[dimension], frames, lags=panel.lags) for dimension in DIMENSIONS}
    return Labels(
        found["valence"].values,
        found["arousal"].values,
        found["valence"].disagreement,
        found["arousal"].disagreement,
        expression,
    )


def _followed(goal: Times) -> Times:
    """A hand that follows a goal (N,): it moves towards it by a share of what is left at every step."""
    from scipy.signal import lfilter

    share = 1 - np.exp(-_STEP / _SMOOTH)
    return np.asarray(lfilter([share], [1.0, share - 1], goal))
