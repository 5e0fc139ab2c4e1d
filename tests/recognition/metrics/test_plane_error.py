"""The error in each cell of the plane, and all criteria at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from affectface.recognition.metrics import concordance, mean_squared_error, plane_error, valence_arousal_scores
from affectface.recognition.metrics.scores import NUMBER_METRICS

affect = st.integers(-10, 10).map(lambda n: n / 10)
tables = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float64, (n, 2), elements=affect), hnp.arrays(np.float64, (n, 2), elements=affect)
    )
)


def test_answers_by_hand() -> None:
    found = plane_error([[-0.5, 0.5], [-0.9, 0.1], [1, -1]], [[-0.5, 0.0], [-0.4, 0.1], [0, -1]], cells=2)
    np.testing.assert_array_equal(found.edges, [-1, 0, 1])
    np.testing.assert_array_equal(found.counts, [[0, 2], [1, 0]])  # valence downwards, arousal to the right
    np.testing.assert_allclose(found.valence, [[np.nan, 0.125], [1, np.nan]])
    np.testing.assert_allclose(found.arousal, [[np.nan, 0.125], [0, np.nan]])
    np.testing.assert_allclose(found.both, [[np.nan, 0.125], [0.5, np.nan]])


def test_borders_belong_to_the_cell_above() -> None:
    for cells in (1, 3, 7, 10, 20):
        edges = np.linspace(-1, 1, cells + 1)
        found = plane_error(np.stack([edges, edges], axis=1), np.zeros((cells + 1, 2)), cells=cells)
        expected = np.ones(cells)
        expected[-1] = 2  # the last border is the end of the plane
        np.testing.assert_array_equal(np.diag(found.counts), expected)


@settings(deadline=None, max_examples=60)
@given(tables, st.integers(1, 12))
def test_cells_add_up_to_the_whole(pair: tuple[np.ndarray, np.ndarray], cells: int) -> None:
    truth, said = pair
    found = plane_error(truth, said, cells=cells)
    assert found.counts.sum() == len(truth)
    for i, errors in enumerate((found.valence, found.arousal)):
        np.testing.assert_array_equal(np.isnan(errors), found.counts == 0)
        whole = np.nansum(errors * found.counts) / len(truth)
        np.testing.assert_allclose(whole, mean_squared_error(truth[:, i], said[:, i]), atol=1e-12)
    place = np.argwhere(found.counts)[0]
    low, high = found.edges[place], found.edges[place + 1]
    inside = ((truth >= low) & ((truth < high) | (high == 1) & (truth <= 1))).all(axis=1)
    assert inside.sum() == found.counts[tuple(place)]


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"y_true reaches 1\.2; valence and arousal from -1 to 1"):
        plane_error([[1.2, 0]], [[0, 0]])
    with pytest.raises(ValueError, match="cells is 0"):
        plane_error([[0, 0]], [[0, 0]], cells=0)
    with pytest.raises(ValueError, match="y_true has NaN"):
        plane_error([[np.nan, 0]], [[0, 0]])
    with pytest.raises(ValueError, match=r"y_pred has shape \(1, 3\); \(any, 2\) is needed"):
        plane_error([[0, 0]], [[0, 0, 0]])


def test_all_criteria_of_both_dimensions() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(-1, 1, (50, 2))
    said = 0.7 * truth + rng.normal(0, 0.1, (50, 2))
    scores = valence_arousal_scores(truth, said)
    assert list(scores) == ["valence", "arousal", "mean"]
    assert set(scores["valence"]) == set(NUMBER_METRICS) == set(scores["mean"])
    assert scores["arousal"]["ccc"] == concordance(truth[:, 1], said[:, 1])
    assert scores["mean"]["mse"] == pytest.approx((scores["valence"]["mse"] + scores["arousal"]["mse"]) / 2)
    constant = valence_arousal_scores(np.zeros((3, 2)), np.ones((3, 2)))
    assert np.isnan(constant["mean"]["pearson"])
    assert constant["mean"]["ccc"] == 0
