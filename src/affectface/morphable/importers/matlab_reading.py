"""Arrays of numbers in MATLAB's `.mat` files of version 5 to 7.2.

Reimplemented from MathWorks' "MAT-File Format" (chapter 1, Level 5 MAT-files), for arrays of numbers alone: structures,
cells, objects and functions are passed over, and every count is checked against what the file holds. (Files of
version 7.3 are HDF5.)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError

LIMIT_BYTES = 1 << 30
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_COMPRESSED, _MATRIX = 15, 14
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}


def looks_like_matlab(data: bytes) -> bool:
    """Return whether data begin as a `.mat` file of version 5 does."""
    return len(data) > 128 and data[126:128] in (b"IM", b"MI") and data[:6] == b"MATLAB"


def read_matlab(data: bytes, path: Path, wanted: Collection[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays of the wanted names.

    Parameters
    ----------
    data : bytes
        The file's content.
    path : Path
        The file, for messages.
    wanted : collection of str
        Names of variables; those that are not there are left out.

    Returns
    -------
    dict of str to ndarray
        The arrays, in the shape that MATLAB shows.

    Raises
    ------
    ModelFileError
        If the file is damaged, or unpacks to more than 1 GiB.
    """
    order = "<" if data[126:128] == b"IM" else ">"
    found: dict[str, NDArray[Any]] = {}
    left = LIMIT_BYTES
    try:
        for kind, body in _elements(data, 128, order):
            if kind == _COMPRESSED:
                unpacker = zlib.decompressobj()
                body = unpacker.decompress(body, left + 1)
                left -= len(body)
                if left < 0:
                    raise ModelFileError(f"{path}: unpacks to more than {LIMIT_BYTES >> 20} MiB; give a smaller file")
                kind, body = next(_elements(body, 0, order))
            if kind != _MATRIX:
                continue
            array = _matrix(body, order, wanted)
            if array is not None:
                found[array[0]] = array[1]
    except ModelFileError:
        raise
    except (ValueError, IndexError, struct.error, zlib.error, StopIteration, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path}: a damaged .mat file ({type(error).__name__}); get it again") from None
    return found


def _elements(data: bytes, start: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the type and content of each element; small ones have both in eight bytes."""
    while start + 8 <= len(data):
        kind, size = struct.unpack_from(order + "II", data, start)
        if kind >> 16:
            kind, size = kind & 0xFFFF, kind >> 16
            if size > 4:
                raise ValueError("a small element of more than four bytes")
            yield kind, data[start + 4 : start + 4 + size]
            start += 8
            continue
        if start + 8 + size > len(data):
            raise ValueError("an element reaches beyond the file")
        yield kind, data[start + 8 : start + 8 + size]
        start += 8 + size + (0 if kind == _COMPRESSED else -size % 8)


def _matrix(body: bytes, order: str, wanted: Collection[str]) -> tuple[str, NDArray[Any]] | None:
    """Return name and numbers of one matrix; None if it is not wanted or of another class."""
    parts = _elements(body, 0, order)
    flags = struct.unpack_from(order + "I", next(parts)[1])[0]
    dims = np.frombuffer(next(parts)[1], np.dtype(order + "i4"))
    name = next(parts)[1].decode("ascii")
    if name not in wanted or (flags & 0xFF) not in _CLASSES or flags & 0x0800:  # 0x0800: complex
        return None
    kind, numbers = next(parts)
    shape = tuple(int(n) for n in dims)
    stored = np.frombuffer(numbers, np.dtype(order + _TYPES.get(kind, "u1")))
    if kind not in _TYPES or any(n < 0 for n in shape) or prod(shape) != stored.size:
        raise ValueError("a matrix whose numbers do not fill its shape")
    # MATLAB stores numbers in the smallest type that holds them; the class says what they are.
    return name, stored.astype(_CLASSES[flags & 0xFF], copy=False).reshape(shape, order="F")
