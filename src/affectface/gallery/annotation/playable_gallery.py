"""A gallery's sequences for annotators: each is drawn once, as a clip."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.errors import AffectFaceError, AnnotationError
from affectface.gallery.annotation.face_drawing import (
    Sitter,
    draw_mesh,
    draw_scan,
    front_camera,
    mesh_sitter,
    model_sitter,
)
from affectface.gallery.annotation.playable import Advance, Playable, clip_path
from affectface.gallery.annotation.viewing_copy import write_drawn_clip
from affectface.gallery.store import Gallery, Sequence, open_gallery
from affectface.morphable.face_model import FaceModel
from affectface.morphable.library import load_named_face_model

_DRAWING = 1
"""Counts up when drawings change, so that clips are drawn again."""

Drawer = Callable[[int], Image | None]


def playable_gallery(path: str | os.PathLike[str], clips: Path) -> tuple[Playable, ...]:
    """Return a gallery's sequences, drawn when they are wanted.

    Parameters
    ----------
    path : path-like
        The gallery's folder.
    clips : Path
        Where the clips go.

    Returns
    -------
    tuple of Playable
        Its sequences, by name.

    Raises
    ------
    AnnotationError
        If it has none.
    GalleryError
        If it is no gallery.
    """
    gallery = open_gallery(path)
    if not gallery.sequences:
        raise AnnotationError(f"{gallery.path}: no sequence in it; ingest some first")
    return tuple(_playable(gallery, sequence, clips) for sequence in gallery.sequences)


def seconds_of(gallery: Gallery, sequence: Sequence) -> FloatArray:
    """Return when each frame of a sequence is seen in its clip (F,), seconds: from the first on."""
    times = gallery.times(sequence.name)
    return np.asarray(times - times[0], dtype=np.float64)


def _playable(gallery: Gallery, sequence: Sequence, clips: Path) -> Playable:
    record = (gallery.path / "sequences" / sequence.name / "sequence.json").read_bytes()  # has the files' checksums
    path = clip_path(clips, sequence.name, f"{_DRAWING}\0{gallery.topology}\0{record.decode('utf-8', 'replace')}")
    times = seconds_of(gallery, sequence)

    def make(advance: Advance) -> None:
        write_drawn_clip(path, _frames(gallery, sequence), times, sequence.frame_rate, advance=advance)

    return Playable(
        sequence.name,
        float(times[-1]) + 1 / sequence.frame_rate,
        sequence.frame_rate,
        sequence.frames,
        path,
        make,
    )


def _frames(gallery: Gallery, sequence: Sequence) -> Iterator[Image]:
    """Draw the frames; one that was left out shows the one before, so that time goes on, or else the one after."""
    drawer = {"scans": _scans, "meshes": _meshes, "strengths": _strengths}[gallery.form](gallery, sequence)
    shown: Image | None = None
    skipped = 0
    for frame in range(sequence.frames):
        drawn = drawer(frame)
        if drawn is None and shown is None:
            skipped += 1
            continue
        shown = shown if drawn is None else drawn
        assert shown is not None
        for _ in range(skipped + 1):
            yield shown
        skipped = 0
    if shown is None:
        raise AnnotationError(f"{gallery.path}: all frames of {sequence.name} were left out; nothing can be shown")


def _scans(gallery: Gallery, sequence: Sequence) -> Drawer:
    """Draw scans, all from where the first is seen well."""
    reasons = gallery.left_out(sequence.name)
    kept = [frame for frame, reason in enumerate(reasons) if not reason]
    camera = front_camera(gallery.scan(sequence.name, kept[0]).vertices) if kept else None

    def draw(frame: int) -> Image | None:
        if reasons[frame] or camera is None:
            return None
        scan = gallery.scan(sequence.name, frame)
        return draw_scan(camera, scan.vertices, scan.triangles, colour=scan.colour, uv=scan.uv, texture=scan.texture)

    return draw


def _meshes(gallery: Gallery, sequence: Sequence) -> Drawer:
    """Draw registered meshes, as the face model's that they belong to or as plaster."""
    values = gallery.values(sequence.name)
    template = gallery.template
    if template is None:
        raise AnnotationError(f"{gallery.path}: has no template; register it again")
    model = _model(gallery.topology or template.name)
    known = model is not None and len(model.vertices) == len(template.vertices)
    known = known and np.array_equal(model.triangles, template.triangles) if model is not None else False
    sitter = model_sitter(model) if model is not None and known else mesh_sitter(template.vertices, template.triangles)
    return lambda frame: _drawn(sitter, np.asarray(values[frame]))


def _strengths(gallery: Gallery, sequence: Sequence) -> Drawer:
    """Draw strengths of facial units on the mean face of their model, or of the one that is there."""
    values = gallery.values(sequence.name)
    model = _model(gallery.topology) or load_named_face_model(None)
    columns = [
        (column, model.expression_names.index(name))
        for column, name in enumerate(gallery.unit_names)
        if name in model.expression_names
    ]
    if not columns:
        raise AnnotationError(f"{gallery.path}: the face model {model.name} has none of its facial units")
    sitter = model_sitter(model)
    from_column, to_unit = (list(numbers) for numbers in zip(*columns, strict=True))

    def draw(frame: int) -> Image | None:
        expression = np.zeros(len(model.expression_names), dtype=np.float32)
        expression[to_unit] = values[frame][from_column]
        return _drawn(sitter, model.shape(None, expression))

    return draw


def _drawn(sitter: Sitter, vertices: FloatArray) -> Image | None:
    """Draw a mesh, unless registration left it out."""
    return draw_mesh(sitter, vertices) if np.isfinite(vertices).all() else None


def _model(name: str) -> FaceModel | None:
    """Return the face model of a name; None if it is not here."""
    try:
        return load_named_face_model(name) if name else None
    except AffectFaceError:
        return None
