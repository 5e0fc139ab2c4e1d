"""What is kept while a recogniser is trained."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import torch

from affectface.recognition.training.curves import TABLE, write_curve_table
from affectface.recognition.training.state import TrainState, write_state

Progress = Callable[[int, int, dict[str, float]], None]
"""Takes steps made, steps of all, and the last epoch's scores."""


class Keeper(lightning.Callback):
    """Writes the state every so many steps and after each epoch, with its scores, and the table of all epochs.

    Parameters
    ----------
    folder : Path
        Where to.
    about : dict
        The config and the data.
    state : TrainState, optional
        What the training went on from.
    progress : callable, optional
        Is told about every step.
    """

    def __init__(
        self, folder: Path, about: dict[str, Any], state: TrainState | None, progress: Progress | None
    ) -> None:
        self.folder, self.about, self.progress = folder, about, progress
        self.history = list(state.history) if state else []
        self.best = dict(state.best) if state else {}

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Tell progress; write the state where it is due and the epoch goes on."""
        if self.progress is not None:
            self.progress(module.step, module.steps, self.history[-1] if self.history else {})
        inside = module.step % (module.steps // module.config.epochs) != 0
        if inside and module.step % module.config.save_every == 0:
            self.write(trainer, module)

    def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
        """Note the epoch's scores, keep the best weights, write the state."""
        losses = torch.stack([loss.cpu() for loss in module.losses])
        module.losses.clear()
        scores = {"step": float(module.step), "loss": float(losses.mean()), **module.scores}
        better = max((epoch.get("score", -1.0) for epoch in self.history), default=-1.0) < scores.get("score", -1.0)
        self.history.append(scores)
        if module.config.keep == "best" and better:
            self.best = {name: value.detach().cpu().clone() for name, value in module.network.state_dict().items()}
        self.write(trainer, module)
        if trainer.is_global_zero:
            write_curve_table(self.history, self.folder / TABLE)

    def write(self, trainer: Any, module: Any) -> None:
        """Write the state, on the first of several devices."""
        if not trainer.is_global_zero:
            return
        moments = {
            index: {name: value for name, value in own.items() if isinstance(value, torch.Tensor)}
            for index, own in trainer.optimizers[0].state_dict()["state"].items()
        }
        weights, losses = module.network.state_dict(), [float(loss) for loss in module.losses]
        state = TrainState(module.step, weights, moments, self.best, self.history, losses, self.about)
        write_state(self.folder, state)

    def clear(self) -> None:
        """Remove the states of a training that is done."""
        for old in self.folder.glob("step-*"):
            shutil.rmtree(old, ignore_errors=True)
