"""Train a recogniser, or go on where a killed training stood: it ends with the same weights."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from torch import nn
from torch.utils.data import DataLoader

from affectface.errors import LeakError, ModelFileError
from affectface.recognition.networks.build import SEQUENCE_NETWORKS, build_network
from affectface.recognition.networks.preprocessing import Preprocessing
from affectface.recognition.training.batches import Augment, EpochBatches, FaceBatches, steps_of, whole
from affectface.recognition.training.changes import mark_of_change
from affectface.recognition.training.config import TrainConfig, config_as_json
from affectface.recognition.training.cutting import CutFaces
from affectface.recognition.training.faces import sequences_of
from affectface.recognition.training.keeping import Keeper, Progress
from affectface.recognition.training.module import RecogniserModule, scores_of
from affectface.recognition.training.predicting import predict_faces
from affectface.recognition.training.recogniser import Recogniser, load_recogniser, marks_of, save_recogniser
from affectface.recognition.training.solving import solve_recogniser
from affectface.recognition.training.state import read_state
from affectface.recognition.weights.layouts import LAYOUTS, LayoutName
from affectface.recognition.weights.loading import load_published


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a training starts from."""

    weights: str | os.PathLike[str] | None = None
    """A file of published weights; random ones without it."""
    layout: LayoutName | None = None
    """How they stand in it."""

    def __post_init__(self) -> None:
        if self.weights is not None and self.layout not in LAYOUTS:
            raise ValueError(f"weights have the layout {self.layout!r}; one of {', '.join(LAYOUTS)} is needed")


def train_recogniser(
    config: TrainConfig,
    faces: tuple[CutFaces, CutFaces | None],
    folder: str | os.PathLike[str],
    *,
    start: Start | None = None,
    augment: Augment | None = None,
    progress: Progress | None = None,
) -> Recogniser:
    """Train a recogniser.

    Parameters
    ----------
    config : TrainConfig
        How.
    faces : tuple of CutFaces and CutFaces or None
        What it learns from, and what it is validated on after each epoch.
    folder : path-like
        Where the recogniser is left, and the training's state until then. A training of the same config and rows that
        stands there is gone on with; one that is done is only read.
    start : Start, optional
        Published weights to start from.
    augment : callable, optional
        Changes the pictures that it learns from. Another one than that of the training in the folder is refused, as far
        as it can be told apart, see `mark_of_change`.
    progress : callable, optional
        Is told about every step.

    Returns
    -------
    Recogniser
        As it was written.

    Raises
    ------
    LeakError
        If somebody is shown in the rows it learns from and in those it is validated on.
    ModelFileError
        If another training stands in the folder, or the state there is damaged.

    Notes
    -----
    Order, augmentation and dropout of a step are said by the seed and the step's number alone; so the result depends
    neither on kills nor on how many processes read. It does depend on the number of devices and on the processor.
    """
    learned, judged = faces
    people = learned.faces.subjects, judged.faces.subjects if judged is not None else frozenset()
    both = people[0] & people[1]
    if both:
        raise LeakError(f"{len(both)} people are in training and validation, such as {min(both)!r}; keep them apart")
    if config.optimiser == "ridge" and (augment is not None or (start is not None and start.weights is not None)):
        raise ValueError("ridge sees each face once and starts from nothing; take another optimiser")
    place = Path(folder)
    data = {
        "train": {"sha256": learned.faces.checksum, "rows": len(learned.faces.rows)},
        "validation": None if judged is None else {"sha256": judged.faces.checksum, "rows": len(judged.faces.rows)},
        "start": None if start is None or start.weights is None else f"{start.layout}: {Path(start.weights).name}",
        "augment": mark_of_change(augment),
    }
    about = {"config": config_as_json(config), "data": data}
    if (place / "recogniser.json").is_file():
        done = load_recogniser(place)
        _check_same({"config": config_as_json(done.config), "data": done.data}, about, place)
        return done
    network, fed = _network(config, start)
    seen = marks_of(people[0] | people[1])
    if config.optimiser == "ridge":
        history = (_solve(config, network, fed, learned, judged),)
        if progress is not None:
            progress(1, 1, history[0])
        made = Recogniser(network.eval(), config, fed, seen, history, data)
        save_recogniser(place, made)
        return made
    state = read_state(place)
    if state is not None:
        _check_same(state.about, about, place)
        network.load_state_dict(state.weights)
    batches = _batches(config, learned, augment)
    steps = config.epochs * steps_of(len(batches), config.batch)
    module = RecogniserModule(network, config, fed, steps=steps, step=state.step if state else 0)
    if state is not None:
        module.optimiser_state = state.optimiser
        module.losses = [torch.tensor(loss) for loss in state.losses]
    keeper = Keeper(place, about, state, progress)
    if module.step < steps:
        _fit(module, batches, None if judged is None else _batches(config, judged, None), keeper)
    if config.keep == "best" and keeper.best:
        network.load_state_dict(keeper.best)
    made = Recogniser(network.cpu().eval(), config, fed, seen, tuple(keeper.history), data)
    save_recogniser(place, made)
    keeper.clear()
    return made


def count_steps(config: TrainConfig, cut: CutFaces) -> int:
    """Return how many steps a training on faces has."""
    if config.optimiser == "ridge":
        return 1
    return config.epochs * steps_of(len(_batches(config, cut, None)), config.batch)


def _solve(
    config: TrainConfig, network: nn.Module, fed: Preprocessing, learned: CutFaces, judged: CutFaces | None
) -> dict[str, float]:
    """Solve for the layer that learns; return the scores, as of an epoch."""
    scores = {"step": 1.0, "loss": solve_recogniser(network, learned, fed, config.weight_decay)}
    if judged is None:
        return scores
    network.eval()
    found = predict_faces(Recogniser(network, config, fed, frozenset(), (), {}), judged)
    return scores | scores_of(found, config)


def _network(config: TrainConfig, start: Start | None) -> tuple[nn.Module, Preprocessing]:
    network = build_network(config.network, seed=config.seed)
    if start is None or start.weights is None or start.layout is None:
        return network, config.network.preprocessing
    try:
        loaded = load_published(network, start.weights, start.layout, side=config.network.pixels)
    except ValueError as fault:
        raise ModelFileError(f"{start.weights}: {fault}") from None
    return network, loaded.preprocessing


def _batches(config: TrainConfig, cut: CutFaces, augment: Augment | None) -> FaceBatches:
    sequences = sequences_of(cut.faces, config.frames) if config.network.name in SEQUENCE_NETWORKS else None
    return FaceBatches(cut, sequences=sequences, frames=config.frames, augment=augment, seed=config.seed)


def _fit(module: RecogniserModule, learned: FaceBatches, judged: FaceBatches | None, keeper: Keeper) -> None:
    config = module.config
    each = steps_of(len(learned), config.batch)

    class Data(lightning.LightningDataModule):
        """Batches of the epoch that is due: after a kill, those of it that are left."""

        def train_dataloader(self) -> Any:
            share = (self.trainer.global_rank, self.trainer.world_size)
            epoch, first = divmod(module.step, each)
            own = EpochBatches(len(learned), config.batch, epoch=epoch, first=first, seed=config.seed, share=share)
            return DataLoader(learned, batch_sampler=own, num_workers=config.workers, collate_fn=whole)

        def val_dataloader(self) -> Any:
            if judged is None:
                return []
            keys = [(0, row) for row in range(len(judged))]
            rows = [keys[i : i + config.batch] for i in range(0, len(keys), config.batch)]
            return DataLoader(judged, batch_sampler=rows, num_workers=config.workers, collate_fn=whole)

    with _quietly_determined():
        trainer = lightning.Trainer(
            accelerator="auto",
            devices=config.devices if torch.cuda.is_available() else 1,
            max_epochs=config.epochs - module.step // each,
            precision=config.precision,
            gradient_clip_val=config.clip or None,
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            callbacks=[keeper],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, datamodule=Data())


@contextmanager
def _quietly_determined() -> Iterator[None]:
    """Have torch take algorithms that give the same twice, and Lightning keep its advice to itself, for a while.

    Lightning answers Ctrl-C by leaving, and deaf to the next one; here it is KeyboardInterrupt as everywhere.
    """
    before = torch.are_deterministic_algorithms_enabled()
    logger = logging.getLogger("lightning.pytorch")
    level, interrupt = logger.level, signal.getsignal(signal.SIGINT)
    torch.use_deterministic_algorithms(True, warn_only=True)
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    except SystemExit as left:
        if isinstance(left.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupt)
        torch.use_deterministic_algorithms(before)
        logger.setLevel(level)


def _check_same(found: dict[str, Any], wanted: dict[str, Any], place: Path) -> None:
    """Refuse to go on with a training of another config or of other rows."""
    plain = json.loads(json.dumps(wanted))
    other = json.loads(json.dumps(found))
    if plain["data"].pop("augment") != other.get("data", {}).pop("augment", None):
        raise ModelFileError(
            f"{place}: another training stands there, with another augmentation or none; give another folder"
        )
    for part in ("config", "data"):
        if plain[part] != other.get(part):
            raise ModelFileError(f"{place}: another training stands there, of another {part}; give another folder")
