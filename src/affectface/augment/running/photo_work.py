"""One photo: its fit, and what becomes of its jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Protocol, TypeAlias

from affectface.augment.making.fitted_photo import FittedPhoto, fit_photo
from affectface.augment.making.making import make_all
from affectface.augment.making.shown import Made
from affectface.augment.plan import Job
from affectface.augment.rows import Row
from affectface.augment.running.fit_cache import OtherFits
from affectface.augment.running.folder import RunFolder
from affectface.augment.running.models import checksum_of, open_models
from affectface.device import chosen_device
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


class Photos(Protocol):
    """Who fits photos and makes their jobs: this process, or one of its own."""

    def fit(self, job: Job) -> FittedPhoto:
        """Fit a job's photo, or take the fit of another run."""

    def made(self, photo: FittedPhoto, jobs: Sequence[Job]) -> Iterator[Made]:
        """Yield what becomes of a photo's jobs, in their order."""


class PhotoMaker:
    """Makes photos in this process; holds the models.

    Parameters
    ----------
    work : Work
        What they are made from.

    Raises
    ------
    DataSetError
        If this machine's models are not those that the run began with.
    DeviceError
        If the run's device is not here.
    AffectFaceError
        If a model is missing.
    """

    def __init__(self, work: Work) -> None:
        self._folder = work.folder
        config = work.folder.config
        chosen_device(config.making.device)  # or it is not there
        self._models = open_models(config.face_model or "", config.affect_model)
        found = checksum_of(self._models.face_model), checksum_of(self._models.affect_model)
        if found != work.folder.checksums:
            raise DataSetError("the models are not those that the run began with; give every machine the same ones")
        self._others = OtherFits(work.fits, found[0])

    @property
    def face_model(self) -> str:
        """Name of the face model."""
        return self._models.face_model.name

    def fit(self, job: Job) -> FittedPhoto:
        """Fit a job's photo, or take the fit of another run."""
        file = self._folder.plan.file(job)
        photo = self._others.of(file, job.photo) or fit_photo(file, job.photo, self._models.face_model)
        if photo.fit is not None:
            return photo
        reason = photo.reason.replace(str(file), job.photo.path)
        return replace(photo, sha256=photo.sha256 or checksum_of_file(file), reason=reason)

    def made(self, photo: FittedPhoto, jobs: Sequence[Job]) -> Iterator[Made]:
        """Yield what becomes of a photo's jobs, in their order."""
        if photo.fit is None:
            yield from refused(jobs, photo.reason)
            return
        file = self._folder.plan.file(jobs[0])
        yield from make_all(photo, file, jobs, self._models, self._folder.config.making)


def refused(jobs: Sequence[Job], reason: str) -> Iterator[Made]:
    """Yield jobs of which nothing is made, for one reason."""
    for job in jobs:
        yield Made(job.number, None, "", (0, 0), job.fps, (), reason)


def checksum_of_file(file: Path) -> str:
    """Return the SHA-256 of a file; empty where it cannot be read."""
    try:
        return sha256_of(file)
    except OSError:
        return ""


def key_of(row: Row) -> PhotoKey:
    """Return what tells photos apart: the file, the frame, and the face."""
    return row.path, row.frame, row.box


def by_photo(jobs: Sequence[Job]) -> list[tuple[PhotoKey, list[Job]]]:
    """Return jobs by photo, in order."""
    return [(key, list(group)) for key, group in groupby(jobs, key=lambda job: key_of(job.photo))]
