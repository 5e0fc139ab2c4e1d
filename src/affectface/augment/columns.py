"""Rows as columns: the schema that every manifest has, in memory and in Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from affectface.augment.rows import Row
from affectface.errors import MissingPackageError

FORMAT, FORMAT_VERSION = b"affectface-manifest", b"1"

TEXTS = ("path", "subject", "split", "expression", "age_group", "source")
"""Columns of text, empty where there is nothing; the others have no value there."""

COLUMNS = (
    "path",
    "subject",
    "split",
    "fold",
    "frame",
    "time",
    "valence",
    "arousal",
    "expression",
    "action_units",
    "age",
    "age_group",
    "box",
    "landmarks",
    "source",
)
"""The columns in their order."""


def arrow() -> Any:
    """Return the package pyarrow, or raise a MissingPackageError that says what to install."""
    try:
        import pyarrow
    except ImportError:
        raise MissingPackageError(
            "manifests need the package pyarrow, which is not installed; pip install 'affectface[augment]'"
        ) from None
    return pyarrow


def schema() -> Any:
    """Return the manifest's schema, a pyarrow.Schema with the format's name and version."""
    pa = arrow()
    numbers = pa.list_(pa.float32())
    types = {
        **dict.fromkeys(TEXTS, pa.string()),
        "fold": pa.int16(),
        "frame": pa.int32(),
        "time": pa.float64(),
        "action_units": pa.map_(pa.string(), pa.float32()),
        **dict.fromkeys(("valence", "arousal", "age"), pa.float32()),
        **dict.fromkeys(("box", "landmarks"), numbers),
    }
    fields = [pa.field(name, types[name], nullable=name not in TEXTS) for name in COLUMNS]
    return pa.schema(fields, metadata={b"format": FORMAT, b"format_version": FORMAT_VERSION})


def batch_of(rows: Sequence[Row]) -> Any:
    """Return rows as a pyarrow.RecordBatch of `schema`."""
    pa, form = arrow(), schema()
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
    columns["landmarks"] = [None if points is None else np.ravel(points) for points in columns["landmarks"]]
    columns["action_units"] = [list(units.items()) if units else None for units in columns["action_units"]]
    return pa.record_batch([pa.array(columns[field.name], field.type) for field in form], schema=form)


def rows_of(batch: Any) -> Iterator[Row]:
    """Yield the rows of a pyarrow.RecordBatch that has some or all of the columns; the others are empty.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        The batch.

    Yields
    ------
    Row
        One row after the other.
    """
    names = batch.schema.names
    values = [batch.column(name).to_pylist() for name in names]
    for cells in zip(*values, strict=True):
        row = dict(zip(names, cells, strict=True))
        if row.get("action_units") is not None:
            row["action_units"] = dict(row["action_units"])
        if row.get("box") is not None:
            row["box"] = tuple(row["box"])
        if row.get("landmarks") is not None:
            row["landmarks"] = np.array(row["landmarks"], dtype=np.float32).reshape(-1, 2)
        yield Row(**row)
