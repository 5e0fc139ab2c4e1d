"""FID and KID against their formulas, written out."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.linalg import sqrtm

from affectface.errors import AssetError
from affectface.evaluation.distribution import check_installed, frechet_distance, kernel_distance


def sets(count: int = 40, length: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of photos, and of pictures that are much like their own photos."""
    rng = np.random.default_rng(0)
    photos = rng.normal(size=(count, length))
    return photos, 0.3 + photos * rng.uniform(0.5, 1.5, length) + 0.4 * rng.normal(size=photos.shape)


def kernel(x: np.ndarray, y: np.ndarray) -> float:
    return float((x @ y / len(x) + 1) ** 3)


def test_kid_is_the_mean_over_pairs_of_people() -> None:
    x, y = sets()
    people = range(len(x))
    terms = [
        kernel(x[i], x[j]) + kernel(y[i], y[j]) - kernel(x[i], y[j]) - kernel(x[j], y[i])
        for i in people
        for j in people
        if i != j
    ]
    assert kernel_distance(x, y) == pytest.approx(np.mean(terms))


def test_kid_of_pictures_like_their_own_photos_is_0_on_average() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        photos = rng.normal(size=(16, 12))
        found.append(kernel_distance(photos, 0.9 * photos + np.sqrt(0.19) * rng.normal(size=photos.shape)))
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))
    assert kernel_distance(photos, photos) == 0


def test_kid_grows_with_the_distance() -> None:
    x, y = sets()
    assert 0 < kernel_distance(x, x + 0.2) < kernel_distance(x, x + 0.5) < kernel_distance(x, y + 1)


def test_kid_differs_from_torchmetrics_by_the_own_photos_alone() -> None:
    torch = pytest.importorskip("torch")
    kid = pytest.importorskip("torchmetrics.image.kid")
    x, y = sets()
    across = np.array([[kernel(a, b) for b in y] for a in x])
    own = np.trace(across) / len(x)
    others = (across.sum() - np.trace(across)) / (len(x) * (len(x) - 1))
    theirs = float(kid.poly_mmd(torch.from_numpy(x), torch.from_numpy(y)))
    assert theirs == pytest.approx(kernel_distance(x, y) - 2 / len(x) * (own - others))


def test_fid_is_the_formula() -> None:
    pytest.importorskip("torchmetrics")
    x, y = sets()
    y = np.concatenate([y, y[:, ::-1]])
    first, second = np.cov(x.T), np.cov(y.T)
    root = sqrtm(sqrtm(first) @ second @ sqrtm(first)).real
    closed = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + np.trace(first + second - 2 * root)
    assert frechet_distance(x, y) == pytest.approx(closed)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)


def test_fid_of_fewer_pictures_than_features() -> None:
    pytest.importorskip("torchmetrics")
    x, y = sets(6, 50)
    a, b = ((v - v.mean(axis=0)) / np.sqrt(len(v) - 1) for v in (x, y))
    # the eigenvalues of the covariances' product are the squared singular values of this smaller product
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    closed = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + (a**2).sum() + (b**2).sum() - 2 * root
    assert frechet_distance(x, y) == pytest.approx(closed, rel=1e-5)


def test_one_photo_has_no_distribution() -> None:
    one = np.ones((1, 4))
    assert np.isnan(kernel_distance(one, one))
    assert np.isnan(frechet_distance(one, np.ones((6, 4))))
    assert np.isnan(kernel_distance(np.zeros((0, 4)), np.zeros((0, 4))))


def test_sets_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"pictures has shape \(3, 4\); \(2, 4\) is needed"):
        kernel_distance(np.ones((2, 4)), np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"pictures has shape \(3, 5\); \(any, 4\) is needed"):
        frechet_distance(np.ones((2, 4)), np.ones((3, 5)))
    with pytest.raises(ValueError, match="photos has NaN"):
        kernel_distance(np.full((2, 4), np.nan), np.ones((2, 4)))


def test_missing_torchmetrics_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    with pytest.raises(AssetError, match=r"torchmetrics.* cannot be imported .*; pip install torch torchmetrics"):
        check_installed()
