"""Files of a gallery, byte for byte: written as a stream with their checksum, read within bounds."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import GalleryError
from affectface.files import sha256_of

_MOST_TEXT = 1 << 24
_HEADER = 128
"""Bytes of the header of a .npy file of ours, and of NumPy's own."""


class HashedFile:
    """A new file, written from front to end; its SHA-256 is known when the last byte is.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._sum = hashlib.sha256()
        with writing(path):
            self._file = open(path, "xb")  # noqa: SIM115  closed by close()

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        with writing(self.path):
            self._file.write(data)
        self._sum.update(data)
        self.size += len(data)

    def write_array(self, array: NDArray[Any]) -> None:
        """Append an array's numbers."""
        if array.size:
            self.write(np.ascontiguousarray(array).data.cast("B"))

    def close(self) -> str:
        """Bring everything to the disk, and return the checksum."""
        with writing(self.path):
            try:
                self._file.flush()
                os.fsync(self._file.fileno())
            finally:
                self._file.close()
        return self._sum.hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one line why a file cannot be written."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise GalleryError(
            f"{path}: cannot be written ({reason}); make room, or choose another place, and run it again"
        ) from None


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Say in one line why a file is not what it should be, however a library fails on it."""
    try:
        yield
    except GalleryError:
        raise
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())[:120]
        raise GalleryError(f"{path}: cannot be read ({reason}); {what} is needed") from None
    except Exception as error:  # damaged files make libraries fail in any way
        said = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise GalleryError(f"{path}: damaged ({said}); {what} is needed") from None


def plain_file(path: Path) -> Path:
    """Return a path that is a file and no link: what is in a gallery stays in it."""
    if path.is_symlink() or not path.is_file():
        what = "a link" if path.is_symlink() else "missing" if not path.exists() else "no file"
        raise GalleryError(f"{path}: {what}; a gallery holds its files itself: copy it again")
    return path


def file_sum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return sha256_of(plain_file(path))


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write a record as JSON to a new file."""
    file = HashedFile(path)
    file.write((json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())
    file.close()


def read_json(path: Path) -> dict[str, Any]:
    """Read a record that `write_json` wrote."""
    with reading(path, "a file that affectface wrote"):
        if plain_file(path).stat().st_size > _MOST_TEXT:
            raise GalleryError(f"{path}: larger than {_MOST_TEXT >> 20} MiB; a file that affectface wrote is needed")
        record = json.loads(path.read_bytes())
        if not isinstance(record, dict):
            raise GalleryError(f"{path}: holds no record; a file that affectface wrote is needed")
        return record


def npy_header(shape: tuple[int, ...]) -> bytes:
    """Return the header of a .npy file of float32 in C order, as NumPy writes it (format version 1.0)."""
    words = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    head = b"\x93NUMPY\x01\x00" + (_HEADER - 10).to_bytes(2, "little") + words.encode()
    if len(head) >= _HEADER:
        raise ValueError(f"shape {shape} does not fit into a header")
    return head + b" " * (_HEADER - 1 - len(head)) + b"\n"


def map_npy(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Map a .npy file of float32 of a known shape, read-only; nothing is allocated for what its header claims."""
    with reading(path, f"an array of shape {shape}"):
        size = plain_file(path).stat().st_size
        with open(path, "rb") as file:
            head = file.read(_HEADER)
        if head != npy_header(shape):
            raise GalleryError(f"{path}: not float32 of shape {shape} as affectface writes it; ingest it again")
        if size != _HEADER + 4 * math.prod(shape):
            raise GalleryError(f"{path}: {size} bytes, which an array of shape {shape} does not have; copy it again")
        return np.memmap(path, dtype="<f4", mode="r", offset=_HEADER, shape=shape)
