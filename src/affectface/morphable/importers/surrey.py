"""The Surrey Face Model (Huber et al., VISAPP 2016), and any other model of eos, in its `.bin` files.

eos writes its `MorphableModel` with cereal's binary archive: little-endian numbers without names or lengths but those
of lists. Versions 1 to 4 of the class are read, which is all there are; also archives of the portable kind, which begin
with a byte for the byte order. Matrices are (rows, columns, single-precision numbers by columns). Expressions are PCA
components or named blendshapes, and for the published shape-only model a file of its own
(``expression_blendshapes_3448.bin``).

The Surrey model is in millimetres, but a model of another origin may have been written by eos: the unit is found out
from the face's size.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.errors import ModelFileError
from affectface.morphable.importers.published import PublishedModel, half_units, scaled_components

_NEWEST = 4
_MOST_SHAPES = 10_000


def looks_like_eos(data: bytes) -> bool:
    """Return whether data begin as a model of eos does: a version, then a mean of 3 V rows and one column."""
    try:
        start = _start(data)
        version, rows, columns = struct.unpack_from("<Iii", data, start)
    except struct.error:
        return False
    return bool(1 <= version <= _NEWEST and columns == 1 and rows > 0 and rows % 3 == 0)


def read_surrey(data: bytes, path: Path, blendshapes: bytes | None = None) -> PublishedModel:
    """Return a model from a file of eos.

    Parameters
    ----------
    data : bytes
        The file's content.
    path : Path
        The file, for messages and the name.
    blendshapes : bytes, optional
        The content of a file of expression blendshapes that belongs to it.

    Returns
    -------
    PublishedModel
        The model.

    Raises
    ------
    ModelFileError
        If the file is damaged, or the blendshapes are of another mesh.
    """
    archive = _Archive(data, _start(data), path)
    version = archive.number("<I")
    if not 1 <= version <= _NEWEST:
        raise ModelFileError(f"{path}: version {version} of eos' model format; 1 to {_NEWEST} are read")
    mean, basis, variances, triangles = _pca(archive)
    colour_mean = _pca(archive)[0]
    count = mean.size // 3
    names: tuple[str, ...] = ()
    expression: FloatArray = np.zeros((0, count, 3), np.float32)
    if version >= 2 and not archive.flag("the expressions' presence"):
        expression, names = _expressions(archive, count)
    if version >= 3 and not archive.flag("the landmarks' presence"):
        for _ in range(archive.count(12)):
            archive.text()
            archive.number("<i")
    uv = archive.table("<f8", 2).astype(np.float32)
    uv_triangles = archive.table("<i4", 3) if version >= 4 else np.empty((0, 3), np.int32)
    if blendshapes is not None:
        expression, names = _blendshapes(_Archive(blendshapes, 0, path), count)
    placed = len(uv_triangles) == len(triangles) and len(uv)
    textured = bool(placed) or len(uv) == count
    return PublishedModel(
        name=path.stem,
        kind="eos (Surrey Face Model)",
        vertices=mean.reshape(-1, 3).astype(np.float64),
        triangles=triangles,
        identity=scaled_components(basis, np.sqrt(np.maximum(variances, 0)), count),
        expression=expression,
        expression_names=names,
        colour=np.clip(colour_mean.reshape(-1, 3), 0, 1) if colour_mean.size == mean.size else None,
        uv=np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1) if textured else None,  # eos counts v downwards
        uv_triangles=(uv_triangles if placed else triangles) if textured else None,
        licence="the Surrey Face Model's own: non-commercial research, not to be passed on",
    )


@dataclass
class _Archive:
    """A place in a binary archive."""

    data: bytes
    place: int
    path: Path

    def take(self, size: int) -> bytes:
        """Return the next bytes; refuse more than there are."""
        if not 0 <= size <= len(self.data) - self.place:
            raise ModelFileError(
                f"{self.path}: {size} bytes are announced, {len(self.data) - self.place} are left; the file is damaged"
            )
        self.place += size
        return self.data[self.place - size : self.place]

    def number(self, kind: str) -> int:
        """Return one whole number."""
        return int(struct.unpack(kind, self.take(struct.calcsize(kind)))[0])

    def flag(self, what: str) -> bool:
        """Return a truth value."""
        value = self.number("<B")
        if value > 1:
            raise ModelFileError(f"{self.path}: {what} is {value}, neither yes nor no; the file is damaged")
        return value == 1

    def count(self, least: int) -> int:
        """Return the length of a list whose entries have at least so many bytes."""
        count = self.number("<Q")
        if count * least > len(self.data) - self.place:
            raise ModelFileError(f"{self.path}: a list of {count} entries is announced; the file is damaged")
        return count

    def text(self) -> str:
        """Return a text."""
        return self.take(self.count(1)).decode("utf-8", errors="replace")

    def table(self, kind: str, columns: int) -> NDArray[Any]:
        """Return a list of arrays (N, columns)."""
        size = np.dtype(kind).itemsize * columns
        return np.frombuffer(self.take(size * self.count(size)), kind).reshape(-1, columns)

    def matrix(self) -> FloatArray:
        """Return a matrix of single-precision numbers."""
        rows, columns = self.number("<i"), self.number("<i")
        if rows < 0 or columns < 0:
            raise ModelFileError(f"{self.path}: a matrix of shape ({rows}, {columns}); the file is damaged")
        return np.frombuffer(self.take(4 * rows * columns), "<f4").reshape((rows, columns), order="F")


def _start(data: bytes) -> int:
    """Return where the version stands: after a byte for the byte order in archives of the portable kind."""
    return 0 if struct.unpack_from("<I", data)[0] <= _NEWEST else 1


def _pca(archive: _Archive) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int32]]:
    """Read a PCA model: mean (N,), unit basis (N, K), variances (K,) and triangles (T, 3)."""
    mean, basis, variances = archive.matrix().ravel(), archive.matrix(), archive.matrix().ravel()
    triangles = archive.table("<i4", 3)
    if mean.size % 3 or (basis.size and basis.shape != (mean.size, variances.size)):
        raise ModelFileError(f"{archive.path}: a mean of {mean.size} numbers and a basis {basis.shape} do not fit")
    return mean, basis, variances, triangles.astype(np.int32)


def _expressions(archive: _Archive, count: int) -> tuple[FloatArray, tuple[str, ...]]:
    """Read the expressions, PCA components or blendshapes, of a model of `count` vertices."""
    kind = archive.number("<i")
    if kind == 1:
        return _blendshapes(archive, count)
    if kind != 0:
        raise ModelFileError(f"{archive.path}: expressions of the unknown kind {kind}; the file is damaged")
    _, basis, variances, _ = _pca(archive)
    return half_units(scaled_components(basis, np.sqrt(np.maximum(variances, 0)), count), "expression")


def _blendshapes(archive: _Archive, count: int) -> tuple[FloatArray, tuple[str, ...]]:
    """Read a list of named displacements."""
    shapes: dict[str, FloatArray] = {}
    total = archive.count(16)
    for number in range(total):
        name = " ".join(archive.text().split())[:80] or f"expression{number + 1:03d}"
        moved = archive.matrix()
        if moved.size != 3 * count or total > _MOST_SHAPES:
            raise ModelFileError(f"{archive.path}: blendshape {name!r} has {moved.size // 3} vertices, not {count}")
        shapes[name if name not in shapes else f"{name}_{number + 1}"] = moved.reshape(count, 3)
    empty = np.zeros((0, count, 3), np.float32)
    return (np.stack(list(shapes.values())) if shapes else empty), tuple(shapes)
