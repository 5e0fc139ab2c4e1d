"""From images to what a network is fed: each network, and each file of weights, has its own habit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How images are brought to a network.

    Attributes
    ----------
    side : int
        Height and width, pixels.
    channels : {'RGB', 'BGR'}
        Their order.
    mean : tuple of 3 float
        What is taken off each channel, in the order of `channels`, of values from 0 to 255.
    deviation : tuple of 3 float
        What each channel is divided by then.
    """

    side: int
    channels: Literal["RGB", "BGR"] = "RGB"
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    deviation: tuple[float, float, float] = (127.5, 127.5, 127.5)

    def __post_init__(self) -> None:
        if not 1 <= self.side <= 4096:
            raise ValueError(f"side is {self.side}; 1 to 4096 pixels are needed")
        if self.channels not in ("RGB", "BGR"):
            raise ValueError(f"channels are {self.channels!r}; 'RGB' or 'BGR' is needed")
        if len(self.mean) != 3 or len(self.deviation) != 3 or min(self.deviation) <= 0:
            raise ValueError(f"mean is {self.mean} and deviation {self.deviation}; three each, deviations above 0")


def prepared(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Bring images to a network.

    Parameters
    ----------
    images : Tensor of shape (..., H, W, 3), uint8
        Images in sRGB, of any size.
    preprocessing : Preprocessing
        How the network wants them.

    Returns
    -------
    Tensor of shape (..., 3, S, S), float32
        What it is fed. Images of another size are squeezed to the square; smaller ones averaged, so that nothing
        flickers.

    Raises
    ------
    ValueError
        If they are no images.
    """
    if images.dtype != torch.uint8 or images.ndim < 3 or images.shape[-1] != 3 or 0 in images.shape:
        raise ValueError(f"images are {images.dtype} of shape {tuple(images.shape)}; uint8 (..., H, W, 3) is needed")
    before, side = images.shape[:-3], preprocessing.side
    pixels = images.reshape(-1, *images.shape[-3:]).permute(0, 3, 1, 2).float()
    if pixels.shape[-2:] != (side, side):
        pixels = torch.nn.functional.interpolate(pixels, (side, side), mode="bilinear", antialias=True)
    if preprocessing.channels == "BGR":
        pixels = pixels.flip(1)
    mean = pixels.new_tensor(preprocessing.mean).view(1, 3, 1, 1)
    deviation = pixels.new_tensor(preprocessing.deviation).view(1, 3, 1, 1)
    return ((pixels - mean) / deviation).reshape(*before, 3, side, side).contiguous()
