"""The manifest: the table of a data set, one row an image or frame, as Parquet or CSV, read and written in batches."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

from affectface.augment.adapters.names import known_licence
from affectface.augment.checking import check_batch
from affectface.augment.columns import COLUMNS, FORMAT, FORMAT_VERSION, TEXTS, arrow, batch_of, rows_of, schema
from affectface.augment.csv_form import csv_batches, csv_header, csv_lines
from affectface.augment.rows import Row
from affectface.errors import DataSetError
from affectface.files import atomic_path, sha256_of, unwritten

BATCH = 16_384
"""Rows that are held at a time, and in a row group of a Parquet file."""

SUFFIXES = (".parquet", ".csv")

_LICENCES = "licences"
"""What of a Parquet file's metadata says under which licences its data sets are, as JSON by `source`."""


@dataclass(frozen=True)
class Manifest:
    """A manifest's file, opened; nothing of its rows is in memory.

    Attributes
    ----------
    path : Path
        The file.
    root : Path
        The folder that the rows' paths start from.
    columns : tuple of str
        The columns that it has; `path` is always one, the others are empty where they are missing.
    """

    path: Path
    root: Path
    columns: tuple[str, ...]

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield the rows in checked batches.

        Parameters
        ----------
        columns : sequence of str, optional
            The columns that are wanted; all of the schema without it.

        Yields
        ------
        pyarrow.RecordBatch
            Up to `BATCH` rows in the manifest's order, with exactly those columns.

        Raises
        ------
        DataSetError
            If the file is damaged or a cell is nonsense; the row and the column are named.
        """
        wanted = [name for name in COLUMNS if columns is None or name in columns]
        before = 0
        source = csv_batches if self.path.suffix.lower() == ".csv" else _parquet_batches
        for batch in source(self.path, [name for name in wanted if name in self.columns], BATCH):
            whole = _completed(batch, wanted)
            check_batch(whole, self.path, before)
            before += whole.num_rows
            yield whole

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[Row]:
        """Yield the rows one by one; of the columns that are not wanted nothing is read, and they are empty."""
        for batch in self.batches(columns):
            yield from rows_of(batch)

    @property
    def row_count(self) -> int | None:
        """How many rows it has; None for a CSV file, which would have to be read for it."""
        if self.path.suffix.lower() == ".csv":
            return None
        import pyarrow.parquet as pq

        return int(pq.read_metadata(self.path).num_rows)

    def checksum(self) -> str:
        """Return the SHA-256 of the file, in hexadecimal digits."""
        try:
            return sha256_of(self.path)
        except OSError as error:
            raise DataSetError(f"{self.path}: cannot be read ({error.strerror})") from None

    def licences(self) -> dict[str, str]:
        """Return the licences that the file says its data sets have, by `source`; a CSV file says none."""
        if self.path.suffix.lower() == ".csv":
            return {}
        import pyarrow.parquet as pq

        try:
            found = json.loads((pq.read_metadata(self.path).metadata or {}).get(_LICENCES.encode(), b"{}"))
            return {str(name): str(licence) for name, licence in found.items()}
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            raise DataSetError(f"{self.path}: damaged licences ({_first_line(error)}); make it anew") from None

    def file(self, row: Row) -> Path:
        """Return where a row's image or film lies."""
        return self.root / row.path


def open_manifest(path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None) -> Manifest:
    """Open a manifest; only its header is read.

    Parameters
    ----------
    path : path-like
        A ``.parquet`` or ``.csv`` file.
    root : path-like, optional
        The folder that its paths start from, where that is not the manifest's own.

    Returns
    -------
    Manifest
        The manifest.

    Raises
    ------
    DataSetError
        If there is no such file, it is of another format, or lacks the column `path`.
    """
    file = Path(path)
    _check_suffix(file)
    if not file.is_file():
        raise DataSetError(f"{file}: no such file; affectface dataset import makes manifests")
    names = csv_header(file) if file.suffix.lower() == ".csv" else _parquet_columns(file)
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "path" not in names or len(set(names)) != len(names):
        said = f"has the unknown column {unknown[0]!r}" if unknown else "lacks the column path, or has a column twice"
        raise DataSetError(f"{file}: {said}; a manifest has path and some of {', '.join(COLUMNS[1:])}")
    folder = Path(root) if root is not None else file.parent
    if not folder.is_dir():
        raise DataSetError(f"{folder}: no such folder; the manifest's paths start from there")
    return Manifest(file, folder, tuple(names))


class _Sink(Protocol):
    def write(self, batch: Any) -> None:
        """Write a batch."""

    def end(self, licences: dict[str, str]) -> None:
        """Write what is known about the data sets that the rows are of."""


class ManifestWriter:
    """What `write_manifest` gives: takes rows, or batches of them.

    Attributes
    ----------
    rows : int
        How many rows it was given.
    """

    def __init__(self, target: Path, sink: _Sink) -> None:
        self.rows = 0
        self._sources: set[str] = set()
        self._target = target
        self._sink = sink
        self._waiting: list[Row] = []

    def add(self, row: Row) -> None:
        """Add one row."""
        self._waiting.append(row)
        if len(self._waiting) >= BATCH:
            self.flush()

    def add_batch(self, batch: Any) -> None:
        """Add a pyarrow.RecordBatch of the whole schema."""
        self.flush()
        check_batch(batch, self._target, self.rows)
        self.rows += batch.num_rows
        self._sources.update(batch.column("source").unique().to_pylist())
        self._sink.write(batch)

    def flush(self) -> None:
        """Write the rows that were added one by one."""
        if waiting := self._waiting:
            self._waiting = []
            self.add_batch(batch_of(waiting))

    def end(self) -> None:
        """Write the rest, and the licences of the data sets that are known."""
        self.flush()
        said = {name: known_licence(name) for name in sorted(self._sources)}
        self._sink.end({name: licence for name, licence in said.items() if licence})


@contextmanager
def write_manifest(path: str | os.PathLike[str]) -> Iterator[ManifestWriter]:
    """Write a manifest row by row; it appears as a whole at the end, and not at all after an error.

    Parameters
    ----------
    path : path-like
        A ``.parquet`` or ``.csv`` file. Equal rows give equal bytes.

    Yields
    ------
    ManifestWriter
        Takes the rows.

    Raises
    ------
    DataSetError
        If the suffix is another one, a row is nonsense, or the file cannot be written.
    """
    target = Path(path)
    _check_suffix(target)
    try:
        with atomic_path(target) as temporary:
            opened = _csv_sink if target.suffix.lower() == ".csv" else _parquet_sink
            with opened(temporary) as sink:
                writer = ManifestWriter(target, sink)
                yield writer
                writer.end()
    except OSError as error:
        raise DataSetError(unwritten(target, error)) from None


@dataclass(frozen=True)
class _Parquet:
    writer: Any

    def write(self, batch: Any) -> None:
        self.writer.write_batch(batch)

    def end(self, licences: dict[str, str]) -> None:
        if licences:
            self.writer.add_key_value_metadata({_LICENCES: json.dumps(licences, sort_keys=True)})


@dataclass(frozen=True)
class _Csv:
    """Has no place for licences; the column `source` says which data sets they are."""

    stream: TextIO

    def write(self, batch: Any) -> None:
        self.stream.writelines(csv_lines(rows_of(batch)))

    def end(self, licences: dict[str, str]) -> None:
        pass


@contextmanager
def _parquet_sink(file: Path) -> Iterator[_Sink]:
    arrow()
    import pyarrow.parquet as pq

    with pq.ParquetWriter(file, schema(), compression="zstd") as writer:
        yield _Parquet(writer)


@contextmanager
def _csv_sink(file: Path) -> Iterator[_Sink]:
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(COLUMNS) + "\n")
        yield _Csv(stream)


def _parquet_columns(file: Path) -> list[str]:
    arrow()
    import pyarrow.parquet as pq

    try:
        form = pq.read_schema(file)
    except (OSError, ValueError) as error:
        raise DataSetError(f"{file}: not a Parquet file ({_first_line(error)}); import the data set again") from None
    said = form.metadata or {}
    if said.get(b"format") not in (None, FORMAT) or said.get(b"format_version") not in (None, FORMAT_VERSION):
        raise DataSetError(f"{file}: is no manifest of format 1; affectface dataset import makes one")
    expected = schema()
    for field in form:
        if field.name in COLUMNS and not _fits(field.type, expected.field(field.name).type):
            needed = expected.field(field.name).type
            raise DataSetError(f"{file}: the column {field.name} is {field.type}; {needed} is needed")
    return [field.name for field in form]


def _fits(found: Any, needed: Any) -> bool:
    pa = arrow()
    kinds = (pa.types.is_integer, pa.types.is_floating, lambda t: pa.types.is_string(t) or pa.types.is_large_string(t))
    return found == needed or any(kind(found) and kind(needed) for kind in kinds) or pa.types.is_null(found)


def _parquet_batches(file: Path, columns: list[str], size: int) -> Iterator[Any]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, pre_buffer=False) as table:  # else all that was read stays in memory
            yield from table.iter_batches(batch_size=size, columns=columns)
    except (OSError, ValueError) as error:
        raise DataSetError(f"{file}: cannot be read on ({_first_line(error)}); import the data set again") from None


def _completed(batch: Any, wanted: list[str]) -> Any:
    """The batch with the wanted columns in their order and with their types; empty where it has none."""
    pa, form = arrow(), schema()
    arrays = []
    for name in wanted:
        field = form.field(name)
        if name in batch.schema.names:
            array = batch.column(name).cast(field.type)
            arrays.append(array.fill_null("") if name in TEXTS and array.null_count else array)
        elif name in TEXTS:
            arrays.append(pa.repeat(pa.scalar("", pa.string()), batch.num_rows))
        else:
            arrays.append(pa.nulls(batch.num_rows, field.type))
    return pa.record_batch(arrays, schema=pa.schema([form.field(name) for name in wanted], metadata=form.metadata))


def _check_suffix(file: Path) -> None:
    if file.suffix.lower() not in SUFFIXES:
        raise DataSetError(f"{file}: unknown suffix {file.suffix!r} for a manifest; use .parquet or .csv")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
