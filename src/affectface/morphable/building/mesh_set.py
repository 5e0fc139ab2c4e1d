"""Which meshes there are: files of a folder, and meshes stacked in one array, with their rows of a table."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from affectface.arrays import FloatArray, IntArray
from affectface.csv_rows import Row
from affectface.errors import AffectFaceError, MeshSetError
from affectface.morphable.building.people import Condition, fulfils

SUFFIXES = (".obj", ".ply", ".wrl", ".glb", ".npy")


@dataclass(frozen=True)
class MeshSource:
    """One mesh, not read yet.

    Attributes
    ----------
    path : Path
        The file.
    name : str
        What it is called in reports and tables: the path inside its folder, with `[3]` for the fourth of a stack.
    member : int
        Which mesh of a stack `(N, V, 3)` it is; -1 where the file is one mesh.
    row : mapping of str to str
        What the table says of it.
    """

    path: Path
    name: str
    member: int = -1
    row: Row = field(default_factory=dict)


@dataclass(frozen=True)
class LeftOut:
    """A mesh that took no part.

    Attributes
    ----------
    name : str
        The mesh.
    reason : str
        Why.
    """

    name: str
    reason: str


class SourceMesh(NamedTuple):
    """A mesh as its file has it.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float32
        In the file's own unit.
    triangles : ndarray of shape (T, 3), int32, or None
        None where the file has none, as `.npy` files.
    uv : ndarray of shape (T, 3, 2), float32, or None
        Texture coordinates of the triangles' corners, where it has some.
    """

    vertices: FloatArray
    triangles: IntArray | None
    uv: FloatArray | None


def find_meshes(folder: str | os.PathLike[str]) -> list[MeshSource]:
    """Return the meshes of a folder and of the folders in it, or of one `.npy` stack, in the order of their names.

    Parameters
    ----------
    folder : path-like
        The folder, or a `.npy` file with vertices (N, V, 3).

    Returns
    -------
    list of MeshSource
        The meshes, unread.

    Raises
    ------
    MeshSetError
        If there is none.
    """
    root = Path(folder)
    if root.is_file():
        files = [root]
    else:
        files = sorted(
            path
            for path in root.rglob("*")
            if path.suffix.lower() in SUFFIXES
            and path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(root).parts)
        )
    found = []
    for path in files:
        name = path.name if path == root else path.relative_to(root).as_posix()
        count = _stacked(path) if path.suffix.lower() == ".npy" else -1
        if count < 0:
            found.append(MeshSource(path, name))
        else:
            found += [MeshSource(path, f"{name}[{i}]", i) for i in range(count)]
    if not found:
        raise MeshSetError(f"{root}: no meshes there; a folder with files {' '.join(SUFFIXES)} is needed")
    return found


def with_rows(
    sources: Sequence[MeshSource], rows: Sequence[Row], conditions: Sequence[Condition] = ()
) -> tuple[list[MeshSource], list[LeftOut]]:
    """Return the meshes whose row of the table fulfils conditions, with it, and what has no partner.

    Parameters
    ----------
    sources : sequence of MeshSource
        The meshes.
    rows : sequence of mapping
        The table. Its column `file` holds meshes' names, or their files' names with or without suffix; where it has
        none, its column `subject` does.
    conditions : sequence of Condition
        All of which must hold.

    Returns
    -------
    sources : list of MeshSource
        The meshes that are asked for.
    left_out : list of LeftOut
        Meshes without a row, and rows that are asked for without a mesh.

    Raises
    ------
    MeshSetError
        If two rows or two meshes have one name.
    """
    key = "file" if "file" in rows[0] else "subject"
    by_name: dict[str, Row] = {}
    for row in rows:
        if row[key] in by_name:
            raise MeshSetError(f"the table has two rows with the {key} {row[key]!r}; give every mesh one row")
        by_name[row[key]] = row
    used: dict[str, str] = {}
    kept, left_out = [], []
    for source in sources:
        plain = source.name.rpartition("[")[0] if source.member >= 0 else source.name
        tail = source.name[len(plain) :]
        names = (source.name, source.path.name + tail, source.path.stem + tail)
        name = next((name for name in names if name in by_name), None)
        if name is None:
            left_out.append(LeftOut(source.name, "it is not in the table"))
            continue
        if name in used:
            raise MeshSetError(f"the table's {key} {name!r} fits {used[name]} and {source.name}; write their paths")
        used[name] = source.name
        kept.append(replace(source, row=by_name[name]))
    gone = [name for name, row in by_name.items() if name not in used and fulfils(row, conditions)]
    left_out += [LeftOut(name, "it is in the table, but there is no such mesh") for name in gone]
    return [source for source in kept if fulfils(source.row, conditions)], left_out


def read_source(source: MeshSource) -> SourceMesh:
    """Read a mesh.

    Parameters
    ----------
    source : MeshSource
        Which.

    Returns
    -------
    SourceMesh
        The mesh, in the file's own unit; not checked.

    Raises
    ------
    AffectFaceError
        If it cannot be read.
    """
    if source.path.suffix.lower() != ".npy":
        from affectface.morphable.mesh_reading import read_mesh

        mesh = read_mesh(source.path)
        return SourceMesh(mesh.vertices.astype(np.float32), mesh.triangles, mesh.uv)
    try:
        array = np.lib.format.open_memmap(source.path, mode="r")
        picked = np.array(array[source.member] if source.member >= 0 else array)
    except Exception as error:  # a damaged header makes numpy fail in any way
        raise MeshSetError(f"not a readable array ({type(error).__name__})") from None
    if picked.ndim != 2 or picked.shape[1] != 3 or picked.dtype.kind not in "fiu":
        raise MeshSetError(f"holds {picked.dtype} of shape {picked.shape}, not vertices (V, 3)")
    with np.errstate(all="ignore"):
        return SourceMesh(picked.astype(np.float32), None, None)


def try_source(source: MeshSource) -> SourceMesh | str:
    """Return what `read_source` does, or why the mesh cannot be read."""
    try:
        return read_source(source)
    except AffectFaceError as error:
        said = " ".join(str(error).split())
        return said.removeprefix(f"{source.path}: ")


def checksum(sources: Sequence[MeshSource]) -> str:
    """Return SHA-256, in hexadecimal digits, of the meshes' names and of their files' bytes."""
    digest = hashlib.sha256()
    last: Path | None = None
    for source in sources:
        digest.update(source.name.encode() + b"\0")
        if source.path != last:
            try:
                with open(source.path, "rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            except OSError as error:
                raise MeshSetError(f"{source.path}: cannot be read any more ({error.strerror})") from None
        last = source.path
    return digest.hexdigest()


def _stacked(path: Path) -> int:
    """Return how many meshes an array file holds, -1 if it is one mesh or unreadable."""
    try:
        shape = np.lib.format.open_memmap(path, mode="r").shape
    except Exception:  # what is wrong with it is said when it is read
        return -1
    return int(shape[0]) if len(shape) == 3 else -1
