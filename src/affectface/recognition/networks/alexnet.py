"""AlexNet, the baseline of AffectNet (Mollahosseini, Hasani and Mahoor 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from affectface.recognition.networks.freezing import Frozen
from affectface.recognition.networks.outputs import Heads, Outputs, Prediction

PLACES = 6
"""Side of the last pooling's output for images of 224 pixels; others are averaged to it."""


class AlexNetConvolutions(nn.Module):
    """The five convolutions, (N, 3, S, S) with S of 63 or more to (N, 256, 6, 6)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 11, stride=4, padding=2)
        self.conv2 = nn.Conv2d(64, 192, 5, padding=2)
        self.conv3 = nn.Conv2d(192, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 256, 3, padding=1)
        self.conv5 = nn.Conv2d(256, 256, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the output of the last pooling."""
        features = nn.functional.max_pool2d(torch.relu(self.conv1(images)), 3, 2)
        features = nn.functional.max_pool2d(torch.relu(self.conv2(features)), 3, 2)
        for layer in (self.conv3, self.conv4, self.conv5):
            features = torch.relu(layer(features))
        return nn.functional.adaptive_avg_pool2d(nn.functional.max_pool2d(features, 3, 2), PLACES)


class AlexNet(nn.Module):
    """AlexNet with last layers of one's own.

    Parameters
    ----------
    outputs : Outputs
        What it says.
    frozen : bool
        Whether the convolutions stay as they are.
    hidden : tuple of two int
        Units of the two fully connected layers.
    dropout : float
        Share of their inputs that is dropped in training.

    Notes
    -----
    The form is Krizhevsky 2014, whose weights torchvision publishes: in one piece, without response normalisation.
    AffectNet's authors trained the two-piece form of 2012 in Caffe.
    """

    def __init__(
        self,
        outputs: Outputs,
        *,
        frozen: bool = False,
        hidden: tuple[int, int] = (4096, 4096),
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        convolutions = AlexNetConvolutions()
        self.convolutions = Frozen(convolutions) if frozen else convolutions
        self.fc6 = nn.Linear(256 * PLACES**2, hidden[0])
        self.fc7 = nn.Linear(hidden[0], hidden[1])
        self.dropout = nn.Dropout(dropout)
        self.heads = Heads(hidden[1], outputs)

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of images (N, 3, S, S), S at least 63; landmarks are not looked at."""
        features = torch.relu(self.fc6(self.dropout(self.convolutions(images).flatten(1))))
        return self.heads(torch.relu(self.fc7(self.dropout(features))))
