"""The one Lightning module: a network, its loss, its optimiser, and what of a step depends on chance."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor, nn

from affectface.recognition.losses import affect_loss
from affectface.recognition.metrics import expression_scores, log_loss, valence_arousal_scores
from affectface.recognition.networks.outputs import Prediction
from affectface.recognition.networks.preprocessing import Preprocessing, prepared
from affectface.recognition.training.config import TrainConfig


class RecogniserModule(lightning.LightningModule):
    """A network in training.

    Parameters
    ----------
    network : Module
        The network.
    config : TrainConfig
        How it is trained.
    preprocessing : Preprocessing
        How images are brought to it.
    steps : int
        Steps of the whole training.
    step : int
        Steps that were made before.

    Attributes
    ----------
    step : int
        Steps made so far, before a kill too.
    optimiser_state : dict, optional
        The optimiser's state to go on with.
    scores : dict
        Of the last validation.
    """

    def __init__(
        self, network: nn.Module, config: TrainConfig, preprocessing: Preprocessing, *, steps: int, step: int = 0
    ) -> None:
        super().__init__()
        self.network, self.config, self.fed = network, config, preprocessing
        self.steps, self.step = steps, step
        self.optimiser_state: dict[int, dict[str, Tensor]] | None = None
        self.losses: list[Tensor] = []
        self.said: list[tuple[Prediction, dict[str, Tensor]]] = []
        self.scores: dict[str, float] = {}

    def forward(self, batch: dict[str, Tensor]) -> Prediction:
        """Return the prediction of a batch of `FaceBatches`."""
        return said_of(self.network, batch, self.fed)

    def configure_optimizers(self) -> Any:
        """Return the optimiser, as it was left before a kill; the learning rate is set in every step."""
        learning = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        rate, decay = self.config.learning_rate, self.config.weight_decay
        optimiser: Any
        match self.config.optimiser:
            case "adamw":
                optimiser = torch.optim.AdamW(learning, lr=rate, weight_decay=decay)
            case "sgd":
                optimiser = torch.optim.SGD(learning, lr=rate, momentum=self.config.momentum, weight_decay=decay)
            case other:
                raise ValueError(f"{other} makes no steps")
        if self.optimiser_state is not None:
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": self.optimiser_state, "param_groups": groups})
        return optimiser

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Make dropout depend on seed and step only, and set the learning rate of the step."""
        _seed(int(np.random.SeedSequence((self.config.seed, self.step)).generate_state(1)[0]))
        for group in self.optimizers().optimizer.param_groups:
            group["lr"] = self.config.learning_rate * rate_at(self.step, self.steps, self.config)

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        """Return the loss of a batch."""
        loss = affect_loss(self(batch), batch["affect"], batch["expression"], self.config.loss)["loss"]
        self.losses.append(loss.detach())
        self.step += 1  # here, as callbacks hear of a batch's end before the module does
        return loss

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        """Keep the predictions of a batch."""
        self.said.append((self(batch), batch))

    def on_validation_epoch_end(self) -> None:
        """Score what was kept."""
        self.scores = scores_of(gathered(self.said), self.config)
        self.said.clear()


def _seed(seed: int) -> None:
    """Seed torch's chance; `torch.manual_seed` keeps a note of each call for devices that are not there."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(seed)


def said_of(network: Any, batch: dict[str, Tensor], fed: Preprocessing) -> Prediction:
    """Return what a network says of a batch of `FaceBatches`: of its features where they are known, else its images."""
    said: Prediction
    if "features" in batch:
        said = network.heads(batch["features"])
    else:
        said = network(prepared(batch["images"], fed), batch.get("landmarks"))
    return said


def gathered(said: list[tuple[Prediction, dict[str, Tensor]]]) -> dict[str, np.ndarray[Any, Any]]:
    """Return rows, labels and predictions of batches, without what only fills sequences.

    Parameters
    ----------
    said : list of tuple of Prediction and dict
        Predictions and the batches they are of.

    Returns
    -------
    dict of str to ndarray
        `row` (N,); `affect` (N, 2) and `expression` (N,), labels; `valence_arousal` (N, 2) and `logits` (N, K),
        predictions, where the network makes them.
    """

    def flat(parts: list[Tensor], last: int) -> np.ndarray[Any, Any]:
        return np.concatenate([part.detach().float().cpu().flatten(0, part.ndim - 1 - last).numpy() for part in parts])

    rows = flat([batch["row"] for _, batch in said], 0).astype(int)
    real = rows >= 0
    found = {
        "row": rows[real],
        "affect": flat([batch["affect"] for _, batch in said], 1)[real],
        "expression": flat([batch["expression"] for _, batch in said], 0).astype(int)[real],
    }
    affect = [one.valence_arousal for one, _ in said if one.valence_arousal is not None]
    logits = [one.expression for one, _ in said if one.expression is not None]
    if affect:
        found["valence_arousal"] = flat(affect, 1)[real]
    if logits:
        found["logits"] = flat(logits, 1)[real]
    return found


def scores_of(found: dict[str, np.ndarray[Any, Any]], config: TrainConfig) -> dict[str, float]:
    """Return the figures by which a validation is judged.

    Parameters
    ----------
    found : dict of str to ndarray
        What `gathered` returns.
    config : TrainConfig
        Which classes there are.

    Returns
    -------
    dict of str to float
        Such as `valence_ccc` and `macro_f1`; `score` is the mean of the mean CCC and of the macro F1, as far as they
        are measured, with what is not defined counted as 0.
    """
    scores: dict[str, float] = {}
    judged = []
    labelled = ~np.isnan(found["affect"]).any(axis=1)
    if "valence_arousal" in found and labelled.any():
        table = valence_arousal_scores(found["affect"][labelled], found["valence_arousal"][labelled])
        scores |= {f"{name}_{metric}": table[name][metric] for name in table for metric in ("ccc", "mse")}
        judged.append(scores["mean_ccc"])
    known = found["expression"] >= 0
    if "logits" in found and known.any():
        classes = range(len(config.network.outputs.classes))
        said = expression_scores(found["expression"][known], found["logits"][known].argmax(axis=1), classes)
        scores |= {name: said[name] for name in ("accuracy", "macro_f1", "mean_diagonal")}
        scores["log_loss"] = log_loss(found["expression"][known], found["logits"][known])
        judged.append(scores["macro_f1"])
    return {**scores, "score": float(np.nan_to_num(judged).mean()) if judged else 0.0}


def rate_at(step: int, steps: int, config: TrainConfig) -> float:
    """Return the learning rate of a step as a share of the highest: a straight rise, then half a cosine."""
    warm = round(config.warm_up * steps)
    if step < warm:
        return (step + 1) / warm
    if config.schedule == "constant":
        return 1.0
    return 0.5 + 0.5 * cos(pi * (step - warm) / max(steps - warm, 1))
