"""Tables that people keep as comma-separated values, with a header line."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping

from affectface.errors import AffectFaceError

Row = Mapping[str, str]
"""One line of a table: the columns' values by their names, without spaces around them."""


def read_rows(path: str | os.PathLike[str], failure: type[AffectFaceError]) -> list[Row]:
    """Read a table.

    Parameters
    ----------
    path : path-like
        A CSV file whose first line names its columns, all differently.
    failure : type of AffectFaceError
        What is raised if it is none.

    Returns
    -------
    list of mapping
        The rows, at least one; all have the same columns.

    Raises
    ------
    AffectFaceError
        Of the given type, if the file cannot be read, or a row has another number of cells.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file) if any(line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise failure(f"{path}: not a readable table ({type(error).__name__}); a CSV file is needed") from None
    header = lines[0] if lines else []
    if len(lines) < 2 or len(set(header)) < len(header):
        raise failure(
            f"{path}: has the columns {', '.join(header) or 'none'} and {max(len(lines) - 1, 0)} rows; a header line "
            "of different names, and rows, are needed"
        )
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(header):
            raise failure(f"{path}: row {number} has {len(line)} cells; {len(header)} are needed")
    return [dict(zip(header, line, strict=True)) for line in lines[1:]]


def stream_rows(path: str | os.PathLike[str], failure: type[AffectFaceError]) -> Iterator[Row]:
    """Read a table row by row, for those that are too long to be held.

    Parameters
    ----------
    path : path-like
        A CSV file whose first line names its columns, all differently.
    failure : type of AffectFaceError
        What is raised if it is none.

    Yields
    ------
    mapping
        The next row; all have the same columns.

    Raises
    ------
    AffectFaceError
        Of the given type, as `read_rows`.
    """
    header: list[str] = []
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = (line for line in csv.reader(file) if any(line))
            for number, line in enumerate(lines, 1):
                cells = [cell.strip() for cell in line]
                if number == 1:
                    header = cells
                    if len(set(header)) < len(header):
                        raise failure(f"{path}: has the columns {', '.join(header)}; different names are needed")
                elif len(cells) != len(header):
                    raise failure(f"{path}: row {number} has {len(cells)} cells; {len(header)} are needed")
                else:
                    yield dict(zip(header, cells, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise failure(f"{path}: not a readable table ({type(error).__name__}); a CSV file is needed") from None
