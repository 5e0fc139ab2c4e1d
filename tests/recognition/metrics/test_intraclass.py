"""Intraclass correlations against Shrout and Fleiss' own example, pingouin, and identities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from known_pairs import LABELS, PREDICTIONS

from affectface.recognition.metrics import icc_1_1, icc_3_1, intraclass_correlation

EXAMPLE = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
"""Shrout and Fleiss 1979, table 2: four raters of six targets."""

marks = st.integers(0, 50).map(lambda n: n / 10)
tables = st.tuples(st.integers(2, 12), st.integers(2, 5)).flatmap(
    lambda shape: hnp.arrays(np.float64, shape, elements=marks)
)


def test_the_example_of_shrout_and_fleiss() -> None:
    assert round(intraclass_correlation(EXAMPLE, "1,1"), 2) == 0.17
    assert round(intraclass_correlation(EXAMPLE, "3,1"), 2) == 0.71


def test_pingouin_says_the_same() -> None:
    # pingouin 0.7.0, intraclass_corr: its ICC(1,1) and ICC(C,1)
    assert intraclass_correlation(EXAMPLE, "1,1") == pytest.approx(0.1657417684054755, rel=1e-12)
    assert intraclass_correlation(EXAMPLE, "3,1") == pytest.approx(0.7148407148407154, rel=1e-12)
    assert icc_1_1(LABELS, PREDICTIONS) == pytest.approx(0.7898708574260032, rel=1e-12)
    assert icc_3_1(LABELS, PREDICTIONS) == pytest.approx(0.7744789597448761, rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(tables)
def test_identities(ratings: np.ndarray) -> None:
    one, three = intraclass_correlation(ratings, "1,1"), intraclass_correlation(ratings, "3,1")
    raters = ratings.shape[1]
    for value in (one, three):
        assert math.isnan(value) or -1 / (raters - 1) - 1e-9 <= value <= 1 + 1e-9
    shifted = ratings + np.arange(raters)
    if not math.isnan(three):
        np.testing.assert_allclose(intraclass_correlation(shifted, "3,1"), three, atol=1e-6)
    if not math.isnan(one):
        np.testing.assert_allclose(intraclass_correlation(2 * ratings + 1, "1,1"), one, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(np.float64, st.integers(2, 20), elements=marks).filter(lambda x: np.ptp(x) > 0))
def test_agreement_but_for_a_shift(x: np.ndarray) -> None:
    assert icc_3_1(x, x) == icc_1_1(x, x) == pytest.approx(1)
    assert icc_3_1(x, x + 5) == pytest.approx(1)
    assert icc_1_1(x, x + 5) < 1


def test_two_raters_by_their_covariance() -> None:
    both = np.cov(LABELS, PREDICTIONS)
    assert icc_3_1(LABELS, PREDICTIONS) == pytest.approx(2 * both[0, 1] / np.trace(both))


def test_what_does_not_vary_and_one_target() -> None:
    constant = np.full(5, 0.1)
    assert math.isnan(icc_3_1(constant, constant))
    assert math.isnan(icc_1_1(constant, constant))
    assert math.isnan(icc_3_1([0.1], [0.2]))
    assert icc_3_1(constant, np.arange(5)) == pytest.approx(0)


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="form is '2,1'; '1,1' or '3,1' is needed"):
        intraclass_correlation(EXAMPLE, "2,1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one target and two raters"):
        intraclass_correlation(EXAMPLE[:, :1], "1,1")
    with pytest.raises(ValueError, match="ratings has NaN"):
        intraclass_correlation([[0.1, np.nan]], "1,1")
    with pytest.raises(ValueError, match="y_pred has NaN"):
        icc_1_1([0.1], [np.nan])
