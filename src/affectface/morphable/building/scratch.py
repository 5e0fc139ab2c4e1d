"""Meshes on disk while a model is built, so that memory does not grow with their number.

A nameless file takes them: it vanishes with the process, however that ends. It is read in blocks by plain input, not
mapped: what is mapped counts as the process's own memory, and nothing could be said about its size.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from affectface.arrays import FloatArray, IntArray
from affectface.errors import MeshSetError


class MeshScratch:
    """A growing stack of meshes (N, V, 3), float32, on disk.

    Parameters
    ----------
    vertices : int
        How many vertices a mesh has.
    folder : Path, optional
        Where the file is; the system's place for temporary files without it.
    """

    def __init__(self, vertices: int, folder: Path | None = None) -> None:
        self.vertices = vertices
        self.count = 0
        self.folder = folder
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed by __exit__
        except OSError as error:
            raise MeshSetError(f"{folder}: no place for temporary files ({error.strerror}); give --scratch") from None

    def __enter__(self) -> MeshScratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, mesh: FloatArray) -> int:
        """Add a mesh (V, 3) and return its row."""
        try:
            self._file.seek(self.count * self._mesh_bytes)
            self._file.write(np.ascontiguousarray(mesh, dtype=np.float32).data)
        except OSError as error:
            raise MeshSetError(
                f"no room for temporary files ({error.strerror}) after {self.count} meshes, "
                f"{self.count * self._mesh_bytes >> 20} MiB; give --scratch FOLDER on another disk"
            ) from None
        self.count += 1
        return self.count - 1

    def read(self, rows: IntArray, start: int = 0, stop: int | None = None) -> FloatArray:
        """Return vertices `start` to `stop` of the meshes of these rows (B, stop - start, 3)."""
        stop = self.vertices if stop is None else stop
        block = np.empty((len(rows), stop - start, 3), dtype=np.float32)
        for mesh, row in zip(block, rows.tolist(), strict=True):
            self._file.seek(row * self._mesh_bytes + 12 * start)
            self._file.readinto(mesh.data)  # type: ignore[attr-defined]
        return block

    @property
    def _mesh_bytes(self) -> int:
        return 12 * self.vertices
