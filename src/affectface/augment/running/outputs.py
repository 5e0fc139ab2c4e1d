"""The outputs of a part as one thing that is written as a whole: a shard, a folder of plain files, or a table."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from affectface.augment.columns import COLUMNS, arrow, batch_of, schema
from affectface.augment.rows import Row
from affectface.augment.running.config import Form
from affectface.files import atomic_path, sha256_of

SUFFIX: dict[Form, str] = {"shards": ".tar", "images": "", "parquet": ".parquet"}
"""What the names of a part's outputs end with; the form is also the folder that they lie in."""

_GROUP = 64
"""Images of a table that are read at once."""


class Sink(Protocol):
    """Takes the outputs of a part."""

    def add(self, name: str, data: bytes, rows: Sequence[Row], said: Mapping[str, Any]) -> None:
        """Add an output: the name of its file, its bytes, its rows, and its labels in JSON's types."""


@contextmanager
def writing_part(form: Form, target: Path) -> Iterator[Sink]:
    """Write the outputs of a part.

    Parameters
    ----------
    form : "shards", "images" or "parquet"
        What they become.
    target : Path
        The file or folder; it appears as a whole at the end, in place of what is there, and not at all after an error.

    Yields
    ------
    Sink
        Takes the outputs in order. Equal outputs give equal bytes.
    """
    with atomic_path(target) as temporary:
        match form:
            case "shards":
                with tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar:
                    yield _Shard(tar)
            case "images":
                temporary.mkdir()
                yield _Folder(temporary)
            case "parquet":
                with _table(temporary) as table:
                    yield table
        if temporary.is_file():
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
        if target.is_dir():  # of a run that ended before this part's record was written
            shutil.rmtree(target)


def checksum_of_part(target: Path) -> str:
    """Return the SHA-256 of a part's shard or table; empty for a folder, whose files have their own."""
    return sha256_of(target) if target.is_file() else ""


class _Shard:
    """WebDataset: files of one stem belong together."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, data: bytes, rows: Sequence[Row], said: Mapping[str, Any]) -> None:
        labels = json.dumps(said, sort_keys=True, allow_nan=False).encode()
        for member, content in ((name, data), (f"{Path(name).stem}.json", labels)):
            about = tarfile.TarInfo(member)  # without a time, a user or a machine
            about.size = len(content)
            self._tar.addfile(about, io.BytesIO(content))


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, name: str, data: bytes, rows: Sequence[Row], said: Mapping[str, Any]) -> None:
        (self._folder / name).write_bytes(data)


class _Table:
    """One row an output: the manifest's columns (of a clip those that all frames share), its bytes, and its labels."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._waiting: list[tuple[str, bytes, Row, str]] = []

    def add(self, name: str, data: bytes, rows: Sequence[Row], said: Mapping[str, Any]) -> None:
        first = rows[0]
        if len(rows) > 1:
            first = Row(first.path, first.subject, first.split, first.fold, source=first.source)
        self._waiting.append((name, data, first, json.dumps(said, sort_keys=True, allow_nan=False)))
        if len(self._waiting) == _GROUP:
            self.flush()

    def flush(self) -> None:
        if not self._waiting:
            return
        pa = arrow()
        names, images, rows, said = zip(*self._waiting, strict=True)
        self._waiting = []
        arrays = [pa.array(names), pa.array(images, pa.binary()), pa.array(said), *batch_of(rows).columns[1:]]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._writer.schema))


@contextmanager
def _table(file: Path) -> Iterator[_Table]:
    import pyarrow.parquet as pq

    pa = arrow()
    own = [pa.field("name", pa.string()), pa.field("data", pa.binary()), pa.field("labels", pa.string())]
    form = pa.schema([*own, *(schema().field(name) for name in COLUMNS[1:])])
    with pq.ParquetWriter(file, form, compression="zstd") as writer:
        table = _Table(writer)
        yield table
        table.flush()
