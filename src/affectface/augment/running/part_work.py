"""One part: its photos fitted, its jobs made, its outputs and its record written, all in one process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from affectface.augment.making.fitted_photo import FittedPhoto, fit_photo
from affectface.augment.making.making import make_all
from affectface.augment.making.shown import Made
from affectface.augment.plan import Job, jobs_of
from affectface.augment.rows import Row
from affectface.augment.running.fit_cache import OtherFits, read_fits, write_fits
from affectface.augment.running.folder import RunFolder
from affectface.augment.running.labels import rows_of_output, spelled_out
from affectface.augment.running.models import checksum_of, open_models
from affectface.augment.running.outputs import Sink, checksum_of_part, writing_part
from affectface.augment.running.parts import Part
from affectface.augment.running.records import Outcome, Summary, place_of, write_record
from affectface.errors import DataSetError
from affectface.files import sha256_of

PhotoKey: TypeAlias = tuple[str, int | None, tuple[float, ...] | None]


@dataclass(frozen=True)
class Work:
    """What a process needs to know to make any part.

    Attributes
    ----------
    folder : RunFolder
        Where the parts go, and what they are made from.
    fits : Path or None
        Fits of another run.
    """

    folder: RunFolder
    fits: Path | None = None

    @classmethod
    def of(cls, folder: RunFolder, fits: str | os.PathLike[str] | None = None) -> Work:
        """Return the work on a folder with paths that mean the same wherever a process was started."""
        plan = replace(folder.plan, path=folder.plan.path.absolute(), root=folder.plan.root.absolute())
        folder = replace(folder, path=folder.path.absolute(), plan=plan)
        return cls(folder, None if fits is None else Path(fits).absolute())


class PartMaker:
    """Makes parts; holds the models.

    Parameters
    ----------
    work : Work
        What the parts are made from.

    Raises
    ------
    DataSetError
        If this machine's models are not those that the run began with.
    AffectFaceError
        If a model is missing.
    """

    def __init__(self, work: Work) -> None:
        self._folder = work.folder
        config = work.folder.config
        self._models = open_models(config.face_model or "", config.affect_model)
        found = checksum_of(self._models.face_model), checksum_of(self._models.affect_model)
        if found != work.folder.checksums:
            raise DataSetError("the models are not those that the run began with; give every machine the same ones")
        self._others = OtherFits(work.fits, found[0])

    def target(self, part: Part) -> Path:
        """Return where a part's outputs go."""
        return self._folder.output(part)

    def make(self, part: Part) -> Summary:
        """Make a part.

        Parameters
        ----------
        part : Part
            The part.

        Returns
        -------
        Summary
            What it came to.

        Raises
        ------
        OSError
            If something cannot be written.
        DataSetError
            If the plan is damaged.
        """
        folder, target = self._folder, self._folder.output(part)
        table = folder.plan.part(part.first, part.count)
        jobs = list(jobs_of(table, folder.plan.path))
        photos = by_photo(jobs)
        fitted = self._fitted(part, photos)
        outcomes: list[Outcome] = []
        with writing_part(folder.config.form, target) as sink:
            for photo, (_, its_jobs) in zip(fitted, photos, strict=True):
                outcomes += self._outcomes(photo, its_jobs, target, sink)
        return write_record(folder.record(part), table, outcomes, folder.checksums, checksum_of_part(target))

    def made(self, photo: FittedPhoto, jobs: Sequence[Job]) -> Iterator[Made]:
        """Yield what becomes of a photo's jobs, in their order."""
        file = self._folder.plan.file(jobs[0])
        if photo.fit is None:
            for job in jobs:
                yield Made(job.number, None, "", (0, 0), job.fps, (), photo.reason)
            return
        yield from make_all(photo, file, jobs, self._models, self._folder.config.making)

    def fit(self, job: Job) -> FittedPhoto:
        """Fit a job's photo, or take the fit of another run."""
        file = self._folder.plan.file(job)
        photo = self._others.of(file, job.photo) or fit_photo(file, job.photo, self._models.face_model)
        if photo.fit is not None:
            return photo
        reason = photo.reason.replace(str(file), job.photo.path)
        return replace(photo, sha256=photo.sha256 or _checksum(file), reason=reason)

    def _fitted(self, part: Part, photos: Sequence[tuple[PhotoKey, list[Job]]]) -> list[FittedPhoto]:
        """The fits of a part's photos, made now or by a run that ended before the part was done."""
        file = self._folder.fits(part)
        earlier = {key_of(one.row): one for one in read_fits(file, self._folder.checksums[0])}
        if earlier.keys() == {key for key, _ in photos}:
            return [self._unchanged(earlier[key], jobs[0]) for key, jobs in photos]
        fitted = [self.fit(jobs[0]) for _, jobs in photos]
        write_fits(file, fitted, self._folder.checksums[0])
        return fitted

    def _unchanged(self, photo: FittedPhoto, job: Job) -> FittedPhoto:
        """A fit, or why it no longer counts."""
        same = _checksum(self._folder.plan.file(job)) == photo.sha256
        return photo if same else replace(photo, fit=None, landmarks=None, reason=_CHANGED)

    def _outcomes(self, photo: FittedPhoto, jobs: Sequence[Job], target: Path, sink: Sink) -> Iterator[Outcome]:
        for job, made in zip(jobs, self.made(photo, jobs), strict=True):
            if made.job != job.number:
                raise RuntimeError(f"job {made.job} was made where {job.number} was asked for")
            if made.data is None:
                yield Outcome(made, "", "", photo.sha256)
                continue
            name = f"{job.number:09d}{made.suffix}"
            path = "/".join((*target.parts[-2:], name))
            rows = rows_of_output(job, path, place_of(made))
            sink.add(name, made.data, rows, spelled_out(job, rows))
            yield Outcome(made, path, checksum_of_output(made), photo.sha256)


_CHANGED = "changed photo: its file is another one than when it was fitted"


def _checksum(file: Path) -> str:
    """SHA-256 of a file; empty where it cannot be read."""
    try:
        return sha256_of(file)
    except OSError:
        return ""


def checksum_of_output(made: Made) -> str:
    """Return the SHA-256 of an output; empty where there is none."""
    return "" if made.data is None else hashlib.sha256(made.data).hexdigest()


def key_of(row: Row) -> PhotoKey:
    """Return what tells photos apart: the file, the frame, and the face."""
    return row.path, row.frame, row.box


def by_photo(jobs: Sequence[Job]) -> list[tuple[PhotoKey, list[Job]]]:
    """Return jobs by photo, in order."""
    return [(key, list(group)) for key, group in groupby(jobs, key=lambda job: key_of(job.photo))]
