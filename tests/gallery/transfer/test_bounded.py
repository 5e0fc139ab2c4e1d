"""Least squares within bounds are SciPy's, one row at a time."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from affectface.gallery.transfer.bounded import bounded_least_squares


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_each_row_is_scipys(ridge: float) -> None:
    rng = np.random.default_rng(0)
    basis, wanted = rng.normal(size=(12, 40)) * rng.uniform(0.2, 2, (12, 1)), rng.normal(size=(9, 40))
    bound = rng.uniform(0, 0.6, (9, 12))
    bound[:, 3] = 0
    gram = basis @ basis.T
    found = bounded_least_squares(gram, wanted @ basis.T, bound, ridge=ridge)
    cost = np.sqrt(ridge * np.diag(gram).mean()) * np.eye(12)
    for row in range(9):
        most = np.maximum(bound[row], 1e-12)
        plain = lsq_linear(np.vstack([basis.T, cost]), np.concatenate([wanted[row], np.zeros(12)]), (0, most))
        np.testing.assert_allclose(found[row], plain.x, atol=2e-3)


def test_a_unit_that_moves_nothing_stays_at_rest() -> None:
    basis = np.vstack([np.eye(3), np.zeros(3)])
    found = bounded_least_squares(basis @ basis.T, np.array([[0.4, 2.0, -1.0]]) @ basis.T, np.full(4, 1.5), ridge=1e-6)
    np.testing.assert_allclose(found, [[0.4, 1.5, 0.0, 0.0]], atol=1e-4)
