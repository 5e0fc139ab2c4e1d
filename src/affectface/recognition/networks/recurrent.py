"""Networks that look at sequences: VGG-FACE-GRU, which is AffWildNet, and ResNet-GRU (Kollias et al. 2019).

Sizes are those of the published models: images of 96 pixels, one fully connected layer of 4096 units after VGG-FACE and
none after ResNet-50, two layers of 128 gated recurrent units, sequences of 80 frames.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from affectface.recognition.networks.freezing import Frozen
from affectface.recognition.networks.outputs import Heads, Outputs, Prediction
from affectface.recognition.networks.resnet import ResNetConvolutions, ResNetForm
from affectface.recognition.networks.vgg import VggConvolutions, check_side

UNITS, LAYERS = 128, 2
"""Of the recurrent part."""

LANDMARKS = 68
"""Landmarks of the iBUG numbering that AffWildNet is told."""

FRAMES = 80
"""Frames of a sequence in training."""


class VggFaceGru(nn.Module):
    """AffWildNet: VGG-FACE's convolutions and the landmarks, a fully connected layer, two recurrent ones.

    Parameters
    ----------
    outputs : Outputs
        What it says of each frame.
    landmarks : bool
        Whether the 68 landmarks come to the first fully connected layer, beside the last pooling's output.
    hidden : int
        Units of that layer.
    frozen : bool
        Whether the convolutions stay as they are.
    side : int
        Side of the images, pixels.
    dropout : float
        Share of the layer's outputs that is dropped in training.
    """

    def __init__(
        self,
        outputs: Outputs,
        *,
        landmarks: bool = True,
        hidden: int = 4096,
        frozen: bool = False,
        side: int = 96,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        check_side(side)
        self.landmarks = landmarks
        convolutions = VggConvolutions()
        self.convolutions = Frozen(convolutions) if frozen else convolutions
        inputs = convolutions.channels * (side // 32) ** 2 + 2 * LANDMARKS * landmarks
        self.fc6 = nn.Linear(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(hidden, UNITS, LAYERS, batch_first=True)
        self.heads = Heads(UNITS, outputs)

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of each frame.

        Parameters
        ----------
        images : Tensor of shape (B, T, 3, S, S)
            Sequences. A frame's prediction depends on it and those before.
        landmarks : Tensor of shape (B, T, 68, 2), optional
            x and y of the landmarks, from -1 to 1 across the image; needed if the network was made for them.

        Returns
        -------
        Prediction
            Of (B, T) frames.
        """
        features = _each_frame(self.convolutions, images).flatten(2)
        if self.landmarks:
            wanted = (*images.shape[:2], LANDMARKS, 2)
            if landmarks is None or landmarks.shape != wanted:
                found = None if landmarks is None else tuple(landmarks.shape)
                raise ValueError(f"landmarks are {found}; shape {wanted} is needed, from -1 to 1 across the image")
            features = torch.cat([features, landmarks.flatten(2)], dim=2)
        features = self.dropout(torch.relu(self.fc6(features)))
        return self.heads(self.gru(features)[0])


class ResNetGru(nn.Module):
    """ResNet-50's features and two recurrent layers.

    Parameters
    ----------
    outputs : Outputs
        What it says of each frame.
    form : {'caffe', 'torchvision'}
        Which ResNet-50; it must be that of the weights.
    frozen : bool
        Whether the convolutions stay as they are.
    """

    def __init__(self, outputs: Outputs, *, form: ResNetForm = "caffe", frozen: bool = False) -> None:
        super().__init__()
        convolutions = ResNetConvolutions(form)
        self.convolutions = Frozen(convolutions) if frozen else convolutions
        self.gru = nn.GRU(convolutions.features, UNITS, LAYERS, batch_first=True)
        self.heads = Heads(UNITS, outputs)

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of each frame of images (B, T, 3, S, S); landmarks are not looked at."""
        return self.heads(self.gru(_each_frame(self.convolutions, images))[0])


def _each_frame(network: nn.Module, images: Tensor) -> Tensor:
    """Return features (B, T, ...) of images (B, T, 3, S, S)."""
    if images.ndim != 5:
        raise ValueError(f"images have shape {tuple(images.shape)}; (B, T, 3, S, S) is needed, sequences of frames")
    features: Tensor = network(images.flatten(0, 1))
    return features.unflatten(0, images.shape[:2])
