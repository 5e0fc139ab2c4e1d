"""The scans of a sequence: a few large files and an index, so that any scan is read without the others.

What a scan shares with the one before it (triangles, texture coordinates) is written once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import GalleryError
from affectface.gallery.store.scan import Scan
from affectface.gallery.store.streams import HashedFile, plain_file, reading
from affectface.images import read_image

PARTS: dict[str, tuple[str, int]] = {
    "vertices": ("<f4", 3),
    "triangles": ("<i4", 3),
    "colour": ("<f4", 3),
    "uv": ("<f4", 6),
    "texture": ("|u1", 1),
}
"""Each part's numbers, and how many make a row of it. A texture is an image file, row by row a byte."""
INDEX = "index.bin"
_MOST_ROWS = 1 << 28


def file_names() -> list[str]:
    """Return the names of the files that the scans of a sequence are in."""
    return [INDEX, *map(_file_name, PARTS)]


def _file_name(part: str) -> str:
    return f"{part}.bin"


class ScanWriter:
    """New files of scans in a folder.

    Parameters
    ----------
    folder : Path
        The folder, which is there and empty.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {part: HashedFile(folder / _file_name(part)) for part in PARTS}
        self._index = HashedFile(folder / INDEX)
        self._last: dict[str, tuple[bytes, int, int]] = {}

    def append(self, scan: Scan | None) -> None:
        """Append a scan; None for a frame that has none."""
        row = []
        for part, (kind, width) in PARTS.items():
            data = b"" if scan is None else _part_bytes(scan, part)
            written, first, count = self._last.get(part, (b"", 0, 0))
            if data and data != written:
                size = np.dtype(kind).itemsize * width
                first, count = self._files[part].size // size, len(data) // size
                self._files[part].write(data)
                self._last[part] = data, first, count
            row += [first, count] if data else [0, 0]
        self._index.write_array(np.array(row, dtype="<i8"))

    def close(self) -> dict[str, str]:
        """Bring everything to the disk; return the files' names and checksums."""
        files = [*self._files.values(), self._index]
        return {file.path.name: file.close() for file in files}


def _part_bytes(scan: Scan, part: str) -> bytes:
    if part == "texture":
        return scan.texture_file or (b"" if scan.texture is None else _png(scan.texture))
    array: NDArray[Any] | None = getattr(scan, part)
    return b"" if array is None else np.ascontiguousarray(array, dtype=PARTS[part][0]).tobytes()


def _png(image: NDArray[np.uint8]) -> bytes:
    import cv2

    done, data = cv2.imencode(".png", image[..., ::-1])
    if not done:
        raise GalleryError(f"a texture of shape {image.shape} cannot be kept as PNG; make it smaller")
    return bytes(data)


def read_scan(folder: Path, frame: int, frames: int) -> Scan | None:
    """Read one scan.

    Parameters
    ----------
    folder : Path
        Where its files are.
    frame, frames : int
        Which, of how many.

    Returns
    -------
    Scan or None
        The scan; None where the frame has none.

    Raises
    ------
    GalleryError
        If the files are damaged.
    """
    width = 2 * len(PARTS)
    index = folder / INDEX
    with reading(index, "the index of the scans"):
        if plain_file(index).stat().st_size != 8 * width * frames:
            raise GalleryError(f"{index}: is not the index of {frames} scans; copy it again")
        row = np.fromfile(index, dtype="<i8", count=width, offset=8 * width * frame).tolist()
    found = {
        part: _read_part(folder / _file_name(part), part, first, count)
        for part, first, count in zip(PARTS, row[::2], row[1::2], strict=True)
    }
    vertices, triangles, uv, texture = (found[part] for part in ("vertices", "triangles", "uv", "texture"))
    if vertices is None or triangles is None:
        return None
    with reading(folder, f"scan {frame}"):
        file = b"" if texture is None else texture.tobytes()
        return Scan(
            vertices,
            triangles,
            found["colour"],
            None if uv is None else uv.reshape(-1, 3, 2),
            read_image(file) if file else None,
            file,
        )


def _read_part(path: Path, part: str, first: int, count: int) -> NDArray[Any] | None:
    """Read rows of a part; None of no rows."""
    if not count:
        return None
    kind, width = PARTS[part]
    size = np.dtype(kind).itemsize * width
    with reading(path, "the scans"):
        there = plain_file(path).stat().st_size // size
        if not (0 <= first <= there and 0 < count <= min(there - first, _MOST_ROWS)):
            raise GalleryError(f"{path}: rows {first} to {first + count} of {there} are asked for; copy it again")
        values = np.fromfile(path, dtype=kind, count=count * width, offset=first * size)
        return values.reshape(count, width) if width > 1 else values
