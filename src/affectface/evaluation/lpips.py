"""LPIPS: how different two pictures look, by the features of AlexNet (Zhang, Isola, Efros, Shechtman and Wang 2018).

The packages that have it need torchvision and fetch weights. Five convolutions are all that is needed of AlexNet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from affectface.arrays import FloatArray


class Convolution(NamedTuple):
    """One of AlexNet's convolutions: its number in torchvision, its channels, and whether it follows a pooling."""

    number: int
    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: int
    pooled: bool


ALEXNET = (
    Convolution(0, 3, 64, 11, 4, 2, False),
    Convolution(3, 64, 192, 5, 1, 2, True),
    Convolution(6, 192, 384, 3, 1, 1, True),
    Convolution(8, 384, 256, 3, 1, 1, False),
    Convolution(10, 256, 256, 3, 1, 1, False),
)
"""Krizhevsky 2014, as torchvision numbers them; each is followed by a ReLU, whose output LPIPS looks at."""

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Mean and deviation of ImageNet for pixels from -1 to 1, as LPIPS rounds them."""
_SMALL = 1e-8
"""Keeps features of length 0 from being divided by it."""


def alexnet_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight of AlexNet's convolutions, by torchvision's names."""
    shapes: dict[str, tuple[int, ...]] = {}
    for one in ALEXNET:
        shapes[f"features.{one.number}.weight"] = (one.outputs, one.inputs, one.kernel, one.kernel)
        shapes[f"features.{one.number}.bias"] = (one.outputs,)
    return shapes


def head_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of what weighs the channels of each layer, by LPIPS's names."""
    return {_head(layer): (1, one.outputs, 1, 1) for layer, one in enumerate(ALEXNET)}


def load_lpips(torch: Any, weights: dict[str, Any]) -> Callable[[FloatArray, FloatArray], float]:
    """Make LPIPS of its weights.

    Parameters
    ----------
    torch : module
        The imported torch.
    weights : dict of str to Tensor
        Tensors with the names and shapes of `alexnet_shapes` and `head_shapes`.

    Returns
    -------
    callable
        Takes two pictures of one size, (H, W, 3) from 0 to 255, at least 31 pixels a side. Returns their distance.
    """
    functional = torch.nn.functional

    def layers(pixels: Any) -> list[Any]:
        found = []
        for one in ALEXNET:
            if one.pooled:
                pixels = functional.max_pool2d(pixels, 3, 2)
            kernel, bias = weights[f"features.{one.number}.weight"], weights[f"features.{one.number}.bias"]
            pixels = functional.relu(functional.conv2d(pixels, kernel, bias, stride=one.stride, padding=one.padding))
            found.append(pixels / (_SMALL + (pixels**2).sum(dim=1, keepdim=True)).sqrt())
        return found

    def difference(first: FloatArray, second: FloatArray) -> float:
        pixels = (np.stack([first, second]) / 127.5 - 1 - _SHIFT) / _SCALE
        with torch.no_grad():
            total = 0.0
            for layer, found in enumerate(layers(torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32)))):
                # a mean over places of the channels' weighted squares: eq. 1
                total += float(functional.conv2d((found[:1] - found[1:]) ** 2, weights[_head(layer)]).mean())
        return total

    return difference


def _head(layer: int) -> str:
    return f"lin{layer}.model.1.weight"
