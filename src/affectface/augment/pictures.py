"""Rows -> pixels: images one by one, and the wanted frames of a film in one go; also those that lie in shards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from affectface.arrays import Image
from affectface.augment.manifest import Manifest
from affectface.augment.members import file_of, holder_of, read_member
from affectface.augment.rows import Row
from affectface.clips import FILMS, open_film
from affectface.errors import AffectFaceError, FaceNotFoundError, ImageError
from affectface.images import read_image
from affectface.landmarks import Face, detect_faces

Numbered: TypeAlias = tuple[int, Row]


def pictures(manifest: Manifest, rows: Iterable[Numbered]) -> Iterator[tuple[int, Row, Image | AffectFaceError]]:
    """Yield the picture of each row.

    Parameters
    ----------
    manifest : Manifest
        The manifest of the rows.
    rows : iterable of tuple of int and Row
        The rows with their numbers; rows of one film follow each other, in any order.

    Yields
    ------
    tuple
        The number, the row, and its picture (H, W, 3) uint8 or the error why there is none. Frames of one film come in
        the film's order.
    """
    for path, group in groupby(rows, key=lambda numbered: numbered[1].path):
        if path.lower().endswith(FILMS):
            yield from _frames(manifest, list(group))
            continue
        for number, row in group:
            try:
                yield number, row, read_picture(manifest.file(row))
            except AffectFaceError as error:
                yield number, row, error


def read_picture(path: Path) -> Image:
    """Read the image (H, W, 3) uint8 of a file of its own or one in a shard or table; see `read_image`."""
    holder = holder_of(path)
    if holder is None:
        return read_image(path)
    try:
        return read_image(read_member(holder, path.name))
    except ImageError as error:
        raise ImageError(f"{path}: {str(error).removeprefix('image: ')}") from None


def _frames(manifest: Manifest, rows: list[Numbered]) -> Iterator[tuple[int, Row, Image | AffectFaceError]]:
    wanted: dict[int, list[Numbered]] = {}
    for number, row in rows:
        wanted.setdefault(row.frame or 0, []).append((number, row))
    waiting, reason = sorted(wanted), AffectFaceError("the film has no such frame")
    try:
        with file_of(manifest.file(rows[0][1])) as film:
            for frame, image in zip(list(waiting), open_film(film).frames(wanted), strict=False):
                waiting.remove(frame)
                yield from ((number, row, image) for number, row in wanted[frame])
    except AffectFaceError as error:
        reason = error
    for frame in waiting:
        yield from ((number, row, reason) for number, row in wanted[frame])


def face_of(row: Row, image: Image) -> Face:
    """Return the face that a row is about: the one that its box covers most of, or the largest.

    Parameters
    ----------
    row : Row
        The row.
    image : ndarray of shape (H, W, 3), uint8
        Its picture.

    Returns
    -------
    Face
        The face.

    Raises
    ------
    FaceNotFoundError
        If no face is found, or none where the box is.
    """
    faces = detect_faces(image, max_faces=1 if row.box is None else 64)
    if not faces:
        raise FaceNotFoundError("no face was found")
    if row.box is None:
        return faces[0]
    best = max(faces, key=lambda face: _overlap(face.box, row.box or (0, 0, 0, 0)))
    if _overlap(best.box, row.box) == 0:
        raise FaceNotFoundError("no face was found where the row's box is")
    return best


def _overlap(corners: tuple[float, ...], box: tuple[float, ...]) -> float:
    """Intersection over union of corners x0, y0, x1, y1 and a box left, top, width, height."""
    left, top, width, height = box
    across = min(corners[2], left + width) - max(corners[0], left)
    down = min(corners[3], top + height) - max(corners[1], top)
    both = max(0.0, across) * max(0.0, down)
    either = (corners[2] - corners[0]) * (corners[3] - corners[1]) + width * height - both
    return both / either if either > 0 else 0.0
