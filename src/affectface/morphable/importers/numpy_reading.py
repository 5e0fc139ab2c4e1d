"""Arrays of numbers in `.npz` files of others: never unpickled, and no larger than they say."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError

LIMIT_BYTES = 1 << 31


def read_plain_npz(path: Path, wanted: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """Return an `.npz` file's arrays of numbers and text; arrays of objects are left out.

    Parameters
    ----------
    path : Path
        The file.
    wanted : collection of str, optional
        The names of interest; all by default.

    Returns
    -------
    dict of str to ndarray
        The arrays.

    Raises
    ------
    ModelFileError
        If the file is missing or damaged, or unpacks to more than 2 GiB.
    """
    found: dict[str, NDArray[Any]] = {}
    left = LIMIT_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                name = entry.filename.removesuffix(".npy")
                if name == entry.filename or (wanted is not None and name not in wanted):
                    continue
                left -= entry.file_size
                if left < 0:
                    raise ModelFileError(f"{path}: unpacks to more than {LIMIT_BYTES >> 20} MiB; give a smaller file")
                with archive.open(entry) as file:
                    array = _array(file, entry.file_size)
                if array is not None:
                    found[name] = array
    except FileNotFoundError:
        raise ModelFileError(f"{path}: there is no such file; give the path of a .npz") from None
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError) as error:
        raise ModelFileError(f"{path}: not a readable .npz ({type(error).__name__}); get it again") from None
    except (zipfile.BadZipFile, zlib.error, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ModelFileError(f"{path}: not a readable .npz ({type(error).__name__}); get it again") from None
    return found


def _array(file: Any, size: int) -> NDArray[Any] | None:
    """Read one array, whose header must promise no more than its entry holds; None if it is one of objects."""
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(file)
    if dtype.hasobject or dtype.names is not None:
        return None
    count = prod(shape)
    if count * dtype.itemsize > size:
        raise ValueError("an array with less data than its shape")
    data = file.read(count * dtype.itemsize)
    if dtype.itemsize == 0:
        return np.zeros(shape, dtype) if count <= size else None
    array = np.frombuffer(data, dtype, count)
    return array.reshape(shape, order="F" if fortran else "C")
