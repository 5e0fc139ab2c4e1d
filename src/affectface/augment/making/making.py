"""One photo and its jobs -> encoded pictures with their records."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectface.affect import Affect, AffectPath
from affectface.arrays import FloatArray, Image
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.gate import Gate, fault_of, look, prepare_gate
from affectface.augment.making.landmark_motion import LandmarkMotion, landmark_motion
from affectface.augment.making.photo_reading import read_photo
from affectface.augment.making.shown import Made, Shown
from affectface.augment.making.square import Square, square_around, whole_photo
from affectface.augment.plan import Job
from affectface.blas import one_blas_thread
from affectface.clips import write_clip
from affectface.errors import AffectFaceError, DataSetError
from affectface.images import encode_image
from affectface.landmarks import Face
from affectface.landmarks.subset68 import landmarks68
from affectface.provenance import Provenance, describe
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait, frame_count, made_with

_BAD_FRAMES = 0.1
"""Share of a clip's frames from which their faults refuse the clip."""


def make_all(
    photo: FittedPhoto, file: Path, jobs: Sequence[Job], models: Models, config: MakingConfig
) -> Iterator[Made]:
    """Make the pictures of one photo.

    Parameters
    ----------
    photo : FittedPhoto
        The photo with its fit.
    file : Path
        Where it lies.
    jobs : sequence of Job
        What is to be made of it.
    models : Models
        Face model and affect model.
    config : MakingConfig
        What pictures are like.

    Yields
    ------
    Made
        One a job, in the jobs' order: the picture, or the reason why there is none. It depends on the photo, the job,
        the models and the configuration alone, not on the other jobs.

    Raises
    ------
    ValueError
        If the photo was fitted with another face model.
    """
    if photo.face_model != models.face_model.name:
        raise ValueError(f"the photo was fitted with {photo.face_model!r}; {models.face_model.name!r} is needed")
    try:
        stage = _prepare(photo, file, models, config)
    except AffectFaceError as error:
        for job in jobs:
            yield _nothing(job, config, error)
        return
    for job in jobs:
        try:
            yield _make(stage, job)
        except AffectFaceError as error:
            yield _nothing(job, config, error)


@dataclass(frozen=True, eq=False)
class Stage:
    """A photo that is ready to show affects.

    Attributes
    ----------
    portrait : Portrait
        The part of it that is drawn.
    square : Square
        The same with what of it is kept.
    motion : LandmarkMotion
        How its landmarks move.
    gate : Gate or None
        What pictures are held against, if they are.
    models : Models
        Face model and affect model.
    config : MakingConfig
        What pictures are like.
    """

    portrait: Portrait
    square: Square
    motion: LandmarkMotion
    gate: Gate | None
    models: Models
    config: MakingConfig


def _prepare(photo: FittedPhoto, file: Path, models: Models, config: MakingConfig) -> Stage:
    if photo.fit is None or photo.landmarks is None:
        raise DataSetError(f"the photo has no fit ({photo.reason}); leave it out")
    read = read_photo(file, photo.row)
    if read.sha256 != photo.sha256 or read.image.shape[:2] != photo.fit.image_size:
        raise DataSetError(f"{file}: is not the file that was fitted; fit it again")
    if config.size is None:
        square = whole_photo(read.image, photo.landmarks, photo.fit)
    else:
        square = square_around(read.image, photo.landmarks, photo.fit, size=config.size, room=config.room)
    return prepare_stage(square, models, config)


@one_blas_thread()
def prepare_stage(square: Square, models: Models, config: MakingConfig) -> Stage:
    """Make a face ready to show affects.

    Parameters
    ----------
    square : Square
        The face as it is drawn.
    models : Models
        Face model and affect model.
    config : MakingConfig
        What pictures are like.

    Returns
    -------
    Stage
        What `draw_affect` draws on.

    Raises
    ------
    FaceNotFoundError
        If pictures are to be looked at and the face is not found at this size.
    """
    face = Face(square.landmarks, 1.0, _bounds(square.landmarks))
    about = (models.face_model, models.affect_model)
    portrait = Portrait(square.image, face, square.fit, *about, SynthesisConfig(device=config.device))
    if config.gate:
        gate = prepare_gate(square, models, portrait)
        return Stage(portrait, square, gate.motion, gate, models, config)
    motion = landmark_motion(models.face_model, square.fit, portrait.with_lips_closed(square.landmarks))
    return Stage(portrait, square, motion, None, models, config)


def _make(stage: Stage, job: Job) -> Made:
    if isinstance(job.target, AffectPath):
        return _make_clip(stage, job, job.target)
    picture, shown = draw_affect(stage, job.target, intensity=job.intensity, seed=job.seed)
    suffix, reason = f".{stage.config.form}", shown.fault
    data = None if reason else encode_image(picture, suffix, _provenance(stage, job))
    return Made(job.number, data, suffix, picture.shape[:2], None, (shown,), reason)


def _make_clip(stage: Stage, job: Job, path: AffectPath) -> Made:
    if job.fps is None or job.seconds is None:
        raise DataSetError(f"job {job.number}: a path without frames a second and seconds; plan again")
    shown: list[Shown] = []
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, _frames(stage, job, path, shown), job.fps, _provenance(stage, job), threads=1)
        data = clip.read_bytes()
    size, faults = (stage.square.height, stage.square.width), [one.fault for one in shown if one.fault]
    if len(faults) > _BAD_FRAMES * len(shown):
        ((kind, count),) = Counter(fault.partition(":")[0] for fault in faults).most_common(1)
        reason = f"{kind}: in {count} of {len(shown)} frames"
        return Made(job.number, None, ".mp4", size, job.fps, tuple(shown), reason)
    return Made(job.number, data, ".mp4", size, job.fps, tuple(shown))


def _frames(stage: Stage, job: Job, path: AffectPath, shown: list[Shown]) -> Iterator[Image]:
    """Yield a clip's pictures one by one, so that none is kept; `shown` takes what each shows."""
    for affect in path.sample(frame_count(job.fps or 0, job.seconds or 0)):
        picture, one = draw_affect(stage, affect, intensity=job.intensity, seed=job.seed)
        shown.append(one)
        yield picture


@one_blas_thread()
def draw_affect(stage: Stage, affect: Affect, *, intensity: float, seed: int) -> tuple[Image, Shown]:
    """Draw one picture.

    Parameters
    ----------
    stage : Stage
        The face.
    affect : ValenceArousal, Expression or ActionUnits
        What it is to show.
    intensity : float
        How much of it.
    seed : int
        As which of many people, if the configuration wants that.

    Returns
    -------
    tuple of ndarray and Shown
        The picture, and what it shows, a fault included.
    """
    variation = seed if stage.config.variation else None
    expression = stage.portrait.expression_for(affect, intensity=intensity, variation=variation)
    patch, drawn = stage.portrait.patch(expression), stage.portrait.image
    if patch is not None:
        drawn = drawn.copy()
        drawn[patch.box] = patch.pixels
    landmarks, found, fault = stage.motion.at(expression), None, ""
    if stage.gate is not None:
        seen = look(stage.gate, drawn, expression, patch.box if patch else None)
        if seen is not None:
            landmarks, found = seen
        fault = fault_of(stage.gate, found, expression, stage.config)
    landmarks = landmarks - np.array([stage.square.x, stage.square.y, 0], dtype=np.float32)
    x0, y0, x1, y1 = _bounds(landmarks)
    points = np.ascontiguousarray(landmarks68(landmarks)[:, :2])
    shown = Shown(affect, expression, (x0, y0, x1 - x0, y1 - y0), points, found, fault)
    return np.ascontiguousarray(drawn[stage.square.box]), shown


def _provenance(stage: Stage, job: Job) -> Provenance:
    asked = describe(job.target, intensity=job.intensity)
    if stage.config.variation:
        asked["seed"] = job.seed
    return made_with(asked, stage.models.face_model, stage.models.affect_model)


def _nothing(job: Job, config: MakingConfig, error: AffectFaceError) -> Made:
    suffix = ".mp4" if isinstance(job.target, AffectPath) else f".{config.form}"
    return Made(job.number, None, suffix, (0, 0), job.fps, (), f"{type(error).__name__}: {error}")


def _bounds(landmarks: FloatArray) -> tuple[float, float, float, float]:
    """Bounds x0, y0, x1, y1 of landmarks (478, 3)."""
    (x0, y0), (x1, y1) = landmarks[:, :2].min(axis=0).tolist(), landmarks[:, :2].max(axis=0).tolist()
    return x0, y0, x1, y1
