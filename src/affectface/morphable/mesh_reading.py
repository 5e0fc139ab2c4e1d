"""Meshes in: OBJ, PLY, VRML and binary glTF, from files that nobody vouches for.

The vertices keep the file's order and number, which correspondence between meshes rests on. OBJ is read here: mesh
libraries split its vertices along texture seams, or reorder them. So is VRML, which they do not read. PLY and glTF are
read by trimesh. No other file is ever opened: not the material library of an OBJ, not the texture of a PLY, not a
buffer that a glTF names.
"""

from __future__ import annotations

import io
import json
import os
import struct
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import ModelFileError

LIMIT_BYTES = 1 << 28
"""The largest mesh file that is read: 256 MiB, some two million vertices as text."""


class Mesh(NamedTuple):
    """A mesh as its file has it.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float64
        Positions in the file's order, unit and axes. Binary glTF is in metres by its standard.
    triangles : ndarray of shape (T, 3), int32
        Corners; polygons are cut into fans.
    colour : ndarray of shape (V, 3), float32, or None
        Colour of the vertices, sRGB in [0, 1].
    uv : ndarray of shape (T, 3, 2), float32, or None
        Texture coordinates of each triangle's corners, v up.
    """

    vertices: NDArray[np.float64]
    triangles: IntArray
    colour: FloatArray | None
    uv: FloatArray | None


def read_mesh(path: str | os.PathLike[str]) -> Mesh:
    """Read one mesh from an OBJ, PLY, WRL or GLB file, told apart by what is in it.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Mesh
        Vertices, triangles, colour and texture coordinates.

    Raises
    ------
    ModelFileError
        If the file is missing, too large, damaged, of another format, or has no triangles; or if it is PLY or GLB and
        trimesh is not installed.
    """
    path = Path(path)
    return mesh_of(read_bytes(path, LIMIT_BYTES), path)


def mesh_of(data: bytes, path: Path) -> Mesh:
    """Return the mesh that a file holds.

    Parameters
    ----------
    data : bytes
        What is in the file.
    path : Path
        The file, for messages; it is not opened.

    Returns
    -------
    Mesh
        As `read_mesh` gives it.

    Raises
    ------
    ModelFileError
        As `read_mesh` does.
    """
    try:
        if data[:3] == b"ply" or data[:4] == b"glTF":
            mesh = _by_trimesh(data, path)
        elif data[:5] == b"#VRML":
            from affectface.morphable.wrl_reading import read_wrl

            mesh = Mesh(*read_wrl(data.decode("utf-8", errors="replace")))
        else:
            from affectface.morphable.obj_reading import read_obj

            mesh = Mesh(*read_obj(data.decode("utf-8", errors="replace")))
    except ModelFileError:
        raise
    except MemoryError:
        raise ModelFileError(f"{path}: needs more memory than there is; give a smaller mesh") from None
    except Exception as error:  # a damaged file makes a mesh reader fail in any way
        said = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise ModelFileError(f"{path}: not a readable OBJ, PLY, WRL or GLB mesh ({said}); export it again") from None
    return _checked(mesh, path)


def read_bytes(path: Path, limit: int) -> bytes:
    """Return what is in a file, or say why it cannot be read.

    Parameters
    ----------
    path : Path
        The file.
    limit : int
        The largest size, bytes.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    ModelFileError
        If there is no such file, or it is larger.
    """
    try:
        if not path.is_file():
            what = "a folder" if path.is_dir() else "missing" if not path.exists() else "not a regular file"
            raise ModelFileError(f"{path}: {what}; give the path of a file")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise ModelFileError(f"{path}: {size >> 20} MiB, larger than {limit >> 20} MiB; give a smaller file")
            return file.read(size)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None


def _by_trimesh(data: bytes, path: Path) -> Mesh:
    """Read PLY or GLB."""
    try:
        import trimesh
    except ImportError:
        raise ModelFileError(f"{path}: PLY and GLB need trimesh: pip install 'affectface[models]'") from None
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if data[:3] == b"ply":
            _check_ply(data, path)
            options: Any = {"fix_texture": False, "skip_materials": True}
            found: Any = trimesh.load(io.BytesIO(data), file_type="ply", process=False, **options)
            return _part(found, np.eye(4))
        scene: Any = trimesh.load_scene(io.BytesIO(_plain_glb(data, path)), file_type="glb", process=False)
        placed = [(scene.geometry[name], move) for move, name in map(scene.graph.get, scene.graph.nodes_geometry)]
        if sum(len(part.vertices) for part, _ in placed) > len(data):  # many nodes may show one large mesh
            raise ModelFileError(f"{path}: shows its meshes so often that they do not fit in memory; export each once")
        return _joined([_part(part, move) for part, move in placed])


def _part(found: Any, move: NDArray[np.float64]) -> Mesh:
    """Return a mesh of trimesh's, moved by a matrix (4, 4)."""
    vertices, faces = np.asarray(found.vertices, np.float64), np.asarray(getattr(found, "faces", np.empty((0, 3))), int)
    flat_uv = getattr(found.visual, "uv", None)
    colour = np.asarray(found.visual.vertex_colors)[:, :3] / 255 if found.visual.kind == "vertex" else None
    uv = None
    if flat_uv is not None and len(flat_uv) == len(vertices) and _within(faces, len(vertices)):
        uv = np.asarray(flat_uv, np.float32)[:, :2][faces]
    vertices = vertices @ move[:3, :3].T + move[:3, 3]
    return Mesh(vertices, faces, None if colour is None else colour.astype(np.float32), uv)


def _joined(parts: list[Mesh]) -> Mesh:
    """Return several meshes as one; colours and texture coordinates are kept where all have them."""
    if not parts:
        return Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32), None, None)
    first = np.cumsum([0, *(len(part.vertices) for part in parts)])
    colours = [part.colour for part in parts if part.colour is not None]
    uvs = [part.uv for part in parts if part.uv is not None]
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.triangles + start for part, start in zip(parts, first, strict=False)]),
        np.concatenate(colours) if len(colours) == len(parts) else None,
        np.concatenate(uvs) if len(uvs) == len(parts) else None,
    )


def _check_ply(data: bytes, path: Path) -> None:
    """Refuse a header that promises more rows than the file has bytes."""
    head = data[: 1 << 16].partition(b"end_header")[0]
    for line in head.decode("ascii", errors="replace").splitlines():
        words = line.split()
        if words[:1] == ["element"] and not (len(words) == 3 and words[2].isdigit() and int(words[2]) <= len(data)):
            raise ModelFileError(f"{path}: its header says {line.strip()[:60]!r}, more than the file holds")


def _plain_glb(data: bytes, path: Path) -> bytes:
    """Return a GLB without its pictures; refuse accessors larger than the file, and references to other files."""
    size = struct.unpack_from("<I", data, 12)[0]
    scene = json.loads(data[20 : 20 + size])
    if any("uri" in part for kind in ("buffers", "images") for part in scene.get(kind, [])):
        raise ModelFileError(
            f"{path}: refers to other files, which are not opened; export it as one self-contained GLB"
        )
    for accessor in scene.get("accessors", []):
        count = accessor.get("count", 0)
        if not isinstance(count, int) or not 0 <= count <= len(data) or "bufferView" not in accessor:
            raise ModelFileError(f"{path}: an accessor has {count!r} entries without data in the file; export it again")
    for kind in ("images", "textures", "samplers", "extensionsRequired", "extensionsUsed"):
        scene.pop(kind, None)
    scene["materials"] = [{}]
    for mesh in scene.get("meshes", []):
        for primitive in mesh["primitives"]:
            primitive.pop("extensions", None)
            if "TEXCOORD_0" in primitive["attributes"]:
                primitive["material"] = 0  # without a material trimesh leaves texture coordinates out
    head = json.dumps(scene).encode()
    head += b" " * (-len(head) % 4)
    body = data[20 + size :]
    return data[:8] + struct.pack("<III", 20 + len(head) + len(body), len(head), 0x4E4F534A) + head + body


def _within(faces: NDArray[Any], count: int) -> bool:
    """Return whether all corners are indices of vertices."""
    return bool(faces.size == 0 or (faces.min() >= 0 and faces.max() < count))


def _checked(mesh: Mesh, path: Path) -> Mesh:
    """Return the mesh in its final types, or say what does not fit."""
    vertices, triangles = mesh.vertices, mesh.triangles
    if vertices.ndim != 2 or vertices.shape[1] != 3 or triangles.ndim != 2 or triangles.shape[1:] != (3,):
        raise ModelFileError(f"{path}: no mesh of triangles in 3D; export the surface, not points or curves")
    if not len(triangles):
        raise ModelFileError(f"{path}: {len(vertices)} vertices without triangles; export the surface too")
    if not _within(triangles, len(vertices)):
        raise ModelFileError(f"{path}: triangles name vertices beyond the {len(vertices)} that are there")
    if not np.isfinite(vertices).all():
        raise ModelFileError(f"{path}: vertices have NaN or infinite coordinates; export it again")
    colour, uv = mesh.colour, mesh.uv
    if colour is not None:
        colour = np.clip(np.nan_to_num(colour), 0, 1) if colour.shape == vertices.shape else None
    if uv is not None and (uv.shape != (*triangles.shape, 2) or not np.isfinite(uv).all()):
        uv = None
    return Mesh(vertices, triangles.astype(np.int32), colour, uv)
