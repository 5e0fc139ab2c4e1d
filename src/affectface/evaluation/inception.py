"""The network whose features FID and KID compare: Inception v3 of 2015-12-05 (Szegedy et al. 2016; Heusel et al. 2017).

Its layers as data, since the packages that have it need torchvision, and load weights as code. It is not torchvision's
own: it knows 1008 classes, averages at the border are of what lies inside, and the last block takes a maximum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from affectface.arrays import FloatArray

SIDE = 299
"""Side of the pictures that it takes, pixels."""

_CLASSES = 1008
_EPSILON = 0.001
"""What the variances of the normalisations are raised by."""


class Unit(NamedTuple):
    """A convolution, normalised and rectified: its name, the channels that it makes, and its kernel's sides."""

    name: str
    channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padded: bool = True


class Branch(NamedTuple):
    """Steps one after the other, behind a pooling; the units of a step stand side by side."""

    steps: tuple[tuple[Unit, ...], ...]
    pooling: Literal["none", "average", "largest", "halving"] = "none"


def _line(*units: Unit, pooling: Literal["none", "average", "largest", "halving"] = "none") -> Branch:
    return Branch(tuple((unit,) for unit in units), pooling)


_HALVING = _line(pooling="halving")


def _block_a(pooled: int) -> tuple[Branch, ...]:
    return (
        _line(Unit("branch1x1", 64)),
        _line(Unit("branch5x5_1", 48), Unit("branch5x5_2", 64, (5, 5))),
        _line(Unit("branch3x3dbl_1", 64), Unit("branch3x3dbl_2", 96, (3, 3)), Unit("branch3x3dbl_3", 96, (3, 3))),
        _line(Unit("branch_pool", pooled), pooling="average"),
    )


def _block_b() -> tuple[Branch, ...]:
    return (
        _line(Unit("branch3x3", 384, (3, 3), 2, False)),
        _line(
            Unit("branch3x3dbl_1", 64), Unit("branch3x3dbl_2", 96, (3, 3)), Unit("branch3x3dbl_3", 96, (3, 3), 2, False)
        ),
        _HALVING,
    )


def _block_c(narrow: int) -> tuple[Branch, ...]:
    wide, high = (1, 7), (7, 1)
    return (
        _line(Unit("branch1x1", 192)),
        _line(Unit("branch7x7_1", narrow), Unit("branch7x7_2", narrow, wide), Unit("branch7x7_3", 192, high)),
        _line(
            Unit("branch7x7dbl_1", narrow),
            Unit("branch7x7dbl_2", narrow, high),
            Unit("branch7x7dbl_3", narrow, wide),
            Unit("branch7x7dbl_4", narrow, high),
            Unit("branch7x7dbl_5", 192, wide),
        ),
        _line(Unit("branch_pool", 192), pooling="average"),
    )


def _block_d() -> tuple[Branch, ...]:
    return (
        _line(Unit("branch3x3_1", 192), Unit("branch3x3_2", 320, (3, 3), 2, False)),
        _line(
            Unit("branch7x7x3_1", 192),
            Unit("branch7x7x3_2", 192, (1, 7)),
            Unit("branch7x7x3_3", 192, (7, 1)),
            Unit("branch7x7x3_4", 192, (3, 3), 2, False),
        ),
        _HALVING,
    )


def _block_e(pooling: Literal["average", "largest"]) -> tuple[Branch, ...]:
    def both(name: str) -> tuple[Unit, Unit]:
        return Unit(f"{name}a", 384, (1, 3)), Unit(f"{name}b", 384, (3, 1))

    return (
        _line(Unit("branch1x1", 320)),
        Branch(((Unit("branch3x3_1", 384),), both("branch3x3_2"))),
        Branch(((Unit("branch3x3dbl_1", 448),), (Unit("branch3x3dbl_2", 384, (3, 3)),), both("branch3x3dbl_3"))),
        _line(Unit("branch_pool", 192), pooling=pooling),
    )


INCEPTION: tuple[tuple[str, tuple[Branch, ...]], ...] = (
    (
        "",
        (
            _line(
                Unit("Conv2d_1a_3x3", 32, (3, 3), 2, False),
                Unit("Conv2d_2a_3x3", 32, (3, 3), 1, False),
                Unit("Conv2d_2b_3x3", 64, (3, 3)),
            ),
        ),
    ),
    ("", (_line(Unit("Conv2d_3b_1x1", 80), Unit("Conv2d_4a_3x3", 192, (3, 3), 1, False), pooling="halving"),)),
    ("", (_HALVING,)),
    ("Mixed_5b.", _block_a(32)),
    ("Mixed_5c.", _block_a(64)),
    ("Mixed_5d.", _block_a(64)),
    ("Mixed_6a.", _block_b()),
    ("Mixed_6b.", _block_c(128)),
    ("Mixed_6c.", _block_c(160)),
    ("Mixed_6d.", _block_c(160)),
    ("Mixed_6e.", _block_c(192)),
    ("Mixed_7a.", _block_d()),
    ("Mixed_7b.", _block_e("average")),
    ("Mixed_7c.", _block_e("largest")),
)
"""The beginning of each block's names, and its branches: they see the same, and their channels are put together."""


def inception_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight, by the names that torchvision and torch-fidelity share."""
    shapes: dict[str, tuple[int, ...]] = {}
    channels = 3
    for block, branches in INCEPTION:
        made = 0
        for branch in branches:
            inside = channels
            for step in branch.steps:
                for unit in step:
                    name = f"{block}{unit.name}"
                    shapes[f"{name}.conv.weight"] = (unit.channels, inside, *unit.kernel)
                    for part in ("weight", "bias", "running_mean", "running_var"):
                        shapes[f"{name}.bn.{part}"] = (unit.channels,)
                inside = sum(unit.channels for unit in step)
            made += inside
        channels = made
    # Not used, but torchvision's own Inception, whose features are others, has 1000.
    return shapes | {"fc.weight": (_CLASSES, channels)}


def load_inception(torch: Any, weights: dict[str, Any]) -> Callable[[FloatArray], FloatArray]:
    """Make the network of its weights.

    Parameters
    ----------
    torch : module
        The imported torch.
    weights : dict of str to Tensor
        Tensors with the names and shapes of `inception_shapes`.

    Returns
    -------
    callable
        Takes a picture (299, 299, 3) from 0 to 255. Returns the features of the last pooling, (2048,) float32.
    """
    functional = torch.nn.functional

    def through(unit: Unit, block: str, x: Any) -> Any:
        name = f"{block}{unit.name}"
        padding = (unit.kernel[0] // 2, unit.kernel[1] // 2) if unit.padded else (0, 0)
        x = functional.conv2d(x, weights[f"{name}.conv.weight"], stride=unit.stride, padding=padding)
        mean, variance, scale, shift = (
            weights[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return functional.relu(functional.batch_norm(x, mean, variance, scale, shift, eps=_EPSILON))

    def pooled(x: Any, branch: Branch) -> Any:
        match branch.pooling:
            case "average":
                return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
            case "largest":
                return functional.max_pool2d(x, 3, 1, 1)
            case "halving":
                return functional.max_pool2d(x, 3, 2)
            case _:
                return x

    def along(branch: Branch, block: str, x: Any) -> Any:
        x = pooled(x, branch)
        for step in branch.steps:
            x = torch.cat([through(unit, block, x) for unit in step], 1)
        return x

    def features(picture: FloatArray) -> FloatArray:
        with torch.no_grad():
            x = torch.from_numpy((picture.transpose(2, 0, 1)[None].astype(np.float32) - 128) / 128)
            for block, branches in INCEPTION:
                x = torch.cat([along(branch, block, x) for branch in branches], 1)
            return np.asarray(x.mean(dim=(2, 3))[0].numpy(), dtype=np.float32)

    return features
