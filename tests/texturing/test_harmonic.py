"""Harmonic functions come back as they are."""

import numpy as np

from affectface.texturing.harmonic import harmonic_fill


def grid(count: int = 21) -> tuple[np.ndarray, np.ndarray]:
    """A square of 1 cm in (x, y, 0), its cells cut along the diagonal."""
    y, x = np.mgrid[:count, :count] / (count - 1)
    vertices = np.stack([x, y, np.zeros_like(x)], axis=-1).reshape(-1, 3).astype(np.float32)
    a = np.arange(count * count).reshape(count, count)[:-1, :-1].ravel()
    squares = np.stack([a, a + 1, a + count + 1, a, a + count + 1, a + count], axis=1)
    return vertices, squares.reshape(-1, 3).astype(np.int32)


def border(vertices: np.ndarray) -> np.ndarray:
    return ((vertices[:, :2] < 1e-6) | (vertices[:, :2] > 1 - 1e-6)).any(axis=1)


def test_what_is_harmonic_on_the_border_is_so_inside() -> None:
    vertices, triangles = grid()
    x, y, _ = vertices.T
    truth = np.stack([3 * x - 2 * y, x * y, x**2 - y**2], axis=1)
    known = border(vertices)
    given = np.where(known[:, None], truth, 99)
    filled = harmonic_fill(vertices, triangles, given, known.astype(np.float32), reach=1e-4)
    np.testing.assert_allclose(filled, truth, atol=2e-3)


def test_it_stays_within_what_is_known() -> None:
    vertices, triangles = grid()
    rng = np.random.default_rng(0)
    values, weight = rng.uniform(0, 1, (len(vertices), 1)), (rng.uniform(size=len(vertices)) < 0.1).astype(np.float32)
    filled = harmonic_fill(vertices, triangles, values, weight, reach=0.05)
    known = values[weight > 0]
    assert known.min() - 1e-4 <= filled.min() <= filled.max() <= known.max() + 1e-4


def test_a_piece_without_anything_known_gets_the_mean() -> None:
    vertices, triangles = grid(5)
    both = np.concatenate([vertices, vertices + 5])
    values = np.concatenate([np.full((25, 1), 7.0), np.zeros((25, 1))])
    weight = np.concatenate([np.ones(25), np.zeros(25)]).astype(np.float32)
    filled = harmonic_fill(both, np.concatenate([triangles, triangles + 25]), values, weight, reach=0.1)
    np.testing.assert_allclose(filled, 7, atol=1e-5)
    nothing = harmonic_fill(vertices, triangles, values[:25], np.zeros(25, np.float32), reach=0.1)
    np.testing.assert_array_equal(nothing, 0)
