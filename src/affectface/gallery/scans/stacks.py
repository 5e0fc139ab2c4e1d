"""Frames as bare arrays: stacks in .npy files, and VOCASET's one stack of all sequences with its index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import GalleryError, ModelFileError
from affectface.gallery.scans.source_sequence import SourceSequence, sequence_name

VOCASET_MESHES, VOCASET_INDEX = "data_verts.npy", "subj_seq_to_idx.pkl"


@dataclass(frozen=True)
class Stack:
    """Where the meshes of a stack lie in its file.

    Attributes
    ----------
    kind : numpy.dtype
        The type of its numbers.
    count : int
        How many meshes it has.
    width : int
        How many numbers a mesh has.
    offset : int
        Where the first one begins, bytes.
    """

    kind: np.dtype[Any]
    count: int
    width: int
    offset: int


def count_meshes(root: Path, file: str) -> int:
    """Return how many meshes a stack below a folder has."""
    return _stack(root / file, file).count


def read_stacked(root: Path, file: str, row: int) -> NDArray[Any]:
    """Return the vertices (V, 3) of one mesh of a stack below a folder, in the stack's own precision.

    It is read by plain input, not mapped: what is mapped counts as the process's own memory.
    """
    stack = _stack(root / file, file)
    if not 0 <= row < stack.count:
        raise GalleryError(f"{file}: has no mesh {row}; it has {stack.count}")
    start = stack.offset + row * stack.width * stack.kind.itemsize
    return np.fromfile(root / file, dtype=stack.kind, count=stack.width, offset=start).reshape(-1, 3)


@lru_cache(maxsize=8)
def _stack(path: Path, name: str) -> Stack:
    """Look at a stack (F, V, 3) or (F, 3 V); its header can promise no more than the file holds."""
    try:
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        said = " ".join(str(error).split())[:100]
        raise GalleryError(f"{name}: not a readable .npy file ({said}); save an array of numbers again") from None
    flat = mapped.ndim == 2 and mapped.shape[1] % 3 == 0 and mapped.shape[1] > 3
    shaped = flat or (mapped.ndim == 3 and mapped.shape[2] == 3)
    if not isinstance(mapped, np.memmap) or mapped.dtype.kind != "f" or not shaped or not mapped.size:
        raise GalleryError(f"{name}: {mapped.dtype} of shape {mapped.shape}; floats (F, V, 3) or (F, 3 V) are needed")
    if not mapped.flags.c_contiguous:
        raise GalleryError(f"{name}: column after column; save numpy.ascontiguousarray of it")
    return Stack(mapped.dtype, len(mapped), mapped.size // len(mapped), int(mapped.offset))


def read_raw(path: Path, name: str, limit: int) -> NDArray[np.float64]:
    """Return the vertices (V, 3) of a file of bare float32 coordinates."""
    size = path.stat().st_size
    if not size or size % 12 or size > limit:
        raise GalleryError(f"{name}: {size} bytes are not float32 coordinates of a mesh; get it again")
    return np.fromfile(path, dtype="<f4").reshape(-1, 3).astype(np.float64)


def find_vocaset(root: Path) -> list[SourceSequence]:
    """Return the sequences of VOCASET's training data; none where its two files are not both there.

    Parameters
    ----------
    root : Path
        The folder with ``data_verts.npy`` (N, 5023, 3) and ``subj_seq_to_idx.pkl``: subject -> sequence -> frame ->
        row.

    Returns
    -------
    list of SourceSequence
        Sorted by name.

    Raises
    ------
    GalleryError
        If the index is no such index. It is interpreted without executing anything.
    """
    from affectface.morphable.importers.restricted_pickle import load_pickle

    if not ((root / VOCASET_MESHES).is_file() and (root / VOCASET_INDEX).is_file()):
        return []
    try:
        index = load_pickle(root / VOCASET_INDEX)
    except ModelFileError as error:
        raise GalleryError(str(error)) from None
    wrong = GalleryError(f"{VOCASET_INDEX}: no index of subjects, sequences and frames; get it again")
    found = []
    for subject, tasks in _entries(index, wrong):
        for task, frames in _entries(tasks, wrong):
            pairs = sorted(_entries(frames, wrong))
            if not all(type(number) is int and type(row) is int and row >= 0 for number, row in pairs):
                raise wrong
            if pairs:
                numbers, rows = np.array(pairs, dtype=np.int64).T
                name = sequence_name(_text(subject), _text(task))
                found.append(SourceSequence(name, _text(subject), "", _text(task), (VOCASET_MESHES,), rows, numbers))
    if not found:
        raise wrong
    return sorted(found, key=lambda one: one.name)


def _entries(value: Any, wrong: GalleryError) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        raise wrong
    return list(value.items())


def _text(value: Any) -> str:
    """Return a name; those of Python 2 are bytes."""
    return value.decode("latin1") if isinstance(value, bytes) else str(value)
