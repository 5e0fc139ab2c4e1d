"""Accuracy, F1, the confusion matrix and its diagonal: by hand, by identities, and by scikit-learn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectface.recognition.metrics import (
    accuracy,
    class_scores,
    confusion_matrix,
    expression_scores,
    macro_f1,
    mean_diagonal,
)
from affectface.recognition.metrics.classification import shares

NAMES = ["neutral", "anger", "joy"]
LABELS = ["neutral", "neutral", "neutral", "anger", "joy", "joy"]
ANSWERS = ["neutral", "neutral", "joy", "joy", "joy", "anger"]

answers = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 4), min_size=n, max_size=n), st.lists(st.integers(0, 4), min_size=n, max_size=n)
    )
)


def test_answers_by_hand() -> None:
    np.testing.assert_array_equal(confusion_matrix(LABELS, ANSWERS, NAMES), [[2, 0, 1], [0, 0, 1], [0, 1, 1]])
    scores = class_scores(LABELS, ANSWERS, NAMES)
    assert list(scores) == NAMES
    assert (scores["neutral"].count, scores["neutral"].precision) == (3, 1)
    assert scores["neutral"].recall == pytest.approx(2 / 3)
    assert scores["neutral"].f1 == pytest.approx(0.8)  # 2 p r / (p + r) with 1 and 2/3
    assert scores["anger"].f1 == 0
    assert scores["joy"].f1 == pytest.approx(2 * (1 / 3 * 1 / 2) / (1 / 3 + 1 / 2))
    assert accuracy(LABELS, ANSWERS) == 0.5
    assert macro_f1(LABELS, ANSWERS, NAMES) == pytest.approx((0.8 + 0 + 0.4) / 3)
    assert mean_diagonal(LABELS, ANSWERS, NAMES) == pytest.approx((2 / 3 + 0 + 1 / 2) / 3)


@settings(deadline=None, max_examples=60)
@given(answers)
def test_scikit_learn_says_the_same(pair: tuple[list[int], list[int]]) -> None:
    from sklearn import metrics

    truth, said = pair
    present = sorted({*truth, *said})
    theirs = metrics.confusion_matrix(truth, said, labels=range(5))
    np.testing.assert_array_equal(confusion_matrix(truth, said, range(5)), theirs)
    np.testing.assert_array_equal(confusion_matrix(truth, said), theirs[np.ix_(present, present)])
    assert accuracy(truth, said) == pytest.approx(metrics.accuracy_score(truth, said))
    macro = metrics.f1_score(truth, said, average="macro", labels=present, zero_division=0)
    assert macro_f1(truth, said) == pytest.approx(macro)
    assert macro_f1(truth, said, range(5)) == pytest.approx(macro)
    recall = metrics.recall_score(truth, said, average="macro", labels=sorted(set(truth)), zero_division=0)
    assert mean_diagonal(truth, said, range(5)) == pytest.approx(recall)


@settings(deadline=None, max_examples=60)
@given(answers)
def test_identities(pair: tuple[list[int], list[int]]) -> None:
    truth, said = pair
    counts = confusion_matrix(truth, said, range(5))
    assert counts.sum() == len(truth)
    assert accuracy(truth, said) == pytest.approx(np.trace(counts) / len(truth))
    np.testing.assert_array_equal(confusion_matrix(said, truth, range(5)), counts.T)
    turned = [4, 2, 0, 1, 3]
    np.testing.assert_array_equal(confusion_matrix(truth, said, turned), counts[np.ix_(turned, turned)])
    names = [f"c{n}" for n in truth], [f"c{n}" for n in said]
    assert macro_f1(*names) == macro_f1(truth, said)
    assert macro_f1(truth, truth) == mean_diagonal(truth, truth) == accuracy(truth, truth) == 1
    present = shares(counts)[counts.sum(axis=1) > 0]
    np.testing.assert_allclose(present.sum(axis=1), 1)
    assert np.isnan(shares(counts)[counts.sum(axis=1) == 0]).all()
    assert mean_diagonal(truth, said, range(5)) == pytest.approx(np.nanmean(np.diag(shares(counts))))


def test_classes_that_do_not_occur() -> None:
    scores = class_scores([0, 0], [0, 1], range(3))
    assert scores[1].count == 0
    assert math.isnan(scores[1].recall)
    assert scores[1].precision == scores[1].f1 == 0
    assert math.isnan(scores[2].f1)
    assert math.isnan(scores[2].precision)
    assert macro_f1([0, 0], [0, 1], range(3)) == pytest.approx((2 / 3 + 0) / 2)
    assert mean_diagonal([0, 0], [0, 1], range(3)) == 0.5


def test_one_sample_and_booleans() -> None:
    assert accuracy(["joy"], ["joy"]) == 1
    assert macro_f1(["joy"], ["anger"]) == 0
    np.testing.assert_array_equal(confusion_matrix([True, False], [True, True], [0, 1]), [[0, 1], [0, 1]])


def test_all_at_once() -> None:
    scores = expression_scores(LABELS, ANSWERS, NAMES)
    assert scores["accuracy"] == accuracy(LABELS, ANSWERS)
    assert scores["macro_f1"] == macro_f1(LABELS, ANSWERS, NAMES)
    assert scores["mean_diagonal"] == mean_diagonal(LABELS, ANSWERS, NAMES)
    assert scores["classes"] == class_scores(LABELS, ANSWERS, NAMES)
    np.testing.assert_array_equal(scores["confusion"], confusion_matrix(LABELS, ANSWERS, NAMES))


@pytest.mark.parametrize(
    ("truth", "said", "message"),
    [
        ([0.0, 1.0], [0, 1], "y_true is float64; classes are integers or names"),
        (["joy", float("nan")], ["joy", "joy"], "y_true has nan; classes are integers or names"),
        (["joy", None], ["joy", "joy"], "y_true has None; classes"),
        ([0], ["joy"], "y_true holds integers and y_pred names"),
        ([0, 1], [0], "y_pred has 1 rows and y_true 2"),
        ([], [], "y_true has no rows"),
        ([[0]], [[0]], r"y_true has shape \(1, 1\); \(any\) is needed"),
    ],
)
def test_senseless_arguments_are_refused(truth: Any, said: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        accuracy(truth, said)


def test_unknown_and_repeated_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="y_pred has 'joy'; the classes are"):
        confusion_matrix(["anger"], ["joy"], ["anger", "fear"])
    with pytest.raises(ValueError, match="each is needed once"):
        confusion_matrix(["joy"], ["joy"], ["joy", "joy"])
