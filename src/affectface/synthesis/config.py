"""The choices of a synthesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Blend = Literal["warp", "poisson"]


@dataclass(frozen=True, kw_only=True)
class SynthesisConfig:
    """How a moved face is drawn into its photo."""

    blend: Blend = "warp"
    """`warp` continues the movement around the face; `poisson` pastes the face with matching gradients (Kollias 2020,
    section 4.4)."""
    keep_expression: bool = False
    """Add the affect to the expression that the photo shows, instead of making the photo neutral first."""
    teeth: bool = True
    """Whether teeth are drawn where the lips open."""
    shading: bool = True
    """Whether the light changes with the moved surface."""
    variation: int | None = None
    """A seed: the affect as one of many people would show it, stronger here and weaker there, the sides not alike."""
    folds: float = 1.0
    """How strongly skin folds where it is compressed; 0 for not at all, as on a child's face."""
    occlusion: bool = True
    """Whether hair, glasses and hands in front of the face are looked for and stay where they are, instead of moving
    with it. A mask given by hand counts either way."""
    reach: float = 0.45
    """How far around the face pixels follow it, in inter-ocular distances."""
    device: str = "cpu"
    """Where the kernels run: `cpu` or a CUDA device such as `cuda:0`."""
