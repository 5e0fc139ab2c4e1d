"""A synthetic gallery on disk: strengths of facial units, or meshes of a face model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from affectface.errors import GalleryError
from affectface.gallery.store import GalleryWriter, Sequence, Template, create_gallery
from affectface.gallery.synthetic.actions import UNITS
from affectface.gallery.synthetic.config import Selection, SynthesisPlan
from affectface.gallery.synthetic.looks import traits_of
from affectface.gallery.synthetic.selecting import selected_count, selected_frames, selected_tasks, with_frames
from affectface.gallery.synthetic.sequences import SimulatedSequence, panel_for, people_of, perform, sequence_name
from affectface.gallery.synthetic.shapes import PersonShape, person_shape
from affectface.morphable.face_model import FaceModel

GENERATOR = 1
"""Counts up when equal plans begin to make other galleries."""
_SECONDS = 3.8
"""How long a sequence is, about; for the size of what is to come."""

Advance = Callable[[int], None]


def synthesize_gallery(
    path: str | os.PathLike[str],
    plan: SynthesisPlan,
    *,
    face_model: FaceModel | None = None,
    selection: Selection | None = None,
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
    selection : Selection, optional
        Which part of it; all, if not given.
    advance : callable, optional
        Told the number of sequences that are done.

    Returns
    -------
    int
        The number of sequences.

    Raises
    ------
    GalleryError
        If the folder holds something else, another plan's gallery, nobody shows what is selected, or the disk has no
        room for the meshes.
    MissingPackageError
        If pyarrow is not installed.
    """
    selection = selection or Selection()
    count = selected_count(plan, selection)
    if face_model is not None:
        _check_room(Path(path), plan, count, selection, face_model)
    written = 0
    with create_gallery(path, **_settings(plan, selection, face_model)) as writer:
        for person in people_of(plan):
            shape = person_shape(face_model, person, plan) if face_model is not None else None
            for task in selected_tasks(plan, person, selection):
                if not writer.has(sequence_name(person, task)):
                    made = perform(plan, panel_for(plan), person, task)
                    _write(writer, plan, with_frames(made, selected_frames(made, selection)), shape)
                written += 1
                if advance is not None:
                    advance(1)
    return written


def source_of(plan: SynthesisPlan, selection: Selection) -> dict[str, Any]:
    """Return what a gallery is made of, in JSON's types."""
    people = {person.name: traits_of(plan, person).words for person in people_of(plan)}
    source: dict[str, Any] = {"synthetic": asdict(plan) | {"generator": GENERATOR}, "subjects": people}
    if selection != Selection():
        source["selection"] = {"only": list(selection.only), "frames": selection.frames}
    return source


def usual_frames(plan: SynthesisPlan, selection: Selection) -> float:
    """Return how many frames a sequence has, about."""
    whole = _SECONDS * plan.frame_rate
    return whole if selection.frames is None else min(whole, selection.frames)


def _settings(plan: SynthesisPlan, selection: Selection, face_model: FaceModel | None) -> dict[str, Any]:
    """What the gallery is, for `create_gallery`."""
    source = source_of(plan, selection)
    if face_model is None:
        return {"form": "strengths", "unit_names": UNITS, "source": source}
    template = Template(face_model.name, face_model.vertices, face_model.triangles)
    return {"form": "meshes", "template": template, "topology": face_model.name, "source": source}


def _write(writer: GalleryWriter, plan: SynthesisPlan, made: SimulatedSequence, shape: PersonShape | None) -> None:
    sequence = Sequence(made.name, made.subject, made.session, made.task, plan.frame_rate, len(made.times))
    blocks = shape.meshes(made.strengths) if shape is not None else [made.strengths]
    writer.add(sequence, blocks, times=made.times, left_out=made.left_out, labels=made.labels)


def _check_room(path: Path, plan: SynthesisPlan, count: int, selection: Selection, model: FaceModel) -> None:
    """Refuse to begin what the disk cannot hold."""
    needed = count * usual_frames(plan, selection) * len(model.vertices) * 12
    place = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    there = sum(file.stat().st_size for file in path.rglob("vertices.npy")) if path.exists() else 0
    free = shutil.disk_usage(place).free
    if needed - there > free:
        raise GalleryError(
            f"{path}: meshes of {plan.people} people take about {needed / 1e9:.0f} GB and {free / 1e9:.0f} GB are "
            "free; ask for fewer people, or for strengths"
        )
