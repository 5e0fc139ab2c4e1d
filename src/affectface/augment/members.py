"""Files that lie in a shard or a table: ``shards/part-00000.tar/000000012.jpg`` is read without unpacking anything."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from affectface.errors import DataSetError

_HOLDERS = (".tar", ".parquet")
_LARGEST = 1 << 30
"""Bytes of a file in a shard, or of a table's images that are read at once, at most."""


def holder_of(path: Path) -> Path | None:
    """Return the shard or table that a file lies in; None for a file of its own."""
    return path.parent if path.parent.suffix.lower() in _HOLDERS and path.parent.is_file() else None


def read_member(holder: Path, name: str) -> bytes:
    """Return the bytes of a file in a shard or table.

    Parameters
    ----------
    holder : Path
        A tar file that is not compressed, or a Parquet file with the columns `name` and `data`.
    name : str
        The file.

    Returns
    -------
    bytes
        What is in it.

    Raises
    ------
    DataSetError
        If it is not there, too large, or the shard or table is damaged.
    """
    try:
        about = holder.stat()
        version = about.st_mtime_ns, about.st_size
        found = (_in_tar if holder.suffix.lower() == ".tar" else _in_table)(holder, version, name)
    except (OSError, ValueError, KeyError, tarfile.TarError) as error:
        said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise DataSetError(f"{holder}: cannot be read ({said}); make or copy it again") from None
    if found is None:
        raise DataSetError(f"{holder}: has no file {name}; make or copy it again")
    return found


@contextmanager
def file_of(path: Path) -> Iterator[Path]:
    """Give a path that can be opened: the file itself, or for the time of the block a copy of one in a shard or table.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    Path
        Where it can be opened.
    """
    holder = holder_of(path)
    if holder is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(read_member(holder, path.name))
        yield copy


def _in_tar(holder: Path, version: tuple[int, int], name: str) -> bytes | None:
    place = _tar_index(holder, version).get(name)
    if place is None:
        return None
    if place[1] > _LARGEST:
        raise ValueError(f"{name} has {place[1]} bytes")
    with holder.open("rb") as stream:
        stream.seek(place[0])
        found = stream.read(place[1])
    if len(found) != place[1]:
        raise ValueError("it ends early")
    return found


@lru_cache(maxsize=128)  # 0.5 MB each; a training asks for faces of all shards in turn
def _tar_index(holder: Path, version: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Where each file of a shard begins, and its length; `version` makes a shard that was replaced be read anew."""
    with tarfile.open(holder, "r:") as tar:
        return {one.name: (one.offset_data, one.size) for one in tar if one.isreg() and not one.issparse()}


def _in_table(holder: Path, version: tuple[int, int], name: str) -> bytes | None:
    place = _table_index(holder, version).get(name)
    return None if place is None else _group(holder, version, place[0])[place[1]]


@lru_cache(maxsize=16)
def _table_index(holder: Path, version: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Which row group each file of a table is in, and its row there."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(holder) as table:
        groups = range(table.metadata.num_row_groups)
        names = (table.read_row_group(group, columns=["name"]).column("name").to_pylist() for group in groups)
        return {name: (group, row) for group, each in enumerate(names) for row, name in enumerate(each)}


@lru_cache(maxsize=2)
def _group(holder: Path, version: tuple[int, int], group: int) -> list[bytes]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(holder) as table:
        if table.metadata.row_group(group).total_byte_size > _LARGEST:
            raise ValueError("its row groups are too large")
        return list(table.read_row_group(group, columns=["data"]).column("data").to_pylist())
