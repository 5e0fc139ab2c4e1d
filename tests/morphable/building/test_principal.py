"""Principal components of meshes on disk, exactly and nearly, against a plain singular value decomposition."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from known_meshes import largest_angle

from affectface.morphable.building.principal import (
    centred,
    component_basis,
    exact_components,
    inner_products,
)
from affectface.morphable.building.procrustes import AlignedMeshes, mean_of, unaligned
from affectface.morphable.building.random_projection import randomised_components
from affectface.morphable.building.scratch import MeshScratch

VERTICES, MESHES = 150, 60


def nobody(_steps: int) -> None:
    """Listen to no progress."""


@pytest.fixture
def meshes(tmp_path: Path) -> Iterator[AlignedMeshes]:
    """Sixty meshes, read a few at a time."""
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((30, VERTICES * 3)) * 0.8 ** np.arange(30)[:, None]
    with MeshScratch(VERTICES, tmp_path) as scratch:
        for drawn in rng.standard_normal((MESHES, 30)):
            scratch.append((5 + drawn @ basis).reshape(VERTICES, 3).astype(np.float32))
        yield unaligned(scratch, np.arange(MESHES, dtype=np.int32), 1.0, 24 * VERTICES * 7)


def oracle(meshes: AlignedMeshes) -> tuple[np.ndarray, np.ndarray]:
    """Return standard deviations and components by a decomposition of everything at once."""
    all_of_them = np.concatenate([block for _, block in meshes.blocks()]).reshape(MESHES, -1)
    _, lengths, vt = np.linalg.svd(all_of_them - all_of_them.mean(0), full_matrices=False)
    return lengths / np.sqrt(MESHES - 1), vt.reshape(MESHES, VERTICES, 3)


def test_blocks_and_strips_are_the_meshes(meshes: AlignedMeshes) -> None:
    blocks, strips = list(meshes.blocks()), list(meshes.strips())
    assert len(blocks) > 5
    assert len(strips) > 5
    np.testing.assert_array_equal(
        np.concatenate([block for _, block in blocks]), np.concatenate([strip for _, strip in strips], axis=1)
    )


def test_exact(meshes: AlignedMeshes) -> None:
    deviations, components = oracle(meshes)
    mean = mean_of(meshes)
    found = exact_components(inner_products(meshes, mean, nobody), 0.995)
    count = len(found.deviations)
    assert count == np.searchsorted(np.cumsum(deviations**2) / (deviations**2).sum(), 0.995) + 1
    np.testing.assert_allclose(found.deviations, deviations[:count], rtol=1e-6)
    basis = component_basis(meshes, mean, found, nobody)
    assert largest_angle(basis, components[:count]) < 1e-3
    np.testing.assert_allclose((basis.reshape(count, -1) ** 2).sum(1), 1, atol=1e-5)
    assert all(component.flat[np.abs(component).argmax()] > 0 for component in basis)


def test_randomised_is_nearly_exact(meshes: AlignedMeshes) -> None:
    mean = mean_of(meshes)
    exact = exact_components(inner_products(meshes, mean, nobody), 0.995)
    nearly = randomised_components(meshes, mean, 0.995, np.random.default_rng(0), nobody)
    np.testing.assert_allclose(nearly.deviations, exact.deviations, rtol=1e-5)
    np.testing.assert_allclose(nearly.squares, exact.squares, rtol=1e-6)
    assert nearly.variance == pytest.approx(exact.variance)
    bases = [component_basis(meshes, mean, found, nobody) for found in (exact, nearly)]
    assert largest_angle(*bases) < 0.1
    np.testing.assert_allclose(np.abs(nearly.scores), np.abs(exact.scores), atol=1e-2)


def test_scores_are_where_the_meshes_are(meshes: AlignedMeshes) -> None:
    mean = mean_of(meshes)
    found = exact_components(inner_products(meshes, mean, nobody), 1.0)
    np.testing.assert_allclose(found.scores.std(0, ddof=1), found.deviations, rtol=1e-6)
    np.testing.assert_allclose((found.scores**2).sum(1), found.squares, rtol=1e-6)


def test_about_any_middle(meshes: AlignedMeshes) -> None:
    mean = mean_of(meshes)
    about_mean, about_zero = (inner_products(meshes, middle, nobody) for middle in (mean, np.zeros_like(mean)))
    np.testing.assert_allclose(centred(about_zero), about_mean, atol=1e-6 * about_zero.max())


def test_components_about_zero(meshes: AlignedMeshes) -> None:
    """For displacements: the mean is a part of them, not the middle."""
    products = inner_products(meshes, np.zeros((VERTICES, 3)), nobody)
    found = exact_components(products, 1.0, about_mean=False)
    assert found.variance == pytest.approx(np.trace(products) / MESHES)
    assert len(found.deviations) == 31
