"""What a network says of a face, and the last layers that say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

SEVEN_EXPRESSIONS = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
"""The classes of RAF-DB, AFEW and BU-3DFE, in the order of Kollias 2020, figures 17 and 19."""

EIGHT_EXPRESSIONS = (*SEVEN_EXPRESSIONS, "contempt")
"""The classes of AffectNet, in the order of Kollias 2020, figure 18."""


class Prediction(NamedTuple):
    """What a network says of N images, or of N frames of B sequences, (B, N).

    Attributes
    ----------
    valence_arousal : Tensor of shape (..., 2), optional
        Valence and arousal.
    expression : Tensor of shape (..., K), optional
        Logits of the classes.
    """

    valence_arousal: Tensor | None
    expression: Tensor | None


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a network shall say."""

    valence_arousal: bool = True
    """Whether it says valence and arousal."""
    classes: tuple[str, ...] = ()
    """The expressions it tells apart, such as `SEVEN_EXPRESSIONS`; none if empty."""
    bounded: bool = False
    """Whether valence and arousal are kept within -1 and 1 by a hyperbolic tangent; Kollias 2020 leaves them free."""

    def __post_init__(self) -> None:
        if not self.valence_arousal and not self.classes:
            raise ValueError("outputs are none; valence and arousal, or classes, are needed")
        if len(set(self.classes)) != len(self.classes) or len(self.classes) == 1:
            raise ValueError(f"classes are {self.classes}; at least two, each once, are needed")


class Heads(nn.Module):
    """The last layers: one for valence and arousal, one for classes, or both.

    Parameters
    ----------
    features : int
        Numbers that come in.
    outputs : Outputs
        What shall come out.
    """

    def __init__(self, features: int, outputs: Outputs) -> None:
        super().__init__()
        self.bounded = outputs.bounded
        self.valence_arousal = nn.Linear(features, 2) if outputs.valence_arousal else None
        self.expression = nn.Linear(features, len(outputs.classes)) if outputs.classes else None

    def forward(self, features: Tensor) -> Prediction:
        """Return the prediction of features (..., F)."""
        affect = None
        if self.valence_arousal is not None:
            affect = self.valence_arousal(features)
            affect = affect.tanh() if self.bounded else affect
        return Prediction(affect, None if self.expression is None else self.expression(features))
