"""A gallery of scans -> a table of 79 tracked points: one appearance model for each subject and session.

Kollias et al. (2020), section 3.3. The model knows a few annotated frames, their mirror images, and the shapes of a
face model's expressions. Each frame is unrolled in its own head's axes and tracked; the points go back on the scan.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from affectface.arrays import FloatArray
from affectface.errors import GalleryError
from affectface.gallery.correspondence.choosing import Session, sessions_of, spread
from affectface.gallery.correspondence.cylinder import Cylinder
from affectface.gallery.correspondence.rigid import Motion
from affectface.gallery.correspondence.template import RegistrationTemplate, registration_template
from affectface.gallery.store import Gallery
from affectface.gallery.tracking.active_appearance import AppearanceModel, build_appearance_model
from affectface.gallery.tracking.point_table import AddPoints, Place, PointTable, writing_points
from affectface.gallery.tracking.points79 import POINTS79
from affectface.gallery.tracking.sequence_tracking import TrackConfig, track
from affectface.gallery.tracking.unrolled import expression_shapes
from affectface.gallery.tracking.unrolling import Unrolled, session_cylinder, unrolled_frame
from affectface.morphable.library import load_named_face_model

_LOOKED_AT, _CHOSEN = 24, 3
"""Frames among which those are chosen that the landmarker annotates, and how many are."""
_MOST_ANNOTATED = 12
"""Annotated frames of a session that its model is built from; more say little that is new, and cost memory."""

Start = tuple[Motion, bool]


@dataclass(frozen=True)
class TrackedGallery:
    """What came of tracking a gallery.

    Attributes
    ----------
    sessions : int
        Models that were built.
    frames : int
        Frames of the gallery.
    tracked : int
        Those that have points.
    failed : dict of str to int
        Reasons for which frames have none, and of how many.
    """

    sessions: int
    frames: int
    tracked: int
    failed: dict[str, int]


def track_gallery(
    scans: Gallery,
    out: str | os.PathLike[str],
    model: str | None = None,
    *,
    annotated: PointTable | None = None,
    advance: Callable[[int], None] = lambda _steps: None,
) -> TrackedGallery:
    """Track the 79 points through all sequences of a gallery.

    Parameters
    ----------
    scans : Gallery
        The scans.
    out : path-like
        The table of points to write; see `affectface.gallery.tracking.point_table`.
    model : str, optional
        The face model whose expressions are added to the shapes: its name or the path of its `.npz`.
    annotated : PointTable, optional
        Annotated frames, all 79 points of each. They stand in the table as they are. In sessions without any the
        landmarker annotates the frame that is most likely neutral and the two of 24 that differ most from others.
    advance : callable
        Told the number of frames that are done.

    Returns
    -------
    TrackedGallery
        What came of it.

    Raises
    ------
    GalleryError
        If the gallery holds no scans, an annotated frame lacks points, or the table cannot be written.
    """
    if scans.form != "scans":
        raise GalleryError(f"{scans.path}: holds {scans.form}; points are tracked on scans, as ingest writes them")
    _check_annotated(annotated)
    template = registration_template(load_named_face_model(model))
    cylinder = session_cylinder(template)
    failed: Counter[str] = Counter()
    sessions = tracked = 0
    with writing_points(out) as add:
        for session in sessions_of(scans):
            frames = sum(scans.sequence(name).frames for name in session.sequences)
            try:
                known, start = _model_of(scans, session, template, cylinder, annotated)
            except GalleryError as error:
                failed[f"no model of {session.subject or session.sequences[0]}: {error}"] += frames
                advance(frames)
                continue
            sessions += 1
            for name in session.sequences:
                done, reasons = _track_sequence(
                    _Tracking(scans, template, cylinder, known, start, annotated, add), name, advance
                )
                tracked += done
                failed.update(reasons)
    return TrackedGallery(sessions, sum(one.frames for one in scans.sequences), tracked, dict(failed))


@dataclass(frozen=True, eq=False)
class _Tracking:
    """What every sequence of a session is tracked with."""

    scans: Gallery
    template: RegistrationTemplate
    cylinder: Cylinder
    model: AppearanceModel
    start: Start
    annotated: PointTable | None
    add: AddPoints


def _track_sequence(tracking: _Tracking, name: str, advance: Callable[[int], None]) -> tuple[int, Counter[str]]:
    """Track a sequence frame by frame; return how many frames have points, and why others have none."""
    done, reasons = 0, Counter[str]()
    last: FloatArray | None = None
    for frame, left_out in enumerate(tracking.scans.left_out(name)):
        place = name, frame
        try:
            if left_out:
                raise GalleryError("left out of the gallery")
            shown = unrolled_frame(tracking.scans, place, tracking.template, tracking.cylinder, tracking.start)
            given = None if tracking.annotated is None else tracking.annotated.at(place)
            last = shown.pixels(given) if given is not None else _tracked(tracking.model, shown, last)
            tracking.add(place, shown.landmarks(last) if given is None else given)
            done += 1
        except GalleryError as error:
            reasons[str(error)] += 1
        advance(1)
    return done, reasons


def _tracked(model: AppearanceModel, shown: Unrolled, last: FloatArray | None) -> FloatArray:
    """Return the points (79, 2) of a frame, pixels, begun from those of the last good one, or the landmarker's."""
    if last is None and shown.seen is None:
        raise GalleryError("no face is seen on the scan, and no frame before it was tracked")
    found = track(model, [(shown.image, shown.known)], last, landmarker=lambda _number, _image: shown.seen)
    if found.confidence[0] < TrackConfig().least:
        raise GalleryError("points were lost")
    points: FloatArray = found.points[0]
    return points


def _model_of(
    scans: Gallery,
    session: Session,
    template: RegistrationTemplate,
    cylinder: Cylinder,
    annotated: PointTable | None,
) -> tuple[AppearanceModel, Start]:
    """Return the appearance model of a session, and roughly the head's motion in it."""
    first = _first_seen(scans, session, template, cylinder)
    start = first.motion, first.inside_out
    places = [place for place in _places(scans, session) if annotated is not None and annotated.at(place) is not None]
    if annotated is not None and places:
        frames = [unrolled_frame(scans, place, template, cylinder, start) for place in spread(places, _MOST_ANNOTATED)]
        points = [frame.pixels(_of(annotated, frame.place)) for frame in frames]
    else:
        frames = _differing(scans, session, template, cylinder, first)
        points = [frame.seen for frame in frames if frame.seen is not None]
    shapes = expression_shapes(template.model, cylinder.project, points[0])
    images, masks = [frame.image for frame in frames], [frame.known for frame in frames]
    return build_appearance_model(images, points, known=masks, more_shapes=shapes), start


def _first_seen(scans: Gallery, session: Session, template: RegistrationTemplate, cylinder: Cylinder) -> Unrolled:
    """Return the first of a session's likely neutral frames on which a face is seen."""
    reason = "it has no frame that was kept"
    for place in session.candidates:
        try:
            return unrolled_frame(scans, place, template, cylinder)
        except GalleryError as error:
            reason = str(error)
    raise GalleryError(reason)


def _differing(
    scans: Gallery, session: Session, template: RegistrationTemplate, cylinder: Cylinder, first: Unrolled
) -> list[Unrolled]:
    """Return a frame and those that differ most from it and from each other, by their landmarks."""
    start = first.motion, first.inside_out
    shapes: dict[Place, FloatArray] = {}
    for place in spread(_places(scans, session), _LOOKED_AT):
        try:
            seen = unrolled_frame(scans, place, template, cylinder, start).seen
        except GalleryError:
            continue
        if seen is not None:
            shapes[place] = seen
    assert first.seen is not None
    chosen, taken = [first], [first.seen]
    while len(chosen) < _CHOSEN and shapes:
        away = {place: min(_apart(shape, one) for one in taken) for place, shape in shapes.items()}
        place = max(away, key=lambda one: away[one])
        if away[place] <= 0:
            break
        chosen.append(unrolled_frame(scans, place, template, cylinder, start))
        taken.append(shapes.pop(place))
    return chosen


def _apart(one: FloatArray, other: FloatArray) -> float:
    """Return how far points (79, 2) are from others; those of the jaw's outline slide, and do not count."""
    return float(np.linalg.norm(one[17:] - other[17:], axis=1).mean())


def _places(scans: Gallery, session: Session) -> list[Place]:
    """Return the frames of a session that were kept."""
    return [(name, int(frame)) for name in session.sequences for frame in np.flatnonzero(scans.kept(name))]


def _of(annotated: PointTable, place: Place) -> FloatArray:
    found = annotated.at(place)
    assert found is not None
    return found


def _check_annotated(annotated: PointTable | None) -> None:
    """Refuse annotated frames that lack some of the 79 points."""
    if annotated is None:
        return
    for place in annotated.frames:
        known = int(np.isfinite(_of(annotated, place)[list(POINTS79)]).all(axis=1).sum())
        if known < len(POINTS79):
            raise GalleryError(
                f"frame {place[1]} of {place[0]!r} has {known} of the 79 points; annotate all of them, or none"
            )
