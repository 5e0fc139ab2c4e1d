"""VGG-16 in the form of VGG-FACE (Parkhi, Vedaldi and Zisserman 2015; Simonyan and Zisserman 2015, configuration D)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from affectface.recognition.networks.freezing import Frozen
from affectface.recognition.networks.outputs import Heads, Outputs, Prediction

BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the convolutions; each block ends with a pooling that halves the side."""

CONVOLUTIONS = tuple(f"conv{i}_{j}" for i, block in enumerate(BLOCKS, 1) for j in range(1, len(block) + 1))
"""Their names, as published."""


class VggConvolutions(nn.Module):
    """The thirteen convolutions, (N, 3, S, S) to (N, 512, S / 32, S / 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.channels = BLOCKS[-1][-1]
        widths = [3, *(width for block in BLOCKS for width in block)]
        for name, inputs, outputs in zip(CONVOLUTIONS, widths, widths[1:], strict=False):
            layer = nn.Conv2d(inputs, outputs, 3, padding=1)
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
            self.add_module(name, layer)

    def forward(self, images: Tensor) -> Tensor:
        """Return the output of the last pooling."""
        for i, block in enumerate(BLOCKS, 1):
            for j in range(1, len(block) + 1):
                images = torch.relu(self.get_submodule(f"conv{i}_{j}")(images))
            images = nn.functional.max_pool2d(images, 2)
        return images


def check_side(side: int) -> None:
    """Refuse a `side` that five halvings do not divide."""
    if side < 32 or side % 32:
        raise ValueError(f"side is {side}; a multiple of 32 is needed, such as 96 or 224")


class VggFace(nn.Module):
    """VGG-FACE with last layers of one's own.

    Parameters
    ----------
    outputs : Outputs
        What it says.
    hidden : tuple of two int
        Units of the two fully connected layers: 4096 and 4096; for BU-3DFE, 256 and 128 (Kollias 2020, section 6.2.6).
    frozen : bool
        Whether the convolutions stay as they are, as for BU-3DFE.
    side : int
        Side of the images, pixels; 224 in VGG-FACE, 96 in the models of Kollias et al. 2019.
    dropout : float
        Share of the fully connected layers' outputs that is dropped in training.
    """

    def __init__(
        self,
        outputs: Outputs,
        *,
        hidden: tuple[int, int] = (4096, 4096),
        frozen: bool = False,
        side: int = 224,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        check_side(side)
        convolutions = VggConvolutions()
        self.convolutions = Frozen(convolutions) if frozen else convolutions
        self.fc6 = nn.Linear(convolutions.channels * (side // 32) ** 2, hidden[0])
        self.fc7 = nn.Linear(hidden[0], hidden[1])
        self.dropout = nn.Dropout(dropout)
        self.heads = Heads(hidden[1], outputs)

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of images (N, 3, S, S); landmarks are not looked at."""
        features = self.convolutions(images).flatten(1)
        features = self.dropout(torch.relu(self.fc6(features)))
        return self.heads(self.dropout(torch.relu(self.fc7(features))))
