"""A plan -> its outputs: what is not there yet is made, whatever stopped an earlier run."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from affectface.augment.plan import Plan, jobs_of
from affectface.augment.running.config import RunConfig
from affectface.augment.running.finishing import finish, is_finished
from affectface.augment.running.folder import BEGUN, CHECKSUMS, MANIFEST, PLAN, REFUSED, RunFolder, begun
from affectface.augment.running.making_parts import Done, clustered, made_here
from affectface.augment.running.parts import Part
from affectface.augment.running.photo_work import Work
from affectface.augment.running.ray_parts import made_by_ray
from affectface.augment.running.ray_session import Workforce, ray_session, remove_dead_sessions
from affectface.augment.running.records import Summary, read_summary
from affectface.augment.running.settings import SETTINGS
from affectface.device import chosen_device
from affectface.errors import DataSetError

_FEW, _FEW_LARGE = 1000, 100
"""Pictures that one process makes in the time that several need to start: small ones, and those over 512 pixels."""
_LOOKED_FOR = 100
"""Photos of a plan of which one must be there, or the folder is the wrong one."""


@dataclass(frozen=True)
class Totals:
    """What a run has come to.

    Attributes
    ----------
    jobs : int
        Jobs of the plan.
    parts, parts_done : int
        Parts, and those that are done.
    made : int
        Outputs.
    size : int
        Their bytes.
    reasons : dict of str to int
        Why jobs have none, and how many.
    """

    jobs: int
    parts: int
    parts_done: int
    made: int
    size: int
    reasons: dict[str, int]

    @property
    def done(self) -> int:
        """Jobs that are made or have a reason."""
        return self.made + sum(self.reasons.values())


Listener = Callable[[Totals, Workforce | None], None]


def run_plan(
    plan: Plan,
    out: str | os.PathLike[str],
    *,
    config: RunConfig | None = None,
    workers: int | None = None,
    fits: str | os.PathLike[str] | None = None,
    told: Listener = lambda totals, force: None,
) -> Totals:
    """Make what a plan asks for; stopped work goes on where it was.

    Parameters
    ----------
    plan : Plan
        The plan.
    out : path-like
        The folder; a new one, or that of the same plan with the same settings.
    config : RunConfig, optional
        What is made.
    workers : int, optional
        Processes, of which each holds the models. 1 is this process, unless the variable RAY_ADDRESS names a cluster.
        Without it as many as there are cores, or a single one beside this where less is left than it makes while
        several start. Equal input gives equal bytes, whatever their number.
    fits : path-like, optional
        The folder `fits` of another run, whose fits of the same photos are taken.
    told : callable
        Called with what the run has come to, at the beginning and after each part, and with who makes it.

    Returns
    -------
    Totals
        What it came to.

    Raises
    ------
    DataSetError
        If the folder is another run's, cannot be written, or is full; or if no photo is where the plan says.
    DeviceError
        If the device is not there.
    AffectFaceError
        If a model is missing or damaged.
    """
    config = config or RunConfig()
    if not clustered():
        chosen_device(config.making.device)  # or it is not there
    _look_for_photos(plan)
    with begun(plan, out, config) as folder:
        parts = folder.parts()
        try:
            _remove_unfinished(folder)
            totals = _make_parts(Work.of(folder, fits), parts, workers, told)
            if not is_finished(folder):
                finish(folder, parts)
            shutil.rmtree(folder.path / BEGUN, ignore_errors=True)
        finally:
            _remove_unfinished(folder)
    return totals


def totals_of(folder: RunFolder) -> Totals:
    """Return what a run has come to, as its records' headers say; damaged ones count as not done."""
    parts = folder.parts()
    return _totals(folder, parts, _summaries(folder, parts))


def _make_parts(work: Work, parts: Sequence[Part], workers: int | None, told: Listener) -> Totals:
    folder = work.folder
    summaries = _summaries(folder, parts)
    waiting = [part for part in parts if part.number not in summaries]
    told(_totals(folder, parts, summaries), None)
    if not waiting:
        return _totals(folder, parts, summaries)
    (folder.path / CHECKSUMS).unlink(missing_ok=True)  # a part of a run that had ended was removed
    if not clustered() and (workers == 1 or (workers is None and _are_few(work, waiting))):
        done = made_here(work, waiting, careful=workers is None)
        _collect(folder, parts, summaries, done, lambda totals: told(totals, None))
    else:
        with ray_session(workers) as force:
            told(_totals(folder, parts, summaries), force)
            _collect(folder, parts, summaries, made_by_ray(work, waiting, force), lambda totals: told(totals, force))
    return _totals(folder, parts, summaries)


def _are_few(work: Work, waiting: Sequence[Part]) -> bool:
    """Say whether one process makes parts before several have started."""
    size = work.folder.config.making.size
    most = _FEW if size is not None and size <= 512 else _FEW_LARGE
    if sum(part.count for part in waiting) > most:
        return False
    plan = work.folder.plan
    jobs = (job for part in waiting for job in jobs_of(plan.part(part.first, part.count), plan.path))
    return sum((job.fps or 1) * (job.seconds or 1) for job in jobs) <= most


def _collect(
    folder: RunFolder,
    parts: Sequence[Part],
    summaries: dict[int, Summary],
    done: Iterator[Done],
    told: Callable[[Totals], None],
) -> None:
    for one in done:
        if one.summary is None:
            raise DataSetError(one.fault + (_needed(folder, parts, summaries) if one.no_space else ""))
        summaries[one.part.number] = one.summary
        told(_totals(folder, parts, summaries))


def _needed(folder: RunFolder, parts: Sequence[Part], summaries: dict[int, Summary]) -> str:
    """How much room the rest of a run needs, from what it has made so far."""
    totals = _totals(folder, parts, summaries)
    if not totals.done:
        return ""
    each = sum(file.stat().st_size for file in folder.path.rglob("*") if file.is_file()) / totals.done
    return f"; about {ceil(each * (totals.jobs - totals.done) / 1e6):,} MB are needed for the rest"


def _summaries(folder: RunFolder, parts: Sequence[Part]) -> dict[int, Summary]:
    """What the parts that are done came to; a part whose record is damaged is not done."""
    found = {}
    for part in parts:
        file = folder.record(part)
        if file.is_file():
            try:
                found[part.number] = read_summary(file)
            except DataSetError:
                continue
    return found


def _totals(folder: RunFolder, parts: Sequence[Part], summaries: dict[int, Summary]) -> Totals:
    reasons: Counter[str] = Counter()
    for one in summaries.values():
        reasons.update(one.reasons)
    made, size = (sum(getattr(one, name) for one in summaries.values()) for name in ("made", "size"))
    return Totals(folder.plan.job_count, len(parts), len(summaries), made, size, dict(sorted(reasons.items())))


def _remove_unfinished(folder: RunFolder) -> None:
    """Remove what killed processes were writing: files and folders under temporary names."""
    remove_dead_sessions()
    written = [(place, "part-*") for place in ("fits", "records", folder.config.form)]
    written += [(".", f"{Path(name).stem}.*") for name in (PLAN, SETTINGS, MANIFEST, REFUSED, CHECKSUMS)]
    for place, names in written:
        for left in (folder.path / place).glob(f".{names}"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _look_for_photos(plan: Plan) -> None:
    seen: list[str] = []
    for batch in plan.batches(["path"]):
        for path in dict.fromkeys(batch.column("path").to_pylist()):
            if (plan.root / path).is_file():
                return
            seen.append(path)
            if len(seen) >= _LOOKED_FOR:
                break
        break
    if seen:
        raise DataSetError(
            f"{plan.root}: none of the plan's first {len(seen)} photos is there, such as {seen[0]}; give their folder "
            "as --root"
        )
