"""Cut the faces out of a data set once, so that training reads them from one file that is mapped into memory."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image
from affectface.augment.face_square import cut_square
from affectface.augment.members import holder_of
from affectface.augment.pictures import pictures
from affectface.augment.rows import Row
from affectface.errors import AffectFaceError, DataSetError
from affectface.files import atomic_path
from affectface.recognition.networks.recurrent import LANDMARKS
from affectface.recognition.training.faces import Faces

ROOM = 1.2
"""Side of the square that is cut out, in sides of the face's box."""


@dataclass(frozen=True, eq=False)
class CutFaces:
    """Faces whose pictures are cut out.

    Attributes
    ----------
    faces : Faces
        The rows that have a picture.
    images : ndarray of shape (N, S, S, 3), uint8
        Their pictures, mapped from a file.
    landmarks : ndarray of shape (N, 68, 2), float32, optional
        Their landmarks, from -1 to 1 across the picture.
    failures : dict of str to int
        Why rows have none, and how many.
    described : ndarray of shape (N, F), float16, optional
        Their features, where the network's do not learn and several trainings look at the same faces.
    """

    faces: Faces
    images: NDArray[np.uint8]
    landmarks: FloatArray | None
    failures: dict[str, int]
    described: NDArray[np.float16] | None = None


def cut_faces(
    faces: Faces, folder: str | os.PathLike[str], *, advance: Callable[[int], None] | None = None
) -> CutFaces:
    """Cut the faces of rows out of their images and films.

    Parameters
    ----------
    faces : Faces
        The rows.
    folder : path-like
        Where the pictures are kept, 27 kB each at 96 pixels. Those that lie there of the same rows are taken.
    advance : callable, optional
        Is told the number of further rows.

    Returns
    -------
    CutFaces
        The faces: the square around the row's box, or the whole image where it has none. Rows whose image cannot be
        read are left out and counted.

    Raises
    ------
    DataSetError
        If no row has a picture, landmarks are wanted and a row has no 68, or what lies in the folder is damaged.
    """
    place = Path(folder) / f"faces-{_version(faces)[:24]}"
    if not place.is_dir():
        try:
            with atomic_path(place) as temporary:
                temporary.mkdir(parents=True)
                _cut_all(faces, temporary, advance)
        except OSError:
            if not place.is_dir():  # else a process beside this one has cut them meanwhile
                raise
    elif advance is not None:
        advance(len(faces.rows))
    try:
        images = np.load(place / "images.npy", mmap_mode="r", allow_pickle=False)
        kept = np.load(place / "kept.npy", allow_pickle=False).tolist()
        points = np.load(place / "landmarks.npy", mmap_mode="r", allow_pickle=False) if faces.landmarks else None
        failures = dict(json.loads((place / "failures.json").read_text(encoding="utf-8")))
        if images.shape != (len(faces.rows), faces.side, faces.side, 3) or images.dtype != np.uint8:
            raise ValueError("pictures of another size")
        rows = tuple(faces.rows[i] for i in kept)
    except (OSError, ValueError, IndexError, TypeError) as fault:
        raise DataSetError(f"{place}: is damaged ({type(fault).__name__}); remove it") from None
    points = None if points is None else points[: len(rows)]
    return CutFaces(replace(faces, rows=rows), images[: len(rows)], points, failures)


def _version(faces: Faces) -> str:
    """SHA-256 of what the pictures depend on: rows, size, and the files as they are now."""
    digest = hashlib.sha256(f"{faces.checksum} {faces.side} {faces.landmarks} {ROOM}".encode())
    for path in sorted({row.path for row in faces.rows}):
        try:
            file = faces.manifest.root / path
            about = (holder_of(file) or file).stat()
            digest.update(f"{path} {about.st_size} {about.st_mtime_ns}".encode())
        except OSError:
            digest.update(f"{path} missing".encode())
    return digest.hexdigest()


def _cut_all(faces: Faces, folder: Path, advance: Callable[[int], None] | None) -> None:
    """Write the pictures; those of rows that have one come first, in the rows' order."""
    count, side = len(faces.rows), faces.side
    images: Any = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (count, side, side, 3))
    points = np.zeros((count, LANDMARKS, 2), dtype=np.float32)
    # rows of one film must follow each other
    order = sorted(range(count), key=lambda i: faces.rows[i].path)
    reasons: Counter[str] = Counter()
    found = np.zeros(count, dtype=bool)
    for index, row, image in pictures(faces.manifest, [(i, faces.rows[i]) for i in order]):
        if isinstance(image, AffectFaceError):
            reasons[f"{type(image).__name__}: {image}"[:200]] += 1
        else:
            images[index], points[index] = cut_face(image, row, side, landmarks=faces.landmarks)
            found[index] = True
        if advance is not None:
            advance(1)
    if not found.any():
        raise DataSetError(f"no row has a picture; the first says {next(iter(reasons))}")
    kept = np.flatnonzero(found)
    for target, source in enumerate(kept.tolist()):
        if target != source:
            images[target], points[target] = images[source], points[source]
    images.flush()
    np.save(folder / "kept.npy", kept)
    if faces.landmarks:
        np.save(folder / "landmarks.npy", points)
    (folder / "failures.json").write_text(json.dumps(dict(sorted(reasons.items()))), encoding="utf-8")


def cut_face(image: Image, row: Row, side: int, *, landmarks: bool) -> tuple[Image, FloatArray]:
    """Cut a row's face out of its picture.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The picture.
    row : Row
        The row; its box says where the face is.
    side : int
        Side of the result, pixels.
    landmarks : bool
        Whether the row's 68 landmarks come along.

    Returns
    -------
    tuple of two ndarray
        The face (S, S, 3), uint8, with the image's edge repeated where the square leaves it; and the landmarks (68, 2),
        float32, from -1 to 1 across it, or zeros.

    Raises
    ------
    DataSetError
        If landmarks are wanted and the row has no 68.
    """
    cut = cut_square(image, row.box, side, ROOM)
    points = np.zeros((LANDMARKS, 2), dtype=np.float32)
    if landmarks:
        if row.landmarks is None or row.landmarks.shape != (LANDMARKS, 2):
            raise DataSetError(f"{row.path}: has no 68 landmarks, which this network is told; take one without")
        points = (cut.place(row.landmarks) / side * 2 - 1).astype(np.float32)
    return cut.image, points
