"""Labels from a table, by sequence, or by subject, session and task; for whole sequences or single frames."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter

import numpy as np

from affectface.csv_rows import read_rows
from affectface.errors import GalleryError
from affectface.gallery.label_cells import Label, read_label
from affectface.gallery.scans.source_sequence import SourceSequence
from affectface.gallery.store.sequence import Labels, make_labels

_KEYS = ("sequence", "subject", "session", "task")
_SAID = ("valence", "arousal", "expression")


About = tuple[tuple[str, str], ...]
"""What a row is about: columns, in the order of `_KEYS`, and their values."""
Said = tuple[int, int | None, Label]
"""A row: its line in the file, the frame's number or None for all, and the label."""


@dataclass(frozen=True, eq=False)
class LabelTable:
    """What is said of frames.

    Attributes
    ----------
    said : mapping
        The rows by what they are about.
    """

    said: Mapping[About, Sequence[Said]]

    def labels(self, sequence: SourceSequence) -> Labels | None:
        """Return the labels of a sequence's frames; None where nothing is said. Later rows count more."""
        rows = sorted((row for about in self._abouts(sequence) for row in self.said[about]), key=itemgetter(0))
        place = {number: frame for frame, number in enumerate(sequence.numbers.tolist())}
        valence = np.full(sequence.frames, np.nan, dtype=np.float32)
        arousal, expression, any_said = valence.copy(), [""] * sequence.frames, False
        for _, number, label in rows:
            frames = range(sequence.frames) if number is None else [place[number]] if number in place else []
            for frame in frames:
                valence[frame] = valence[frame] if label.valence is None else label.valence
                arousal[frame] = arousal[frame] if label.arousal is None else label.arousal
                expression[frame] = label.expression or expression[frame]
                any_said = True
        if not any_said:
            return None
        return make_labels(len(expression), valence=valence, arousal=arousal, expression=tuple(expression))

    def unused(self, sequences: Iterable[SourceSequence]) -> list[int]:
        """Return which lines of the file are about no sequence of these."""
        used = {about for one in sequences for about in self._abouts(one)}
        return sorted(row[0] for about, rows in self.said.items() if about not in used for row in rows)

    def _abouts(self, sequence: SourceSequence) -> list[About]:
        """Return what rows that are about a sequence may be about."""
        known = {key: getattr(sequence, "name" if key == "sequence" else key) for key in _KEYS}
        abouts = [tuple((column, known[column]) for column in columns) for columns in self._columns]
        return [about for about in abouts if about in self.said]

    @cached_property
    def _columns(self) -> set[tuple[str, ...]]:
        """Which columns rows name together: a few kinds, however many rows there are."""
        return {tuple(column for column, _ in about) for about in self.said}


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
    said: dict[About, list[Said]] = {}
    for line, row in enumerate(table, 2):
        where = f"{path}: row {line}"
        about = tuple((column, row[column]) for column in _KEYS if row.get(column))
        said.setdefault(about, []).append((line, _frame(row.get("frame", ""), where), read_label(row, where)))
    return LabelTable(said)


def _frame(text: str, where: str) -> int | None:
    """Return a frame's number; None for all."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise GalleryError(f"{where}: frame is {text!r}; the number in its file's name is needed, or nothing for all")
    return int(text)
