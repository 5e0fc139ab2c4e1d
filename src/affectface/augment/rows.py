"""One row of a manifest, and what becomes of an entry that cannot be one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from affectface.affect_tables import EXPRESSIONS
from affectface.arrays import FloatArray

SPLITS = ("train", "validation", "test")
"""What a row's split can be; empty where there is none."""

OLDEST = 130.0
_WIDEST = 1e7
_ACTION_UNIT = re.compile(r"[1-9][0-9]?[LR]?")
_AGE_GROUP = re.compile(r"[0-9]{1,3}(-[0-9]{1,3}|\+)")


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """An image, or a frame of a film, and what is known about it.

    Attributes
    ----------
    path : str
        The image or film, relative, with forward slashes.
    subject : str
        Who is shown; empty where that is not known.
    split : str
        One of `SPLITS`, or empty.
    fold : int or None
        The fold of a cross-validation in which the row is tested.
    frame : int or None
        Number of the frame: in the film that `path` names, from 0, or as the data set counts its images.
    time : float or None
        Seconds from the beginning of the film.
    valence, arousal : float or None
        In [-1, 1].
    expression : str
        One of `EXPRESSIONS`, or empty.
    action_units : mapping of str to float, optional
        Strength in [0, 1] of each action unit that was coded, such as `12` or `12L`; 0 where it is not shown.
    age : float or None
        Years.
    age_group : str
        Such as `20-39` or `70+`, or empty.
    box : tuple of float, optional
        Left, top, width and height of the face, pixels.
    landmarks : ndarray of shape (N, 2), float32, optional
        As the data set has them, pixels.
    source : str
        Name of the data set.
    """

    path: str
    subject: str = ""
    split: str = ""
    fold: int | None = None
    frame: int | None = None
    time: float | None = None
    valence: float | None = None
    arousal: float | None = None
    expression: str = ""
    action_units: Mapping[str, float] | None = None
    age: float | None = None
    age_group: str = ""
    box: tuple[float, float, float, float] | None = None
    landmarks: FloatArray | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry of a data set that becomes no row, or loses a label, and why.

    Attributes
    ----------
    where : str
        The file, or the annotation's file and line.
    reason : str
        The reason, the same words for all that share it: they are counted.
    lost : "row" or "label"
        Whether the whole entry is left out or only a label of it.
    """

    where: str
    reason: str
    lost: Literal["row", "label"] = "row"


Found: TypeAlias = Row | Refusal
"""What an adapter yields."""


def fault_of(row: Row) -> tuple[str, str] | None:
    """Return the column that makes a row nonsense, and why; None for a row that is right."""
    if fault := path_fault(row.path):
        return "path", fault
    if row.split not in ("", *SPLITS):
        return "split", f"is {row.split!r}; one of {', '.join(SPLITS)}, or empty, is needed"
    if row.expression and row.expression not in EXPRESSIONS:
        return "expression", f"is {row.expression!r}; one of {', '.join(EXPRESSIONS)}, or empty, is needed"
    if row.age_group and not _AGE_GROUP.fullmatch(row.age_group):
        return "age_group", f"is {row.age_group!r}; text such as 20-39 or 70+ is needed"
    for column, lowest, highest in BOUNDS:
        value = getattr(row, column)
        if value is not None and not lowest <= value <= highest:
            return column, f"is {value:g}; a number in [{lowest:g}, {highest:g}] is needed"
    for unit, strength in (row.action_units or {}).items():
        if not _ACTION_UNIT.fullmatch(unit):
            return "action_units", f"has {unit!r}; numbers such as 12 or 12L are needed"
        if not 0 <= strength <= 1:
            return "action_units", f"has {unit}={strength:g}; strengths in [0, 1] are needed"
    if row.box is not None and not (all(abs(side) < _WIDEST for side in row.box) and min(row.box[2:]) > 0):
        return "box", "has no size; left, top, width and height in pixels are needed"
    if row.landmarks is not None and not np.isfinite(row.landmarks).all():
        return "landmarks", "have a coordinate that is no number; pixels are needed"
    return None


BOUNDS = (
    ("fold", 0, 32767),
    ("frame", 0, 2**31 - 1),
    ("time", 0.0, 1e9),
    ("valence", -1.0, 1.0),
    ("arousal", -1.0, 1.0),
    ("age", 0.0, OLDEST),
)
"""Numeric columns and the range of each."""


def path_fault(path: str) -> str:
    """Return why a path cannot stand in a manifest; empty if it can."""
    if not path:
        return "is empty; a file's name is needed"
    if path.startswith("/") or "\\" in path or path[1:2] == ":":
        return f"is {path[:80]!r}; a relative path with forward slashes is needed"
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in path):
        return "has a control character or is no UTF-8; another file name is needed"
    return ""
