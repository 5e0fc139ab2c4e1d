"""Harmonics that are orthogonal, and linear light that comes back as the pixels it was."""

import numpy as np
import pytest

from affectface.rendering.shade import GAMMA, harmonics, luminance, to_linear, to_srgb


def directions(count: int = 20000) -> np.ndarray:
    """Return even directions (Fibonacci), so that a mean is an integral over the sphere."""
    i = np.arange(count) + 0.5
    height, angle = 1 - 2 * i / count, np.pi * (1 + 5**0.5) * i
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=1).astype(np.float32)


def test_harmonics_are_orthogonal_on_the_sphere() -> None:
    basis = harmonics(directions()).astype(np.float64)
    gram = basis.T @ basis / len(basis)
    squares = [1, 1 / 3, 1 / 3, 1 / 3, 1 / 15, 1 / 15, 4 / 5, 1 / 15, 4 / 15]
    np.testing.assert_allclose(gram, np.diag(squares), atol=1e-3)


def test_harmonics_of_an_axis() -> None:
    found = harmonics(np.eye(3, dtype=np.float32))
    assert found.shape == (3, 9)
    np.testing.assert_array_equal(
        found, [[1, 1, 0, 0, 0, 0, -1, 0, 1], [1, 0, 1, 0, 0, 0, -1, 0, -1], [1, 0, 0, 1, 0, 0, 2, 0, 0]]
    )


def test_opposite_normals_differ_in_the_first_order_only() -> None:
    normals = directions(50)
    signs = np.array([1, -1, -1, -1, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(harmonics(-normals), harmonics(normals) * signs, atol=1e-6)


def test_second_order_light_turns_with_the_head() -> None:
    # the span of the harmonics is closed under rotation: light on a turned head is harmonic light again
    normals = directions(400)
    a = 0.7
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]], dtype=np.float32)
    turned = harmonics(normals @ turn.T)
    through, *_ = np.linalg.lstsq(harmonics(normals), turned, rcond=None)
    np.testing.assert_allclose(harmonics(normals) @ through, turned, atol=1e-5)


def test_every_pixel_comes_back_from_linear_light() -> None:
    pixels = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(to_srgb(to_linear(pixels)), pixels, atol=1e-3)
    assert (np.diff(to_linear(pixels)) > 0).all()
    assert to_linear(pixels)[[0, 255]].tolist() == [0, 1]


def test_light_outside_what_a_pixel_can_show_is_clipped() -> None:
    np.testing.assert_array_equal(to_srgb(np.float32([-1, 0, 1, 7])), [0, 0, 255, 255])


def test_a_ratio_of_light_is_a_power_of_a_ratio_of_pixels() -> None:
    dark, bright = to_linear(np.uint8([60, 120]))
    assert bright / dark == pytest.approx(2**GAMMA, rel=1e-5)


def test_luminance() -> None:
    np.testing.assert_allclose(luminance(np.eye(3, dtype=np.float32)), [0.2126, 0.7152, 0.0722])
    grey = np.full((4, 5, 3), 0.3, dtype=np.float32)
    np.testing.assert_allclose(luminance(grey), 0.3, rtol=1e-6)
    assert luminance(grey).shape == (4, 5)
