"""CCC, P-CC, MSE, RMSE, MAE and SAGR: answers by hand, identities, edges, and what scipy and scikit-learn say."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from known_pairs import LABELS, PREDICTIONS
from scipy import stats

from affectface.recognition.metrics import (
    concordance,
    mean_absolute_error,
    mean_squared_error,
    pearson,
    root_mean_squared_error,
    sign_agreement,
)

ALL = [concordance, pearson, mean_squared_error, root_mean_squared_error, mean_absolute_error, sign_agreement]
Metric = Callable[[Any, Any], float]

# affect values with three decimals: what annotators give, and no rounding to quarrel about
affect = st.integers(-1000, 1000).map(lambda n: n / 1000)
pairs = st.integers(1, 30).flatmap(
    lambda n: st.tuples(hnp.arrays(np.float64, n, elements=affect), hnp.arrays(np.float64, n, elements=affect))
)


def test_answers_by_hand() -> None:
    x, y = [1.0, 2, 3, 4], [2.0, 2, 4, 4]
    # means 2.5 and 3; variances 1.25 and 1; covariance 1
    assert concordance(x, y) == pytest.approx(2 / (1.25 + 1 + 0.25))
    assert pearson(x, y) == pytest.approx(1 / math.sqrt(1.25))
    assert mean_squared_error(x, y) == 0.5
    assert root_mean_squared_error(x, y) == pytest.approx(math.sqrt(0.5))
    assert mean_absolute_error(x, y) == 0.5


def test_signs_are_those_of_equation_10() -> None:
    # both above, both below, apart, and zero with each sign and with itself
    assert sign_agreement([0.5, -0.5, 0.5, 0, 0, 0, 0.1, -0.1], [0.1, -0.1, -0.1, 0.1, -0.1, 0, 0, 0]) == 7 / 8
    assert sign_agreement([0.0], [-0.3]) == 1
    assert sign_agreement([0.2], [-0.2]) == 0
    assert sign_agreement([-0.0], [0.4]) == 1


def test_an_oracle_that_follows_the_formula() -> None:
    x, y = LABELS.tolist(), PREDICTIONS.tolist()
    n = len(x)
    mx, my = sum(x) / n, sum(y) / n
    sxx, syy = sum((a - mx) ** 2 for a in x) / n, sum((b - my) ** 2 for b in y) / n
    sxy = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / n
    assert concordance(x, y) == pytest.approx(2 * sxy / (sxx + syy + (mx - my) ** 2), rel=1e-12)


def test_other_packages_say_the_same() -> None:
    from sklearn import metrics

    assert pearson(LABELS, PREDICTIONS) == pytest.approx(stats.pearsonr(LABELS, PREDICTIONS).statistic, rel=1e-12)
    assert pearson(LABELS, PREDICTIONS) == pytest.approx(0.8136132993287188, rel=1e-12)  # pingouin 0.7.0, corr
    assert mean_squared_error(LABELS, PREDICTIONS) == pytest.approx(metrics.mean_squared_error(LABELS, PREDICTIONS))
    assert mean_absolute_error(LABELS, PREDICTIONS) == pytest.approx(metrics.mean_absolute_error(LABELS, PREDICTIONS))
    assert root_mean_squared_error(LABELS, PREDICTIONS) == pytest.approx(
        metrics.root_mean_squared_error(LABELS, PREDICTIONS)
    )


@settings(deadline=None, max_examples=60)
@given(pairs)
def test_identities(pair: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = pair
    ccc, r = concordance(x, y), pearson(x, y)
    np.testing.assert_equal(math.isnan(ccc), np.ptp(x) == 0 == np.ptp(y) and x[0] == y[0])
    np.testing.assert_equal(math.isnan(r), np.ptp(x) == 0 or np.ptp(y) == 0)
    np.testing.assert_allclose(concordance(y, x), ccc, atol=1e-12)
    if not math.isnan(r):
        assert abs(ccc) <= abs(r) + 1e-9  # Lin 1989: the CCC is the correlation times a factor of at most 1
        np.testing.assert_allclose(pearson(x, 3 * y + 1), r, atol=1e-9)
        np.testing.assert_allclose(pearson(x, -y), -r, atol=1e-9)
        np.testing.assert_allclose(r, stats.pearsonr(x, y).statistic if len(x) > 1 else r, atol=1e-9)
    # one and the same change of scale for both changes nothing
    np.testing.assert_allclose(concordance(2 * x + 1, 2 * y + 1), ccc, atol=1e-9)
    # the error is the spread of the differences and their mean
    np.testing.assert_allclose(mean_squared_error(x, y), np.var(x - y) + np.mean(x - y) ** 2, atol=1e-12)
    assert mean_absolute_error(x, y) <= root_mean_squared_error(x, y) + 1e-12
    assert sign_agreement(x, np.zeros(len(x))) == 1
    assert sign_agreement(x, -x) == np.mean(x == 0)


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(np.float64, st.integers(2, 30), elements=affect).filter(lambda x: np.ptp(x) > 0))
def test_perfect_predictions(x: np.ndarray) -> None:
    assert concordance(x, x) == pytest.approx(1)
    assert pearson(x, x) == pytest.approx(1)
    assert mean_squared_error(x, x) == mean_absolute_error(x, x) == 0
    assert sign_agreement(x, x) == 1
    assert concordance(x, -x) <= 0


def test_what_does_not_vary() -> None:
    constant = np.full(7, 0.1)  # whose mean is not 0.1 in floating point
    varied = np.linspace(-1, 1, 7)
    assert concordance(constant, varied) == 0
    assert concordance(varied, constant) == 0
    assert concordance(constant, constant + 0.2) == 0
    assert math.isnan(concordance(constant, constant))
    assert math.isnan(pearson(constant, varied))
    assert math.isnan(pearson(varied, constant))


def test_one_sample() -> None:
    assert math.isnan(concordance([0.3], [0.3]))
    assert concordance([0.3], [0.4]) == 0
    assert math.isnan(pearson([0.3], [0.4]))
    assert mean_squared_error([0.5], [0.25]) == 0.0625


def test_large_offsets_and_small_numbers() -> None:
    x = np.array([1.0, 2, 3, 4])
    y = np.array([2.0, 2, 4, 4])
    assert concordance(x + 1e6, y + 1e6) == pytest.approx(0.8, rel=1e-8)
    assert pearson(x * 1e-180, y * 1e-180) == pytest.approx(1 / math.sqrt(1.25))


@pytest.mark.parametrize("metric", ALL)
def test_senseless_arguments_are_refused(metric: Metric) -> None:
    with pytest.raises(ValueError, match="y_true has NaN or infinite entries"):
        metric([0.1, np.nan], [0.1, 0.2])
    with pytest.raises(ValueError, match="y_pred has NaN or infinite entries"):
        metric([0.1, 0.3], [0.1, np.inf])
    with pytest.raises(ValueError, match="y_pred has 1 rows and y_true 2"):
        metric([0.1, 0.2], [0.1])
    with pytest.raises(ValueError, match="y_true has no rows"):
        metric([], [])
    with pytest.raises(ValueError, match=r"y_true has shape \(1, 2\); \(any\) is needed"):
        metric([[0.1, 0.2]], [[0.1, 0.2]])


@pytest.mark.parametrize("metric", ALL)
def test_arguments_stay_as_they_are(metric: Metric) -> None:
    x, y = LABELS.copy(), PREDICTIONS.copy()
    metric(x, y)
    np.testing.assert_array_equal(x, LABELS)
    np.testing.assert_array_equal(y, PREDICTIONS)
