"""Histograms of oriented gradients and one layer that learns: the recogniser for a handful of photos.

The features are those of Dalal and Triggs 2005 (Histograms of Oriented Gradients for Human Detection, section 6), which
need no learning; so the one layer is learned from few images, and in seconds.
"""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor, nn

from affectface.recognition.networks.outputs import Heads, Outputs, Prediction

BINS, CELL, BLOCK = 9, 8, 2
"""Orientations within half a turn, pixels of a cell's side, cells of a block's side."""

_LARGEST = 0.2
"""What a normalised block is clipped at, before it is normalised again (L2-Hys)."""


def gradient_blocks(images: Tensor) -> Tensor:
    """Return histograms of oriented gradients by their place.

    Parameters
    ----------
    images : Tensor of shape (N, 3, H, W), float32
        Images, of whole cells; of the three channels' gradients the largest counts.

    Returns
    -------
    Tensor of shape (N, 9, 2, 2, R, C), float32
        Orientation, row and column of the cell in its block, row and column of the block. Each block has length 1;
        votes are shared by the two nearest orientations.
    """
    padded = nn.functional.pad(images, (1, 1, 1, 1), mode="replicate")
    right = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    strength, channel = (right**2 + down**2).max(dim=1, keepdim=True)
    right, down = right.gather(1, channel), down.gather(1, channel)
    turn = torch.remainder(torch.atan2(down, right), pi) / pi * BINS - 0.5
    off = (turn - torch.arange(BINS, dtype=turn.dtype).view(1, BINS, 1, 1)).abs()
    votes = strength.sqrt() * (1 - torch.minimum(off, BINS - off)).clamp(min=0)
    cells = nn.functional.avg_pool2d(votes, CELL)
    blocks = nn.functional.unfold(cells, BLOCK)
    once = blocks / (blocks.square().sum(dim=1, keepdim=True) + 1e-6).sqrt()
    clipped = once.clamp(max=_LARGEST)
    once = clipped / (clipped.square().sum(dim=1, keepdim=True) + 1e-6).sqrt()
    rows, columns = (side - BLOCK + 1 for side in cells.shape[-2:])
    return once.view(-1, BINS, BLOCK, BLOCK, rows, columns)


def oriented_gradients(images: Tensor) -> Tensor:
    """Return histograms of oriented gradients, (N, F), of images (N, 3, H, W); see `gradient_blocks`."""
    return gradient_blocks(images).flatten(1)


class GradientNet(nn.Module):
    """Oriented gradients and the last layers.

    Parameters
    ----------
    outputs : Outputs
        What it says.
    side : int
        Side of the images, pixels.
    """

    def __init__(self, outputs: Outputs, *, side: int = 96) -> None:
        super().__init__()
        if side < BLOCK * CELL or side % CELL:
            raise ValueError(f"side is {side}; a multiple of {CELL} is needed, at least {BLOCK * CELL}, such as 96")
        blocks = (side // CELL - BLOCK + 1) ** 2
        self.heads = Heads(blocks * BLOCK**2 * BINS, outputs)
        for head in (self.heads.valence_arousal, self.heads.expression):
            if head is not None:
                nn.init.zeros_(head.weight)
                nn.init.zeros_(head.bias)

    def describe(self, images: Tensor, landmarks: Tensor | None = None) -> Tensor:
        """Return the features (N, F) of images (N, 3, S, S); landmarks are not looked at."""
        with torch.no_grad():
            return oriented_gradients(images.float())

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of images (N, 3, S, S); landmarks are not looked at."""
        return self.heads(self.describe(images))
