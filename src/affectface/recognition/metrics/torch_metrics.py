"""Every metric as torchmetrics has them: fed batch by batch, gathered from all devices, computed at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat


class GatheredMetric(Metric):
    """A metric of all rows of an epoch, made of a free function.

    Attributes
    ----------
    metric : callable
        Takes labels and predictions as arrays, returns a figure, such as `concordance`.

    Notes
    -----
    The rows are kept, not sums of them: a million rows of valence and arousal are 16 MB, any function serves, and the
    result is the function's, to the bit, however the rows were cut into batches.

    torchmetrics' own order is predictions first; so is that of `update`.
    """

    full_state_update = False
    y_true: list[torch.Tensor]
    y_pred: list[torch.Tensor]

    def __init__(self, metric: Callable[[NDArray[Any], NDArray[Any]], float]) -> None:
        super().__init__()
        self.metric = metric
        self.add_state("y_true", default=[], dist_reduce_fx="cat")
        self.add_state("y_pred", default=[], dist_reduce_fx="cat")

    def update(self, predictions: torch.Tensor, labels: torch.Tensor) -> None:
        """Take a batch of predictions (B, ...) and labels (B, ...)."""
        if predictions.shape[:1] != labels.shape[:1]:
            raise ValueError(
                f"predictions have shape {tuple(predictions.shape)} and labels {tuple(labels.shape)}; "
                "the same number of rows is needed"
            )
        self.y_true.append(labels.detach())
        self.y_pred.append(predictions.detach())

    def compute(self) -> torch.Tensor:
        """Return the metric of all rows so far, float64; NaN of none."""
        if not len(self.y_true):
            return torch.tensor(float("nan"), dtype=torch.float64)
        return torch.tensor(self.metric(_array(self.y_true), _array(self.y_pred)), dtype=torch.float64)


def _array(batches: Any) -> NDArray[Any]:
    gathered = dim_zero_cat(batches).cpu()
    return np.asarray(gathered.double().numpy() if gathered.is_floating_point() else gathered.numpy())
