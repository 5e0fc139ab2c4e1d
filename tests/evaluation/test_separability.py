"""Targets whose pictures differ are told apart; equal ones are not."""

import numpy as np

from affectface.evaluation.separability import told_apart


def people(shift: float, count: int = 12) -> np.ndarray:
    """Return features (P, 3, 5) of three targets, of which the third lies `shift` away from the equal others."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(count, 3, 5))
    features[:, 2, 0] += shift
    return features


def test_far_targets_are_told_apart_and_equal_ones_are_not() -> None:
    right = told_apart(people(8.0))
    np.testing.assert_array_equal(np.diag(right), 1)
    np.testing.assert_array_equal(right, right.T)
    assert right[0, 2] == right[1, 2] == 1
    assert 0.2 < right[0, 1] < 0.8


def test_identical_pictures_are_chance() -> None:
    features = np.tile(np.random.default_rng(0).normal(size=(6, 1, 4)), (1, 2, 1))
    assert told_apart(features)[0, 1] == 0.5


def test_too_few_people_are_not_judged() -> None:
    right = told_apart(people(8.0, count=2))
    assert np.isnan(right[0, 2])
    assert right[0, 0] == 1


def test_scale_of_the_features_does_not_matter() -> None:
    features = people(2.0)
    np.testing.assert_allclose(told_apart(features), told_apart(1000 * features))
