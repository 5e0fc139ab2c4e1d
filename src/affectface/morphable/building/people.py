"""A table of the people whose meshes there are, and how some of them are chosen.

The table is a CSV file with a header line. Conditions are compared as numbers where both sides are numbers and as words
otherwise, without regard to case; nothing of them is ever evaluated.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from affectface.csv_rows import Row, read_rows
from affectface.errors import MeshSetError

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(r"\s*([^<>=!]+?)\s*(==|!=|<=|>=|=|<|>)\s*([^<>=!]+?)\s*")


@dataclass(frozen=True)
class Condition:
    """What a row must fulfil.

    Attributes
    ----------
    column : str
        The column.
    relation : str
        One of = == != < <= > >=.
    value : str
        What the column's value is compared with.
    """

    column: str
    relation: str
    value: str

    def holds(self, row: Row) -> bool:
        """Return whether a row fulfils it; an empty cell, or a word where a size is asked for, fulfils nothing."""
        found = row[self.column]
        if not found:
            return False
        number, wanted = _number(found), _number(self.value)
        compare = _RELATIONS[self.relation]
        if number is not None and wanted is not None:
            return bool(compare(number, wanted))
        if self.relation in ("<", "<=", ">", ">="):
            return False
        return bool(compare(found.casefold(), self.value.casefold()))


def fulfils(row: Row, conditions: Sequence[Condition]) -> bool:
    """Return whether all conditions hold of a row."""
    return all(condition.holds(row) for condition in conditions)


def read_people(path: str | os.PathLike[str]) -> list[Row]:
    """Read a table of people.

    Parameters
    ----------
    path : path-like
        A CSV file with a header line; it needs a column `file` or `subject`.

    Returns
    -------
    list of mapping
        The rows, with spaces around the cells removed.

    Raises
    ------
    MeshSetError
        If it cannot be read, or lacks these columns or rows.
    """
    rows = read_rows(path, MeshSetError)
    if not {"file", "subject"} & set(rows[0]):
        raise MeshSetError(f"{path}: has the columns {', '.join(rows[0])}; `file` or `subject` is needed among them")
    return rows


def read_conditions(text: str, columns: Sequence[str]) -> list[Condition]:
    """Return the conditions that a text such as ``age<30 and gender=female`` sets.

    Parameters
    ----------
    text : str
        Conditions, joined by `and`; an empty text sets none.
    columns : sequence of str
        The table's columns.

    Returns
    -------
    list of Condition
        All of which must hold.

    Raises
    ------
    MeshSetError
        If a part is no condition, or names another column.
    """
    conditions = []
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else []:
        found = _CONDITION.fullmatch(part)
        if found is None:
            raise MeshSetError(f"{part!r} is no condition; write COLUMN<VALUE, with one of = != < <= > >=")
        column, relation, value = found.groups()
        _check_column(column, columns)
        conditions.append(Condition(column, relation, value))
    return conditions


def read_grouping(text: str, columns: Sequence[str]) -> Callable[[Row], str]:
    """Return what tells the group of a row.

    Parameters
    ----------
    text : str
        A column, whose values are the groups; or, as in ``age:7,18,50``, a column and where its numbers are parted.
    columns : sequence of str
        The table's columns.

    Returns
    -------
    callable
        Takes a row, returns its group's name; an empty one where the row has no value.

    Raises
    ------
    MeshSetError
        If there is no such column, or an edge is no number.
    """
    column, _, listed = text.partition(":")
    _check_column(column, columns)
    if not listed:
        return lambda row: row[column].casefold()
    edges = [_number(part) for part in listed.split(",")]
    bounds = [edge for edge in edges if edge is not None]
    if len(bounds) < len(edges) or bounds != sorted(set(bounds)):
        raise MeshSetError(f"{text!r}: ascending numbers are needed after the colon, as in age:7,18,50")

    def group(row: Row) -> str:
        number = _number(row[column])
        if number is None:
            return ""
        place = sum(number >= edge for edge in bounds)
        low = f"from_{bounds[place - 1]:g}" if place else ""
        high = f"below_{bounds[place]:g}" if place < len(bounds) else ""
        return "_".join(filter(None, (column, low, high)))

    return group


def _check_column(column: str, columns: Sequence[str]) -> None:
    """Refuse a column that the table does not have."""
    if column not in columns:
        raise MeshSetError(f"the table has no column {column!r}; it has {', '.join(columns)}")


def _number(text: str) -> float | None:
    """Return the number that a text is, None for a word."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
