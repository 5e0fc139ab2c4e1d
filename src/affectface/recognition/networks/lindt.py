"""The two networks by which Lindt 2019 measures valence and arousal of made images (section IV-C)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from affectface.recognition.networks.outputs import Outputs, Prediction

WIDTHS = (32, 64, 128, 256)
"""Channels of the four pairs of convolutions."""

HIDDEN = 512
"""Units of the fully connected layer."""


class LindtCnn(nn.Module):
    """One dimension of one image, (N, 3, 96, 96) to (N,), from -1 to 1.

    Parameters
    ----------
    side : int
        Side of the images, pixels.
    dropout : float
        Share of the fully connected layer's outputs that is dropped in training.
    """

    def __init__(self, side: int = 96, dropout: float = 0.5) -> None:
        super().__init__()
        if side < 16 or side % 16:
            raise ValueError(f"side is {side}; a multiple of 16 is needed, such as 96")
        layers: list[nn.Module] = []
        for inputs, outputs in zip((3, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            layers += [nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        self.convolutions = nn.Sequential(*layers)
        self.hidden = nn.Linear(WIDTHS[-1] * (side // 16) ** 2, HIDDEN)
        self.dropout = nn.Dropout(dropout)
        self.answer = nn.Linear(HIDDEN, 1)
        for module in self.convolutions:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return the dimension of each image."""
        features = self.dropout(torch.relu(self.hidden(self.convolutions(images).flatten(1))))
        return self.answer(features)[:, 0].tanh()


class LindtPair(nn.Module):
    """A network for valence and another of the same form for arousal, which share nothing.

    Parameters
    ----------
    outputs : Outputs
        Must be valence and arousal only.
    side : int
        Side of the images, pixels.
    dropout : float
        Share of the fully connected layers' outputs that is dropped in training.

    Notes
    -----
    The paper says images of 96 x 96 x 3, a form oriented towards VGG-16, one answer in [-1, 1], and gives the layers in
    its table II. The text that we have of the paper lacks that table: the widths here are ours. What is as published:
    both networks of one form, their input and answer, mean absolute error as loss, stochastic gradient descent with a
    learning rate of 0.001 and momentum 0.9.
    """

    def __init__(self, outputs: Outputs, *, side: int = 96, dropout: float = 0.5) -> None:
        super().__init__()
        if outputs.classes or not outputs.valence_arousal:
            raise ValueError(f"outputs are {outputs}; these networks say valence and arousal only")
        self.valence = LindtCnn(side, dropout)
        self.arousal = LindtCnn(side, dropout)

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of images (N, 3, S, S); landmarks are not looked at."""
        return Prediction(torch.stack([self.valence(images), self.arousal(images)], dim=-1), None)
