"""Who a row shows: its subject within its data set, or itself where no subject is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERSON_COLUMNS = ("path", "subject", "source")
"""The columns that tell people apart."""


class People:
    """Numbers people in the order in which they first appear.

    Attributes
    ----------
    alone : int
        How many of them are files without a subject: each counts as a person of its own, all frames of a film as one.
    """

    def __init__(self) -> None:
        self.alone = 0
        self._numbers: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, batch: Any) -> NDArray[np.int64]:
        """Return the person of each row of a batch.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            With `PERSON_COLUMNS`.

        Returns
        -------
        ndarray of shape (N,), int64
            The people's numbers, from 0.

        Notes
        -----
        Kept are hashes of 64 bits, not names: of 2.4 million people two have the same hash once in six million sets.
        """
        return np.fromiter(self._each(batch), np.int64, batch.num_rows)

    def _each(self, batch: Any) -> Iterator[int]:
        paths, subjects, sources = (batch.column(name).to_pylist() for name in PERSON_COLUMNS)
        for path, subject, source in zip(paths, subjects, sources, strict=True):
            key = hash((source, subject) if subject else (path,))
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = len(self._numbers)
                self.alone += not subject
            yield number
