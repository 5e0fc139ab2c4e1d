"""A batch of a manifest: right in every cell, or an error that names row and column."""

from __future__ import annotations

from typing import Any

import numpy as np

from affectface.affect_tables import EXPRESSIONS
from affectface.augment.columns import arrow, rows_of
from affectface.augment.rows import BOUNDS, SPLITS, fault_of
from affectface.errors import DataSetError


def check_batch(batch: Any, file: object, before: int) -> None:
    """Refuse a batch with a cell that is nonsense.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Some or all columns of a manifest.
    file : object
        What errors call it.
    before : int
        How many rows stand before the batch.

    Raises
    ------
    DataSetError
        For the first row with a fault: its number, counted from 1 without the header, the column, and what is wrong.

    Notes
    -----
    Whole columns are compared at once; only a batch that fails is looked at row by row, so that the words of the error
    are those of `fault_of`.
    """
    names = set(batch.schema.names)
    lengths = _bad_lengths(batch, names)
    if not (lengths or _suspicious(batch, names)):
        return
    for number, row in enumerate([] if lengths else rows_of(batch), before + 1):
        if fault := fault_of(row):
            raise DataSetError(f"{file}: row {number}: {fault[0]} {fault[1]}")
    if lengths:
        column, index, needed = lengths
        raise DataSetError(f"{file}: row {before + index + 1}: {column} has another length; {needed} are needed")


def _suspicious(batch: Any, names: set[str]) -> bool:
    """Whether any cell may be wrong; never False for one that is."""
    pa = arrow()
    import pyarrow.compute as pc

    def any_true(mask: Any) -> bool:
        return bool(pc.any(mask, min_count=0).as_py())

    for column, lowest, highest in BOUNDS:
        if column in names:
            values = batch.column(column)
            inside = pc.and_(pc.greater_equal(values, lowest), pc.less_equal(values, highest))
            if any_true(pc.invert(inside)):
                return True
    for column, allowed in (("split", ("", *SPLITS)), ("expression", ("", *EXPRESSIONS))):
        if column in names and any_true(pc.invert(pc.is_in(batch.column(column), pa.array(allowed)))):
            return True
    right = {"path": r"^[^/\\\x00-\x1f][^\\\x00-\x1f]*$", "age_group": r"^([0-9]{1,3}(-[0-9]{1,3}|\+))?$"}
    for column, pattern in right.items():
        if column in names and any_true(pc.invert(pc.match_substring_regex(batch.column(column), pattern))):
            return True
    if "path" in names and any_true(pc.match_substring_regex(batch.column("path"), "^.:")):
        return True
    return _suspicious_lists(batch, names)


def _suspicious_lists(batch: Any, names: set[str]) -> bool:
    for column in names & {"box", "landmarks"}:
        values = _numbers(batch.column(column).flatten())
        if not np.isfinite(values).all():
            return True
        if column == "box" and (values.reshape(-1, 4)[:, 2:] <= 0).any():
            return True
    if "action_units" in names:
        units = batch.column("action_units")
        strengths = _numbers(units.items)
        if not ((strengths >= 0) & (strengths <= 1)).all():
            return True
        import pyarrow.compute as pc

        known = pc.match_substring_regex(units.keys, "^[1-9][0-9]?[LR]?$")
        return not pc.all(known, min_count=0).as_py()
    return False


def _bad_lengths(batch: Any, names: set[str]) -> tuple[str, int, str] | None:
    """The first list that has another length than its column's, as column, index and what is needed."""
    import pyarrow.compute as pc

    for column, step, needed in (("box", 4, "left, top, width and height"), ("landmarks", 2, "pairs x y")):
        if column not in names:
            continue
        lengths = np.asarray(pc.fill_null(pc.list_value_length(batch.column(column)), step))
        bad = np.flatnonzero((lengths % step != 0) | (lengths == 0) | ((column == "box") & (lengths != step)))
        if len(bad):
            return column, int(bad[0]), needed
    return None


def _numbers(values: Any) -> np.ndarray[Any, Any]:
    """Values of a list column; NaN where there is none."""
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
