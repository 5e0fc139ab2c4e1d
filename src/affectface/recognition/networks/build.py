"""A network by its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import torch
from torch import nn

from affectface.recognition.networks.alexnet import AlexNet
from affectface.recognition.networks.aligned import AlignedGradientNet
from affectface.recognition.networks.compact import SMALL_WIDTHS, CompactNet
from affectface.recognition.networks.gradients import GradientNet
from affectface.recognition.networks.lindt import LindtPair
from affectface.recognition.networks.outputs import Outputs
from affectface.recognition.networks.preprocessing import Preprocessing
from affectface.recognition.networks.recurrent import ResNetGru, VggFaceGru
from affectface.recognition.networks.resnet import ResNet50, ResNetForm
from affectface.recognition.networks.vgg import VggFace

NetworkName = Literal[
    "vgg-face",
    "vgg-face-small",
    "vgg-face-gru",
    "resnet50",
    "resnet-gru",
    "alexnet",
    "lindt",
    "compact",
    "compact-small",
    "gradients",
    "aligned-gradients",
]
"""`vgg-face-small` is that of Kollias 2020 for BU-3DFE: 256 and 128 units, convolutions that do not learn."""

SEQUENCE_NETWORKS: tuple[NetworkName, ...] = ("vgg-face-gru", "resnet-gru")
"""Those that look at sequences, (B, T, 3, S, S), and not at single images, (N, 3, S, S)."""

DESCRIBING_NETWORKS: tuple[NetworkName, ...] = ("gradients", "aligned-gradients")
"""Those whose features do not learn, and whose one layer that does can be solved for."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Which network."""

    name: NetworkName = "compact"
    """Its name."""
    outputs: Outputs = field(default_factory=Outputs)
    """What it says."""
    side: int = 0
    """Side of its images, pixels; 0 is the one it was published with."""
    frozen: bool = False
    """Whether convolutions stay as they are; always so in `vgg-face-small`."""
    landmarks: bool = True
    """Whether `vgg-face-gru` is told the 68 landmarks; AffWildNet is, its published weights are of one that is not."""
    form: ResNetForm = "caffe"
    """Which ResNet-50; it must be that of the weights."""

    def __post_init__(self) -> None:
        if self.name not in get_args(NetworkName):
            raise ValueError(f"network is {self.name!r}; there are {', '.join(get_args(NetworkName))}")
        if self.frozen and self.name in ("lindt", "compact", "compact-small", *DESCRIBING_NETWORKS):
            raise ValueError(f"{self.name} has no published convolutions to keep; frozen goes with the other networks")

    @property
    def pixels(self) -> int:
        """Side of its images, pixels."""
        if self.name == "aligned-gradients":
            return self.side or 192
        small = self.name in ("vgg-face-gru", "resnet-gru", "lindt", "compact", "compact-small", "gradients")
        return self.side or (96 if small else 224)

    @property
    def told_landmarks(self) -> bool:
        """Whether it is told the 68 landmarks."""
        return self.name == "aligned-gradients" or (self.name == "vgg-face-gru" and self.landmarks)

    @property
    def preprocessing(self) -> Preprocessing:
        """How images are brought to it where no weights say otherwise: pixels from -1 to 1 (Kollias et al. 2019)."""
        return Preprocessing(side=self.pixels)


def build_network(config: NetworkConfig, *, seed: int = 0) -> nn.Module:
    """Make a network with random weights.

    Parameters
    ----------
    config : NetworkConfig
        Which one.
    seed : int
        The same seed gives the same weights; torch's own random numbers are left as they are.

    Returns
    -------
    Module
        Takes images, and landmarks where it wants them; returns a `Prediction`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _made(config)


def _made(config: NetworkConfig) -> nn.Module:
    outputs, side = config.outputs, config.pixels
    match config.name:
        case "vgg-face":
            return VggFace(outputs, frozen=config.frozen, side=side)
        case "vgg-face-small":
            return VggFace(outputs, hidden=(256, 128), frozen=True, side=side)
        case "vgg-face-gru":
            return VggFaceGru(outputs, landmarks=config.landmarks, frozen=config.frozen, side=side)
        case "resnet50":
            return ResNet50(outputs, form=config.form, frozen=config.frozen)
        case "resnet-gru":
            return ResNetGru(outputs, form=config.form, frozen=config.frozen)
        case "alexnet":
            return AlexNet(outputs, frozen=config.frozen)
        case "lindt":
            return LindtPair(outputs, side=side)
        case "compact":
            return CompactNet(outputs, side=side)
        case "compact-small":
            return CompactNet(outputs, side=side, widths=SMALL_WIDTHS)
        case "gradients":
            return GradientNet(outputs, side=side)
        case "aligned-gradients":
            return AlignedGradientNet(outputs)
