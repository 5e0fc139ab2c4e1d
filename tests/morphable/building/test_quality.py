"""Compactness, generalisation and specificity, against what they are by definition."""

import numpy as np
import pytest

from affectface.morphable.building.quality import measure_quality

VERTICES = 40


def people(count: int, strengths: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return meshes (N, 3 V) of orthogonal directions of known strengths."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((3 * VERTICES, len(strengths))))[0].T
    return (rng.standard_normal((count, len(strengths))) * strengths) @ basis


def test_compactness() -> None:
    x = people(300, np.array([4.0, 2.0, 1.0]))
    quality = measure_quality(x @ x.T, VERTICES, 3, np.random.default_rng(0))
    assert quality.counts == (1, 2, 3)
    np.testing.assert_allclose(quality.compactness, np.array([16, 20, 21]) / 21, atol=0.04)


def test_generalisation_is_leave_out_reconstruction() -> None:
    x = people(60, 3 * 0.8 ** np.arange(30))
    quality = measure_quality(x @ x.T, VERTICES, 20, np.random.default_rng(4))
    # The same folds, by the components themselves.
    order = np.random.default_rng(4).permutation(60)
    for count, found in zip(quality.counts, quality.generalisation, strict=True):
        errors = []
        for fold in range(10):
            out = order[fold::10]
            others = np.delete(x, out, axis=0)
            basis = np.linalg.svd(others - others.mean(0), full_matrices=False)[2][:count]
            away = x[out] - others.mean(0)
            errors += np.linalg.norm(away - away @ basis.T @ basis, axis=1).tolist()
        assert found == pytest.approx(10 * np.mean(errors) / np.sqrt(VERTICES), rel=1e-6)


def test_specificity_is_the_distance_of_drawn_shapes() -> None:
    x = people(50, np.array([3.0, 2.0, 1.0, 0.5]))
    quality = measure_quality(x @ x.T, VERTICES, 4, np.random.default_rng(0))
    away = x - x.mean(0)
    _, lengths, vt = np.linalg.svd(away, full_matrices=False)
    rng = np.random.default_rng(7)
    for count, found in zip(quality.counts, quality.specificity, strict=True):
        drawn = rng.standard_normal((4000, count)) * lengths[:count] / 7 @ vt[:count]
        nearest = np.linalg.norm(drawn[:, None] - away, axis=2).min(1).mean()
        assert found == pytest.approx(10 * nearest / np.sqrt(VERTICES), rel=0.04)


def test_a_model_of_few_knows_less_of_strangers() -> None:
    few, many = (people(count, 3 * 0.9 ** np.arange(30)) for count in (30, 200))
    figures = [measure_quality(x @ x.T, VERTICES, 10, np.random.default_rng(0)) for x in (few, many)]
    assert figures[0].generalisation[-1] > figures[1].generalisation[-1]
    assert list(figures[1].generalisation) == sorted(figures[1].generalisation, reverse=True)


def test_components_that_nine_tenths_do_not_have() -> None:
    x = people(12, np.ones(40))
    quality = measure_quality(x @ x.T, VERTICES, 11, np.random.default_rng(0))
    assert np.isnan(quality.generalisation[-1])
    assert quality.compactness[-1] == pytest.approx(1)


def test_the_seed_decides() -> None:
    x = people(40, np.ones(20))
    one, same, other = (measure_quality(x @ x.T, VERTICES, 10, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other
