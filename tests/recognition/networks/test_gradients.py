"""Histograms of oriented gradients, against loops that are slow and obvious."""

from __future__ import annotations

from math import atan2, hypot, pi

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from affectface.recognition.networks.gradients import GradientNet, gradient_blocks, oriented_gradients  # noqa: E402
from affectface.recognition.networks.outputs import Outputs  # noqa: E402


def slow(image: np.ndarray) -> np.ndarray:
    """Dalal and Triggs' features of one image (3, S, S), one pixel after the other."""
    side = image.shape[1]
    cells = np.zeros((9, side // 8, side // 8))
    for y in range(side):
        for x in range(side):
            best = (0.0, 0.0, 0.0)
            for channel in image:
                right = channel[y, min(x + 1, side - 1)] - channel[y, max(x - 1, 0)]
                down = channel[min(y + 1, side - 1), x] - channel[max(y - 1, 0), x]
                best = max(best, (hypot(right, down), right, down))
            turn = (atan2(best[2], best[1]) % pi) / pi * 9 - 0.5
            below = int(np.floor(turn))
            share = turn - below
            cells[below % 9, y // 8, x // 8] += best[0] * (1 - share) / 64
            cells[(below + 1) % 9, y // 8, x // 8] += best[0] * share / 64
    blocks = []
    for y in range(side // 8 - 1):
        for x in range(side // 8 - 1):
            block = cells[:, y : y + 2, x : x + 2].reshape(-1)
            block = np.minimum(block / np.sqrt((block**2).sum() + 1e-6), 0.2)
            blocks.append(block / np.sqrt((block**2).sum() + 1e-6))
    return np.array(blocks).T.reshape(-1)


def test_features_are_those_of_the_loops() -> None:
    images = np.random.default_rng(0).normal(size=(2, 3, 24, 24)).astype(np.float32)
    found = oriented_gradients(torch.from_numpy(images)).numpy()
    for image, features in zip(images, found, strict=True):
        np.testing.assert_allclose(features, slow(image), atol=1e-5)


def test_light_does_not_count() -> None:
    images = torch.rand(1, 3, 32, 32)
    changed = oriented_gradients(0.5 * images + 0.3)
    torch.testing.assert_close(changed, oriented_gradients(images), atol=2e-3, rtol=0)


def test_a_plain_picture_has_no_gradients() -> None:
    assert oriented_gradients(torch.full((1, 3, 32, 32), 0.7)).abs().max() == 0


def test_a_mirrored_picture_has_the_same_blocks_elsewhere() -> None:
    images = torch.rand(2, 3, 24, 40)
    mirrored = gradient_blocks(images.flip(-1))
    torch.testing.assert_close(mirrored, gradient_blocks(images).flip(1, 3, 5), atol=1e-5, rtol=0)


def test_only_the_last_layer_learns() -> None:
    network = GradientNet(Outputs(classes=("neutral", "happiness")), side=32)
    assert sum(parameter.numel() for parameter in network.parameters()) == (9 * 36 + 1) * 4
    said = network(torch.rand(2, 3, 32, 32))
    assert said.valence_arousal.shape == said.expression.shape == (2, 2)
    with pytest.raises(ValueError, match="a multiple of 8 is needed"):
        GradientNet(Outputs(), side=20)
