"""One training of an experiment: how long it is to be, the training itself, and what it says of its tests."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from affectface.augment.on_the_fly.classical import change_classically
from affectface.errors import DataSetError
from affectface.files import atomic_path
from affectface.recognition.experiments.choosing import (
    INNER,
    Chosen,
    choose,
    choose_inner,
    passes_of_sorts,
    with_wrong_labels,
)
from affectface.recognition.experiments.design import REAL, Arm, Study
from affectface.recognition.experiments.kept import Cell, Said, cell_folder, said_file, write_said
from affectface.recognition.experiments.material import Material, joined, prepare_material
from affectface.recognition.losses import LossConfig, class_weights
from affectface.recognition.training.config import TrainConfig
from affectface.recognition.training.cutting import CutFaces
from affectface.recognition.training.predicting import predict_faces
from affectface.recognition.training.train import Start, train_recogniser


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a study's trainings find and leave everything: all that a process needs to make one of them."""

    study: Study
    """The study."""
    manifests: tuple[tuple[str, Path], ...]
    """The manifest of each role that is given."""
    out: Path
    """The folder of experiments."""
    epochs: int = 0
    """How often every row is seen, where it is not to be the study's own number."""
    side: int = 0
    """Side of the pictures, pixels, where it is not to be the network's own."""
    start: Start | None = None
    """Published weights to start from."""


@dataclass(frozen=True)
class Trial:
    """A training on some of those that an arm learns from, by which it is chosen how long the arm's own are.

    Attributes
    ----------
    arm : Arm
        The arm.
    fold : int or None
        The fold that is tested later.
    part : int
        Which third of the people is held out.
    """

    arm: Arm
    fold: int | None
    part: int


@lru_cache(maxsize=2)
def material_at(place: Place) -> Material:
    """Return a study's faces, which lie cut out in its folder; a process keeps those of the last studies."""
    return prepare_material(sized(place), dict(place.manifests), place.out / "faces")


def sized(place: Place) -> Study:
    """Return the study with pictures of the size that is wished."""
    study = place.study
    return replace(study, training=replace(study.training, side=place.side or study.training.side))


def run_trial(place: Place, trial: Trial) -> None:
    """Make one training by which steps are chosen, unless its result is there.

    Parameters
    ----------
    place : Place
        The study.
    trial : Trial
        What is tried.
    """
    folder = _trial_folder(place, trial)
    if (folder / _TRIED).is_file():
        return
    material, arm = material_at(place), trial.arm
    rows = choose_inner(material.roles, arm, fold=trial.fold, part=trial.part)
    choices = place.study.training.choices
    learned = _learned(place.study, Cell(arm, trial.fold, trial.part), rows, material)
    judged = joined(material, {arm.learns[0]: rows.validated}, {})
    config = replace(_config(place, learned, material, trial.part), epochs=choices)
    augment = _augment(place.study, arm)
    made = train_recogniser(config, (learned, judged), folder, start=place.start, augment=augment)
    wanted = "log_loss" if place.study.classes else "mean_mse"
    said = {"losses": [epoch[wanted] for epoch in made.history]}
    with atomic_path(folder / _TRIED) as temporary:
        temporary.write_text(json.dumps(said) + "\n", encoding="utf-8")


_TRIED = "tried.json"


def chosen_epochs(place: Place, arm: Arm, fold: int | None) -> int:
    """Return how many parts of its steps an arm makes: those with the lowest mean loss on people who were held out.

    Parameters
    ----------
    place : Place
        The study, whose trials of that arm are made.
    arm : Arm
        The arm.
    fold : int or None
        The fold that is tested; nobody of it was seen.

    Returns
    -------
    int
        From 1 to the study's `choices`.

    Raises
    ------
    DataSetError
        If what the trials left is damaged.
    """
    training = place.study.training
    if training.choices == 1:
        return 1
    losses = []
    for part in range(INNER):
        file = _trial_folder(place, Trial(arm, fold, part)) / _TRIED
        try:
            losses.append([float(one) for one in json.loads(file.read_text(encoding="utf-8"))["losses"]])
            if len(losses[-1]) != training.choices:
                raise ValueError("another number of choices")
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise DataSetError(f"{file}: is damaged ({fault}); remove its folder and run again") from None
    return int(np.mean(losses, axis=0).argmin()) + 1


def trials_of(study: Study, cells: Sequence[Cell]) -> list[Trial]:
    """Return the trials that cells wait for, each once; none where there is nothing to choose."""
    if study.training.choices == 1:
        return []
    arms = {(cell.arm.training, cell.fold): cell.arm for cell in cells}
    return [Trial(arm, fold, part) for (_, fold), arm in arms.items() for part in range(INNER)]


def run_cells(place: Place, cells: Sequence[Cell]) -> None:
    """Train one recogniser, or take it where it was trained, and make its tests that are not there.

    Parameters
    ----------
    place : Place
        The study.
    cells : sequence of Cell
        The tests of one training: arms that differ only in the test, of one fold and seed.
    """
    todo = [cell for cell in cells if not said_file(_folder(place, cell), cell.arm).is_file()]
    if not todo:
        return
    cell, material, began = todo[0], material_at(place), time.monotonic()
    study, arm = place.study, cell.arm
    rows = choose(material.roles, arm, fold=cell.fold, seed=cell.seed)
    learned = _learned(study, cell, rows, material)
    judged = joined(material, {arm.learns[0]: rows.validated}, {}) if len(rows.validated) else None
    config = _config(place, learned, material, cell.seed)
    if study.training.choices > 1:
        config = replace(config, epochs=chosen_epochs(place, arm, cell.fold))
    elif judged is not None:
        config = replace(config, keep="best")
    folder = _folder(place, cell)
    augment = _augment(study, arm)
    made = train_recogniser(config, (learned, judged), folder, start=place.start, augment=augment)
    faces = [material.roles[name].people[i] for name, own in rows.learned.items() for i in own.tolist()]
    about: dict[str, Any] = {"rows": len(faces), "people": len(set(faces)), "seed": cell.seed}
    about |= {"steps": made.history[-1]["step"], "seconds": time.monotonic() - began}
    for one in todo:
        chosen = choose(material.roles, one.arm, fold=one.fold, seed=one.seed)
        test = joined(material, {one.arm.tested: chosen.tested}, {})
        made.check_unseen(test.faces)
        found = predict_faces(made, test)
        people = np.array([material.roles[one.arm.tested].people[i] for i in chosen.tested.tolist()])
        ages = np.array([_age(row.age, row.age_group) for row in test.faces.rows], dtype=np.float32)
        answers = found["logits"] if study.classes else found["valence_arousal"]
        said = Said(chosen.tested, people, ages, found["affect"], found["expression"], answers)
        write_said(said_file(folder, one.arm), said, about)


def _folder(place: Place, cell: Cell) -> Path:
    return cell_folder(place.out, place.study, cell.arm, cell.fold, cell.seed)


def _trial_folder(place: Place, trial: Trial) -> Path:
    whole = cell_folder(place.out, place.study, trial.arm, trial.fold, trial.part)
    return whole.with_name(whole.name.replace("seed", "trial"))


def _augment(study: Study, arm: Arm) -> Any:
    """What changes pictures on the fly; nothing does where changed versions of them are learned from."""
    return change_classically if arm.classical and not study.training.versions else None


def _learned(study: Study, cell: Cell, rows: Chosen, material: Material) -> CutFaces:
    """The rows that are learned from; with wrong labels where the arm has them, and as often as the steps want."""
    arm, parts, training = cell.arm, rows.learned, study.training
    wrong = {
        name: with_wrong_labels(
            [material.roles[name].rows[i] for i in own.tolist()], arm.wrong, study.classes, cell.seed
        )
        for name, own in parts.items()
        if name != REAL and arm.wrong
    }
    if arm.classical and training.versions:
        times = range(training.versions)
        parts = {
            name: np.concatenate([own + version * len(material.roles[name].rows) for version in times])
            for name, own in parts.items()
        }
        wrong = {name: [row for _ in times for row in own] for name, own in wrong.items()}
        material = Material(material.network, material.changed, material.roles)
    whole = joined(material, parts, wrong)
    if not training.steps:
        return whole
    seen = training.steps // training.choices * training.batch
    real = {name: REAL if training.halves and name == REAL else "" for name in parts}
    order = passes_of_sorts([real[name] for name, own in parts.items() for _ in own.tolist()], seen, cell.seed)
    again = Material(material.network, {"": whole}, {})
    return joined(again, {"": order}, {})


def _config(place: Place, learned: CutFaces, material: Material, seed: int) -> TrainConfig:
    training, names = place.study.training, place.study.classes
    weights: tuple[float, ...] = ()
    if training.balance and names:
        shown = [learned.faces.expression(i) for i in range(len(learned.faces.rows))]
        weights = class_weights([shown.count(i) for i in range(len(names))])
    chosen: Mapping[str, Any] = {"schedule": "constant", "warm_up": 0.0} if training.choices > 1 else {}
    config = TrainConfig(
        network=material.network,
        loss=LossConfig(
            concordance=float(training.loss == "ccc"),
            squared_error=float(training.loss == "mse"),
            absolute_error=float(training.loss == "mae"),
            class_weights=weights,
        ),
        epochs=1 if training.steps else place.epochs or training.epochs,
        batch=training.batch,
        optimiser=training.optimiser,
        learning_rate=training.rate,
        weight_decay=training.decay,
        seed=seed,
    )
    return replace(config, **chosen)


def _age(age: float | None, group: str) -> float:
    """Years; the beginning of the group where only that is known."""
    if age is not None:
        return float(age)
    digits = group.partition("-")[0].rstrip("+")
    return float(digits) if digits else float("nan")
