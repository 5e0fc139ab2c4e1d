"""Oriented gradients of an upright face's parts and its landmarks, and one layer that learns.

A square around the face's bounds grows when the jaw drops, and leaves the head's roll in the picture. Here the picture
is turned, scaled and shifted until the points that no expression moves much, corners of the eyes and the nose, lie
where they usually do; then eyes and brows, the mouth, and the whole face are described, each at a size of its own. The
68 landmarks come to the layer beside them, as in AffWildNet (Kollias et al. 2019). A face and its mirror image are one
expression, so that both are described alike.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from affectface.augment.on_the_fly.mirrored import MIRRORS
from affectface.recognition.networks.gradients import BINS, BLOCK, CELL, gradient_blocks
from affectface.recognition.networks.outputs import Heads, Outputs, Prediction
from affectface.recognition.networks.recurrent import LANDMARKS

STILL = (36, 39, 42, 45, 27, 28, 29, 30, 31, 35)
"""Corners of the eyes, the nose's bridge and wings, in iBUG's numbering."""

PLACES = (
    (-0.442, -0.293), (-0.169, -0.279), (0.169, -0.279), (0.442, -0.293),
    (0.0, -0.346), (0.0, -0.204), (0.0, -0.071), (0.0, 0.015), (-0.167, 0.13), (0.167, 0.13),
)  # fmt: skip
"""Where they are brought: the mean of the London faces, from -1 to 1 across the square that training cuts out."""

POINTS = 2 / 3
"""Scale of the landmarks beside a part, such that they vary by a third of what a part does."""


class Part(NamedTuple):
    """A rectangle of the upright face.

    Attributes
    ----------
    middle : float
        Its middle, downwards; it is as far to the left as to the right.
    half : tuple of float
        Half its width and half its height.
    size : tuple of int
        Columns and rows of pixels that it is looked at with.
    """

    middle: float
    half: tuple[float, float]
    size: tuple[int, int]


PARTS = (
    Part(0.05, (0.78, 0.95), (144, 176)),
    Part(-0.32, (0.68, 0.30), (160, 72)),
    Part(0.5, (0.48, 0.42), (112, 96)),
)
"""The whole face, eyes and brows, the mouth."""


def upright(landmarks: Tensor) -> tuple[Tensor, Tensor]:
    """Return the similarity that takes places of the upright face to the picture.

    Parameters
    ----------
    landmarks : Tensor of shape (N, 68, 2), float32
        x and y, from -1 to 1 across the picture.

    Returns
    -------
    tuple of Tensor
        Matrices (N, 2, 2) and shifts (N, 2), least squares over `STILL` (Umeyama 1991, without reflections).
    """
    found = landmarks[:, list(STILL)]
    wanted = found.new_tensor(PLACES)
    middle, centre = found.mean(dim=1), wanted.mean(dim=0)
    found, wanted = found - middle[:, None], wanted - centre
    length = wanted.square().sum()
    along = (found * wanted).sum(dim=(1, 2)) / length
    across = (found[..., 1] * wanted[:, 0] - found[..., 0] * wanted[:, 1]).sum(dim=1) / length
    matrix = torch.stack([torch.stack([along, -across], -1), torch.stack([across, along], -1)], dim=1)
    return matrix, middle - matrix @ centre


def part_of(images: Tensor, to_picture: tuple[Tensor, Tensor], part: Part) -> Tensor:
    """Return a part (N, 3, H, W) of the upright faces in images (N, 3, S, S)."""
    matrix, shift = to_picture
    (columns, rows), (width, height) = part.size, part.half
    x = width * ((torch.arange(columns, device=images.device) + 0.5) / columns * 2 - 1)
    y = part.middle + height * ((torch.arange(rows, device=images.device) + 0.5) / rows * 2 - 1)
    places = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    grid = torch.einsum("nij,hwj->nhwi", matrix, places) + shift[:, None, None]
    return nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def even_gradients(images: Tensor) -> Tensor:
    """Return oriented gradients (N, F) that are the same for images (N, 3, H, W) and their mirror images.

    They are the mean of the two, of which the left half says all; each image's have about length 1.
    """
    blocks = gradient_blocks(images)
    even = (blocks + blocks.flip(1, 3, 5)) / 2
    half = even[..., : (even.shape[-1] + 1) // 2]
    return half.flatten(1) / (half.shape[-2] * half.shape[-1]) ** 0.5


class AlignedGradientNet(nn.Module):
    """Gradients of the upright face's parts, its landmarks, and the last layers.

    Parameters
    ----------
    outputs : Outputs
        What it says.
    """

    def __init__(self, outputs: Outputs) -> None:
        super().__init__()
        features = 2 * LANDMARKS
        for part in PARTS:
            columns, rows = (pixels // CELL - BLOCK + 1 for pixels in part.size)
            features += BINS * BLOCK**2 * rows * ((columns + 1) // 2)
        self.heads = Heads(features, outputs)
        for head in (self.heads.valence_arousal, self.heads.expression):
            if head is not None:
                nn.init.zeros_(head.weight)
                nn.init.zeros_(head.bias)

    def describe(self, images: Tensor, landmarks: Tensor | None = None) -> Tensor:
        """Return the features (N, F) of faces, as `forward` takes them."""
        wanted = (len(images), LANDMARKS, 2)
        if landmarks is None or landmarks.shape != wanted:
            found = None if landmarks is None else tuple(landmarks.shape)
            raise ValueError(f"landmarks are {found}; shape {wanted} is needed, from -1 to 1 across the image")
        with torch.no_grad():
            images, landmarks = images.float(), landmarks.float()
            matrix, shift = upright(landmarks)
            described = [even_gradients(part_of(images, (matrix, shift), part)) for part in PARTS]
            points = torch.linalg.solve(matrix[:, None], (landmarks - shift[:, None])[..., None])[..., 0]
            mirrored = points[:, list(MIRRORS[LANDMARKS])] * points.new_tensor([-1.0, 1.0])
            return torch.cat([*described, POINTS * ((points + mirrored) / 2).flatten(1)], dim=1)

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of faces.

        Parameters
        ----------
        images : Tensor of shape (N, 3, S, S)
            Images.
        landmarks : Tensor of shape (N, 68, 2)
            x and y of the landmarks, from -1 to 1 across the image.

        Returns
        -------
        Prediction
            Of N images.
        """
        return self.heads(self.describe(images, landmarks))
