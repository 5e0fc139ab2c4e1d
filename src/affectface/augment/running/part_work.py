"""One part: its photos fitted, its jobs made, its outputs and its record written, all in one process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.shown import Made
from affectface.augment.plan import Job, jobs_of
from affectface.augment.running.fit_cache import read_fits, write_fits
from affectface.augment.running.labels import rows_of_output, spelled_out
from affectface.augment.running.outputs import Sink, checksum_of_part, writing_part
from affectface.augment.running.parts import Part
from affectface.augment.running.photo_work import (
    PhotoKey,
    PhotoMaker,
    Photos,
    Work,
    by_photo,
    checksum_of_file,
    key_of,
)
from affectface.augment.running.photos_apart import PhotosApart
from affectface.augment.running.records import Outcome, Summary, place_of, write_record


class PartMaker:
    """Makes parts; holds the models.

    Parameters
    ----------
    work : Work
        What the parts are made from.
    careful : bool
        Whether all photos are made in a process of their own, not only those of parts over which a process has died.

    Raises
    ------
    DataSetError
        If this machine's models are not those that the run began with.
    AffectFaceError
        If a model is missing.
    """

    def __init__(self, work: Work, *, careful: bool = False) -> None:
        self._folder = work.folder
        self._photos = PhotoMaker(work)
        self._apart = PhotosApart(work, self._photos.face_model)
        self._careful = careful

    def end(self) -> None:
        """End the other process, if there is one."""
        self._apart.end()

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

        Notes
        -----
        If the process that made the part before has died, or memory does not suffice, the part's photos are made in a
        process of their own: then it is known which of them does it, and that one is refused.
        """
        with _begun(self._folder.mark(part)) as died:
            if not died and not self._careful:
                try:
                    return self._make(part, self._photos)
                except MemoryError:
                    pass
            try:
                return self._make(part, self._apart)
            finally:
                if not self._careful:
                    self.end()

    def _make(self, part: Part, photos: Photos) -> Summary:
        folder, target = self._folder, self._folder.output(part)
        table = folder.plan.part(part.first, part.count)
        wanted = by_photo(list(jobs_of(table, folder.plan.path)))
        fitted = self._fitted(part, wanted, photos)
        outcomes: list[Outcome] = []
        with writing_part(folder.config.form, target) as sink:
            for photo, (_, jobs) in zip(fitted, wanted, strict=True):
                outcomes += _outcomes(jobs, photos.made(photo, jobs), photo.sha256, target, sink)
        return write_record(folder.record(part), table, outcomes, folder.checksums, checksum_of_part(target))

    def _fitted(self, part: Part, wanted: Sequence[tuple[PhotoKey, list[Job]]], photos: Photos) -> list[FittedPhoto]:
        """The fits of a part's photos, made now or by a run that ended before the part was done."""
        file = self._folder.fits(part)
        earlier = {key_of(one.row): one for one in read_fits(file, self._folder.checksums[0])}
        if earlier.keys() == {key for key, _ in wanted}:
            return [self._unchanged(earlier[key], jobs[0]) for key, jobs in wanted]
        fitted = [photos.fit(jobs[0]) for _, jobs in wanted]
        write_fits(file, fitted, self._folder.checksums[0])
        return fitted

    def _unchanged(self, photo: FittedPhoto, job: Job) -> FittedPhoto:
        """A fit, or why it no longer counts."""
        same = checksum_of_file(self._folder.plan.file(job)) == photo.sha256
        return photo if same else replace(photo, fit=None, landmarks=None, reason=_CHANGED)


def _outcomes(jobs: Sequence[Job], results: Iterator[Made], photo: str, target: Path, sink: Sink) -> Iterator[Outcome]:
    """Write a photo's outputs, and tell of each job; `photo` is the checksum of the photo."""
    for job, made in zip(jobs, results, strict=True):
        if made.job != job.number:
            raise RuntimeError(f"job {made.job} was made where {job.number} was asked for")
        if made.data is None:
            yield Outcome(made, "", "", photo)
            continue
        name = f"{job.number:09d}{made.suffix}"
        path = "/".join((*target.parts[-2:], name))
        rows = rows_of_output(job, path, place_of(made))
        sink.add(name, made.data, rows, spelled_out(job, rows))
        yield Outcome(made, path, checksum_of_output(made), photo)


@contextmanager
def _begun(mark: Path) -> Iterator[bool]:
    """Leave a mark while a part is made; say whether one was there, of a process that died over the part."""
    died = mark.is_file()
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    try:
        yield died
    finally:
        mark.unlink(missing_ok=True)


_CHANGED = "changed photo: its file is another one than when it was fitted"


def checksum_of_output(made: Made) -> str:
    """Return the SHA-256 of an output; empty where there is none."""
    return "" if made.data is None else hashlib.sha256(made.data).hexdigest()
