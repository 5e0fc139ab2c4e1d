"""The neutral photos of a data set: labelled so, and seen to be so by the fitter."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from affectface.affect_tables import NEUTRAL_NAME
from affectface.arrays import BoolArray, Image
from affectface.augment.columns import arrow, rows_of
from affectface.augment.journal import Finding, Journal
from affectface.augment.manifest import Manifest, write_manifest
from affectface.augment.people import PERSON_COLUMNS, People
from affectface.augment.pictures import Numbered, face_of, pictures
from affectface.augment.rows import Row
from affectface.errors import AffectFaceError, DataSetError
from affectface.files import atomic_path
from affectface.fitting.fit import fit_face
from affectface.morphable import FaceModel
from affectface.synthesis.neutral import amount_of_expression

_SEEN = ("path", "frame", "box")
_UNREADABLE = "the picture cannot be read"


@dataclass(frozen=True, kw_only=True)
class NeutralConfig:
    """Which photos count as neutral."""

    tolerance: float = 0.0
    """Valence and arousal that a label may have; Kollias 2020 (section 6.2.1) takes frames where both are zero."""
    most_expression: float = 0.025
    """What `amount_of_expression` may be, in inter-ocular distances. Of the 51 neutral photos of the London set it
    keeps all with the embedded model and 88 % with ICT-FaceKit; of the 51 smiling ones 18 % and 20 % pass, people who
    smile with closed lips and so faintly that one has to look twice."""
    most_each: int | None = None
    """Photos of each person that are kept, those with the least expression; all without it."""


@dataclass(frozen=True)
class NeutralPhotos:
    """What came of the choice.

    Attributes
    ----------
    rows : int
        Rows of the manifest that was looked at.
    labelled : int
        Those with a neutral label.
    kept : int
        Those that the fitter also finds neutral: the rows of the new manifest.
    refused : dict of str to int
        Labelled rows that were left out, by reason.
    refusals : Path or None
        The table of them.
    """

    rows: int
    labelled: int
    kept: int
    refused: dict[str, int]
    refusals: Path | None


def choose_neutral(
    manifest: Manifest,
    out: str | os.PathLike[str],
    model: FaceModel,
    *,
    config: NeutralConfig | None = None,
    advance: Callable[[int], None] = lambda steps: None,
) -> NeutralPhotos:
    """Write the manifest of the neutral photos of a data set.

    Parameters
    ----------
    manifest : Manifest
        The data set.
    out : path-like
        The new manifest, with the rows and paths of the old one. Photos that are labelled neutral and left out are
        written beside it as ``NAME.refused.csv``. Stopped work goes on from ``.NAME.journal``.
    model : FaceModel
        The face model that is fitted.
    config : NeutralConfig, optional
        Which photos count as neutral.
    advance : callable
        Called with 1 after each photo that is labelled neutral, and first with those that an earlier run has fitted.

    Returns
    -------
    NeutralPhotos
        Counts.

    Raises
    ------
    DataSetError
        If no row has a neutral label, none of their photos can be read, or a file cannot be written.
    """
    config = config or NeutralConfig()
    labelled = labelled_neutral(manifest, config.tolerance)
    count = int(labelled.sum())
    if not count:
        raise DataSetError(f"{manifest.path}: no row is labelled neutral; label some, or raise --tolerance")
    settings = {"verb": "neutral", "model": model.name, "tolerance": config.tolerance}
    with Journal(out, manifest, settings) as journal:
        advance(len(journal.found))
        waiting = (one for one in _numbered(manifest, labelled, _SEEN) if one[0] not in journal.found)
        for number, row, picture in pictures(manifest, waiting):
            journal.add(number, _finding(model, row, picture))
            advance(1)
        if all(one.get("reason") == _UNREADABLE for one in journal.found.values()):
            journal.finish()  # another root is another finding
            first = next(iter(journal.found.values()))["error"]
            raise DataSetError(f"none of the {count} photos can be read; is --root right? The first: {first}")
        told = _write(manifest, out, labelled, journal.found, config)
        journal.finish()
    return NeutralPhotos(len(labelled), count, *told)


def labelled_neutral(manifest: Manifest, tolerance: float = 0.0) -> BoolArray:
    """Find the rows with a neutral label.

    Parameters
    ----------
    manifest : Manifest
        The data set.
    tolerance : float
        Valence and arousal that a row without the name of an expression may have.

    Returns
    -------
    ndarray of shape (N,), bool
        Which of all rows have one: the name, or a point of the plane so near its middle.
    """
    found = [np.zeros(0, dtype=bool)]
    pa = arrow()
    import pyarrow.compute as pc

    for batch in manifest.batches(["path", "expression", "valence", "arousal"]):
        named = pc.equal(batch.column("expression"), NEUTRAL_NAME).to_numpy(zero_copy_only=False)
        unnamed = pc.equal(batch.column("expression"), "").to_numpy(zero_copy_only=False)
        far = [
            pc.fill_null(pc.abs(batch.column(name)), pa.scalar(9.0, pa.float32())) for name in ("valence", "arousal")
        ]
        central = np.all([np.asarray(one) <= np.float32(tolerance) for one in far], axis=0)
        found.append(np.asarray(named | (unnamed & central), dtype=bool))
    return np.concatenate(found)


def _numbered(manifest: Manifest, wanted: BoolArray, columns: tuple[str, ...]) -> Iterator[Numbered]:
    """The wanted rows with their numbers; rows of one film follow each other as they do in the manifest."""
    before = 0
    for batch in manifest.batches(columns):
        chosen = np.flatnonzero(wanted[before : before + batch.num_rows])
        yield from zip((before + chosen).tolist(), rows_of(batch.take(arrow().array(chosen))), strict=True)
        before += batch.num_rows


def _finding(model: FaceModel, row: Row, picture: Image | AffectFaceError) -> Finding:
    """The amount of expression in a picture, or why it cannot be told."""
    if isinstance(picture, AffectFaceError):
        return {"reason": _UNREADABLE, "error": str(picture)}
    try:
        fit = fit_face(model, picture, face_of(row, picture).landmarks)
    except AffectFaceError as error:
        return {"reason": type(error).__name__, "error": str(error)}
    return {"amount": float(f"{amount_of_expression(model, fit):.5f}")}


def _write(
    manifest: Manifest,
    out: str | os.PathLike[str],
    labelled: BoolArray,
    found: dict[int, Finding],
    config: NeutralConfig,
) -> tuple[int, dict[str, int], Path | None]:
    reasons = {n: "it shows an expression" for n, one in found.items() if one.get("amount", 0) > config.most_expression}
    reasons |= {n: one["reason"] for n, one in found.items() if "reason" in one}
    if config.most_each is not None:
        amounts = {n: one["amount"] for n, one in found.items() if n not in reasons}
        reasons |= dict.fromkeys(_beyond(manifest, amounts, config.most_each), "its person has enough others")
    kept = labelled.copy()
    kept[list(reasons)] = False
    with write_manifest(out) as writer:
        before = 0
        for batch in manifest.batches():
            chosen = arrow().array(kept[before : before + batch.num_rows])
            before += batch.num_rows
            writer.add_batch(batch.filter(chosen))
    table = Path(out).with_suffix(".refused.csv")
    if not reasons:
        table.unlink(missing_ok=True)
        return int(kept.sum()), {}, None
    _write_refusals(manifest, table, reasons, found)
    return int(kept.sum()), dict(Counter(reasons.values())), table


def _beyond(manifest: Manifest, amounts: dict[int, float], most: int) -> list[int]:
    """Rows of people who have `most` rows with less expression, or as little and earlier."""
    people = People()
    person = np.concatenate([people.numbers(batch) for batch in manifest.batches(PERSON_COLUMNS)])
    seen: Counter[int] = Counter()
    beyond = []
    for row in sorted(amounts, key=lambda n: (amounts[n], n)):
        seen[int(person[row])] += 1
        if seen[int(person[row])] > most:
            beyond.append(row)
    return beyond


def _write_refusals(manifest: Manifest, table: Path, reasons: dict[int, str], found: dict[int, Finding]) -> None:
    wanted = np.zeros(max(reasons) + 1, dtype=bool)
    wanted[list(reasons)] = True
    with atomic_path(table) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("path", "frame", "reason", "amount", "error"))
        for number, row in _numbered(manifest, wanted, ("path", "frame")):
            one: dict[str, Any] = found[number]
            frame = "" if row.frame is None else row.frame
            writer.writerow((row.path, frame, reasons[number], one.get("amount", ""), one.get("error", "")))
