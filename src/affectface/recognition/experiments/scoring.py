"""What recognisers said -> the figures of a study: means over seeds, intervals over people, tests between arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import DataSetError
from affectface.recognition.experiments.design import Arm, Group, Study
from affectface.recognition.experiments.kept import Said, cell_folder, read_said, said_file
from affectface.recognition.experiments.measures import each_seed, measure_of
from affectface.recognition.metrics import (
    BootstrapConfig,
    confidence_interval,
    confusion_matrix,
    paired_bootstrap,
    permutation_test,
    plane_error,
)

_CELLS = 10
"""Cells of the plane along each side."""


@dataclass(frozen=True, eq=False)
class ArmSaid:
    """What the recognisers of one arm said, all folds together.

    Attributes
    ----------
    seeds : tuple of S int
        The seeds of which all folds are there.
    rows : ndarray of shape (N,), int64
        Test rows, in order.
    people : ndarray of shape (N,), str
        Who they show.
    ages : ndarray of shape (N,), float32
        Years.
    truth : ndarray of shape (N, 2) or (N,)
        Labels: valence and arousal, or class numbers.
    said : ndarray of shape (N, S, 2) or (N, S, K)
        What was said: valence and arousal, or logits of the classes.
    learned : dict of str to float
        Means of what the recognisers learned from: `rows`, `people`, `steps`, `seconds`.
    """

    seeds: tuple[int, ...]
    rows: NDArray[np.int64]
    people: NDArray[np.str_]
    ages: NDArray[np.float32]
    truth: NDArray[Any]
    said: NDArray[Any]
    learned: dict[str, float]


def gather(out: Path, study: Study, arm: Arm, folds: Sequence[int | None]) -> ArmSaid | None:
    """Read what an arm's recognisers said.

    Parameters
    ----------
    out : Path
        The experiment's folder.
    study : Study
        The study.
    arm : Arm
        The arm.
    folds : sequence of int or None
        Its folds; one None where it has none.

    Returns
    -------
    ArmSaid or None
        None while no seed is done.

    Raises
    ------
    DataSetError
        If a file is damaged, or seeds were tested on different rows.
    """
    seeds: list[int] = []
    columns: list[NDArray[Any]] = []
    about: list[dict[str, Any]] = []
    first: Said | None = None
    while True:
        files = [said_file(cell_folder(out, study, arm, fold, len(seeds)), arm) for fold in folds]
        if not all(file.is_file() for file in files):
            break
        read = [read_said(file) for file in files]
        one = _joined([found for found, _ in read], bool(study.classes))
        if first is None:
            first = one
        elif not np.array_equal(one.rows, first.rows) or not np.array_equal(one.people, first.people):
            raise DataSetError(f"{files[0]}: was tested on other rows than those of seed 0; remove it and run again")
        columns.append(one.said)
        about += [told for _, told in read]
        seeds.append(len(seeds))
    if first is None:
        return None
    learned = {name: float(np.mean([told[name] for told in about])) for name in ("rows", "people", "steps", "seconds")}
    truth = first.expression if study.classes else first.affect
    return ArmSaid(tuple(seeds), first.rows, first.people, first.ages, truth, np.stack(columns, axis=1), learned)


def _joined(parts: Sequence[Said], classes: bool) -> Said:
    """Folds together, in the order of the rows, without rows that have no label."""
    whole = Said(*(np.concatenate([getattr(part, name) for part in parts]) for name in Said.__annotations__))
    known = whole.expression >= 0 if classes else ~np.isnan(whole.affect).any(axis=1)
    order = np.flatnonzero(known)
    order = order[np.argsort(whole.rows[order], kind="stable")]
    return Said(*(getattr(whole, name)[order] for name in Said.__annotations__))


def score_study(
    out: Path,
    study: Study,
    folds: Sequence[int],
    *,
    config: BootstrapConfig | None = None,
    advance: Callable[[int], None] = lambda steps: None,
) -> dict[str, Any]:
    """Return all figures of a study, in JSON's types.

    Parameters
    ----------
    out : Path
        The experiment's folder.
    study : Study
        The study.
    folds : sequence of int
        Its folds; empty where it has none.
    config : BootstrapConfig, optional
        How intervals and tests are drawn.
    advance : callable
        Called with 1 after each arm and each test.

    Returns
    -------
    dict
        `arms`, of those that have a seed done: `metrics` with `value`, `low`, `high`, `seeds`; `groups` the same; and
        `plane` or `confusion`. `tests`, of pairs of arms: the second less the first.
    """
    drawn = config or BootstrapConfig(resamples=1000)
    found: dict[str, ArmSaid] = {}
    arms: list[dict[str, Any]] = []
    for arm in study.arms:
        said = gather(out, study, arm, list(folds) or [None])
        if said is not None:
            found[arm.name] = said
            arms.append(_arm(study, arm, said, drawn))
        advance(1)
    tested = {arm.name: arm.tested for arm in study.arms}
    tests = []
    for first, second in study.pairs:
        if {first, second} <= set(found) and tested[first] == tested[second]:
            tests += _tests(study, (first, second), (found[first], found[second]), drawn)
        advance(1)
    return {"arms": arms, "tests": tests}


def _arm(study: Study, arm: Arm, said: ArmSaid, config: BootstrapConfig) -> dict[str, Any]:
    """One arm's figures."""
    everything = np.ones(len(said.rows), dtype=bool)
    told: dict[str, Any] = {
        "name": arm.name,
        "title": arm.title,
        "seeds": len(said.seeds),
        "tested": {"rows": len(said.rows), "people": len(np.unique(said.people))},
        "learned": said.learned,
        "metrics": _figures(study, said, everything, config),
        "groups": {},
    }
    for group in study.groups:
        rows = rows_of_group(group, said)
        if rows.any():
            told["groups"][group.name] = {"rows": int(rows.sum()), "metrics": _figures(study, said, rows, config)}
    if study.classes:
        counts = sum(
            confusion_matrix(said.truth, said.said[:, i].argmax(axis=1), range(len(study.classes)))
            for i in range(len(said.seeds))
        )
        told["confusion"] = np.asarray(counts).tolist()
    else:
        planes = [plane_error(said.truth, said.said[:, i], cells=_CELLS) for i in range(len(said.seeds))]
        errors = np.mean([plane.both for plane in planes], axis=0)
        told["plane"] = {"counts": planes[0].counts.tolist(), "error": _plain(errors)}
    return told


def _figures(
    study: Study, said: ArmSaid, rows: NDArray[np.bool_], config: BootstrapConfig
) -> dict[str, dict[str, Any]]:
    truth, answers, people = said.truth[rows], said.said[rows], said.people[rows]
    found = {}
    for name in study.metrics:
        measure = measure_of(name, study.classes)
        interval = confidence_interval(measure, truth, answers, groups=people, config=config)
        found[name] = {
            "value": _number(interval.value),
            "low": _number(interval.low),
            "high": _number(interval.high),
            "seeds": [_number(one) for one in each_seed(name, study.classes, truth, answers)],
        }
    return found


def _tests(
    study: Study, names: tuple[str, str], both: tuple[ArmSaid, ArmSaid], config: BootstrapConfig
) -> list[dict[str, Any]]:
    """The second arm less the first, in seeds that both have."""
    first, second = both
    if not np.array_equal(first.rows, second.rows):
        raise DataSetError(f"{names[0]} and {names[1]} were tested on other rows; remove the older runs and run again")
    seeds = min(len(first.seeds), len(second.seeds))
    said = first.said[:, :seeds], second.said[:, :seeds]
    found = []
    for metric in study.metrics:
        measure = measure_of(metric, study.classes)
        drawn = paired_bootstrap(measure, first.truth, said, groups=first.people, config=config)
        exchanged = permutation_test(measure, first.truth, said, groups=first.people, config=config)
        found.append(
            {
                "first": names[0],
                "second": names[1],
                "metric": metric,
                "seeds": seeds,
                "people": drawn.units,
                "difference": _number(drawn.difference),
                "low": _number(drawn.low),
                "high": _number(drawn.high),
                "p": _number(exchanged.p_value),
            }
        )
    return found


def rows_of_group(group: Group, said: ArmSaid) -> NDArray[np.bool_]:
    """Return which rows belong to a group.

    Parameters
    ----------
    group : Group
        The group.
    said : ArmSaid
        The rows.

    Returns
    -------
    ndarray of shape (N,), bool
        True where they do.
    """
    rows = np.ones(len(said.rows), dtype=bool)
    if group.ages is not None:
        rows &= (said.ages >= group.ages[0]) & (said.ages < group.ages[1])
    if group.extreme:
        rows &= (np.abs(said.truth) >= 0.5).all(axis=1) & (np.linalg.norm(said.truth, axis=1) >= 0.9)
    return rows


def _number(value: float) -> float | None:
    """A number as JSON has it: None where it is not defined."""
    return round(float(value), 6) if np.isfinite(value) else None


def _plain(errors: NDArray[Any]) -> list[list[float | None]]:
    return [[_number(value) for value in row] for row in errors.tolist()]
