"""A plan in parts: consecutive jobs, cut by the plan alone, so that nothing depends on who makes which part when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from affectface.augment.columns import arrow
from affectface.augment.plan import Plan

MOST, LEAST = 1000, 32
"""Jobs of the largest parts, and of those of the smallest plans."""

_PARTS = 64
"""Parts that a plan of few jobs has, so that several processes end at the same time."""


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive jobs that are made together and written as a whole.

    Attributes
    ----------
    number : int
        Its place, from 0.
    first : int
        Number of its first job.
    count : int
        How many jobs it has.
    """

    number: int
    first: int
    count: int

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"part-{self.number:05d}"


def usual_size(jobs: int) -> int:
    """Return how many jobs a part of a plan with so many jobs has at most."""
    return min(MOST, max(LEAST, -(-jobs // _PARTS)))


def parts_of(plan: Plan, most: int | None = None) -> tuple[Part, ...]:
    """Cut a plan into parts.

    Parameters
    ----------
    plan : Plan
        The plan.
    most : int, optional
        Jobs of a part at most; without it what `usual_size` says.

    Returns
    -------
    tuple of Part
        All jobs, each once, in order. A photo's jobs stay together unless there are more of them than half a part.
    """
    most = most or usual_size(plan.job_count)
    sizes: list[int] = []
    filled = 0
    for jobs in _jobs_each(plan):
        if filled + jobs > most and 2 * filled >= most:
            sizes.append(filled)
            filled = 0
        while filled + jobs > most:
            sizes.append(most)
            filled, jobs = 0, jobs - (most - filled)
        filled += jobs
    if filled:
        sizes.append(filled)
    starts = np.cumsum([0, *sizes]).tolist()
    return tuple(Part(i, starts[i], size) for i, size in enumerate(sizes))


def _jobs_each(plan: Plan) -> list[int]:
    """How many jobs each photo has, in order."""
    import pyarrow.compute as pc

    pa = arrow()
    starts, before, last = [np.zeros(0, dtype=np.int64)], 0, None
    for batch in plan.batches(["path", "frame"]):
        path, frame = batch.column("path"), pc.fill_null(batch.column("frame"), -1)
        new = pc.or_(pc.not_equal(path[1:], path[:-1]), pc.not_equal(frame[1:], frame[:-1]))
        first = (path[0].as_py(), frame[0].as_py()) != last
        last = (path[-1].as_py(), frame[-1].as_py())
        changes = pa.concat_arrays([pa.array([first]), new]).to_numpy(zero_copy_only=False)
        starts.append(before + np.flatnonzero(changes))
        before += batch.num_rows
    return [int(jobs) for jobs in np.diff(np.concatenate([*starts, [before]]))]
