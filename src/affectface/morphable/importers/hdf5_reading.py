"""Arrays of numbers in HDF5 files, read by a process of their own.

The HDF5 library is a large piece of C that damaged files have crashed before. It is run in a child process with bounded
memory, which opens nothing but the file: links to other files, data stored in other files, virtual datasets and filters
that are not built in are refused. Whatever happens to the child, the caller gets arrays or a typed error.

Run as a module it is the child: ``python -m affectface.morphable.importers.hdf5_reading FILE OUT NAME...``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError

LIMIT_BYTES = 1 << 30
_MEMORY = 6 << 30
_SECONDS = 300
_REFUSED = 3
_BUILT_IN = {"1", "2", "3", "32000"}
"""Filters of h5py itself: deflate, shuffle, checksum, lzf."""
SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read_hdf5(path: Path, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the datasets of the given names that are there.

    Parameters
    ----------
    path : Path
        The file.
    names : sequence of str
        Paths in the file, such as ``shape/model/mean``. Text is returned as an array of bytes.

    Returns
    -------
    dict of str to ndarray
        The arrays.

    Raises
    ------
    ModelFileError
        If h5py is missing, or the file is damaged, refers to others or is too large.
    """
    if importlib.util.find_spec("h5py") is None:
        raise ModelFileError(f"{path}: HDF5 needs h5py: pip install 'affectface[models]'")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "arrays.npz"
        command = [sys.executable, "-m", "affectface.morphable.importers.hdf5_reading", str(path), str(out), *names]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
            "HDF5_PLUGIN_PRELOAD": "::",  # HDF5's word for: load no plugins
        }
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, env=environment, check=False)
        except subprocess.TimeoutExpired:
            raise ModelFileError(f"{path}: not read within {_SECONDS} s; the file is damaged: get it again") from None
        if done.returncode == _REFUSED:
            raise ModelFileError(f"{path}: {done.stderr.decode('utf-8', 'replace').strip()[-200:]}")
        if done.returncode != 0 or not out.exists():
            raise ModelFileError(f"{path}: the HDF5 library cannot read it; the file is damaged: get it again")
        with np.load(out, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}


def _child(path: str, out: str, names: list[str]) -> int:
    """Read the datasets and write them to `out`; return the exit code."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):  # not on every system; sizes are checked below all the same
        pass
    import h5py

    arrays: dict[str, Any] = {}
    left = LIMIT_BYTES
    try:
        with h5py.File(path, "r", locking=False) as file:
            for name in names:
                dataset = _dataset(h5py, file, name)
                if dataset is None:
                    continue
                if dataset.dtype.kind == "O":
                    arrays[name] = np.frombuffer(_text(h5py, dataset), np.uint8)
                    continue
                size = prod(dataset.shape) * dataset.dtype.itemsize
                left -= size
                if dataset.dtype.kind not in "fiu" or left < 0:
                    raise ModelFileError(
                        f"{name} is {dataset.dtype} of shape {dataset.shape}; too large, or no numbers"
                    )
                arrays[name] = dataset[()]
    except ModelFileError as error:
        print(error, file=sys.stderr)
        return _REFUSED
    except Exception as error:  # the library raises errors of many kinds
        print(f"not a readable HDF5 file ({type(error).__name__}); get it again", file=sys.stderr)
        return _REFUSED
    np.savez(out, **arrays)
    return 0


def _dataset(h5py: Any, file: Any, name: str) -> Any:
    """Return a dataset that lies in this file with all its data; None if there is none of that name."""
    place = file
    for part in name.split("/"):
        link = place.get(part, getlink=True) if isinstance(place, h5py.Group) and part in place.keys() else None  # noqa: SIM118
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ModelFileError(f"{name} is a link to somewhere else, which is not followed; get the original file")
        place = place[part]
    if not isinstance(place, h5py.Dataset):
        return None
    plan = place.id.get_create_plist()
    filters = {str(plan.get_filter(i)[0]) for i in range(plan.get_nfilters())}
    if place.external or place.is_virtual or not filters <= _BUILT_IN:
        raise ModelFileError(
            f"{name} lies in other files or needs a plugin, which is not loaded; get the original file"
        )
    return place


def _text(h5py: Any, dataset: Any) -> bytes:
    """Return the text of a dataset of one string."""
    if h5py.check_string_dtype(dataset.dtype) is None or prod(dataset.shape) != 1:
        raise ModelFileError(f"{dataset.name} holds objects; only numbers and text are read")
    value = np.asarray(dataset[()]).ravel()[0]
    data: bytes = value if isinstance(value, bytes) else str(value).encode()
    return data[: 1 << 24]


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1], sys.argv[2], sys.argv[3:]))
