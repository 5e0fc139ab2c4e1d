"""A low-rank matrix comes back exactly from what was seen of it, gross errors included."""

import numpy as np
import pytest

from affectface.morphable.texture.robust_pca import robust_pca


def known(
    seed: int = 0, shape: tuple[int, int] = (100, 400), rank: int = 4, missing: float = 0.2, errors: float = 0.05
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    low_rank = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1]))
    wrong = rng.random(shape) < errors
    sparse = np.where(wrong, rng.uniform(-20, 20, shape), 0)
    return low_rank, sparse, rng.random(shape) >= missing


@pytest.mark.parametrize("tall", [False, True])
def test_both_parts_are_recovered_exactly(tall: bool) -> None:
    low_rank, sparse, observed = known()
    data = np.where(observed, low_rank + sparse, np.nan)
    found = robust_pca(data.T, observed.T) if tall else robust_pca(data, observed)
    assert found.converged
    expected = low_rank.T if tall else low_rank
    assert np.linalg.norm(found.low_rank - expected) < 1e-5 * np.linalg.norm(low_rank)
    seen = np.where(observed, sparse, 0)
    assert np.abs(found.sparse - (seen.T if tall else seen)).max() < 1e-3


def test_a_bounded_rank_is_kept_and_still_recovers() -> None:
    low_rank, sparse, observed = known()
    found = robust_pca(low_rank + sparse, observed, rank=6)
    assert np.linalg.matrix_rank(found.low_rank, tol=1e-6) <= 6
    assert np.linalg.norm(found.low_rank - low_rank) < 1e-4 * np.linalg.norm(low_rank)


def test_plain_pca_is_led_astray_where_robust_pca_is_not() -> None:
    low_rank, sparse, observed = known(missing=0)
    left, values, right = np.linalg.svd(low_rank + sparse, full_matrices=False)
    plain = (left[:, :4] * values[:4]) @ right[:4]
    assert np.linalg.norm(plain - low_rank) > 0.1 * np.linalg.norm(low_rank)
    found = robust_pca(low_rank + sparse, observed)
    assert np.linalg.norm(found.low_rank - low_rank) < 1e-5 * np.linalg.norm(low_rank)


def test_the_arguments_are_left_alone_and_the_result_repeats() -> None:
    low_rank, sparse, observed = known(shape=(20, 50), rank=2)
    data = low_rank + sparse
    before = data.copy()
    once, again = robust_pca(data, observed), robust_pca(data, observed)
    np.testing.assert_array_equal(data, before)
    np.testing.assert_array_equal(once.low_rank, again.low_rank)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"observed has shape \(2, 3\); \(3, 2\) is needed"):
        robust_pca(np.zeros((3, 2)), np.ones((2, 3), bool))
    with pytest.raises(ValueError, match="no true entry"):
        robust_pca(np.zeros((3, 2)), np.zeros((3, 2), bool))
    with pytest.raises(ValueError, match="NaN"):
        robust_pca(np.full((3, 2), np.nan), np.ones((3, 2), bool))
