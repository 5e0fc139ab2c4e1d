"""Weights and images that any package can make alike, of which torchvision's answers are recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor


def known_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a tensor of pseudo-random numbers for each of a state dict; counts of batches are left out."""
    made = {}
    names = [name for name in state if not name.endswith("num_batches_tracked")]
    for n, name in enumerate(names):
        shape = state[name].shape
        turns = torch.arange(shape.numel(), dtype=torch.float64) * 12.9898 + n
        values = torch.sin(turns) * 43758.5453
        values = values - values.floor() - 0.5
        if len(shape) > 1:
            values = values * math.sqrt(24 / shape[1:].numel())  # which keeps the size of what passes
        elif name.endswith(("running_var", "weight")):
            values = 1 + 0.5 * values
        else:
            values = 0.2 * values
        made[name] = values.reshape(shape).float()
    return made


def known_images(side: int = 64) -> Tensor:
    """Return two images, (2, 3, S, S)."""
    return torch.sin(torch.arange(6 * side * side, dtype=torch.float64) * 0.37).reshape(2, 3, side, side).float()
