"""Outputs made again from their records, to show that a record says all that an output depends on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from affectface.augment.plan import jobs_of
from affectface.augment.running.fit_cache import read_fits
from affectface.augment.running.folder import RunFolder
from affectface.augment.running.part_work import checksum_of_output
from affectface.augment.running.photo_work import PhotoMaker, Work, by_photo, key_of
from affectface.augment.running.records import read_record
from affectface.errors import DataSetError


@dataclass(frozen=True)
class Replayed:
    """What came of making a job again.

    Attributes
    ----------
    job : int
        Its number.
    output : str
        The output that it has; empty where it has a reason instead.
    difference : str
        How what was made now differs; empty where it is the same, byte for byte.
    """

    job: int
    output: str
    difference: str


def drawn_jobs(folder: RunFolder, count: int, seed: int = 0) -> list[int]:
    """Return the numbers of some jobs of a run, drawn by a seed, in order."""
    most = min(count, folder.plan.job_count)
    return sorted(np.random.default_rng(seed).choice(folder.plan.job_count, most, replace=False).tolist())


def replay(folder: RunFolder, jobs: Sequence[int], *, fit_anew: bool = False) -> Iterator[Replayed]:
    """Make jobs again from their records, and compare.

    Parameters
    ----------
    folder : RunFolder
        The run; its photos must be where its plan's root says.
    jobs : sequence of int
        Their numbers.
    fit_anew : bool
        Whether their photos are fitted again too, instead of taking the run's fits.

    Yields
    ------
    Replayed
        One a job, in order.

    Raises
    ------
    DataSetError
        If the run has no such job, its part is not done yet, or its record is damaged.
    """
    parts = folder.parts()
    starts = [part.first for part in parts]
    for number in jobs:
        if not 0 <= number < folder.plan.job_count:
            raise DataSetError(f"{folder.path}: has no job {number}; ask for 0 to {folder.plan.job_count - 1}")
    maker = PhotoMaker(Work(folder))
    for index, numbers in groupby(sorted(set(jobs)), key=lambda number: bisect_right(starts, number) - 1):
        part = parts[index]
        if not folder.record(part).is_file():
            raise DataSetError(f"{folder.path}: {part.name} is not done yet; run again")
        table = read_record(folder.record(part)).take([number - part.first for number in numbers])
        cells = {one["job"]: one for one in table.select(["job", "output", "sha256", "reason"]).to_pylist()}
        fits = {} if fit_anew else {key_of(one.row): one for one in read_fits(folder.fits(part), folder.checksums[0])}
        for key, its_jobs in by_photo(list(jobs_of(table, folder.path))):
            photo = fits.get(key) or maker.fit(its_jobs[0])
            for job, made in zip(its_jobs, maker.made(photo, its_jobs), strict=True):
                one = cells[job.number]
                yield Replayed(job.number, one["output"], _difference(one, checksum_of_output(made), made.reason))


def _difference(record: dict[str, str], checksum: str, reason: str) -> str:
    if record["output"] and reason:
        return f"now refused: {reason}"
    if not record["output"] and not reason:
        return "now made"
    if record["reason"] != reason:
        return f"now another reason: {reason}"
    return "" if record["sha256"] == checksum else "other bytes"
