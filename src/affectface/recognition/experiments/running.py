"""Run an experiment: every arm, fold and seed is one training, kept with what it said and not done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from affectface.augment.on_the_fly.classical import change_classically
from affectface.errors import DataSetError
from affectface.recognition.experiments.choosing import Chosen, choose, folds_of, passes, with_wrong_labels
from affectface.recognition.experiments.design import MADE, REAL, Arm, Experiment, Study
from affectface.recognition.experiments.heat_maps import heat_maps, write_heat_maps
from affectface.recognition.experiments.kept import Cell, Said, cell_folder, cells_of, said_file, write_said
from affectface.recognition.experiments.material import Material, joined, prepare_material
from affectface.recognition.experiments.report import write_settings
from affectface.recognition.losses import LossConfig, class_weights
from affectface.recognition.training.config import TrainConfig
from affectface.recognition.training.cutting import CutFaces
from affectface.recognition.training.predicting import predict_faces
from affectface.recognition.training.train import Start, train_recogniser

Manifests = Mapping[str, Mapping[str, Path]]
"""For each data set, the manifest of each role that is given."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """How an experiment is run."""

    seeds: int = 5
    """How often everything is trained."""
    epochs: int = 0
    """How often every row is seen, where it is not to be the study's own number."""
    side: int = 0
    """Side of the pictures, pixels, where it is not to be the network's own."""
    start: Start | None = None
    """Published weights to start from."""
    share: tuple[int, int] = (1, 1)
    """Which share of the trainings this is, from 1, and how many run side by side into one folder."""

    def __post_init__(self) -> None:
        if not 1 <= self.share[0] <= self.share[1]:
            raise ValueError(f"share is {self.share}; such as 1 of 2 is needed")
        if not 1 <= self.seeds <= 1000 or min(self.epochs, self.side) < 0:
            raise ValueError(f"seeds is {self.seeds}, epochs {self.epochs}, side {self.side}; 1 to 1000, and 0 or more")


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a run tells what it does; each is called in the run's own thread."""

    begin: Callable[[str, int], None] = field(default=lambda words, steps: None)
    """With what is begun, and its steps."""
    advance: Callable[[int], None] = field(default=lambda steps: None)
    """With further steps."""


def run_experiment(
    experiment: Experiment, data: Manifests, out: Path, *, config: RunConfig | None = None, told: Told | None = None
) -> None:
    """Train and test what an experiment compares; write everything that its report needs.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    data : mapping
        Manifests by data set and role; arms whose roles are not given are left out, and studies without any.
    out : Path
        The folder of experiments. Experiments into one folder share recognisers that they have in common.
    config : RunConfig, optional
        How.
    told : Told, optional
        Whom to tell.

    Raises
    ------
    DataSetError
        If nothing can be run, or a manifest is damaged or lacks splits or folds.
    LeakError
        If somebody is in a training and its test.
    ModelFileError
        If recognisers of another config or of other rows stand in the folder.
    """
    config, told = config or RunConfig(), told or Told()
    ran = []
    for study in experiment.studies:
        manifests = data.get(study.data, {})
        arms, skipped = _arms(study, manifests)
        folds: tuple[int, ...] = ()
        if arms:
            material = _material(study, manifests, out, config, told)
            arms, more = _possible(study, arms, material)
            skipped |= more
            if study.folds and arms:
                folds = folds_of(material.roles[arms[0].tested])
            _run_study(study, arms, folds, material, out, config, told)
        ran.append({"folds": list(folds), "skipped": skipped})
    mapped = [name for name in experiment.heat_maps if MADE in data.get(name, {})]
    for name in mapped:
        told.begin(f"{name}: comparing with neutral", 0)
        maps = heat_maps(data[name][MADE], side=config.side or 96, advance=told.advance)
        write_heat_maps(out / experiment.name / f"heat-{name}.npz", maps)
    if not mapped and all(
        len(one["skipped"]) == len(study.arms) for one, study in zip(ran, experiment.studies, strict=True)
    ):
        wanted = ", ".join(f"{name}/{role}" for name, roles in experiment.wanted.items() for role in roles)
        raise DataSetError(f"no arm of {experiment.name} has all its data; it takes {wanted}")
    write_settings(out, experiment, {"seeds": config.seeds, "studies": ran})


def _arms(study: Study, manifests: Mapping[str, Path]) -> tuple[tuple[Arm, ...], dict[str, str]]:
    """The arms whose data are given, and why the others are left out."""
    arms, skipped = [], {}
    for arm in study.arms:
        missing = [role for role in dict.fromkeys((*arm.learns, arm.tested)) if role not in manifests]
        if missing:
            skipped[arm.name] = f"{', '.join(f'{study.data}/{role}' for role in missing)} is not given"
        else:
            arms.append(arm)
    return tuple(arms), skipped


def _possible(study: Study, arms: tuple[Arm, ...], material: Material) -> tuple[tuple[Arm, ...], dict[str, str]]:
    """The arms that have as many made rows as they want; others are left out, as figure 20 goes as far as data do."""
    kept, skipped = [], {}
    for arm in arms:
        there = sum(len(material.roles[role].rows) for role in arm.learns if role != REAL)
        if arm.made > there:
            skipped[arm.name] = f"{there:,} made rows are there"
        else:
            kept.append(arm)
    return tuple(kept), skipped


def _material(study: Study, manifests: Mapping[str, Path], out: Path, config: RunConfig, told: Told) -> Material:
    told.begin(f"{study.folder}: cutting faces out", 0)
    resized = replace(study, training=replace(study.training, side=config.side or study.training.side))
    return prepare_material(resized, manifests, out / "faces", advance=told.advance)


def _run_study(
    study: Study,
    arms: tuple[Arm, ...],
    folds: tuple[int, ...],
    material: Material,
    out: Path,
    config: RunConfig,
    told: Told,
) -> None:
    """Every cell that is not there yet; all are checked for leaks before the first is trained."""
    cells = _shared(cells_of(study, arms, folds, min(config.seeds, study.seeds or config.seeds)), config.share)
    for learns, tested, fold in dict.fromkeys((cell.arm.learns, cell.arm.tested, cell.fold) for cell in cells):
        everybody = Arm(name="+".join(learns), title="", learns=learns, tested=tested)
        choose(material.roles, everybody, fold=fold, seed=0)
    told.begin(f"{study.folder}: trainings", len(cells))
    for cell in cells:
        folder = cell_folder(out, study, cell.arm, cell.fold, cell.seed)
        if not said_file(folder, cell.arm).is_file():
            rows = choose(material.roles, cell.arm, fold=cell.fold, seed=cell.seed)
            _run_cell(study, cell, rows, material, folder, config)
        told.advance(1)


def _shared(cells: list[Cell], share: tuple[int, int]) -> list[Cell]:
    """One share of the cells; those that one recogniser is tested in stay together."""
    trainings = dict.fromkeys((cell.arm.training, cell.fold, cell.seed) for cell in cells)
    own = set(list(trainings)[share[0] - 1 :: share[1]])
    return [cell for cell in cells if (cell.arm.training, cell.fold, cell.seed) in own]


def _run_cell(study: Study, cell: Cell, rows: Chosen, material: Material, folder: Path, config: RunConfig) -> None:
    """Train one recogniser, or take it where another test has trained it, and test it."""
    arm, start = cell.arm, time.monotonic()
    learned = _learned(study, cell, rows, material)
    judged = joined(material, {arm.learns[0]: rows.validated}, {}) if len(rows.validated) else None
    made = train_recogniser(
        _config(study, learned, material, cell.seed, config, judged is not None),
        (learned, judged),
        folder,
        start=config.start,
        augment=change_classically if arm.classical else None,
    )
    seconds = time.monotonic() - start
    test = joined(material, {arm.tested: rows.tested}, {})
    made.check_unseen(test.faces)
    found = predict_faces(made, test)
    people = np.array([material.roles[arm.tested].people[i] for i in rows.tested.tolist()])
    ages = np.array([_age(row.age, row.age_group) for row in test.faces.rows], dtype=np.float32)
    answers = found["logits"] if study.classes else found["valence_arousal"]
    said = Said(rows.tested, people, ages, found["affect"], found["expression"], answers)
    faces = [material.roles[name].people[i] for name, own in rows.learned.items() for i in own.tolist()]
    about: dict[str, Any] = {"rows": len(faces), "people": len(set(faces)), "seconds": seconds, "seed": cell.seed}
    write_said(said_file(folder, arm), said, about)


def _learned(study: Study, cell: Cell, rows: Chosen, material: Material) -> CutFaces:
    """The rows that are learned from; with wrong labels where the arm has them, and as often as the steps want."""
    arm, parts = cell.arm, rows.learned
    wrong = {
        name: with_wrong_labels(
            [material.roles[name].rows[i] for i in own.tolist()], arm.wrong, study.classes, cell.seed
        )
        for name, own in parts.items()
        if name != REAL and arm.wrong
    }
    whole = joined(material, parts, wrong)
    steps, batch = study.training.steps, study.training.batch
    if not steps:
        return whole
    order = passes(len(whole.faces.rows), steps * batch, cell.seed)
    again = Material(material.network, {"": whole}, {})
    return joined(again, {"": order}, {})


def _config(
    study: Study, learned: CutFaces, material: Material, seed: int, config: RunConfig, validated: bool
) -> TrainConfig:
    training, names = study.training, study.classes
    weights: tuple[float, ...] = ()
    if training.balance and names:
        shown = [learned.faces.expression(i) for i in range(len(learned.faces.rows))]
        weights = class_weights([shown.count(i) for i in range(len(names))])
    return TrainConfig(
        network=material.network,
        loss=LossConfig(
            concordance=float(training.loss == "ccc"),
            squared_error=float(training.loss == "mse"),
            absolute_error=float(training.loss == "mae"),
            class_weights=weights,
        ),
        epochs=1 if training.steps else config.epochs or training.epochs,
        batch=training.batch,
        optimiser=training.optimiser,
        learning_rate=training.rate,
        keep="best" if validated else "last",
        seed=seed,
    )


def _age(age: float | None, group: str) -> float:
    """Years; the beginning of the group where only that is known."""
    if age is not None:
        return float(age)
    digits = group.partition("-")[0].rstrip("+")
    return float(digits) if digits else float("nan")
