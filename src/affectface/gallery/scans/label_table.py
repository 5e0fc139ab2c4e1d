"""Labels from a table, by sequence, or by subject, session and task; for whole sequences or single frames."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectface.csv_rows import read_rows
from affectface.errors import GalleryError
from affectface.gallery.label_cells import Label, read_label
from affectface.gallery.scans.source_sequence import SourceSequence
from affectface.gallery.store.sequence import Labels, make_labels

_KEYS = ("sequence", "subject", "session", "task")
_SAID = ("valence", "arousal", "expression")


@dataclass(frozen=True, eq=False)
class LabelTable:
    """What is said of frames.

    Attributes
    ----------
    path : Path
        The file.
    rows : tuple
        For each row what it is about, as pairs of a column and its value; the frame's number, None for all; and the
        label.
    """

    path: Path
    rows: tuple[tuple[tuple[tuple[str, str], ...], int | None, Label], ...]

    def labels(self, sequence: SourceSequence) -> Labels | None:
        """Return the labels of a sequence's frames; None where nothing is said. Later rows count more."""
        valence = np.full(sequence.frames, np.nan, dtype=np.float32)
        arousal, expression, said = valence.copy(), [""] * sequence.frames, False
        for about, number, label in self.rows:
            if not _is_about(sequence, about):
                continue
            for frame in range(sequence.frames) if number is None else np.flatnonzero(sequence.numbers == number):
                valence[frame] = valence[frame] if label.valence is None else label.valence
                arousal[frame] = arousal[frame] if label.arousal is None else label.arousal
                expression[frame] = label.expression or expression[frame]
                said = True
        return (
            make_labels(len(expression), valence=valence, arousal=arousal, expression=tuple(expression))
            if said
            else None
        )

    def unused(self, sequences: Iterable[SourceSequence]) -> list[int]:
        """Return which lines of the file are about no sequence of these."""
        there = list(sequences)
        return [line for line, row in enumerate(self.rows, 2) if not any(_is_about(one, row[0]) for one in there)]


def _is_about(sequence: SourceSequence, about: tuple[tuple[str, str], ...]) -> bool:
    known = {key: getattr(sequence, "name" if key == "sequence" else key) for key, _ in about}
    return all(known[key] == value for key, value in about)


def read_label_table(path: str | os.PathLike[str]) -> LabelTable:
    """Read a table of labels.

    Parameters
    ----------
    path : path-like
        A CSV file with `sequence`, or some of `subject`, `session` and `task`; with `frame`, the number in the name of
        its file, or without it for all frames; and with `valence`, `arousal` or `expression`. An empty cell of the
        former fits everything, of the latter says nothing.

    Returns
    -------
    LabelTable
        The labels.

    Raises
    ------
    GalleryError
        If it cannot be read, lacks columns, or has a label that is none.
    """
    table = read_rows(path, GalleryError)
    columns = set(table[0])
    if not columns & set(_KEYS) or not columns & set(_SAID):
        raise GalleryError(
            f"{path}: has the columns {', '.join(table[0])}; one of {', '.join(_KEYS)}, and one of {', '.join(_SAID)} "
            "are needed"
        )
    rows = []
    for number, row in enumerate(table, 2):
        where = f"{path}: row {number}"
        about = tuple((column, row[column]) for column in _KEYS if row.get(column))
        rows.append((about, _frame(row.get("frame", ""), where), read_label(row, where)))
    return LabelTable(Path(path), tuple(rows))


def _frame(text: str, where: str) -> int | None:
    """Return a frame's number; None for all."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise GalleryError(f"{where}: frame is {text!r}; the number in its file's name is needed, or nothing for all")
    return int(text)
