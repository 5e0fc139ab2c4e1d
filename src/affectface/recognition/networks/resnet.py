"""ResNet-50 (He, Zhang, Ren and Sun 2016), in the two forms whose weights are published."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from affectface.recognition.networks.freezing import Frozen
from affectface.recognition.networks.outputs import Heads, Outputs, Prediction

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Inner channels and blocks of the four stages."""

ResNetForm = Literal["caffe", "torchvision"]
"""Where a stage's first block halves the side: in its first 1 x 1 convolution, as in the paper and VGGFace2's networks;
or in its 3 x 3 convolution, as in torchvision. The first pooling differs by its border too."""


class Bottleneck(nn.Module):
    """Three convolutions, 1 x 1, 3 x 3 and 1 x 1, and what goes past them."""

    def __init__(self, inputs: int, inner: int, stride: int, form: ResNetForm) -> None:
        super().__init__()
        first, second = (stride, 1) if form == "caffe" else (1, stride)
        self.conv1 = nn.Conv2d(inputs, inner, 1, stride=first, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride=second, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, 4 * inner, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * inner)
        self.downsample = None
        if stride != 1 or inputs != 4 * inner:
            shortcut = nn.Conv2d(inputs, 4 * inner, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(4 * inner))

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, 4 x inner, H, W) of features (N, inputs, H, W)."""
        past = features if self.downsample is None else self.downsample(features)
        features = torch.relu(self.bn1(self.conv1(features)))
        features = torch.relu(self.bn2(self.conv2(features)))
        return torch.relu(self.bn3(self.conv3(features)) + past)


class ResNetConvolutions(nn.Module):
    """Everything before the classes, (N, 3, S, S) to (N, 2048).

    Parameters
    ----------
    form : {'caffe', 'torchvision'}
        Which of the two.
    """

    def __init__(self, form: ResNetForm = "caffe") -> None:
        super().__init__()
        if form not in ("caffe", "torchvision"):
            raise ValueError(f"form is {form!r}; 'caffe' or 'torchvision' is needed")
        self.form = form
        self.features = 4 * STAGES[-1][0]
        self.conv1 = nn.Conv2d(3, STAGES[0][0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STAGES[0][0])
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True) if form == "caffe" else nn.MaxPool2d(3, 2, padding=1)
        inputs = STAGES[0][0]
        for i, (inner, blocks) in enumerate(STAGES, 1):
            layers = []
            for block in range(blocks):
                layers.append(Bottleneck(inputs, inner, 2 if i > 1 and block == 0 else 1, form))
                inputs = 4 * inner
            self.add_module(f"layer{i}", nn.Sequential(*layers))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Return the mean over all places."""
        features = self.pool(torch.relu(self.bn1(self.conv1(images))))
        for i in range(1, len(STAGES) + 1):
            features = self.get_submodule(f"layer{i}")(features)
        return features.mean(dim=(2, 3))


class ResNet50(nn.Module):
    """ResNet-50 with last layers of one's own.

    Parameters
    ----------
    outputs : Outputs
        What it says.
    form : {'caffe', 'torchvision'}
        Which of the two; it must be that of the weights.
    frozen : bool
        Whether the convolutions stay as they are.
    """

    def __init__(self, outputs: Outputs, *, form: ResNetForm = "caffe", frozen: bool = False) -> None:
        super().__init__()
        convolutions = ResNetConvolutions(form)
        self.convolutions = Frozen(convolutions) if frozen else convolutions
        self.heads = Heads(convolutions.features, outputs)

    def forward(self, images: Tensor, landmarks: Tensor | None = None) -> Prediction:
        """Return the prediction of images (N, 3, S, S); landmarks are not looked at."""
        return self.heads(self.convolutions(images))
