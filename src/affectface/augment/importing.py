"""A data set's folder -> its manifest: what is right becomes rows, the rest is counted, with its reasons."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from affectface.augment.adapters.names import data_set
from affectface.augment.columns import TEXTS
from affectface.augment.manifest import write_manifest
from affectface.augment.rows import Found, Refusal, Row, fault_of
from affectface.errors import DataSetError
from affectface.files import atomic_path

_LABELS = ("time", "valence", "arousal", "expression", "action_units", "age", "age_group", "box", "landmarks", "fold")


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes
    ----------
    rows : int
        Rows of the manifest.
    refused : dict of str to int
        Entries that became no row, by reason.
    labels_lost : dict of str to int
        Labels that were left out of rows, by reason.
    refusals : Path or None
        The table of both, beside the manifest; None where there are none.
    """

    rows: int
    refused: dict[str, int]
    labels_lost: dict[str, int]
    refusals: Path | None


def import_data_set(
    name: str,
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = None,
    advance: Callable[[int], None] = lambda steps: None,
) -> Imported:
    """Read a data set in its published layout, and write its manifest.

    Parameters
    ----------
    name : str
        One of `affectface.augment.adapters.names.DATA_SETS`.
    folder : path-like
        Where the data set lies.
    out : path-like
        The manifest, ``.parquet`` or ``.csv``. Entries that are refused, and labels that are left out, are written
        beside it as ``NAME.refused.csv``.
    root : path-like, optional
        The folder that the paths in the manifest start from; the manifest's own folder without it.
    advance : callable
        Called with 1 after each entry.

    Returns
    -------
    Imported
        Counts of rows and refusals.

    Raises
    ------
    DataSetError
        If there is no such data set or folder, nothing of it is found there, or the manifest cannot be written.
    """
    known, place, target = data_set(name), Path(folder), Path(out)
    if not place.is_dir():
        raise DataSetError(f"{place}: no such folder; give the one that has {known.layout}")
    start = Path(os.path.abspath(root if root is not None else target.parent))
    above = Path(os.path.relpath(os.path.abspath(place), start)).as_posix()
    table = target.with_suffix(".refused.csv")
    refused: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    with ExitStack() as stack:
        writer = stack.enter_context(write_manifest(target))
        notes = _Notes(stack, table)
        for found in _checked(known.read(place), place):
            if isinstance(found, Row):
                writer.add(replace(found, path=found.path if above == "." else f"{above}/{found.path}", source=name))
                advance(1)
                continue
            (refused if found.lost == "row" else lost)[found.reason] += 1
            notes.add(found)
            advance(found.lost == "row")
        writer.flush()
        if not writer.rows:
            raise DataSetError(_nothing(place, known.title, known.layout, refused))
        rows = writer.rows
    if not notes.written:
        table.unlink(missing_ok=True)  # of an earlier import
    return Imported(rows, dict(refused), dict(lost), table if notes.written else None)


class _Notes:
    """The table of refusals, begun when there is the first one."""

    def __init__(self, stack: ExitStack, file: Path) -> None:
        self.written = False
        self._stack, self._file = stack, file
        self._writer: Any = None

    def add(self, refusal: Refusal) -> None:
        if self._writer is None:
            temporary = self._stack.enter_context(atomic_path(self._file))
            stream = self._stack.enter_context(
                temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            )
            self._writer = csv.writer(stream, lineterminator="\n")
            self._writer.writerow(("where", "lost", "reason"))
            self.written = True
        self._writer.writerow((refusal.where, refusal.lost, refusal.reason))


def _checked(entries: Iterator[Found], folder: Path) -> Iterator[Found]:
    """Entries with what an adapter leaves to its caller: files must be there, and cells must make sense."""
    seen: set[int] = set()
    last, there = "", False
    for found in entries:
        if isinstance(found, Refusal):
            yield found
            continue
        if ".." in found.path.split("/") or found.path.startswith("/"):
            yield Refusal(found.path, "its path leads out of the data set's folder")
            continue
        if found.path != last:
            last, there = found.path, (folder / found.path).is_file()
        if not there:
            yield Refusal(found.path, "the file is missing")
            continue
        key = hash((found.path, found.frame))
        if key in seen:
            yield Refusal(found.path, "it is listed a second time")
            continue
        seen.add(key)
        yield from _sensible(found)


def _sensible(row: Row) -> Iterator[Found]:
    """The row without the labels that are nonsense, and a note for each; a refusal if it is no row at all."""
    while fault := fault_of(row):
        column = fault[0]
        where = row.path if row.frame is None else f"{row.path} frame {row.frame}"
        if column not in _LABELS:
            yield Refusal(where, f"its {column} is nonsense")
            return
        yield Refusal(where, f"{column} {_kind(column)}", "label")
        without: dict[str, Any] = {column: "" if column in TEXTS else None}
        row = replace(row, **without)
    yield row


def _kind(column: str) -> str:
    if column in ("valence", "arousal", "age", "time", "fold"):
        return "is out of range"
    return "is unknown" if column in ("expression", "age_group") else "make no sense"


def _nothing(folder: Path, title: str, layout: str, refused: Counter[str]) -> str:
    if not refused:
        return f"{folder}: nothing of {title} was found; needed is {layout}"
    reason, count = refused.most_common(1)[0]
    return f"{folder}: no entry of {title} could be taken; {count} of {refused.total()}: {reason}"
