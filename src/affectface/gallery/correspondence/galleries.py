"""A gallery of scans -> a gallery of meshes in correspondence."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.errors import GalleryError
from affectface.gallery.correspondence.choosing import Place, Session, sessions_of
from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.quality import FrameQuality
from affectface.gallery.correspondence.working import FrameResult, Job, Worker, read_result, start, work
from affectface.gallery.store import Gallery, GalleryWriter, Template, create_gallery, open_gallery
from affectface.gallery.tracking.point_table import PointTable
from affectface.morphable import FaceModel
from affectface.morphable.library import fingerprint, load_named_face_model

Advance = Callable[[int], None]
_NUMBERS = tuple(field.name for field in fields(FrameQuality))
_SETTINGS = "settings.json"


@dataclass(frozen=True)
class RegisteredGallery:
    """What came of a gallery of scans.

    Attributes
    ----------
    sequences : int
        Sequences that are there now.
    frames : int
        Their frames.
    left_out : dict of str to int
        Reasons for which frames were left out, and of how many.
    """

    sequences: int
    frames: int
    left_out: dict[str, int]


def register_gallery(
    scans: Gallery,
    out: str | os.PathLike[str],
    model: str | None = None,
    *,
    config: RegisterConfig | None = None,
    points: PointTable | None = None,
    workers: int = 1,
    advance: Advance = lambda _steps: None,
) -> RegisteredGallery:
    """Register all scans of a gallery. Interrupted anywhere, it goes on with the next frame when it is called again.

    Parameters
    ----------
    scans : Gallery
        The scans.
    out : path-like
        The gallery of meshes to write or continue. What is not finished lies in a hidden folder beside it.
    model : str, optional
        The face model whose mean is the template: its name or the path of its `.npz`.
    config : RegisterConfig, optional
        How.
    points : PointTable, optional
        Landmarks that are known of some frames, as a tracker's; those of the others are sought.
    workers : int
        Processes, of 0.7 GB each; 0 works in this one.
    advance : callable
        Told the number of frames that are done.

    Returns
    -------
    RegisteredGallery
        What came of it.

    Raises
    ------
    GalleryError
        If the gallery holds no scans, or `out` cannot be written or holds something else.
    """
    if scans.form != "scans":
        raise GalleryError(f"{scans.path}: holds {scans.form}; scans are registered, as ingest writes them")
    config, face_model = config or RegisterConfig(), load_named_face_model(model)
    how = {"method": config.method, "face_model": face_model.name, "identity": config.identity, "units": config.units}
    if points is not None:
        how["points"] = points.sha256
    source = {"registered": how, "scans": dict(scans.source)}
    template = Template(face_model.name, face_model.vertices, face_model.triangles)
    scratch = _scratch(scans, Path(out), face_model, config, points)
    with create_gallery(out, "meshes", template=template, topology=face_model.name, source=source) as writer:
        with _working(scans, model, face_model, config, workers) as run:
            for session in sessions_of(scans):
                for name in session.sequences:
                    if writer.has(name):
                        advance(scans.sequence(name).frames)
                    else:
                        jobs = _jobs(scans, session, name, scratch, points)
                        run(jobs, advance)
                        advance(scans.sequence(name).frames - len(jobs))
                        _write(writer, scans, name, scratch, len(face_model.vertices))
        shutil.rmtree(scratch, ignore_errors=True)
    return _summary(open_gallery(out))


class _working:
    """Runs jobs in this process or in others, which are ended whatever happens."""

    def __init__(
        self, scans: Gallery, model: str | None, face_model: FaceModel, config: RegisterConfig, workers: int
    ) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._worker: Worker | None = None
        if workers:
            self._pool = ProcessPoolExecutor(workers, get_context("spawn"), start, (scans.path, model, config))
        else:
            self._worker = Worker(scans, face_model, config)

    def __enter__(self) -> Callable[[list[Job], Advance], None]:
        return self._run

    def __exit__(self, *_error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, jobs: list[Job], advance: Advance) -> None:
        if self._pool is None:
            assert self._worker is not None
            for job in jobs:
                self._worker.work(job)
                advance(1)
            return
        try:
            for future in as_completed([self._pool.submit(work, job) for job in jobs]):
                future.result()
                advance(1)
        except BrokenProcessPool:
            raise GalleryError(
                "a process of the registration was killed; free memory, or use fewer --workers"
            ) from None


def _scratch(scans: Gallery, out: Path, model: FaceModel, config: RegisterConfig, points: PointTable | None) -> Path:
    """Return the folder of unfinished work, empty unless it is of the same work."""
    settings = {
        "config": hashlib.sha256(repr(config).encode()).hexdigest(),
        "model": fingerprint(model),
        "scans": hashlib.sha256(json.dumps([dict(scans.source), _names(scans)], sort_keys=True).encode()).hexdigest(),
    }
    if points is not None:
        settings["points"] = points.sha256
    folder = out.with_name(f".{out.stem}.registering")
    file = folder / _SETTINGS
    text = json.dumps(settings, indent=1, sort_keys=True)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    return folder


def _names(scans: Gallery) -> list[Any]:
    return [[one.name, one.frames] for one in scans.sequences]


def _jobs(scans: Gallery, session: Session, name: str, scratch: Path, points: PointTable | None) -> list[Job]:
    """Return the frames of a sequence that are to be registered."""
    (scratch / name).mkdir(exist_ok=True)
    places = [(name, int(frame)) for frame in np.flatnonzero(scans.kept(name))]
    reference = _known(points, session.candidates)
    return [
        Job(place, session.candidates, scratch / name / f"{place[1]:07d}.npz", reference | _known(points, (place,)))
        for place in places
    ]


def _known(points: PointTable | None, places: tuple[Place, ...]) -> dict[Place, FloatArray]:
    found = {place: points.at(place) for place in places} if points is not None else {}
    return {place: marks for place, marks in found.items() if marks is not None}


def _write(writer: GalleryWriter, scans: Gallery, name: str, scratch: Path, vertices: int) -> None:
    """Write a sequence all of whose frames are registered, and remove what it was made of."""
    reasons = list(scans.left_out(name))
    numbers = np.full((len(_NUMBERS), len(reasons)), np.nan)

    def blocks() -> Iterator[NDArray[np.float32]]:
        for frame, reason in enumerate(reasons):
            result: FrameResult | None = None
            if not reason:
                result = read_result(scratch / name / f"{frame:07d}.npz", vertices)
                if result is None:
                    raise GalleryError(f"frame {frame} of {name} was not kept; is the disk full? call it again")
                reasons[frame] = result.left_out
                numbers[:, frame] = list(result.quality.columns().values())
            yield np.full((1, vertices, 3), np.nan, np.float32) if result is None else result.vertices[None]

    # Rows of `numbers`, which are filled while the blocks are written.
    writer.add(
        scans.sequence(name),
        blocks(),
        times=scans.times(name),
        left_out=reasons,
        quality=dict(zip(_NUMBERS, numbers, strict=True)),
        labels=scans.labels(name),
    )
    shutil.rmtree(scratch / name, ignore_errors=True)


def _summary(gallery: Gallery) -> RegisteredGallery:
    """Return what a gallery of meshes holds."""
    reasons: dict[str, int] = {}
    for sequence in gallery.sequences:
        for reason in gallery.left_out(sequence.name):
            if reason:
                kind = reason.split(";")[0]
                reasons[kind] = reasons.get(kind, 0) + 1
    return RegisteredGallery(len(gallery.sequences), sum(one.frames for one in gallery.sequences), reasons)
