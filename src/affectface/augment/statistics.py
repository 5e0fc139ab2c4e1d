"""What is in a data set: numbers that are counted in one pass over its manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.affect_tables import EXPRESSIONS
from affectface.augment.ages import age_group
from affectface.augment.manifest import Manifest
from affectface.augment.people import PERSON_COLUMNS, People
from affectface.augment.splits import SHOWN

BINS = 20
"""Cells of the histogram over the plane, along each side: a tenth of valence or arousal each."""

_LABELS = ("valence", "arousal", "expression", "action_units")


@dataclass(frozen=True, eq=False)
class Statistics:
    """What is in a data set.

    Attributes
    ----------
    rows : int
        Rows of the manifest.
    files : int
        Images and films.
    people : int
        People, files without a subject as one each.
    alone : int
        Files without a subject.
    unlabelled : int
        Rows without any label of affect.
    sources, splits, folds, expressions, ages : dict of str to int
        Rows by data set, split, fold, expression and age group; those without one are left out.
    points : int
        Rows with valence and arousal.
    means, deviations : tuple of float
        Of valence and arousal.
    plane : ndarray of shape (20, 20), int64
        Rows by arousal (rows, from -1 up) and valence (columns, from -1 up).
    action_units : dict of str to tuple of int
        For each action unit, the rows in which it was coded and those in which it is shown.
    overlap : dict of str to int
        People who are in more than one split, and in more than one fold.
    """

    rows: int
    files: int
    people: int
    alone: int
    unlabelled: int
    sources: dict[str, int]
    splits: dict[str, int]
    folds: dict[str, int]
    expressions: dict[str, int]
    ages: dict[str, int]
    points: int
    means: tuple[float, float]
    deviations: tuple[float, float]
    plane: NDArray[np.int64]
    action_units: dict[str, tuple[int, int]]
    overlap: dict[str, int]

    def record(self) -> dict[str, Any]:
        """Return the statistics in JSON's types."""
        record = {name: getattr(self, name) for name in self.__dataclass_fields__}
        record |= {"means": list(self.means), "deviations": list(self.deviations), "plane": self.plane.tolist()}
        record["action_units"] = {unit: list(counts) for unit, counts in self.action_units.items()}
        return record


def statistics_of(manifest: Manifest, *, advance: Callable[[int], None] = lambda steps: None) -> Statistics:
    """Count what is in a data set.

    Parameters
    ----------
    manifest : Manifest
        The manifest; each row is checked on the way.
    advance : callable
        Called with the number of rows that were passed.

    Returns
    -------
    Statistics
        The numbers.

    Raises
    ------
    DataSetError
        If the manifest is damaged or empty of rows that make sense.
    """
    people, places = People(), {name: _Places() for name in ("split", "fold")}
    files: set[int] = set()
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("source", "split", "fold", "expression", "age")}
    units: dict[str, list[int]] = {}
    rows = unlabelled = points = 0
    plane = np.zeros((BINS, BINS), dtype=np.int64)
    sums = np.zeros((2, 2))
    for batch in manifest.batches(_WANTED):
        rows += batch.num_rows
        person = people.numbers(batch)
        files.update(map(hash, batch.column("path").to_pylist()))
        for name in ("source", "split", "expression"):
            counts[name].update(value for value in batch.column(name).to_pylist() if value)
        counts["fold"].update(str(fold) for fold in batch.column("fold").to_pylist() if fold is not None)
        counts["age"].update(_groups(batch))
        for name, place in places.items():
            place.add(person, batch.column(name).to_pylist())
        bare = _count_units(batch, units)
        v, a = (batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in ("valence", "arousal"))
        named = np.array([bool(value) for value in batch.column("expression").to_pylist()], dtype=bool)
        unlabelled += int((np.isnan(v) & np.isnan(a) & ~named & bare).sum())
        both = np.stack([v, a])[:, ~np.isnan(v) & ~np.isnan(a)]
        points += both.shape[1]
        sums += (both.sum(axis=1), (both**2).sum(axis=1))
        cells = np.clip(((both + 1) * (BINS / 2)).astype(np.int64), 0, BINS - 1)
        np.add.at(plane, (cells[1], cells[0]), 1)
        advance(batch.num_rows)
    mean = sums[0] / max(points, 1)
    deviation = np.sqrt(np.maximum(sums[1] / max(points, 1) - mean**2, 0))
    return Statistics(
        rows=rows,
        files=len(files),
        people=len(people),
        alone=people.alone,
        unlabelled=unlabelled,
        sources=dict(sorted(counts["source"].items())),
        splits={name: counts["split"][name] for name in ("train", "validation", "test") if counts["split"][name]},
        folds=dict(sorted(counts["fold"].items(), key=lambda item: int(item[0]))),
        expressions={name: counts["expression"][name] for name in EXPRESSIONS if counts["expression"][name]},
        ages=dict(sorted(counts["age"].items(), key=lambda item: int(item[0].rstrip("+").partition("-")[0]))),
        points=points,
        means=(float(mean[0]), float(mean[1])),
        deviations=(float(deviation[0]), float(deviation[1])),
        plane=plane,
        action_units={unit: (units[unit][0], units[unit][1]) for unit in sorted(units, key=_order)},
        overlap={name: place.people_in_several() for name, place in places.items()},
    )


_WANTED = (*PERSON_COLUMNS, *_LABELS, "split", "fold", "age", "age_group")


class _Places:
    """In which splits or folds each person was seen: the first one, and whether there was another."""

    def __init__(self) -> None:
        self._first: dict[int, object] = {}
        self._several: set[int] = set()

    def add(self, people: NDArray[np.int64], places: list[object]) -> None:
        for person, place in zip(people.tolist(), places, strict=True):
            if place not in (None, "") and self._first.setdefault(person, place) != place:
                self._several.add(person)

    def people_in_several(self) -> int:
        return len(self._several)


def _groups(batch: Any) -> list[str]:
    pairs = zip(batch.column("age").to_pylist(), batch.column("age_group").to_pylist(), strict=True)
    return [group or age_group(age) for age, group in pairs if group or age is not None]


def _count_units(batch: Any, units: dict[str, list[int]]) -> NDArray[np.bool_]:
    """Add a batch's action units to the counts; return which of its rows have none."""
    column = batch.column("action_units")
    bare = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    if not bare.all():
        for coded in column.drop_null().to_pylist():
            for unit, strength in coded:
                count = units.setdefault(unit, [0, 0])
                count[0] += 1
                count[1] += strength >= SHOWN - 1e-6
    return bare


def _order(unit: str) -> tuple[int, str]:
    return int(unit.rstrip("LR")), unit[-1]
