"""Which photos and films there are to learn from, and what they show: one row each of a table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from affectface.clips import FILMS, open_film
from affectface.csv_rows import Row, read_rows
from affectface.errors import AffectFaceError, GalleryError
from affectface.gallery.label_cells import read_label
from affectface.gallery.scans.source_sequence import sequence_name


@dataclass(frozen=True)
class PhotoSet:
    """A sequence that is still to be fitted: photos of one person, or a film.

    Attributes
    ----------
    name, subject, session, task : str
        What it is.
    folder : Path
        Where its files are.
    rows : tuple of mapping
        The photos' rows of the table; one of a film.
    film : bool
        Which of the two.
    """

    name: str
    subject: str
    session: str
    task: str
    folder: Path
    rows: tuple[Row, ...]
    film: bool

    @property
    def frames(self) -> int:
        """How many frames it has; of a film, about so many."""
        if not self.film:
            return len(self.rows)
        try:
            return open_film(self.folder / self.rows[0]["file"]).frame_count
        except AffectFaceError:
            return 1

    def plain(self, error: AffectFaceError) -> str:
        """Return what an error says, without the folder, which other machines do not have."""
        return str(error).replace(f"{self.folder}{os.sep}", "")


def read_photo_table(table: str | os.PathLike[str]) -> list[PhotoSet]:
    """Read a table of photos and films with labels.

    Parameters
    ----------
    table : path-like
        A CSV file with the columns `file` (beside the table, or an absolute path) and `subject`, perhaps `session` and
        `task`; and with `expression`, with `valence` and `arousal`, or for films with `labels`, a file of labels for
        their frames (see `read_film_labels`).

    Returns
    -------
    list of PhotoSet
        The sequences, sorted by name.

    Raises
    ------
    GalleryError
        If it cannot be read, lacks columns, or has a label that is none.
    """
    rows = read_rows(table, GalleryError)
    columns, folder = set(rows[0]), Path(table).parent
    if not {"file", "subject"} <= columns or not columns & {"expression", "valence", "arousal", "labels"}:
        raise GalleryError(
            f"{table}: has the columns {', '.join(rows[0])}; file and subject are needed, and expression, valence and "
            "arousal, or labels"
        )
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for number, row in enumerate(rows, 2):
        read_label(row, f"{table}: row {number}")
        if not row["file"] or not row["subject"]:
            raise GalleryError(f"{table}: row {number}: file and subject are needed")
        stem = Path(row["file"]).stem if row["file"].lower().endswith(FILMS) else ""
        if row.get("labels") and not stem:
            raise GalleryError(f"{table}: row {number}: a file of labels belongs to a film, {row['file']} is none")
        key = row["subject"], row.get("session", ""), row.get("task", ""), stem
        groups.setdefault(key, []).append(row)
    sets = [
        PhotoSet(sequence_name(subject, session, task, stem), subject, session, task, folder, tuple(group), bool(stem))
        for (subject, session, task, stem), group in groups.items()
    ]
    sets.sort(key=lambda one: one.name)
    twice = [one.name for one in sets if one.film and len(one.rows) > 1]
    twice += [one.name for one, other in pairwise(sets) if one.name == other.name]
    if twice:
        raise GalleryError(f"{table}: {twice[0]} would be two sequences; tell them apart by a column session or task")
    return sets
