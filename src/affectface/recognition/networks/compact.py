"""A small residual network that two CPU cores train in minutes: the baseline where no published weights are at hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from affectface.recognition.networks.outputs import Heads, Outputs, Prediction

WIDTHS = (32, 64, 128, 256)
"""Channels of the four stages, two blocks each; every stage but the first halves the side."""

SMALL_WIDTHS = (16, 32, 64, 128)
"""Those of `compact-small`: a third of the time, for experiments of hundreds of trainings."""


class Block(nn.Module):
    """Two convolutions of 3 x 3, a weight for each channel, and what goes past them.

    Residual as in He et al. 2016; channels are weighted as in Hu, Shen and Sun 2018. The last normalisation starts at
    zero, so that every block starts as what goes past it (Goyal et al. 2017).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.squeeze = nn.Linear(outputs, outputs // 8)
        self.excite = nn.Linear(outputs // 8, outputs)
        self.past: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, bias=False)
            self.past = nn.Sequential(nn.AvgPool2d(stride), shortcut, nn.BatchNorm2d(outputs))
        nn.init.zeros_(self.bn2.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, outputs, H / stride, W / stride) of features (N, inputs, H, W)."""
        past = self.past(features)
        features = torch.relu(self.bn1(self.conv1(features)))
        features = self.bn2(self.conv2(features))
        weight = torch.sigmoid(self.excite(torch.relu(self.squeeze(features.mean(dim=(2, 3))))))
        return torch.relu(features * weight[:, :, None, None] + past)


class CompactNet(nn.Module):
    """Stem, four stages, the mean over all places, last layers.

    Parameters
    ----------
    outputs : Outputs
        What it says.
    side : int
        Side of the images, pixels.
    dropout : float
        Share of the features that is dropped in training.
    widths : tuple of 4 int
        Channels of the stages.
    """

    def __init__(
        self,
        outputs: Outputs,
        *,
        side: int = 96,
        dropout: float = 0.2,
        widths: tuple[int, int, int, int] = WIDTHS,
    ) -> None:
        super().__init__()
        if side < 32 or side % 32:
            raise ValueError(f"side is {side}; a multiple of 32 is needed, such as 96")
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, padding=1),
        )
        blocks = []
        for i, (inputs, width) in enumerate(zip((widths[0], *widths), widths, strict=False)):
            blocks += [Block(inputs, width, 1 if i == 0 else 2), Block(width, width, 1)]
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.heads = Heads(widths[-1], outputs)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of images (N, 3, S, S); landmarks are not looked at."""
        return self.heads(self.dropout(self.blocks(self.stem(images)).mean(dim=(2, 3))))
