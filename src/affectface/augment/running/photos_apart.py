"""Photos made in a process of their own, so that one that ends its process costs a row and not the run."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from errno import ENOMEM
from typing import Any, BinaryIO

from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.shown import Made
from affectface.augment.plan import Job
from affectface.augment.running.photo_work import PhotoMaker, Work, checksum_of_file, refused
from affectface.errors import DataSetError

TRIES = 3
"""Processes that a photo may end before it is refused."""

_COMMAND = "from affectface.augment.running.photos_apart import serve; serve()"


class _Died(Exception):
    """The process ended while it was at a photo."""


class PhotosApart:
    """Makes photos in another process, which is started when it is needed, and again when it has died.

    Parameters
    ----------
    work : Work
        What they are made from.
    face_model : str
        Name of the face model.
    """

    def __init__(self, work: Work, face_model: str) -> None:
        self._work = work
        self._face_model = face_model
        self._process: subprocess.Popen[bytes] | None = None

    def fit(self, job: Job) -> FittedPhoto:
        """Fit a job's photo, or say that it cannot be."""
        reason = ""
        for _ in range(TRIES):
            try:
                photo: FittedPhoto
                (photo,) = self._answers("fit", job)
                return photo
            except _Died as error:
                reason = _said(error)
        checksum = checksum_of_file(self._work.folder.plan.file(job))
        return FittedPhoto(job.photo, checksum, self._face_model, None, None, reason)

    def made(self, photo: FittedPhoto, jobs: Sequence[Job]) -> Iterator[Made]:
        """Yield what becomes of a photo's jobs, in their order; after too many deaths the rest is refused."""
        done, reason = 0, ""
        for _ in range(TRIES):
            try:
                for one in self._answers("made", photo, jobs[done:]):  # a picture does not depend on those before it
                    done += 1
                    yield one
                return
            except _Died as error:
                reason = _said(error)
        yield from refused(jobs[done:], reason)

    def _answers(self, name: str, *given: Any) -> Iterator[Any]:
        process = self._process or self._start()
        self._tell(process, (name, given))
        while True:
            kind, value = self._hear(process)
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value

    def _start(self) -> subprocess.Popen[bytes]:
        # the same modules as here, and none that lie in the folder that this happens to be started in
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-P", "-c", _COMMAND]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = process = subprocess.Popen(command, env=environment, **pipes)
        try:
            self._tell(process, self._work)
            kind, value = self._hear(process)
        except _Died as error:
            raise DataSetError(f"a process that makes photos does not start ({error}); run again") from None
        if kind == "error":
            raise value
        return process

    def _tell(self, process: subprocess.Popen[bytes], message: Any) -> None:
        assert process.stdin is not None
        try:
            pickle.dump(message, process.stdin)
            process.stdin.flush()
        except BrokenPipeError:
            raise _Died(self.end()) from None

    def _hear(self, process: subprocess.Popen[bytes]) -> tuple[str, Any]:
        assert process.stdout is not None
        try:
            heard: tuple[str, Any] = pickle.load(process.stdout)  # from our own process, over a pipe
            return heard
        except (EOFError, pickle.UnpicklingError):
            raise _Died(self.end()) from None

    def end(self) -> str:
        """End the process, and return what it ended by, if it has done so by itself."""
        process, self._process = self._process, None
        if process is None:
            return ""
        for stream in (process.stdout, process.stdin):
            try:
                if stream is not None:
                    stream.close()
            except BrokenPipeError:
                continue
        try:
            status = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        if status in (ENOMEM, -signal.SIGKILL):
            return "for want of memory, or killed"
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"


_PATIENCE = 1.0
"""Seconds that a process whose pipes are closed has to end; it is at a photo that nobody waits for."""


def _said(death: _Died) -> str:
    return f"crash: the photo ended {TRIES} processes ({death})"


def serve() -> None:
    """Make photos for the process that started this one, until it closes the pipe."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the other one decides
    cv2.setNumThreads(1)
    told, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    try:
        photos = PhotoMaker(pickle.load(told))
    except Exception as error:
        _answer(out, "error", error)
        return
    _answer(out, "end", None)
    while True:
        try:
            name, given = pickle.load(told)
        except EOFError:
            return
        try:
            for one in [photos.fit(*given)] if name == "fit" else photos.made(*given):
                _answer(out, "is", one)
            _answer(out, "end", None)
        except BrokenPipeError:
            return
        except MemoryError:
            os._exit(ENOMEM)
        except Exception as error:
            _answer(out, "error", error)


def _answer(out: BinaryIO, kind: str, value: Any) -> None:
    pickle.dump((kind, value), out)
    out.flush()
