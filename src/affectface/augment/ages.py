"""Ages and age groups of a manifest's rows, by an estimator that the user brings.

Kollias 2020 (section 6.5) trained a network of its own and grouped its answers by decades (Tables 13 and 14). No
network ships here: any function of a picture and its landmarks can estimate, or an ONNX file
(`affectface.augment.age_network`).
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from affectface.arrays import FloatArray, Image
from affectface.augment.columns import arrow, rows_of, schema
from affectface.augment.journal import Finding, Journal
from affectface.augment.manifest import Manifest, write_manifest
from affectface.augment.pictures import Numbered, face_of, pictures
from affectface.augment.rows import OLDEST, Row
from affectface.errors import AffectFaceError

DECADES = (20, 30, 40, 50, 60, 70, 80)
"""Ages at which groups begin after the first one: Kollias 2020, Table 14."""


class AgeEstimator(Protocol):
    """Anything that guesses an age."""

    name: str

    def __call__(self, image: Image, landmarks: FloatArray) -> float:
        """Return the age in years of the face with `landmarks` (478, 3), pixels, in an `image` (H, W, 3) uint8."""
        ...


@dataclass(frozen=True)
class Aged:
    """What came of an estimation.

    Attributes
    ----------
    rows : int
        Rows of the manifest.
    known : int
        Rows whose age the data set says; they were left as they are.
    estimated : int
        Rows whose age was estimated.
    failed : dict of str to int
        Rows that could not be estimated, by reason.
    groups : dict of str to int
        Rows of each age group.
    """

    rows: int
    known: int
    estimated: int
    failed: dict[str, int]
    groups: dict[str, int]


def age_group(age: float, starts: tuple[int, ...] = DECADES) -> str:
    """Return the group of an age.

    Parameters
    ----------
    age : float
        Years.
    starts : tuple of int
        Ages at which groups begin, ascending; the first group begins at 0.

    Returns
    -------
    str
        Such as `20-29`; the last one is such as `80+`.

    Examples
    --------
    >>> age_group(19.9), age_group(20), age_group(85)
    ('0-19', '20-29', '80+')
    """
    edges = (0, *starts)
    at = sum(age >= edge for edge in starts)
    return f"{edges[at]}+" if at == len(starts) else f"{edges[at]}-{edges[at + 1] - 1}"


def estimate_ages(
    manifest: Manifest,
    out: str | os.PathLike[str],
    estimator: AgeEstimator,
    *,
    starts: tuple[int, ...] = DECADES,
    advance: Callable[[int], None] = lambda steps: None,
) -> Aged:
    """Write a manifest anew with the columns `age` and `age_group` filled.

    Parameters
    ----------
    manifest : Manifest
        The manifest.
    out : path-like
        The new one, with the same rows. Stopped work goes on from ``.NAME.journal`` beside it.
    estimator : AgeEstimator
        Guesses the ages that the data set does not say.
    starts : tuple of int
        Ages at which groups begin, ascending and above 0.
    advance : callable
        Called with 1 after each row without an age, and first with those that an earlier run has done.

    Returns
    -------
    Aged
        Counts.

    Raises
    ------
    DataSetError
        If the manifest is damaged, or a file cannot be written.
    ValueError
        If `starts` do not ascend.

    Notes
    -----
    A row that has an age keeps it and gets its group; a row that has only a group keeps that, and no estimate is
    written beside it, for it would be taken for the data set's word.
    """
    if list(starts) != sorted(set(starts)) or not starts or starts[0] < 1:
        raise ValueError(f"starts are {starts}; ascending ages above 0 are needed")
    rows, unknown = count_unknown(manifest)
    with Journal(out, manifest, {"verb": "age", "estimator": estimator.name}) as journal:
        advance(len(journal.found))
        waiting = (one for one in _unknown(manifest) if one[0] not in journal.found)
        for number, row, picture in pictures(manifest, waiting):
            journal.add(number, _finding(estimator, row, picture))
            advance(1)
        groups = _write(manifest, out, journal.found, starts)
        journal.finish()
    failed = Counter(str(one["reason"]) for one in journal.found.values() if "reason" in one)
    return Aged(rows, rows - unknown, unknown - failed.total(), dict(failed), groups)


def count_unknown(manifest: Manifest) -> tuple[int, int]:
    """Return how many rows a manifest has, and how many of them have neither an age nor an age group."""
    rows, unknown = 0, 0
    for batch in manifest.batches(["path", "age", "age_group"]):
        rows += batch.num_rows
        unknown += sum(age is None and not group for age, group in _known(batch))
    return rows, unknown


def _known(batch: Any) -> Iterator[tuple[float | None, str]]:
    return zip(batch.column("age").to_pylist(), batch.column("age_group").to_pylist(), strict=True)


def _unknown(manifest: Manifest) -> Iterator[Numbered]:
    """Rows without an age, with their numbers."""
    number = 0
    for batch in manifest.batches(["path", "frame", "box", "age", "age_group"]):
        for row in rows_of(batch):
            if row.age is None and not row.age_group:
                yield number, row
            number += 1


def _finding(estimator: AgeEstimator, row: Row, picture: Image | AffectFaceError) -> Finding:
    if isinstance(picture, AffectFaceError):
        return {"reason": "the picture cannot be read"}
    try:
        age = float(estimator(picture, face_of(row, picture).landmarks))
    except AffectFaceError as error:
        return {"reason": type(error).__name__}
    if not math.isfinite(age):
        return {"reason": "the estimate is no number"}
    return {"age": round(min(max(age, 0.0), OLDEST), 2)}


def _write(
    manifest: Manifest, out: str | os.PathLike[str], found: dict[int, Finding], starts: tuple[int, ...]
) -> dict[str, int]:
    pa, form, before = arrow(), schema(), 0
    counts: Counter[str] = Counter()
    with write_manifest(out) as writer:
        for batch in manifest.batches():
            ages: list[float | None] = []
            groups: list[str] = []
            for number, (age, group) in enumerate(_known(batch), before):
                years = found.get(number, {}).get("age") if age is None else age
                ages.append(years)
                groups.append(group or ("" if years is None else age_group(years, starts)))
            before += batch.num_rows
            counts.update(group for group in groups if group)
            for name, values in (("age", ages), ("age_group", groups)):
                field = form.field(name)
                batch = batch.set_column(form.get_field_index(name), field, pa.array(values, field.type))
            writer.add_batch(batch)
    return dict(sorted(counts.items(), key=lambda item: int(item[0].rstrip("+").partition("-")[0])))
