"""The area under the curve and the log loss: by hand, by identities, and by scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from affectface.recognition.metrics import area_under_curve, log_loss


def test_areas_by_hand() -> None:
    assert area_under_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == 0.75  # three of four pairs
    assert area_under_curve([1, 0], [3, 2]) == 1
    assert area_under_curve([1, 0], [2, 3]) == 0
    assert area_under_curve([True, False, False], [1, 1, 1]) == 0.5
    assert math.isnan(area_under_curve([1, 1], [0.2, 0.3]))


def test_losses_by_hand() -> None:
    assert log_loss([0, 1], [[0, 0], [0, 0]]) == pytest.approx(math.log(2))
    assert log_loss([2], [[0, 0, 1000.0]]) == 0
    assert log_loss([0], [[0, 0, 1000.0]]) == pytest.approx(1000)
    assert log_loss([1], [[math.log(3), math.log(1)]]) == pytest.approx(math.log(4))


def test_scikit_learn_agrees() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth, logits = rng.integers(0, 2, 60), rng.normal(size=(60, 2)).round(1)
    scores = logits[:, 1] - logits[:, 0]
    assert area_under_curve(truth, scores) == pytest.approx(metrics.roc_auc_score(truth, scores))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert log_loss(truth, logits) == pytest.approx(metrics.log_loss(truth, chances))


def test_only_the_order_of_scores_counts() -> None:
    rng = np.random.default_rng(1)
    truth, scores = rng.integers(0, 2, 50), rng.normal(size=50)
    assert area_under_curve(truth, np.exp(3 * scores)) == area_under_curve(truth, scores)
    assert area_under_curve(1 - truth, scores) == pytest.approx(1 - area_under_curve(truth, scores))
    logits = rng.normal(size=(50, 4))
    labels = rng.integers(0, 4, 50)
    assert log_loss(labels, logits + rng.normal(size=(50, 1))) == pytest.approx(log_loss(labels, logits))


def test_what_cannot_be_measured_is_refused() -> None:
    for truth, scores, said in (
        ([0, 2], [1, 2], "others than 0 and 1"),
        ([0, 1], [1], "scores has 1 rows and y_true 2"),
        ([0, 1], [1, float("nan")], "scores has NaN"),
        ([], [], "no rows"),
    ):
        with pytest.raises(ValueError, match=said):
            area_under_curve(truth, scores)
    with pytest.raises(ValueError, match="classes are 0 to 1"):
        log_loss([2], [[0, 0]])
    with pytest.raises(ValueError, match=r"\(any, any\) is needed"):
        log_loss([1], [0.5])
