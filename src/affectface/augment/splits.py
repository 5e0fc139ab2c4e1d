"""Person-independent splits and folds, balanced by labels and decided by a seed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.affect_tables import EXPRESSIONS
from affectface.augment.columns import arrow, schema
from affectface.augment.manifest import Manifest, write_manifest
from affectface.augment.people import PERSON_COLUMNS, People
from affectface.augment.rows import SPLITS
from affectface.errors import DataSetError

Counts = NDArray[np.float32]

CENTRE = 0.1
"""Valence and arousal within this are counted as the middle of the plane; the rest is counted by quadrants."""

SHOWN = 0.2
"""Strength from which an action unit counts as shown: the lowest of five levels."""

PLANE_PARTS = ("centre", "pleasant excited", "unpleasant excited", "unpleasant calm", "pleasant calm")
_UNITS = tuple(str(unit) for unit in range(1, 100))
STRATA = ("rows", *EXPRESSIONS, *PLANE_PARTS, *_UNITS)
"""What is balanced: how many rows, of each expression, of each part of the plane, of each action unit that is shown."""

_ROWS_COUNT = 2.0
"""How much the number of rows counts beside a label."""


@dataclass(frozen=True)
class Divided:
    """What a division into parts came to.

    Attributes
    ----------
    parts : tuple of str
        Names of the parts: splits, or numbers of folds.
    people : tuple of int
        People of each part.
    rows : tuple of int
        Rows of each part.
    labels : dict of str to tuple of int
        For each label that occurs, its rows in each part.
    alone : int
        Files without a subject that were taken for a person of their own.
    """

    parts: tuple[str, ...]
    people: tuple[int, ...]
    rows: tuple[int, ...]
    labels: dict[str, tuple[int, ...]]
    alone: int


def split_people(
    manifest: Manifest,
    out: str | os.PathLike[str],
    *,
    shares: Sequence[float] = (0.7, 0.15, 0.15),
    folds: int | None = None,
    seed: int = 0,
    advance: Callable[[int], None] = lambda steps: None,
) -> Divided:
    """Write a manifest anew with its people divided into splits, or into folds.

    Parameters
    ----------
    manifest : Manifest
        The manifest.
    out : path-like
        The new one; paths are those of the old one, so both must have the same root.
    shares : sequence of float
        Shares of train, validation and test; they need not sum to one. A split with share 0 stays empty.
    folds : int, optional
        With it the column `fold` is written, a person's fold from 0, and splits stay as they were.
    seed : int
        Decides among equal choices; equal manifests and seeds give equal bytes.
    advance : callable
        Called with the rows that were passed, twice over.

    Returns
    -------
    Divided
        Counts of each part.

    Raises
    ------
    DataSetError
        If there are fewer people than parts, or the manifest is damaged.
    ValueError
        If the shares are not three that are at least 0, or there are fewer than two folds.

    Notes
    -----
    Nobody is in two parts: a part is chosen for a person, not for a row. The largest people, in an order that the seed
    shuffles, go one by one to the part that most lacks what they bring, label by label (greedy, after the idea of
    Sechidis et al. 2011, On the stratification of multi-label data, for whole people instead of single rows).
    """
    names, wanted = _parts(shares, folds)
    people, strata, counts = _counted(manifest, advance)
    if len(people) < len(names):
        raise DataSetError(f"{manifest.path}: shows {len(people)} people; {len(names)} parts need at least as many")
    part = assign(counts, wanted, np.random.default_rng([seed, len(names)]))
    _write(manifest, out, names, part, folds is not None, advance)
    whole = np.stack([counts[part == k].sum(axis=0, dtype=np.float64) for k in range(len(names))]).astype(int)
    return Divided(
        names,
        tuple(int((part == k).sum()) for k in range(len(names))),
        tuple(whole[:, 0].tolist()),
        {_label(stratum): tuple(whole[:, i].tolist()) for i, stratum in enumerate(strata) if i},
        people.alone,
    )


def assign(counts: Counts, shares: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Divide people into parts that are alike.

    Parameters
    ----------
    counts : ndarray of shape (P, S), float32
        What each person brings of each stratum; the first is the number of rows.
    shares : ndarray of shape (K,), float64
        Share of each part; they sum to 1 and are above 0.
    rng : numpy.random.Generator
        Decides among equal choices.

    Returns
    -------
    ndarray of shape (P,), int64
        The part of each person. With at least as many people as parts, no part is empty.
    """
    occurring = counts.sum(axis=0) > 0
    counts = counts[:, occurring]
    totals = counts.sum(axis=0, dtype=np.float64)
    weights = np.ones(len(totals))
    weights[0] = _ROWS_COUNT
    brought = counts / totals * weights
    order = rng.permutation(len(counts))
    order = order[np.argsort(-brought[order].max(axis=1, initial=0), kind="stable")]
    lacking = np.ones((len(shares), len(totals)))  # of what each part is to have, relative to it
    step = 1 / shares[:, None] / weights
    part = np.full(len(counts), -1, dtype=np.int64)
    empty = set(range(len(shares)))
    for place, person in enumerate(order):
        gain = lacking @ brought[person]
        open_ = sorted(empty) if len(order) - place <= len(empty) else range(len(shares))
        chosen = max(open_, key=lambda k: (gain[k], shares[k]))
        part[person] = chosen
        empty.discard(chosen)
        lacking[chosen] -= brought[person] * step[chosen]
    return part


def _parts(shares: Sequence[float], folds: int | None) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    if folds is not None:
        if not 2 <= folds <= 1000:
            raise ValueError(f"folds is {folds}; 2 to 1000 are needed")
        return tuple(str(k) for k in range(folds)), np.full(folds, 1 / folds)
    given = np.asarray(shares, dtype=np.float64)
    if given.shape != (len(SPLITS),) or not np.isfinite(given).all() or given.min() < 0 or given.sum() <= 0:
        raise ValueError(f"shares are {tuple(shares)}; those of train, validation and test are needed, at least 0 each")
    used = given > 0
    return tuple(np.array(SPLITS)[used].tolist()), given[used] / given[used].sum()


def _counted(manifest: Manifest, advance: Callable[[int], None]) -> tuple[People, list[int], Counts]:
    """The people, the strata that occur, and what each person brings of each (P, S); the first is that of all rows."""
    people, counts = People(), {0: np.zeros(1024, dtype=np.float32)}
    for batch in manifest.batches([*PERSON_COLUMNS, "valence", "arousal", "expression", "action_units"]):
        person = people.numbers(batch)
        for rows, stratum in _strata(batch):
            for one in np.unique(stratum).tolist():
                count = _grown(counts.get(one), len(people))
                np.add.at(count, person[rows if np.ndim(stratum) == 0 else rows[stratum == one]], 1)
                counts[one] = count
        advance(batch.num_rows)
    strata = sorted(counts)
    return people, strata, np.stack([_grown(counts[one], len(people))[: len(people)] for one in strata], axis=1)


def _grown(count: Counts | None, size: int) -> Counts:
    """The count of each person with room for `size` people; it doubles, so that growing costs little."""
    if count is not None and len(count) >= size:
        return count
    larger = np.zeros(max(1024, size, 0 if count is None else 2 * len(count)), dtype=np.float32)
    larger[: 0 if count is None else len(count)] = 0 if count is None else count
    return larger


def _strata(batch: Any) -> list[tuple[NDArray[np.int64], Any]]:
    """Rows of a batch and the stratum of each; a row can be in several."""
    everything = np.arange(batch.num_rows)
    found: list[tuple[NDArray[np.int64], Any]] = [(everything, 0)]
    import pyarrow.compute as pc

    pa = arrow()
    known = pc.index_in(batch.column("expression"), pa.array(EXPRESSIONS)).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(~np.isnan(known.astype(np.float64)))
    found.append((rows, 1 + known[rows].astype(np.int64)))
    v, a = (batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in ("valence", "arousal"))
    rows = np.flatnonzero(~np.isnan(v) & ~np.isnan(a))
    found.append((rows, 1 + len(EXPRESSIONS) + plane_part(v[rows], a[rows])))
    units = batch.column("action_units")
    if units.null_count < len(units):
        lengths = np.diff(units.offsets.to_numpy())
        start, end = units.offsets[0].as_py(), units.offsets[-1].as_py()
        keys, strengths = units.keys.slice(start, end - start), units.items.slice(start, end - start)
        numbers = pc.replace_substring_regex(keys, "[LR]$", "").cast(pa.int64()).to_numpy(zero_copy_only=False)
        shown = strengths.to_numpy(zero_copy_only=False) >= SHOWN - 1e-6
        owners = np.repeat(everything, lengths)
        found.append((owners[shown], STRATA.index("1") + numbers[shown] - 1))
    return found


def plane_part(valence: NDArray[Any], arousal: NDArray[Any]) -> NDArray[np.int64]:
    """Return which part of the plane points lie in: 0 the centre, then the quadrants anti-clockwise from pleasant."""
    angle = np.degrees(np.arctan2(arousal, valence)) % 360
    quadrant = 1 + np.minimum(angle // 90, 3).astype(np.int64)
    return np.where(np.maximum(np.abs(valence), np.abs(arousal)) <= CENTRE, 0, quadrant)


def _write(
    manifest: Manifest,
    out: str | os.PathLike[str],
    names: tuple[str, ...],
    part: NDArray[np.int64],
    folds: bool,
    advance: Callable[[int], None],
) -> None:
    pa, people = arrow(), People()
    with write_manifest(out) as writer:
        for batch in manifest.batches():
            chosen = part[people.numbers(batch)]
            column = "fold" if folds else "split"
            values = pa.array(chosen, pa.int16()) if folds else pa.array(np.array(names)[chosen], pa.string())
            place = schema().get_field_index(column)
            writer.add_batch(batch.set_column(place, schema().field(column), values))
            advance(batch.num_rows)


def _label(stratum: int) -> str:
    name = STRATA[stratum]
    return f"action unit {name}" if name in _UNITS else name
