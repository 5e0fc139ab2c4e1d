"""A synthetic gallery on disk: strengths of facial units, or meshes of a face model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from affectface.arrays import FloatArray
from affectface.errors import GalleryError
from affectface.gallery.store import GalleryWriter, Sequence, Template, create_gallery
from affectface.gallery.synthetic.actions import UNITS
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.looks import identity_of, traits_of
from affectface.gallery.synthetic.people import Person
from affectface.gallery.synthetic.sequences import (
    SimulatedSequence,
    panel_for,
    people_of,
    perform,
    sequence_count,
    sequence_name,
    tasks_of,
)
from affectface.morphable.face_model import FaceModel

GENERATOR = 1
"""Counts up when equal plans begin to make other galleries."""
_BLOCK = 32
"""Meshes that are made at once."""
_SECONDS = 3.8
"""How long a sequence is, about; for the size of what is to come."""

Advance = Callable[[int], None]


def synthesize_gallery(
    path: str | os.PathLike[str],
    plan: SynthesisPlan,
    *,
    face_model: FaceModel | None = None,
    advance: Advance | None = None,
) -> int:
    """Write a gallery of simulated people.

    Parameters
    ----------
    path : path-like
        The gallery's folder; one that was interrupted is continued.
    plan : SynthesisPlan
        Who, and how much.
    face_model : FaceModel, optional
        Write meshes of this model, each person with an identity of their own; strengths of facial units if not given.
    advance : callable, optional
        Told the number of sequences that are done.

    Returns
    -------
    int
        The number of sequences.

    Raises
    ------
    GalleryError
        If the folder holds something else, another plan's gallery, or the disk has no room for the meshes.
    MissingPackageError
        If pyarrow is not installed.
    """
    if face_model is not None:
        _check_room(Path(path), plan, face_model)
    written = 0
    with create_gallery(path, **_settings(plan, face_model)) as writer:
        for person in people_of(plan):
            shape = _Shape(face_model, person, plan) if face_model is not None else None
            for task in tasks_of(plan, person):
                if not writer.has(sequence_name(person, task)):
                    _write(writer, plan, perform(plan, panel_for(plan), person, task), shape)
                written += 1
                if advance is not None:
                    advance(1)
    return written


def _settings(plan: SynthesisPlan, face_model: FaceModel | None) -> dict[str, Any]:
    """What the gallery is, for `create_gallery`."""
    people = {person.name: traits_of(plan, person).words for person in people_of(plan)}
    source = {"synthetic": asdict(plan) | {"generator": GENERATOR}, "subjects": people}
    if face_model is None:
        return {"form": "strengths", "unit_names": UNITS, "source": source}
    template = Template(face_model.name, face_model.vertices, face_model.triangles)
    return {"form": "meshes", "template": template, "topology": face_model.name, "source": source}


class _Shape:
    """One person's face at rest and the directions in which units move it."""

    def __init__(self, model: FaceModel, person: Person, plan: SynthesisPlan) -> None:
        self.rest = model.shape(identity_of(plan, person, model))
        self.columns = [column for column, unit in enumerate(UNITS) if unit in model.expression_names]
        moved = [model.expression_names.index(UNITS[column]) for column in self.columns]
        self.basis = model.expression[moved].reshape(len(moved), -1)

    def meshes(self, strengths: FloatArray) -> Iterator[FloatArray]:
        """Vertices (B, V, 3), block by block."""
        for first in range(0, len(strengths), _BLOCK):
            moved = strengths[first : first + _BLOCK, self.columns] @ self.basis
            yield np.asarray(self.rest + moved.reshape(-1, *self.rest.shape), dtype=np.float32)


def _write(writer: GalleryWriter, plan: SynthesisPlan, made: SimulatedSequence, shape: _Shape | None) -> None:
    sequence = Sequence(made.name, made.subject, made.session, made.task, plan.frame_rate, len(made.times))
    blocks = shape.meshes(made.strengths) if shape is not None else [made.strengths]
    writer.add(sequence, blocks, times=made.times, left_out=made.left_out, labels=made.labels)


def _check_room(path: Path, plan: SynthesisPlan, model: FaceModel) -> None:
    """Refuse to begin what the disk cannot hold."""
    needed = sequence_count(plan) * _SECONDS * plan.frame_rate * len(model.vertices) * 12
    place = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    there = sum(file.stat().st_size for file in path.rglob("vertices.npy")) if path.exists() else 0
    free = shutil.disk_usage(place).free
    if needed - there > free:
        raise GalleryError(
            f"{path}: meshes of {plan.people} people take about {needed / 1e9:.0f} GB and {free / 1e9:.0f} GB are "
            "free; ask for fewer people, or for strengths"
        )
