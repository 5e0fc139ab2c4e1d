"""The rows of a manifest from which is learned: who is shown, and what the labels are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectface.augment.manifest import Manifest, open_manifest
from affectface.augment.rows import Row
from affectface.clips import FILMS
from affectface.errors import DataSetError
from affectface.recognition.networks.outputs import Outputs

_COLUMNS = (
    "path", "subject", "split", "fold", "frame", "valence", "arousal", "expression", "box", "landmarks", "source",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Faces:
    """Rows with labels; their pictures are not read yet.

    Attributes
    ----------
    manifest : Manifest
        The table.
    rows : tuple of Row
        Its rows that have a label of what is learned.
    side : int
        Side of the pictures, pixels.
    outputs : Outputs
        What is learned.
    landmarks : bool
        Whether the 68 landmarks come along.
    left_out : int
        Rows of the split without such a label.
    """

    manifest: Manifest
    rows: tuple[Row, ...]
    side: int
    outputs: Outputs
    landmarks: bool
    left_out: int

    @property
    def subjects(self) -> frozenset[str]:
        """Who is shown, with the data set's name; a file without a subject is a person of its own."""
        return frozenset(map(person_of, self.rows))

    @property
    def checksum(self) -> str:
        """SHA-256 of what the rows say: the same for the same rows, wherever the data lie."""
        digest = hashlib.sha256()
        for row in self.rows:
            said = (row.path, row.subject, row.frame, row.valence, row.arousal, row.expression, row.box, row.source)
            digest.update(repr(said).encode())
            if row.landmarks is not None:
                digest.update(np.ascontiguousarray(row.landmarks).tobytes())
        return digest.hexdigest()

    def affect(self, index: int) -> tuple[float, float]:
        """Valence and arousal of a row; NaN where there is no label."""
        row = self.rows[index]
        nan = float("nan")
        return (nan if row.valence is None else row.valence, nan if row.arousal is None else row.arousal)

    def expression(self, index: int) -> int:
        """Number of a row's class; -1 where it has none of them."""
        name = self.rows[index].expression
        return self.outputs.classes.index(name) if name in self.outputs.classes else -1


def person_of(row: Row) -> str:
    """Return who a row shows: its subject within its data set, or its file where no subject is known."""
    return f"{row.source}/{row.subject}" if row.subject else f"{row.source}: {row.path}"


def faces_of(
    manifest: str | os.PathLike[str],
    outputs: Outputs,
    *,
    side: int,
    split: str = "",
    folds: Sequence[int] | None = None,
    landmarks: bool = False,
    labelled: bool = True,
) -> Faces:
    """Return the faces of a manifest.

    Parameters
    ----------
    manifest : path-like
        The manifest, of images.
    outputs : Outputs
        What is learned.
    side : int
        Side of the pictures, pixels.
    split : str
        Only rows of this split; all if empty.
    folds : sequence of int, optional
        Only rows of these folds.
    landmarks : bool
        Whether the 68 landmarks come along.
    labelled : bool
        Whether rows without any label of what is learned are left out.

    Returns
    -------
    Faces
        The faces.

    Raises
    ------
    DataSetError
        If the manifest cannot be read, or no row is left.
    """
    opened = open_manifest(manifest)
    rows, left_out = [], 0
    for row in opened.rows(_COLUMNS):
        if (split and row.split != split) or (folds is not None and row.fold not in folds):
            continue
        affect = outputs.valence_arousal and row.valence is not None and row.arousal is not None
        if affect or row.expression in outputs.classes or not labelled:
            rows.append(row)
        else:
            left_out += 1
    if not rows:
        asked = f" of the split {split!r}" if split else ""
        said = "has a label of what is learned; label rows, or learn another" if left_out else "is there; take another"
        raise DataSetError(f"{opened.path}: no row{asked} {said}")
    return Faces(opened, tuple(rows), side, outputs, landmarks, left_out)


def sequences_of(faces: Faces, frames: int) -> list[tuple[int, ...]]:
    """Return the rows of each sequence: frames of one film or folder in their order, cut every so many `frames`.

    Parameters
    ----------
    faces : Faces
        Faces whose rows say their frame.
    frames : int
        Frames of a sequence, at most.

    Returns
    -------
    list of tuple of int
        Rows.

    Raises
    ------
    DataSetError
        If a row does not say its frame.
    """
    films: dict[tuple[str, str, str], list[int]] = {}
    for index, row in enumerate(faces.rows):
        if row.frame is None:
            raise DataSetError(f"{row.path}: does not say its frame, which networks for sequences need")
        film = row.path if row.path.lower().endswith(FILMS) else row.path.rpartition("/")[0]
        films.setdefault((row.source, row.subject, film), []).append(index)
    cut = []
    for rows in films.values():
        rows.sort(key=lambda index: (faces.rows[index].frame, faces.rows[index].path))
        cut += [tuple(rows[start : start + frames]) for start in range(0, len(rows), frames)]
    return cut
