"""LPIPS against the paper's formula, written out slowly, and against torchmetrics' own network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from affectface.evaluation.lpips import alexnet_shapes, head_shapes, load_lpips

Arrays = dict[str, np.ndarray]


def weights() -> Arrays:
    rng = np.random.default_rng(0)
    filters = {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in alexnet_shapes().items()}
    return filters | {name: rng.uniform(0, 1, shape).astype(np.float32) for name, shape in head_shapes().items()}


def pictures() -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 255, (2, 39, 39, 3)).astype(np.float32)


def windows(x: np.ndarray, side: int, stride: int) -> np.ndarray:
    return sliding_window_view(x, (side, side), axis=(1, 2))[:, ::stride, ::stride]


def layers(picture: np.ndarray, state: Arrays) -> list[np.ndarray]:
    """The five layers of AlexNet, each place's features with length 1."""
    x = ((picture / 127.5 - 1 - [-0.030, -0.088, -0.188]) / [0.458, 0.448, 0.450]).transpose(2, 0, 1)
    found = []
    for number, stride, padding in ((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)):
        if number in (3, 6):
            x = windows(x, 3, 2).max(axis=(-2, -1))
        kernel = state[f"features.{number}.weight"].astype(np.float64)
        x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
        x = np.einsum("iyxkl,oikl->oyx", windows(x, kernel.shape[2], stride), kernel, optimize=True)
        x = np.maximum(x + state[f"features.{number}.bias"][:, None, None], 0)
        found.append(x / np.sqrt((x**2).sum(axis=0) + 1e-8))
    return found


def slow_lpips(first: np.ndarray, second: np.ndarray, state: Arrays) -> float:
    """Equation 1 of Zhang et al. 2018."""
    total = 0.0
    for layer, (a, b) in enumerate(zip(layers(first, state), layers(second, state), strict=True)):
        total += (state[f"lin{layer}.model.1.weight"][0] * (a - b) ** 2).sum(axis=0).mean()
    return total


def tensors(torch: Any, state: Arrays) -> dict[str, Any]:
    return {name: torch.from_numpy(value) for name, value in state.items()}


def test_shapes_are_alexnets() -> None:
    shapes = alexnet_shapes()
    # 2,469,696 of AlexNet's 61,100,840 parameters are those of its convolutions
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 2_469_696
    assert [shape[1] for shape in head_shapes().values()] == [64, 192, 384, 256, 256]


def test_the_formula() -> None:
    torch = pytest.importorskip("torch")
    first, second = pictures()
    difference = load_lpips(torch, tensors(torch, weights()))
    assert difference(first, second) == pytest.approx(slow_lpips(first, second, weights()), rel=1e-5)
    assert difference(first, second) == pytest.approx(difference(second, first), rel=1e-6)
    assert difference(first, first) == 0


def test_a_larger_change_is_a_larger_difference() -> None:
    torch = pytest.importorskip("torch")
    first, second = pictures()
    difference = load_lpips(torch, tensors(torch, weights()))
    steps = [difference(first, first + share * (second - first)) for share in (0.1, 0.3, 1.0)]
    assert steps == sorted(steps)
    assert steps[0] > 0


def test_weights_of_torchmetrics_fit() -> None:
    torch = pytest.importorskip("torch")
    torchmetrics = pytest.importorskip("torchmetrics")
    file = Path(torchmetrics.__file__).parent / "functional/image/lpips_models/alex.pth"
    state = torch.load(str(file), map_location="cpu", weights_only=True)
    assert {name: tuple(value.shape) for name, value in state.items()} == head_shapes()
