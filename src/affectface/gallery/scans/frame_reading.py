"""One frame of a sequence, from its file into centimetres, or the reason why it cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import AffectFaceError, GalleryError
from affectface.gallery.scans.layouts import RAW, STACKS
from affectface.gallery.scans.stacks import read_raw, read_stacked
from affectface.gallery.scans.textures import inside, texture_of
from affectface.gallery.store.scan import Scan
from affectface.images import read_image
from affectface.morphable.mesh_reading import LIMIT_BYTES, Mesh, mesh_of, read_bytes

_NO_TRIANGLES = np.empty((0, 3), dtype=np.int32)


class Frame(NamedTuple):
    """A frame as its file has it.

    Attributes
    ----------
    mesh : Mesh
        In the file's unit; without triangles where the file has none.
    texture_file : bytes
        Its texture as an image file; empty where it has none, or none was asked for.
    """

    mesh: Mesh
    texture_file: bytes


def read_frame(root: Path, file: str, row: int, *, texture: bool) -> Frame | str:
    """Read one frame.

    Parameters
    ----------
    root : Path
        The source folder, resolved.
    file : str
        The file below it.
    row : int
        Which mesh of a stack; -1 where the file is one mesh.
    texture : bool
        Whether its texture is looked for.

    Returns
    -------
    Frame or str
        The frame, or why it cannot be had, as half a sentence without absolute paths.
    """
    try:
        path = inside(root, root / file)
        if path is None:
            return f"{file}: missing, or a link out of the source folder"
        suffix = path.suffix.lower()
        if suffix in STACKS or suffix in RAW:
            read = read_stacked(root, file, row) if suffix in STACKS else read_raw(path, file, LIMIT_BYTES)
            if not np.isfinite(read).all():
                return f"{file}{f'[{row}]' if row >= 0 else ''}: vertices have NaN or infinite coordinates"
            return Frame(Mesh(read, _NO_TRIANGLES, None, None), b"")
        data = read_bytes(path, LIMIT_BYTES)
        return Frame(mesh_of(data, Path(file)), texture_of(data, root / file, root) if texture else b"")
    except AffectFaceError as error:
        return str(error).replace(f"{root}/", "")
    except OSError as error:
        return f"{file}: cannot be read ({error.strerror})"


def scan_of(frame: Frame, scale: float) -> Scan | str:
    """Return a frame as a scan, its lengths times `scale`; or why it is none."""
    mesh, data = frame
    try:
        picture = read_image(data) if data and mesh.uv is not None else None
        return Scan(
            _scaled(mesh.vertices, scale),
            mesh.triangles,
            mesh.colour,
            mesh.uv,
            picture,
            data if picture is not None else b"",
        )
    except (GalleryError, ValueError) as error:
        return str(error)
    except AffectFaceError as error:
        return f"its texture: {error}"


def _scaled(vertices: NDArray[np.float64], scale: float) -> FloatArray:
    """Return vertices in centimetres."""
    with np.errstate(over="ignore"):
        return (vertices * scale).astype(np.float32)


def registered_of(frame: Frame, scale: float) -> tuple[FloatArray, IntArray | None]:
    """Return vertices in centimetres and triangles of a frame; None where its file has none."""
    return _scaled(frame.mesh.vertices, scale), frame.mesh.triangles if len(frame.mesh.triangles) else None
