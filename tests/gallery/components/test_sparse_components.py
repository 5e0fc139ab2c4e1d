"""Sparse components against planted ones, and each half of the optimisation against a plain solver."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.gallery.components import sparse_components
from affectface.gallery.components.largest import principal_frames
from affectface.gallery.components.sparse_components import SparseConfig, find_sparse_components

SIDE = 21


def sheet() -> tuple[FloatArray, IntArray]:
    y, x = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    vertices = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    first = np.stack([corner, corner + 1, corner + SIDE + 1], axis=1)
    return vertices, np.concatenate([first, np.stack([corner, corner + SIDE + 1, corner + SIDE], 1)]).astype(np.int32)


def bumps(vertices: FloatArray) -> NDArray[np.float64]:
    """Four local movements (4, V, 3) that hardly overlap."""
    directions = np.array([(0, 0, 1.0), (1, 0, 0.5), (0, 1, 0), (0.5, -1, 0.5)])
    centres = np.array([(0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)])
    away = np.linalg.norm(vertices[None, :, :2] - centres[:, None], axis=2)
    return np.asarray(np.clip(1 - away / 0.2, 0, 1)[..., None] * directions[:, None])


def planted(frames: int = 60, seed: int = 0) -> tuple[FloatArray, NDArray[np.float64], NDArray[np.float64]]:
    vertices, _ = sheet()
    rng = np.random.default_rng(seed)
    weights = rng.uniform(-1, 1, (frames, 4)) * (rng.random((frames, 4)) < 0.5)
    return np.tensordot(weights, bumps(vertices), axes=1).astype(np.float32), weights, bumps(vertices)


def test_planted_components_are_found() -> None:
    displacements, _, truth = planted()
    found = find_sparse_components(displacements, *sheet(), SparseConfig(components=4, near=0.15, far=0.4))
    flat = found.components.reshape(4, -1)
    cosine = np.abs(flat @ truth.reshape(4, -1).T)
    cosine /= np.linalg.norm(flat, axis=1)[:, None] * np.linalg.norm(truth.reshape(4, -1), axis=1)
    assert (cosine.max(axis=0) > 0.98).all()
    assert found.error < 0.05 * np.sqrt(np.square(displacements).sum(axis=2).mean())
    np.testing.assert_allclose(np.abs(found.weights).max(axis=0), 1, atol=1e-6)
    again = np.tensordot(found.weights, found.components, axes=1)
    assert np.sqrt(np.square(displacements - again).sum(axis=2).mean()) == pytest.approx(found.error, rel=1e-3)


def test_sparser_is_more_local_and_less_exact() -> None:
    displacements, _, _ = planted()
    noisy = displacements + np.random.default_rng(1).normal(0, 0.05, displacements.shape).astype(np.float32)
    dense, sparse = (
        find_sparse_components(noisy, *sheet(), SparseConfig(components=4, sparsity=sparsity))
        for sparsity in (1e-6, 0.1)
    )
    moved = [(np.linalg.norm(found.components, axis=2) > 1e-6).mean() for found in (dense, sparse)]
    assert moved[1] < 0.5 * moved[0]
    assert sparse.error >= dense.error


def test_the_objective_falls() -> None:
    displacements, _, _ = planted(seed=3)
    found = find_sparse_components(displacements, *sheet(), SparseConfig(components=4, sparsity=0.01))
    assert (np.diff(found.objective) < 1e-6 * found.objective[0]).all()


def test_one_way_weights_are_never_negative() -> None:
    displacements, _, _ = planted()
    found = find_sparse_components(displacements, *sheet(), SparseConfig(components=8, weights="one way"))
    assert found.weights.min() >= 0
    np.testing.assert_allclose(found.weights.max(axis=0), 1, atol=1e-6)


def test_blocks_change_nothing_and_the_data_may_lie_on_a_disk(tmp_path: Path) -> None:
    displacements, _, _ = planted()
    np.save(tmp_path / "gallery.npy", displacements)
    mapped = np.load(tmp_path / "gallery.npy", mmap_mode="r")
    whole, parts = (
        find_sparse_components(data, *sheet(), SparseConfig(components=4, block=block))
        for data, block in ((displacements, 512), (mapped, 7))
    )
    np.testing.assert_allclose(whole.components, parts.components, atol=1e-4)
    np.testing.assert_allclose(whole.weights, parts.weights, atol=1e-3)


def test_components_for_given_weights_are_the_plain_solvers() -> None:
    rng = np.random.default_rng(5)
    weights, data, cost = rng.normal(size=(30, 3)), rng.normal(size=(30, 8 * 3)), rng.uniform(0, 4, (3, 8))
    gram, target = weights.T @ weights, (weights.T @ data).reshape(3, 8, 3)
    zero = np.zeros((3, 8, 3))
    found, _ = sparse_components._shrink(zero, zero, gram, target, cost, 2000)
    plain, step = zero, 1 / np.linalg.eigvalsh(gram).max()
    for _ in range(20_000):  # proximal gradient, with nothing clever in it
        moved = plain - step * (np.tensordot(gram, plain, axes=1) - target)
        length = np.linalg.norm(moved, axis=2)
        plain = moved * np.maximum(1 - step * cost / np.maximum(length, 1e-12), 0)[..., None]
    np.testing.assert_allclose(found, plain, atol=1e-6)


def test_weights_for_given_components_never_fit_worse() -> None:
    rng = np.random.default_rng(6)
    displacements, weights, truth = planted()
    start = rng.uniform(-1, 1, weights.shape)
    products = displacements.reshape(len(weights), -1) @ truth.reshape(4, -1).T
    for _ in range(50):
        start, truth_scaled, _ = sparse_components._weigh(start, truth, 0 * truth, products.copy(), SparseConfig())
        start = start * np.linalg.norm(truth_scaled, axis=(1, 2)) / np.linalg.norm(truth, axis=(1, 2))
    np.testing.assert_allclose(np.abs(start), np.abs(weights), atol=1e-4)


@pytest.mark.parametrize("frames", [30, 900])
def test_principal_frames_hold_most(frames: int) -> None:
    rng = np.random.default_rng(7)
    data = (rng.normal(size=(frames, 6)) @ rng.normal(size=(6, 90))).reshape(frames, 30, 3).astype(np.float32)
    left, core = principal_frames(data, 6, 100)
    np.testing.assert_allclose(left.T @ left, np.eye(6), atol=1e-8)
    np.testing.assert_allclose((left @ core).reshape(data.shape), data, atol=1e-3)


def test_what_has_no_components() -> None:
    vertices, triangles = sheet()
    with pytest.raises(ValueError, match="all 0"):
        find_sparse_components(np.zeros((5, len(vertices), 3), np.float32), vertices, triangles)
    with pytest.raises(ValueError, match="2 frames or more"):
        find_sparse_components(np.zeros((5, 7, 3), np.float32), vertices, triangles)
