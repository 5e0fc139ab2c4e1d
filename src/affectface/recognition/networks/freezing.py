"""Layers that training leaves as they are."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Frozen(nn.Module):
    """A network that does not learn: no gradients, and means and dropout as when it is used.

    Parameters
    ----------
    layers : Module
        The network.
    """

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Frozen:
        """Stay as in use, whatever `mode` the network around it is in."""
        super().train(mode)
        self.layers.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Return what the layers make of images, without remembering how."""
        with torch.no_grad():
            features: Tensor = self.layers(images)
        return features
