"""How an expression comes and goes, moment by moment.

What is known and kept to here: spontaneous smiles rise in about half to three quarters of a second whatever else they
do [1]_ and take half a second to four in all; deliberate movements are faster and larger than spontaneous ones, of
lips [2]_ and brows [3]_, and genuine smiles have longer onsets, apexes and offsets than posed ones [4]_; offsets are
slower than onsets; what looks natural differs between emotions [5]_, sadness being best known when it comes slowly
[6]_; the wide eyes of fear and surprise and the wrinkled nose of anger and disgust come first [7]_. A blink closes in
a tenth of a second and opens in little more.

Only the abstracts of these works were at hand. The durations in seconds are those commonly quoted from them, not
checked against the papers; how pace follows arousal, and by how much action units lead or lag, is the project's choice.

References
----------
.. [1] K. L. Schmidt, J. F. Cohn, Y. Tian: Signal characteristics of spontaneous facial expressions, Biological
   Psychology 65(1), 2003.
.. [2] K. L. Schmidt, Z. Ambadar, J. F. Cohn, L. I. Reed: Movement differences between deliberate and spontaneous facial
   expressions, Journal of Nonverbal Behavior 30(1), 2006.
.. [3] K. L. Schmidt, S. Bhattacharya, R. Denlinger: Comparison of deliberate and spontaneous facial movement in smiles
   and eyebrow raises, Journal of Nonverbal Behavior 33(1), 2009.
.. [4] H. Guo, X.-H. Zhang, J. Liang, W.-J. Yan: The dynamic features of lip corners in genuine and posed smiles,
   Frontiers in Psychology 9, 2018.
.. [5] H. Hoffmann, H. C. Traue, F. Bachmayr, H. Kessler: Perceived realism of dynamic facial expressions of emotion,
   Cognition and Emotion 24(8), 2010.
.. [6] G. Recio, A. Schacht, W. Sommer: Classification of dynamic facial expressions of emotion presented briefly,
   Cognition and Emotion 27(8), 2013.
.. [7] R. E. Jack, O. G. B. Garrod, P. G. Schyns: Dynamic facial expressions of emotion transmit an evolving hierarchy
   of signals over time, Current Biology 24(2), 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectface.gallery.synthetic.actions import ACTIONS, number_of

Kind = Literal["posed", "spontaneous"]
Times = NDArray[np.float64]

_DURATIONS: dict[Kind, tuple[float, float, float]] = {"posed": (0.5, 1.0, 0.75), "spontaneous": (0.65, 1.6, 1.1)}
"""Seconds of onset, apex and offset at arousal 0."""
_SPREAD = (0.15, 0.3, 0.2)
"""Standard deviations of their logarithms."""
_SLOWER = 0.6
"""Everything takes exp(-0.6 arousal) times as long: sleepy is 1.8 times slower, alarmed 1.8 times faster."""
_REST = 0.5
"""Seconds at rest before and after."""
_LEADS = {5: -0.06, 9: -0.06, 1: -0.03, 2: -0.03, 10: -0.03, 6: 0.05, 15: 0.04, 17: 0.06, 23: 0.05, 24: 0.05, 26: 0.03}
"""Seconds by which action units begin later than the expression."""
_JITTER, _SIDE_JITTER = 0.05, 0.01
"""Standard deviation of the start of an action unit, and of one side against the other, seconds."""
_WAVER = 0.05
"""How much an apex wavers."""
_CLOSING, _OPENING = 0.1, 0.17
"""Seconds a lid takes."""


@dataclass(frozen=True)
class Course:
    """When an expression begins, is there, and is gone.

    Attributes
    ----------
    start, onset, apex, offset : float
        The start, and how long it rises, stays and falls, seconds.
    """

    start: float
    onset: float
    apex: float
    offset: float

    @property
    def seconds(self) -> float:
        """How long all takes, with the rest at the end."""
        return self.start + self.onset + self.apex + self.offset + _REST

    def at(self, times: Times, delay: float = 0.0) -> Times:
        """Return how much is there (N,), 0 to 1, at times (N,), seconds, of something that begins later."""
        here = times - self.start - delay
        fall = (self.onset + self.apex + self.offset - here) / self.offset
        return np.asarray(_smooth(here / self.onset) * _smooth(fall))


def draw_course(rng: np.random.Generator, kind: Kind, arousal: float, pace: float) -> Course:
    """Draw how long an expression takes.

    Parameters
    ----------
    rng : Generator
        Source of randomness.
    kind : str
        `posed` or `spontaneous`.
    arousal : float
        Of what is shown, in [-1, 1].
    pace : float
        The person's.

    Returns
    -------
    Course
        When it comes and goes.
    """
    spread = np.exp(np.array(_SPREAD) * np.clip(rng.normal(size=3), -2, 2))
    onset, apex, offset = np.array(_DURATIONS[kind]) * spread * pace * np.exp(-_SLOWER * arousal)
    start = _REST + float(rng.uniform(0, 0.3))
    return Course(start, float(onset), float(np.clip(apex, 0.4, 4.0)), float(offset))


def draw_delays(rng: np.random.Generator) -> Times:
    """Draw by how many seconds each action unit (A,) begins later than the expression."""
    numbers = sorted({number_of(key) for key in ACTIONS})
    own = {n: _LEADS.get(n, 0.0) + _JITTER * rng.normal() for n in numbers}
    return np.array([own[number_of(key)] + _SIDE_JITTER * rng.normal() for key in ACTIONS])


def waver(rng: np.random.Generator, times: Times) -> Times:
    """Draw slow factors (N,) around 1: nobody holds an expression still."""
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = [np.sin(2 * np.pi * f * times + phase) for f, phase in zip((0.4, 0.9, 1.7), phases, strict=True)]
    return np.asarray(1 + _WAVER * np.sum(waves, axis=0) / np.sqrt(1.5))


def blinks(rng: np.random.Generator, times: Times, a_minute: float) -> Times:
    """Draw how far the lids are closed (N,), 0 to 1, by blinks at random moments."""
    moments = rng.uniform(times[0], times[-1], rng.poisson(a_minute * (times[-1] - times[0]) / 60))
    closed = np.zeros(len(times))
    for moment in moments:
        here = times - moment
        closed = np.maximum(closed, _smooth(1 + here / _CLOSING) * _smooth(1 - here / _OPENING))
    return closed


def slow_noise(rng: np.random.Generator, count: int, series: int, *, step: float, seconds: float) -> Times:
    """Draw noise (N, S) of standard deviation 1 that forgets itself over `seconds`, at moments `step` seconds apart."""
    from scipy.signal import lfilter

    kept = float(np.exp(-step / seconds))
    fresh = rng.normal(size=(count, series)) * np.sqrt(1 - kept**2)
    fresh[0] /= np.sqrt(1 - kept**2)
    return np.asarray(lfilter([1.0], [1.0, -kept], fresh, axis=0))


def _smooth(share: Times) -> Times:
    """The course of a movement between two rests, of least jerk: 0 before 0, 1 after 1."""
    x = np.clip(share, 0, 1)
    return np.asarray(x**3 * (10 - 15 * x + 6 * x**2))
