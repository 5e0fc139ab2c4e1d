"""What training makes small: 1 - CCC, squared error, cross-entropy with class weights, and their sum.

The CCC is that of `affectface.recognition.metrics`, by the same lines. Rows without a label, NaN or class -1, are left
out; a batch without any costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from affectface.recognition.metrics.regression import concordance_parts
from affectface.recognition.networks.outputs import Prediction

_SMALL = 1e-8
"""Keeps what does not vary, whose CCC is not defined, from dividing zero by zero: its loss is 1."""


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """How much each part of the loss counts; 0 leaves it out."""

    concordance: float = 1.0
    """1 - CCC, the mean over valence and arousal (Kollias et al. 2019, by whose networks Kollias 2020 measures)."""
    squared_error: float = 0.0
    """The mean squared error of valence and arousal."""
    absolute_error: float = 0.0
    """The mean absolute error of valence and arousal (Lindt 2019, section IV-C)."""
    cross_entropy: float = 1.0
    """Cross-entropy of the expression."""
    class_weights: tuple[float, ...] = ()
    """What a row of each class counts, see `class_weights`; all alike if there are none."""

    def __post_init__(self) -> None:
        parts = (self.concordance, self.squared_error, self.absolute_error, self.cross_entropy)
        if not all(part >= 0 for part in (*parts, *self.class_weights)):  # NaN is refused too
            raise ValueError(f"weights of the loss are {parts} and {self.class_weights}; 0 or more are needed")


def concordance_loss(labels: Tensor, predictions: Tensor) -> Tensor:
    """Return 1 - CCC of labels (N,) and predictions (N,), from 0 to 2."""
    above, below = concordance_parts(labels, predictions)
    return 1 - above / (below + _SMALL)


def class_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """Return weights by which every class counts alike, however many rows it has.

    Parameters
    ----------
    counts : sequence of K int
        Rows of each class.

    Returns
    -------
    tuple of K float
        Inverse to the counts; the mean over all rows is 1. 0 for classes without rows.

    Raises
    ------
    ValueError
        If there are no rows, or a count is negative.
    """
    if not any(counts) or min(counts) < 0:
        raise ValueError(f"counts are {list(counts)}; rows of at least one class are needed")
    occurring = sum(count > 0 for count in counts)
    return tuple(sum(counts) / (occurring * count) if count else 0.0 for count in counts)


def affect_loss(
    prediction: Prediction, affect: Tensor | None, expression: Tensor | None, config: LossConfig
) -> dict[str, Tensor]:
    """Return the loss of a batch and its parts.

    Parameters
    ----------
    prediction : Prediction
        What a network says.
    affect : Tensor of shape (..., 2), optional
        Labelled valence and arousal; NaN where there is no label.
    expression : Tensor of shape (...), int64, optional
        Number of the labelled class; -1 where there is no label.
    config : LossConfig
        What counts how much.

    Returns
    -------
    dict of str to Tensor
        `loss`, and what of it is `concordance`, `squared_error`, `absolute_error` and `cross_entropy`, each before it
        is weighted. A part that counts 0, or that nothing is known about, is missing.

    Raises
    ------
    ValueError
        If labels are of another shape than the predictions.
    """
    parts: dict[str, Tensor] = {}
    if prediction.valence_arousal is not None and affect is not None:
        parts |= _affect_parts(prediction.valence_arousal, affect, config)
    if prediction.expression is not None and expression is not None and config.cross_entropy > 0:
        parts |= _expression_part(prediction.expression, expression, config)
    if parts:
        return {"loss": torch.stack([getattr(config, name) * part for name, part in parts.items()]).sum(), **parts}
    known = prediction.valence_arousal if prediction.valence_arousal is not None else prediction.expression
    if known is None:
        raise ValueError("the network predicts nothing; valence and arousal, or classes, are needed")
    return {"loss": known.sum() * 0}


def _affect_parts(said: Tensor, affect: Tensor, config: LossConfig) -> dict[str, Tensor]:
    """The parts about valence and arousal."""
    if said.shape != affect.shape:
        raise ValueError(f"affect has shape {tuple(affect.shape)}; {tuple(said.shape)} is needed")
    labelled = ~torch.isnan(affect).any(dim=-1)
    if not labelled.any():
        return {}
    labels, predictions = affect[labelled], said[labelled]
    if predictions.dtype in (torch.float16, torch.bfloat16):
        predictions = predictions.float()  # squares of small differences are 0 in half precision
    parts = {}
    if config.concordance > 0:
        both = [concordance_loss(labels[:, i], predictions[:, i]) for i in range(2)]
        parts["concordance"] = torch.stack(both).mean()
    if config.squared_error > 0:
        parts["squared_error"] = nn.functional.mse_loss(predictions, labels)
    if config.absolute_error > 0:
        parts["absolute_error"] = nn.functional.l1_loss(predictions, labels)
    return parts


def _expression_part(said: Tensor, expression: Tensor, config: LossConfig) -> dict[str, Tensor]:
    """The part about classes: the weighted mean over the labelled rows."""
    if said.shape[:-1] != expression.shape:
        raise ValueError(f"expression has shape {tuple(expression.shape)}; {tuple(said.shape[:-1])} is needed")
    weights = None
    if config.class_weights:
        if len(config.class_weights) != said.shape[-1]:
            raise ValueError(f"{len(config.class_weights)} class weights for {said.shape[-1]} classes; one each")
        weights = said.new_tensor(config.class_weights)
    labelled = expression >= 0
    if not labelled.any() or (weights is not None and not weights[expression[labelled]].any()):
        return {}
    return {"cross_entropy": nn.functional.cross_entropy(said[labelled], expression[labelled], weight=weights)}
