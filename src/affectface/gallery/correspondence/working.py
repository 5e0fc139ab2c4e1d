"""One process of a registration: frames in, registered frames out, one at a time.

A process keeps the reference of the session it works on. What it makes of a frame depends on that frame and the
reference alone, so that neither the number of processes nor an interruption changes a byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.errors import GalleryError, ModelFileError
from affectface.gallery.correspondence.choosing import Place
from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.frames import Plates, plates_of, register_frame
from affectface.gallery.correspondence.hanging import Hanging, hanging_parts
from affectface.gallery.correspondence.quality import FrameQuality
from affectface.gallery.correspondence.reference import register_reference
from affectface.gallery.correspondence.template import RegistrationTemplate, registration_template
from affectface.gallery.store import Gallery, open_gallery, vertex_colours
from affectface.morphable import FaceModel
from affectface.morphable.face_model import read_npz, write_npz
from affectface.morphable.library import load_named_face_model
from affectface.morphable.looking import Shown
from affectface.processes import serve_parent

_KIND = "affectface-registered-frame"
_FEWEST_POINTS = 12
"""Known landmarks from which a head's motion and expression can be told; with fewer they are sought."""
_NOTHING = FrameQuality(*(float("nan"),) * 6)


@dataclass(frozen=True, eq=False)
class Job:
    """One frame to register.

    Attributes
    ----------
    frame : (str, int)
        The sequence and the frame.
    candidates : tuple of (str, int)
        What its reference may be.
    file : Path
        Where the result goes.
    points : mapping of (str, int) to ndarray of shape (478, 3)
        Landmarks that are known of these frames, cm, in the scans' axes; those of other frames are sought.
    """

    frame: Place
    candidates: tuple[Place, ...]
    file: Path
    points: Mapping[Place, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FrameResult:
    """What became of a frame.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float32
        The registered mesh, cm; NaN where there is none.
    quality : FrameQuality
        How well it was registered.
    left_out : str
        Why it does not count; empty if it does.
    """

    vertices: NDArray[np.float32]
    quality: FrameQuality
    left_out: str


class Worker:
    """Registers frames of one gallery, keeping the reference that it last used."""

    def __init__(self, gallery: Gallery, model: FaceModel, config: RegisterConfig) -> None:
        self._gallery, self._config = gallery, config
        self._template: RegistrationTemplate = registration_template(model)
        self._hanging: Hanging = hanging_parts(self._template)
        self._candidates: tuple[Place, ...] | None = None
        self._plates: Plates | str = ""
        self._marks: FloatArray | None = None

    def work(self, job: Job) -> str:
        """Register a frame, unless that is done, and write what became of it.

        Parameters
        ----------
        job : Job
            The frame.

        Returns
        -------
        str
            Why it was left out; empty if it was not.
        """
        done = read_result(job.file, len(self._template.model.vertices))
        if done is None:
            done = self._registered(job)
            write_result(done, job.file)
        return done.left_out

    def _registered(self, job: Job) -> FrameResult:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)  # the optical flow's last bits depend on the number of threads
        try:
            plates = self._reference(job)
            if isinstance(plates, str):
                return self._nothing(plates)
            scan = scan_of(self._gallery, job.frame)
            pair = self._pair(plates, job.points.get(job.frame))
            found = register_frame(plates, self._hanging, scan, self._config, landmarks=pair)
        except GalleryError as error:
            return self._nothing(str(error))
        finally:
            cv2.setNumThreads(threads)
        return FrameResult(found.vertices, found.quality, found.left_out)

    def _pair(self, plates: Plates, points: FloatArray | None) -> tuple[FloatArray, FloatArray] | None:
        """Return the known landmarks of the reference and of a frame, each in its scan's axes; None if too few are."""
        if points is None:
            return None
        before = self._marks
        if before is None:
            before = plates.reference.motion.undo(plates.reference.landmarks).astype(np.float32)
        both = np.asarray((np.isfinite(before) & np.isfinite(points)).all(axis=1))
        if both[self._template.landmarks].sum() < _FEWEST_POINTS:
            return None
        return before, np.where(both[:, None], points, np.nan).astype(np.float32)

    def _reference(self, job: Job) -> Plates | str:
        """Return the reference of a session, or why there is none."""
        candidates = job.candidates
        if candidates != self._candidates:
            self._plates = "its session has no frame that could be the neutral reference"
            for place in candidates:
                try:
                    scan = scan_of(self._gallery, place)
                    given = job.points.get(place)
                    reference = register_reference(self._template, self._hanging, scan, self._config, landmarks=given)
                    self._marks = given
                    self._plates = plates_of(reference, self._config)
                    break
                except GalleryError as error:
                    self._plates = f"no reference: {error}"
            self._candidates = candidates
        return self._plates

    def _nothing(self, reason: str) -> FrameResult:
        shape = self._template.model.vertices.shape
        return FrameResult(np.full(shape, np.nan, dtype=np.float32), _NOTHING, reason)


def scan_of(gallery: Gallery, place: Place) -> Shown:
    """Return a frame of a gallery of scans, with the colours of its vertices."""
    scan = gallery.scan(*place)
    return Shown(scan.vertices, scan.triangles, vertex_colours(scan))


def write_result(result: FrameResult, path: Path) -> None:
    """Write what became of a frame, atomically."""
    numbers = np.array(list(result.quality.columns().values()))
    write_npz(
        path,
        {
            "format": np.array(_KIND),
            "format_version": np.array(1),
            "vertices": result.vertices,
            "quality": numbers,
            "left_out": np.array(result.left_out, dtype=np.str_),
        },
    )


def read_result(path: Path, vertices: int) -> FrameResult | None:
    """Return what became of a frame; None where that is not known, or the file is damaged."""
    if not path.exists():
        return None
    try:
        arrays: dict[str, NDArray[Any]] = read_npz(path, _KIND, 1)
        found, numbers = arrays["vertices"].astype(np.float32), arrays["quality"].astype(np.float64)
        if found.shape != (vertices, 3) or len(numbers) != len(_NOTHING.columns()):
            return None
        return FrameResult(found, FrameQuality(*map(float, numbers)), str(arrays["left_out"]))
    except (ModelFileError, KeyError, ValueError):
        return None


_worker: Worker | None = None


def start(gallery: Path, model: str | None, config: RegisterConfig) -> None:
    """Make this process a worker; it leaves interruptions to its parent, and does not outlive it."""
    global _worker
    serve_parent()
    _worker = Worker(open_gallery(gallery), load_named_face_model(model), config)


def work(job: Job) -> str:
    """Register a frame in a process that `start` made a worker."""
    assert _worker is not None
    return _worker.work(job)
