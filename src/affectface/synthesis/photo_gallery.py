"""Annotated photos and films -> a gallery of strengths, through the fitter.

A sequence is a film, or all photos of one subject, session and task. The photos of a sequence share one identity; a
film is fitted in pieces of some minutes, each with one identity, so that memory does not grow with its length.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from affectface.arrays import BoolArray, FloatArray
from affectface.clips import Film, open_film
from affectface.csv_rows import Row
from affectface.errors import AffectFaceError, GalleryError
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.face_fit import FaceFit
from affectface.fitting.sequences import Picture, fit_same_person, fit_sequence
from affectface.gallery.label_cells import read_label
from affectface.gallery.own_face import rest_of
from affectface.gallery.store import Labels, create_gallery, open_gallery
from affectface.gallery.store import Sequence as Described
from affectface.images import read_image
from affectface.morphable import FaceModel
from affectface.synthesis.film_labels import listed_labels, read_film_labels
from affectface.synthesis.many_fits import fittable
from affectface.synthesis.photo_table import PhotoSet

Advance = Callable[[int], None]
_PIECE = 3000
"""Frames of a film that are fitted together."""
_PHOTO_RATE = 1.0
_NOTED = 20


@dataclass(frozen=True)
class Fitted:
    """What came of it.

    Attributes
    ----------
    sequences, frames : int
        How many the gallery has now, and how many of the frames count.
    added : int
        Sequences of this run.
    left_out : tuple of str
        The first frames of the gallery that do not count, and why.
    left_out_frames : int
        How many there are.
    """

    sequences: int
    frames: int
    added: int
    left_out: tuple[str, ...]
    left_out_frames: int


def fit_photo_gallery(
    model: FaceModel, sets: Sequence[PhotoSet], out: str | os.PathLike[str], *, advance: Advance = lambda frames: None
) -> Fitted:
    """Make a gallery of strengths of photos and films, or continue one.

    Parameters
    ----------
    model : FaceModel
        The face model that is fitted.
    sets : sequence of PhotoSet
        What `read_photo_table` gives.
    out : path-like
        The gallery.
    advance : callable
        Called with the number of further frames that are done.

    Returns
    -------
    Fitted
        What came of it.

    Raises
    ------
    GalleryError
        If nothing could be fitted, or the gallery is of something else or cannot be written.
    MissingPackageError
        If pyarrow is not installed.
    """
    added = 0
    source = {"kind": "photos and films"}
    units = model.expression_names
    with create_gallery(out, "strengths", unit_names=units, topology=model.name, source=source) as writer:
        for one in sets:
            if writer.has(one.name):
                continue
            read = (_film if one.film else _photos)(model, one, advance)
            described = Described(one.name, one.subject, one.session, one.task, read.rate, len(read.left_out))
            writer.add(described, [read.values], left_out=read.left_out, labels=read.labels, face=read.face)
            added += 1
    gallery = open_gallery(out)
    left_out, frames = [], 0
    for described in gallery.sequences:
        said = enumerate(gallery.left_out(described.name))
        left_out += [f"{described.name}, frame {number}: {reason}" for number, reason in said if reason]
        frames += described.frames
    if len(left_out) == frames:
        raise GalleryError(f"{out}: none of {frames} pictures could be fitted; the first: {left_out[0]}")
    kept = frames - len(left_out)
    return Fitted(len(gallery.sequences), kept, added, tuple(left_out[:_NOTED]), len(left_out))


@dataclass(frozen=True, eq=False)
class _Read:
    """Strengths (F, E), why frames do not count, what they show, how many there are a second, the face at rest."""

    values: FloatArray
    left_out: list[str]
    labels: Labels
    rate: float
    face: FloatArray | None = None


Look = tuple[Picture | None, str]
"""A face without its image, or why there is none."""


def _photos(model: FaceModel, one: PhotoSet, advance: Advance) -> _Read:
    """Fit photos of one person."""
    looks = []
    for row in one.rows:
        looks.append(_look_at_photo(model, one, row))
        advance(1)
    values, reasons = _fit(model, looks, fit_same_person)
    labels = listed_labels([read_label(row, row["file"]) for row in one.rows])
    return _Read(values, reasons, labels, _PHOTO_RATE, _rest(model, looks, labels.neutral))


def _rest(model: FaceModel, looks: list[Look], neutral: BoolArray) -> FloatArray | None:
    """The face at rest (68, 3), from the neutral photos alone: an identity of all has some of a smile."""
    found = []
    for (picture, _), counts in zip(looks, neutral.tolist(), strict=True):
        if picture is not None and counts:
            fit = fit_landmarks(model, picture.landmarks, picture.size)
            found.append(rest_of(model, fit.identity, fit.expression))
    return np.mean(found, axis=0, dtype=np.float32) if found else None


def _look_at_photo(model: FaceModel, one: PhotoSet, row: Row) -> Look:
    try:
        picture, reason = fittable(model, read_image(one.folder / row["file"]))
    except AffectFaceError as error:
        return None, one.plain(error)
    return (None if picture is None else replace(picture, image=None)), reason


def _film(model: FaceModel, one: PhotoSet, advance: Advance) -> _Read:
    """Fit a film, piece by piece."""
    row = one.rows[0]
    values, reasons, rate = [], [], _PHOTO_RATE
    try:
        film = open_film(one.folder / row["file"])
    except AffectFaceError as error:
        pieces: Iterator[list[Look]] = iter([[(None, one.plain(error))]])
    else:
        rate = film.fps
        pieces = _pieces(model, one, film, advance)
    for looks in pieces:
        fitted, why = _fit(model, looks, fit_sequence)
        values.append(fitted)
        reasons += why
    if row.get("labels"):
        labels = read_film_labels(one.folder / row["labels"], len(reasons), rate)
    else:
        labels = listed_labels([read_label(row, row["file"])] * len(reasons))
    return _Read(np.concatenate(values), reasons, labels, rate)


def _pieces(model: FaceModel, one: PhotoSet, film: Film, advance: Advance) -> Iterator[list[Look]]:
    """Yield the faces of some minutes of a film at a time; where it is damaged it ends, with a frame that says so."""
    looks: list[Look] = []
    try:
        for frame in film.frames():
            picture, reason = fittable(model, frame)
            looks.append((None if picture is None else replace(picture, image=None), reason))
            advance(1)
            if len(looks) == _PIECE:
                yield looks
                looks = []
    except AffectFaceError as error:
        looks.append((None, one.plain(error)))
    if looks:
        yield looks


def _fit(
    model: FaceModel, looks: list[Look], fit: Callable[[FaceModel, list[Picture]], tuple[FaceFit, ...]]
) -> tuple[FloatArray, list[str]]:
    """Fit faces together; return strengths (F, E), NaN of those without, and why each does not count."""
    values = np.full((len(looks), len(model.expression_names)), np.nan, dtype=np.float32)
    reasons = [reason for _, reason in looks]
    places = [place for place, (picture, _) in enumerate(looks) if picture is not None]
    if places:
        try:
            fits = fit(model, [picture for picture, _ in looks if picture is not None])
        except AffectFaceError as error:
            for place in places:
                reasons[place] = str(error)
        else:
            values[places] = [one.expression for one in fits]
    return values, reasons
