"""What an output is labelled with: the row of its manifest, or the rows of its frames, from its job and its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from affectface.affect import ActionUnits, Affect, Expression, ValenceArousal
from affectface.affect_path import AffectPath
from affectface.arrays import FloatArray
from affectface.augment.plan import Job
from affectface.augment.rows import Row
from affectface.provenance import describe


@dataclass(frozen=True, eq=False)
class Place:
    """Where the face is in each frame of an output.

    Attributes
    ----------
    boxes : ndarray of shape (N, 4), float32
        Left, top, width and height, pixels.
    landmarks : ndarray of shape (N, 68, 2), float32
        The iBUG landmarks, pixels.
    """

    boxes: FloatArray
    landmarks: FloatArray


def rows_of_output(job: Job, path: str, place: Place) -> list[Row]:
    """Return the rows of a manifest that an output becomes.

    Parameters
    ----------
    job : Job
        What was asked for.
    path : str
        Where the output lies, from the manifest's folder.
    place : Place
        Where the face is in its frames; a picture has one.

    Returns
    -------
    list of Row
        One row, or one a frame of a clip. They show the photo's person: where that has no name it is called after the
        photo, so that all that is made of one photo stays together.
    """
    photo, frames = job.photo, len(place.boxes)
    clip = isinstance(job.target, AffectPath)
    affects: Sequence[Affect] = job.target.sample(frames) if isinstance(job.target, AffectPath) else [job.target]
    rows = []
    for number, affect in enumerate(affects):
        left, top, width, height = place.boxes[number].tolist()
        rows.append(
            Row(
                path,
                subject=photo.subject or photo.path,
                split=photo.split,
                fold=photo.fold,
                frame=number if clip else None,
                time=number / job.fps if clip and job.fps else None,
                **labels_of(affect, job.intensity),
                box=(left, top, width, height),
                landmarks=np.ascontiguousarray(place.landmarks[number]),
                source=photo.source,
            )
        )
    return rows


def labels_of(affect: Affect, intensity: float) -> dict[str, Any]:
    """Return the labels of a picture that shows an affect with an intensity: columns of a manifest."""
    match affect:
        case ValenceArousal():
            point = [float(np.clip(np.float32(value * intensity), -1, 1)) for value in (affect.valence, affect.arousal)]
            return {"valence": point[0], "arousal": point[1]}
        case Expression():
            return {"expression": affect.name}
        case ActionUnits():
            return {"action_units": {unit: min(1.0, strength * intensity) for unit, strength in affect.strengths}}


def spelled_out(job: Job, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what stands beside an output in a shard, in JSON's types: its labels, person, target and seed."""
    first = rows[0]
    said: dict[str, Any] = {"synthetic": True, "job": job.number, "seed": job.seed}
    said |= {"target": describe(job.target, intensity=job.intensity), "photo": job.photo.path}
    said |= {"photo_frame": job.photo.frame, "subject": first.subject, "source": first.source}
    said |= {"split": first.split, "fold": first.fold, "fps": job.fps}
    labels = [_labels(row) for row in rows]
    return said | ({"frames": labels} if isinstance(job.target, AffectPath) else labels[0])


def _labels(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"valence": row.valence, "arousal": row.arousal, "expression": row.expression}
    found |= {"action_units": dict(row.action_units) if row.action_units else None}
    return found | {"box": None if row.box is None else list(row.box)}
