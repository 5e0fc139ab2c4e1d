"""A sequence of a source folder before it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.gallery.store.sequence import check_name

_UNFIT = re.compile(r'[/\\:*?"<>|\s]+')


@dataclass(frozen=True, eq=False)
class SourceSequence:
    """A sequence that is still to be read.

    Attributes
    ----------
    name, subject, session, task : str
        What it is.
    files : tuple of str
        Files below the source folder: one a frame, or one stack of all.
    rows : ndarray of shape (F,) or None
        Which mesh of the stack each frame is.
    numbers : ndarray of shape (F,)
        What the frames are called: the last number in their files' names.
    """

    name: str
    subject: str
    session: str
    task: str
    files: tuple[str, ...]
    rows: NDArray[np.int64] | None
    numbers: NDArray[np.int64]

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return len(self.numbers)

    def frame(self, number: int) -> tuple[str, int]:
        """Return file and row of a frame; -1 where the file is one mesh."""
        return (self.files[number], -1) if self.rows is None else (self.files[0], int(self.rows[number]))


def sequence_name(*parts: str) -> str:
    """Return what a sequence of this subject, session and task is called; empty of nothing."""
    name = "_".join(_UNFIT.sub("-", part.strip()) for part in parts if part.strip())
    name = "".join(letter for letter in name if letter.isprintable()).strip(". ")
    name = f"_{name}" if name.startswith("-") else name
    if name:
        check_name(name)
    return name
