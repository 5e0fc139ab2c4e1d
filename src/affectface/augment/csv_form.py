"""The manifest as CSV: a cell is empty where there is no value; lists and action units are text in one cell.

Action units are written `1=0,12=0.8`; a box is `left top width height`, landmarks are `x y x y ...`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from affectface.augment.columns import COLUMNS, TEXTS, arrow, schema
from affectface.augment.rows import Row
from affectface.errors import DataSetError

_INTEGERS = ("fold", "frame")


def csv_header(file: Path) -> list[str]:
    """Return the names in the first line of a CSV file.

    Parameters
    ----------
    file : Path
        The file.

    Returns
    -------
    list of str
        The names.

    Raises
    ------
    DataSetError
        If it is no text.
    """
    with _opened(file) as stream:
        return next(_cells(file, stream), [])


def csv_batches(file: Path, columns: list[str], size: int) -> Iterator[Any]:
    """Yield a CSV file's columns in batches of up to `size` rows.

    Parameters
    ----------
    file : Path
        The file.
    columns : list of str
        The columns that are wanted; it has them.
    size : int
        Rows of a batch.

    Yields
    ------
    pyarrow.RecordBatch
        A batch.

    Raises
    ------
    DataSetError
        If a cell cannot be read; its row and column are named.
    """
    pa, form = arrow(), schema()
    with _opened(file) as stream:
        lines = _cells(file, stream)
        header = next(lines)
        places = [(name, header.index(name)) for name in columns]
        before = 0
        while block := list(islice(lines, size)):
            for number, cells in enumerate(block, before + 1):
                if len(cells) != len(header):
                    raise DataSetError(
                        f"{file}: row {number}: has {len(cells)} cells; the header has {len(header)} columns"
                    )
            arrays = []
            for name, at in places:
                values = [_parsed(cells[at], name, file, number) for number, cells in enumerate(block, before + 1)]
                arrays.append(pa.array(values, form.field(name).type))
            yield pa.record_batch(arrays, names=columns)
            before += len(block)


def csv_lines(rows: Iterator[Row]) -> Iterator[str]:
    """Yield the lines of rows, with their ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow([_text(row, name) for name in COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _text(row: Row, name: str) -> str:
    value = getattr(row, name)
    if value is None or isinstance(value, str):
        return value or ""
    if name == "action_units":
        return ",".join(f"{unit}={_number(strength)}" for unit, strength in value.items())
    if name in ("box", "landmarks"):
        texts: list[str] = np.ravel(value).astype(np.float32).astype(str).tolist()
        return " ".join(text.removesuffix(".0") for text in texts)
    return str(value) if name in _INTEGERS else repr(value) if name == "time" else _number(value)


def _number(value: float) -> str:
    """The shortest text that is read as the same float32."""
    text = str(np.float32(value))
    return text.removesuffix(".0")


def _parsed(text: str, name: str, file: Path, row: int) -> Any:
    """A cell's value."""
    if name in TEXTS:
        return text
    if not text:
        return None
    try:
        if name in _INTEGERS:
            return _within(int(text), 2**15 if name == "fold" else 2**31)
        if name == "action_units":
            return [_unit(part) for part in text.split(",")]
        if name in ("box", "landmarks"):
            return [float(part) for part in text.split()]
        return float(text)
    except ValueError:
        needed = {"action_units": "units such as 1=0,12=0.8", "box": "4 numbers", "landmarks": "numbers x y x y"}
        kind = needed.get(name, "a whole number" if name in _INTEGERS else "a number")
        raise DataSetError(f"{file}: row {row}: {name} is {text[:60]!r}; {kind}, or nothing, is needed") from None


def _within(value: int, beyond: int) -> int:
    if not -beyond <= value < beyond:
        raise ValueError
    return value


def _unit(part: str) -> tuple[str, float]:
    unit, equals, strength = part.partition("=")
    if not equals:
        raise ValueError
    return unit.strip(), float(strength)


def _opened(file: Path) -> Any:
    try:
        return file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise DataSetError(f"{file}: cannot be read ({error.strerror})") from None


def _cells(file: Path, stream: Any) -> Iterator[list[str]]:
    try:
        yield from (cells for cells in csv.reader(stream) if cells)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataSetError(f"{file}: cannot be read as CSV ({error}); UTF-8 text with commas is needed") from None
