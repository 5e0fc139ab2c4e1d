"""The rows of a manifest as a network is fed them: the face cut out, and its labels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectface.arrays import FloatArray, Image
from affectface.augment.manifest import Manifest, open_manifest
from affectface.augment.rows import Row
from affectface.errors import DataSetError
from affectface.images import read_image
from affectface.recognition.networks.outputs import Outputs
from affectface.recognition.networks.recurrent import LANDMARKS

ROOM = 1.2
"""Side of the square that is cut out, in sides of the face's box."""

KEPT_BYTES = 1 << 30
"""Faces that are kept in memory once they are cut out, by each process that reads."""

_COLUMNS = (
    "path", "subject", "split", "fold", "frame", "valence", "arousal", "expression", "box", "landmarks", "source",
)  # fmt: skip

Augment = Callable[[Image, np.random.Generator], Image]
"""Changes a face's picture as chance has it; the label stays."""


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces with labels; their pictures are read when they are asked for.

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

    def face(self, index: int) -> tuple[Image, FloatArray | None]:
        """Read a row's picture.

        Parameters
        ----------
        index : int
            Which row.

        Returns
        -------
        tuple
            The face (S, S, 3), uint8, and its landmarks (68, 2) from -1 to 1 across it, if they come along. It is the
            square around the row's box, or the whole image where it has none.

        Raises
        ------
        ImageError
            If the image cannot be read.
        DataSetError
            If landmarks are wanted and the row has no 68.
        """
        row = self.rows[index]
        image = read_image(self.manifest.file(row))
        height, width = image.shape[:2]
        left, top, across, down = row.box or (0.0, 0.0, float(width), float(height))
        size = np.array([across, down]) if row.box is None else np.full(2, ROOM * max(across, down))
        corner = np.array([left + across / 2, top + down / 2]) - size / 2
        points = None
        if self.landmarks:
            if row.landmarks is None or row.landmarks.shape != (LANDMARKS, 2):
                raise DataSetError(f"{row.path}: has no 68 landmarks, which this network is told; take one without")
            points = ((row.landmarks - corner) / size * 2 - 1).astype(np.float32)
        return _cut(image, corner, size, self.side), points


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


class FaceBatches(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Faces, or sequences of faces, as tensors, by keys that say everything chance depends on.

    Parameters
    ----------
    faces : Faces
        The faces.
    sequences : sequence of tuple of int, optional
        For networks that look at sequences, the rows of each.
    frames : int
        Frames of a sequence; shorter ones are filled with their last frame, without a label.
    augment : callable, optional
        Changes pictures in training; where landmarks come along it must not move the face.
    seed : int
        Of the changes.

    Notes
    -----
    A key is (epoch, number); with it and the seed the changes of a picture are the same in every process and after
    every restart. Pictures are changed alike in all frames of a sequence, as far as the change asks chance as often.
    """

    def __init__(
        self,
        faces: Faces,
        *,
        sequences: Sequence[tuple[int, ...]] | None = None,
        frames: int = 1,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        self.faces, self.sequences, self.frames = faces, sequences, frames
        self.augment, self.seed = augment, seed
        self._kept: dict[int, tuple[Image, FloatArray | None]] = {}
        self._room = KEPT_BYTES // (faces.side**2 * 3)

    def __len__(self) -> int:
        return len(self.faces.rows) if self.sequences is None else len(self.sequences)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        epoch, number = key
        if self.sequences is None:
            return self._row(number, np.random.default_rng((self.seed, epoch, number)))
        rows = self.sequences[number]
        made = [self._row(row, np.random.default_rng((self.seed, epoch, number))) for row in rows]
        filling = dict(made[-1])
        filling |= {"affect": torch.full((2,), float("nan")), "expression": torch.tensor(-1), "row": torch.tensor(-1)}
        made += [filling] * (self.frames - len(rows))
        return {name: torch.stack([one[name] for one in made]) for name in made[0]}

    def _row(self, row: int, rng: np.random.Generator) -> dict[str, Tensor]:
        if row in self._kept:
            image, points = self._kept[row]
        else:
            image, points = self.faces.face(row)
            if len(self._kept) < self._room:
                self._kept[row] = image, points
        if self.augment is not None:
            image = self.augment(image, rng)
            if image.shape != (self.faces.side, self.faces.side, 3) or image.dtype != np.uint8:
                raise ValueError(f"augment made {image.dtype} of shape {image.shape}; an image of its size is needed")
        tensors = {
            "images": torch.from_numpy(np.ascontiguousarray(image)),
            "affect": torch.tensor(self.faces.affect(row), dtype=torch.float32),
            "expression": torch.tensor(self.faces.expression(row)),
            "row": torch.tensor(row),
        }
        return tensors if points is None else {**tensors, "landmarks": torch.from_numpy(points)}


def sequences_of(faces: Faces, frames: int) -> list[tuple[int, ...]]:
    """Return the rows of each sequence: frames of one folder and subject in their order, cut every so many `frames`.

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
        films.setdefault((row.source, row.subject, row.path.rpartition("/")[0]), []).append(index)
    cut = []
    for rows in films.values():
        rows.sort(key=lambda index: (faces.rows[index].frame, faces.rows[index].path))
        cut += [tuple(rows[start : start + frames]) for start in range(0, len(rows), frames)]
    return cut


def _cut(image: Image, corner: NDArray[Any], size: NDArray[Any], side: int) -> Image:
    """Cut a rectangle out and bring it to a square; where it leaves the image, the image's edge is repeated."""
    low = np.floor(corner).astype(int)
    high = np.maximum(np.ceil(corner + size).astype(int), low + 1)
    rows = np.clip(np.arange(low[1], high[1]), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(low[0], high[0]), 0, image.shape[1] - 1)
    part = image[np.ix_(rows, columns)]
    if part.shape[:2] == (side, side):
        return part
    method = cv2.INTER_AREA if min(part.shape[:2]) > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (side, side), interpolation=method), dtype=np.uint8)
