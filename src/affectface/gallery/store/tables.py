"""The tables of a sequence, one row a frame, as Parquet: what was left out and measured, and the labels."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import GalleryError, MissingPackageError
from affectface.gallery.store.sequence import LABEL_COLUMNS, Labels
from affectface.gallery.store.streams import HashedFile, plain_file, reading

FRAME_COLUMNS = ("frame", "time", "left_out")
_MOST_BYTES_A_FRAME = 4096
_MOST_COLUMNS = 64

Columns = dict[str, NDArray[Any]]


def parquet() -> tuple[ModuleType, ModuleType]:
    """Return pyarrow and its Parquet module, or say what to install."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingPackageError("galleries need pyarrow; pip install 'affectface[gallery]'") from None
    return pyarrow, pyarrow.parquet


def write_frames(
    path: Path, times: NDArray[np.float64], left_out: tuple[str, ...], quality: Mapping[str, NDArray[Any]]
) -> str:
    """Write the table of frames, and return its checksum.

    Parameters
    ----------
    path : Path
        The new file.
    times : ndarray of shape (F,)
        Seconds from the start.
    left_out : tuple of str
        Why each frame does not count; empty if it does.
    quality : mapping of str to ndarray of shape (F,)
        What was measured on the frames.

    Returns
    -------
    str
        The file's SHA-256.
    """
    arrow, _ = parquet()
    columns: dict[str, Any] = {
        "frame": np.arange(len(left_out), dtype=np.int32),
        "time": np.asarray(times, dtype=np.float64),
        "left_out": arrow.array(left_out, arrow.string()),
    }
    for name, values in quality.items():
        array = np.asarray(values)
        if name in FRAME_COLUMNS or not name.isidentifier() or len(quality) > _MOST_COLUMNS - len(FRAME_COLUMNS):
            raise ValueError(f"quality has the column {name!r}; a few names of your own are needed")
        if array.shape != (len(left_out),) or array.dtype.kind not in "fiub":
            raise ValueError(f"{name} is {array.dtype} of shape {array.shape}; one number a frame is needed")
        columns[name] = array
    return _write(path, columns)


def read_frames(path: Path, frames: int) -> Columns:
    """Read the table of frames.

    Parameters
    ----------
    path : Path
        The file.
    frames : int
        How many rows it must have.

    Returns
    -------
    dict of str to ndarray of shape (F,)
        The columns; `left_out` are texts, the others numbers.

    Raises
    ------
    GalleryError
        If it is damaged, or another table.
    """
    columns = _read(path, frames)
    texts = [name for name, values in columns.items() if values.dtype.kind == "O"]
    if set(FRAME_COLUMNS) - set(columns) or texts != ["left_out"]:
        raise GalleryError(f"{path}: has the columns {', '.join(columns)[:200]}; {', '.join(FRAME_COLUMNS)} are needed")
    return columns


def write_labels(path: Path, labels: Labels) -> None:
    """Write labels to a new file."""
    arrow, _ = parquet()
    columns: dict[str, Any] = {name: getattr(labels, name) for name in LABEL_COLUMNS}
    _write(path, columns | {"expression": arrow.array(labels.expression, arrow.string())})


def read_labels(path: Path, frames: int) -> Labels:
    """Read the labels of a sequence of so many frames."""
    columns = _read(path, frames)
    if set(columns) != {*LABEL_COLUMNS, "expression"} or columns["expression"].dtype.kind != "O":
        raise GalleryError(f"{path}: has the columns {', '.join(columns)[:200]}; those of labels are needed")
    with reading(path, "a table of labels"):
        numbers = {name: columns[name].astype(np.float32) for name in LABEL_COLUMNS}
        return Labels(expression=tuple(columns["expression"].tolist()), **numbers)


def _write(path: Path, columns: Mapping[str, Any]) -> str:
    arrow, format = parquet()
    packed = io.BytesIO()
    format.write_table(arrow.table(columns), packed, compression="zstd")
    file = HashedFile(path)
    file.write(packed.getvalue())
    return file.close()


def _read(path: Path, frames: int) -> Columns:
    """Read all columns, numbers and texts; what the file says of its size is checked before anything is unpacked."""
    arrow, format = parquet()
    with reading(path, "a Parquet table that affectface wrote"):
        with format.ParquetFile(str(plain_file(path))) as file:
            facts = file.metadata
            size = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
            if facts.num_rows != frames or facts.num_columns > _MOST_COLUMNS:
                raise GalleryError(
                    f"{path}: {facts.num_rows} rows, {facts.num_columns} columns; {frames} rows are needed"
                )
            if size > (1 << 20) + _MOST_BYTES_A_FRAME * frames:
                raise GalleryError(f"{path}: unpacks to {size >> 20} MiB, too much for {frames} frames")
            table = file.read(use_threads=False)
        table.validate(full=True)
        columns: Columns = {}
        for name, column in zip(table.column_names, table.columns, strict=True):
            known = (arrow.types.is_string, arrow.types.is_floating, arrow.types.is_integer, arrow.types.is_boolean)
            if len(column) != frames or column.null_count or not any(kind(column.type) for kind in known):
                said = f"{name[:60]!r} is {column.type}, with {column.null_count} gaps"
                raise GalleryError(f"{path}: column {said}; numbers or texts without gaps are needed")
            columns[name] = column.to_numpy()
        return columns
