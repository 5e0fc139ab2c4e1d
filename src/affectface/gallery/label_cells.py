"""What a row of a table says a face shows."""

from __future__ import annotations

from typing import NamedTuple

from affectface.affect_tables import EXPRESSIONS
from affectface.csv_rows import Row
from affectface.errors import GalleryError


class Label(NamedTuple):
    """What one face shows.

    Attributes
    ----------
    valence, arousal : float or None
        In [-1, 1]; None where nothing is said.
    expression : str
        One of the known expressions; empty where none is said.
    """

    valence: float | None
    arousal: float | None
    expression: str


def read_label(row: Row, where: str) -> Label:
    """Read the columns `valence`, `arousal` and `expression` of a row; any may be missing or empty.

    Parameters
    ----------
    row : mapping
        The row.
    where : str
        Where it stands, for messages.

    Returns
    -------
    Label
        What it says.

    Raises
    ------
    GalleryError
        If a number is none in [-1, 1], or the expression is unknown.
    """
    expression = row.get("expression", "")
    if expression and expression not in EXPRESSIONS:
        raise GalleryError(f"{where}: unknown expression {expression!r}; one of {', '.join(EXPRESSIONS)}")
    valence, arousal = (_number(row.get(name, ""), f"{where}: {name}") for name in ("valence", "arousal"))
    return Label(valence, arousal, expression)


def _number(text: str, what: str) -> float | None:
    """A cell's number in [-1, 1]; None for an empty cell."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1 <= value <= 1:
        raise GalleryError(f"{what} is {text!r}; a number in [-1, 1] is needed")
    return value
