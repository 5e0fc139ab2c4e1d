"""Simulated annotators answer late, agree as the paper's do, and their labels come near the truth."""

import numpy as np
import pytest

from affectface.gallery.annotation.agreement import inter_annotator
from affectface.gallery.annotation.traces import Trace
from affectface.gallery.synthetic.annotators import DIMENSIONS, labels_of, traces_of
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.people import person_of, stream
from affectface.gallery.synthetic.sequences import panel_for, simulate

PLAN = SynthesisPlan(people=60, seed=1)
PANEL = panel_for(PLAN)


def test_how_late_each_answers_is_found() -> None:
    assert len(PANEL.annotators) == 3
    assert len({round(annotator.lag, 3) for annotator in PANEL.annotators}) == 3
    for annotator, lag in zip(PANEL.annotators, PANEL.lags, strict=True):
        assert 1 <= annotator.lag <= 2.5
        assert 0 <= lag - annotator.lag < 0.25  # the hand follows a moment later still


def test_they_agree_as_the_papers_annotators_do() -> None:
    shifted: dict[str, list[Trace]] = {dimension: [] for dimension in DIMENSIONS}
    for index in range(0, 60, 6):
        for made in simulate(PLAN, person_of(PLAN, index)):
            rng = stream(PLAN, "again", made.name)
            for dimension, traces in traces_of(PANEL.annotators, rng, made.name, made.times, made.truth).items():
                for trace, lag in zip(traces, PANEL.lags, strict=True):
                    values = trace.at(made.times, lag=lag)
                    shifted[dimension].append(Trace(trace.annotator, made.name, dimension, made.times, values))
    valence, arousal = (np.mean(list(inter_annotator(shifted[name]).values())) for name in DIMENSIONS)
    assert valence == pytest.approx(0.68, abs=0.05)
    assert arousal == pytest.approx(0.60, abs=0.05)


def test_labels_come_near_what_was_shown_and_rest_is_rest() -> None:
    made = [one for index in range(5) for one in simulate(PLAN, person_of(PLAN, index))]
    said = np.concatenate([np.stack([one.labels.valence, one.labels.arousal], axis=1) for one in made])
    truth = np.concatenate([one.truth for one in made])
    error = np.hypot(*(said - truth).T)
    assert error[np.hypot(*truth.T) == 0].mean() < 0.03
    assert error.mean() < 0.12
    assert abs((said - truth).mean()) < 0.02
    slope = (said * truth).sum() / (truth**2).sum()
    assert slope == pytest.approx(1, abs=0.08)


def test_without_errors_to_average_a_still_face_is_neutral() -> None:
    times = np.arange(0, 3, 0.04)
    traces = traces_of(PANEL.annotators, np.random.default_rng(0), "still", times, np.zeros((len(times), 2)))
    labels = labels_of(PANEL, traces, times, ("neutral",) * len(times))
    for name in ("valence", "arousal", "valence_disagreement", "arousal_disagreement"):
        np.testing.assert_array_equal(getattr(labels, name), 0)
