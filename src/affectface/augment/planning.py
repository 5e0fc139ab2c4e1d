"""Neutral photos and what is wanted -> the plan: who shows what, drawn by a seed and written down."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from affectface.action_unit_tables import ACTION_UNIT_SHAPES
from affectface.affect import ActionUnits, Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS, EXPRESSIONS
from affectface.augment.columns import rows_of
from affectface.augment.even import turns
from affectface.augment.manifest import Manifest
from affectface.augment.people import PERSON_COLUMNS, People
from affectface.augment.plan import Job, seed_of, write_plan
from affectface.augment.rows import Row
from affectface.augment.splits import CENTRE, PLANE_PARTS
from affectface.augment.statistics import BINS
from affectface.augment.targets import (
    FERA_UNITS,
    LEVELS,
    Wish,
    class_wishes,
    expression_wishes,
    path_wishes,
    plane_wishes,
    unit_wishes,
)
from affectface.errors import DataSetError
from affectface.gallery.affect_model import AffectModel

Strategy = Literal["classes", "plane", "expressions", "action-units", "paths"]

_CODES_EACH = 2000
"""Real codes that are kept for each level of each action unit, the first ones."""


@dataclass(frozen=True, kw_only=True)
class PlanConfig:
    """What is to be made."""

    strategy: Strategy = "classes"
    """`classes`: all classes of the affect model for each photo (Kollias 2020, section 6.1). `plane`: points where the
    labels have few. `expressions`: those of which there are few. `action-units`: equally many of each level (Niinuma
    2021). `paths`: clips."""
    count: int | None = None
    """Images or clips in all; needed for all but `classes`, which without it makes everything."""
    seed: int = 0
    """Decides all that is drawn."""
    splits: tuple[str, ...] = ("train", "")
    """Splits whose photos are used; empty for rows without one. Nothing is made for validation and test unasked."""
    expressions: tuple[str, ...] = BASIC_EXPRESSIONS
    """Expressions that are to be equally frequent."""
    least_intensity: float = 0.6
    """Lowest intensity of an expression."""
    units: tuple[str, ...] = FERA_UNITS
    """Action units whose levels are to be equally frequent."""
    seconds: tuple[float, float] = (2.0, 4.0)
    """Shortest and longest clip."""
    fps: float = 25.0
    """Frames a second of clips."""

    def __post_init__(self) -> None:
        if self.strategy not in get_args(Strategy):
            raise ValueError(f"strategy is {self.strategy!r}; one of {', '.join(get_args(Strategy))} is needed")
        if self.count is None and self.strategy != "classes":
            raise ValueError(f"count is missing; {self.strategy} needs to be told how many")
        if self.count is not None and self.count < 1:
            raise ValueError(f"count is {self.count}; at least 1 is needed")
        if not set(self.expressions) <= set(EXPRESSIONS[1:]) or not self.expressions:
            raise ValueError(f"expressions are {self.expressions}; some of {', '.join(EXPRESSIONS[1:])} are needed")
        if not set(self.units) <= set(ACTION_UNIT_SHAPES) or not self.units:
            raise ValueError(f"units are {self.units}; some of {', '.join(ACTION_UNIT_SHAPES)} are needed")
        if not 0 < self.least_intensity <= 1 or not 0 < self.seconds[0] <= self.seconds[1] <= 3600:
            raise ValueError("least_intensity must be in (0, 1], and seconds must ascend from above 0")


@dataclass(frozen=True)
class Planned:
    """What a plan comes to.

    Attributes
    ----------
    jobs : int
        Images or clips.
    photos : int
        Photos that are used.
    people : int
        People that are shown.
    splits : dict of str to int
        Jobs by split.
    targets : dict of str to int
        Jobs by target: expressions, parts of the plane, or simply action units or path.
    """

    jobs: int
    photos: int
    people: int
    splits: dict[str, int]
    targets: dict[str, int]


def make_plan(
    neutral: Manifest,
    out: str | os.PathLike[str],
    model: AffectModel,
    *,
    labels: Manifest | None = None,
    config: PlanConfig | None = None,
    advance: Callable[[int], None] = lambda steps: None,
) -> Planned:
    """Decide what is made of a data set's neutral photos, and write it down.

    Parameters
    ----------
    neutral : Manifest
        The photos.
    out : path-like
        The plan, ``.parquet``; its paths are those of the manifest, so both must have the same root. Equal input and
        equal settings give equal bytes.
    model : AffectModel
        Whose classes `classes` goes through.
    labels : Manifest, optional
        The data set that is to become balanced: its labels, in the splits that are used, count as what is there.
    config : PlanConfig, optional
        What is to be made.
    advance : callable
        Called with 1 after each job.

    Returns
    -------
    Planned
        Counts.

    Raises
    ------
    DataSetError
        If no photo is in the splits, or more is asked for than there can be.
    """
    config = config or PlanConfig()
    photos, person = _photos(neutral, config)
    rng = np.random.default_rng([config.seed, 6])
    wishes, count = _wishes(config, model, labels, len(photos), rng)
    # Every photo shows each class once at most, so here photos take turns, and elsewhere people.
    used = turns(np.arange(len(photos)) if config.strategy == "classes" else person, count, rng)
    settings = {**asdict(config), "photos": neutral.checksum(), "labels": None if labels is None else labels.checksum()}
    # so that a run finds them again beside the photos and can say in its data card what there was
    settings |= {"photos_file": _place(neutral), "labels_file": None if labels is None else _place(labels)}
    settings |= {"affect_model": model.name, "classes": _digest(model.points)}
    told: dict[str, Counter[str]] = {"split": Counter(), "target": Counter()}
    with write_plan(out, settings) as writer:
        for index, photo in enumerate(photos):
            for _ in range(int(used[index])):
                wish = next(wishes)
                seed = seed_of(config.seed, photo, wish.text())
                fps = None if wish.seconds is None else config.fps
                writer.add(Job(0, photo, wish.target, wish.intensity, wish.seconds, fps, seed))
                told["split"][photo.split or "none"] += 1
                told["target"][_name(wish)] += 1
                advance(1)
    shown = np.flatnonzero(used)
    people = len(np.unique(person[shown]))
    return Planned(count, len(shown), people, dict(told["split"]), dict(sorted(told["target"].items())))


def job_count(config: PlanConfig, photos: int, classes: int) -> int:
    """Return how many jobs a plan will have, or raise a DataSetError if more is asked for than there can be."""
    if config.strategy != "classes":
        return config.count or 0
    most = photos * classes
    if not classes:
        raise DataSetError("the affect model has no classes of the plane; choose another strategy or model")
    if config.count is not None and config.count > most:
        raise DataSetError(f"{config.count} images of {classes} classes need more than {photos} photos; ask for {most}")
    return config.count or most


def _wishes(
    config: PlanConfig, model: AffectModel, labels: Manifest | None, photos: int, rng: np.random.Generator
) -> tuple[Iterator[Wish], int]:
    """The targets in the order in which photos take them, and how many."""
    count = job_count(config, photos, len(model.points))
    match config.strategy:
        case "classes":
            return _around(class_wishes(model.points, rng)), count
        case "plane":
            drawn = list(plane_wishes(_plane(labels, config.splits), count, rng))
        case "expressions":
            existing = _expressions(labels, config)
            drawn = list(expression_wishes(existing, count, config.least_intensity, rng))
        case "action-units":
            drawn = list(unit_wishes(config.units, _codes(labels, config), count, rng))
        case "paths":
            drawn = list(path_wishes(count, config.seconds, rng))
    return (drawn[i] for i in rng.permutation(len(drawn))), count


def _around(wishes: list[Wish]) -> Iterator[Wish]:
    """The wishes again and again: any run of them that is no longer than the list has no wish twice."""
    while True:
        yield from wishes


def _photos(neutral: Manifest, config: PlanConfig) -> tuple[list[Row], NDArray[np.int64]]:
    """The photos that are used, and the person of each."""
    people, photos, person = People(), [], []
    for batch in neutral.batches([*PERSON_COLUMNS, "split", "fold", "frame", "box"]):
        for row, number in zip(rows_of(batch), people.numbers(batch).tolist(), strict=True):
            if row.split in config.splits:
                photos.append(row)
                person.append(number)
    if not photos:
        splits = ", ".join(split or "none" for split in config.splits)
        raise DataSetError(f"{neutral.path}: has no photo in the splits that are used ({splits}); choose others")
    return photos, np.array(person, dtype=np.int64)


def _used(labels: Manifest | None, config_splits: tuple[str, ...], columns: list[str]) -> Iterator[Row]:
    """Rows of the labels in the splits that are used."""
    if labels is not None:
        yield from (row for row in labels.rows(["path", "split", *columns]) if row.split in config_splits)


def _plane(labels: Manifest | None, splits: tuple[str, ...]) -> NDArray[np.int64]:
    plane = np.zeros((BINS, BINS), dtype=np.int64)
    for row in _used(labels, splits, ["valence", "arousal"]):
        if row.valence is not None and row.arousal is not None:
            cell = np.clip((np.array([row.arousal, row.valence]) + 1) * BINS / 2, 0, BINS - 1).astype(int)
            plane[cell[0], cell[1]] += 1
    return plane


def _expressions(labels: Manifest | None, config: PlanConfig) -> dict[str, int]:
    found = Counter(row.expression for row in _used(labels, config.splits, ["expression"]))
    return {name: found[name] for name in config.expressions}


def _codes(labels: Manifest | None, config: PlanConfig) -> dict[tuple[str, int], list[dict[str, float]]]:
    """Real codes for each level of each action unit."""
    seen: dict[tuple[str, int], list[dict[str, float]]] = {}
    for row in _used(labels, config.splits, ["action_units"]):
        units = dict(row.action_units or {})
        for unit in config.units:
            if unit in units:
                codes = seen.setdefault((unit, round(units[unit] * (len(LEVELS) - 1))), [])
                if len(codes) < _CODES_EACH:
                    codes.append(units)
    return seen


def _name(wish: Wish) -> str:
    """What a wish is counted as."""
    match wish.target:
        case ValenceArousal(valence=v, arousal=a):
            if max(abs(v), abs(a)) <= CENTRE:
                return PLANE_PARTS[0]
            return PLANE_PARTS[(1 if v > 0 else 2) if a >= 0 else (3 if v < 0 else 4)]
        case Expression(name=name):
            return name
        case ActionUnits():
            return "action units"
    return "path"


def _place(manifest: Manifest) -> str:
    """Where a manifest lies from the folder that its paths start from, so that equal sets have equal plans."""
    return Path(os.path.relpath(manifest.path, manifest.root)).as_posix()


def _digest(array: NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
