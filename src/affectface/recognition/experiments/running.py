"""Run an experiment: every arm, fold and seed is one training, kept with what it said and not done again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectface.errors import DataSetError
from affectface.recognition.experiments.cells import (
    Place,
    material_at,
    run_cells,
    run_trial,
    sized,
    trials_of,
)
from affectface.recognition.experiments.choosing import choose, folds_of
from affectface.recognition.experiments.crew import Crew
from affectface.recognition.experiments.design import MADE, REAL, Arm, Experiment, Study
from affectface.recognition.experiments.heat_maps import heat_maps, write_heat_maps
from affectface.recognition.experiments.kept import Cell, cells_of
from affectface.recognition.experiments.material import Material, prepare_material
from affectface.recognition.experiments.report import write_settings
from affectface.recognition.training.train import Start

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
    workers: int = 1
    """Processes that train side by side, on one thread each; 1 is this process with all its threads."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"workers is {self.workers}; at least 1 is needed")
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
    material_at.cache_clear()
    with Crew(config.workers) as crew:
        ran = [
            _run_study(_place(study, data.get(study.data, {}), out, config), config.seeds, crew, told)
            for study in experiment.studies
        ]
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


def _place(study: Study, manifests: Mapping[str, Path], out: Path, config: RunConfig) -> Place:
    return Place(
        study=study,
        manifests=tuple(sorted(manifests.items())),
        out=out,
        epochs=config.epochs,
        side=config.side,
        start=config.start,
    )


def _run_study(place: Place, seeds: int, crew: Crew, told: Told) -> dict[str, Any]:
    """Run a study; return its folds and the arms that are left out."""
    study, manifests = place.study, dict(place.manifests)
    arms, skipped = _arms(study, manifests)
    folds: tuple[int, ...] = ()
    if arms:
        told.begin(f"{study.folder}: cutting faces out", 0)
        material = prepare_material(sized(place), manifests, place.out / "faces", advance=told.advance)
        arms, more = _possible(study, arms, material)
        skipped |= more
        if study.folds and arms:
            folds = folds_of(material.roles[arms[0].tested])
        cells = cells_of(study, arms, folds, min(seeds, study.seeds or seeds))
        _refuse_leaks(material, cells)
        _train(place, cells, crew, told)
    return {"folds": list(folds), "skipped": skipped}


def _refuse_leaks(material: Material, cells: Sequence[Cell]) -> None:
    """Look for leaks in all cells before the first is trained."""
    for learns, tested, fold in dict.fromkeys((cell.arm.learns, cell.arm.tested, cell.fold) for cell in cells):
        choose(material.roles, Arm(name="+".join(learns), title="", learns=learns, tested=tested), fold=fold, seed=0)


def _train(place: Place, cells: Sequence[Cell], crew: Crew, told: Told) -> None:
    """Every cell that is not there yet."""
    trials = trials_of(place.study, cells)
    if trials:
        told.begin(f"{place.study.folder}: choosing steps", len(trials))
        crew.do(run_trial, [(place, trial) for trial in trials], told.advance)
    of_one: dict[tuple[str, int | None, int], list[Cell]] = {}
    for cell in cells:
        of_one.setdefault((cell.arm.training, cell.fold, cell.seed), []).append(cell)
    told.begin(f"{place.study.folder}: trainings", len(of_one))
    crew.do(run_cells, [(place, own) for own in of_one.values()], told.advance)
