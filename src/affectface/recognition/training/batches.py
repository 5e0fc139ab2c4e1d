"""Which rows each step sees: said by seed, epoch and step alone, so that a killed run can go on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class EpochBatches:
    """The batches of one epoch, from a step on, for one of several devices.

    Parameters
    ----------
    rows : int
        Rows, or sequences, that there are.
    batch : int
        Rows of a step, over all devices.
    epoch : int
        Which epoch.
    first : int
        The first step of the epoch that is still to be made.
    seed : int
        Of the order.
    share : tuple of int
        Which device this is, and how many there are.

    Notes
    -----
    The last batch is filled from the start of the epoch, so that all are of one size and each row counts in every
    epoch: a CCC of a handful of rows is noise.
    """

    def __init__(
        self, rows: int, batch: int, *, epoch: int, first: int, seed: int, share: tuple[int, int] = (0, 1)
    ) -> None:
        self.rows, self.batch, self.epoch, self.first = rows, batch, epoch, first
        self.seed, self.share = seed, share

    def __len__(self) -> int:
        return steps_of(self.rows, self.batch) - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.rows)
        rank, devices = self.share
        for step in range(self.first, steps_of(self.rows, self.batch)):
            places = np.arange(step * self.batch, (step + 1) * self.batch) % self.rows
            yield [(self.epoch, int(row)) for row in order[places][rank::devices]]


def steps_of(rows: int, batch: int) -> int:
    """Return how many steps an epoch of so many `rows` has."""
    return -(-rows // batch)
