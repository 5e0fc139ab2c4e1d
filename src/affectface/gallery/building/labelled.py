"""Which frames of a gallery count for what: the class of the plane, the expression, or neutral."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from affectface.affect_tables import EXPRESSIONS, NEUTRAL_NAME
from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.errors import GalleryError
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.plane.plane_classes import PlaneClasses, divide_plane
from affectface.gallery.store import Gallery, Labels, Sequence

_FEWEST_CLASSES = 3
"""Classes that a plane needs."""
_MOST_REASONS = 20


@dataclass(frozen=True, eq=False)
class LabelledSequence:
    """What the frames of a sequence count for.

    Attributes
    ----------
    sequence : Sequence
        The sequence.
    neutral : ndarray of shape (F,), bool
        Neutral frames that count.
    class_of : ndarray of shape (F,), int32
        The class of the plane of each frame; -1 for none.
    expression : ndarray of shape (F,), int32
        The expression of each frame; -1 for none.
    """

    sequence: Sequence
    neutral: BoolArray
    class_of: IntArray
    expression: IntArray


@dataclass(frozen=True, eq=False)
class LabelledGallery:
    """What all frames of a gallery count for.

    Attributes
    ----------
    sequences : tuple of LabelledSequence
        By subject, then by name; only those of subjects with a neutral frame.
    plane : PlaneClasses or None
        The classes of the plane; None where labels are too few.
    expressions : tuple of str
        What `expression` counts.
    neutral_frames : int
        How many frames are neutral.
    left_out : tuple of str
        What does not count, and why.
    """

    sequences: tuple[LabelledSequence, ...]
    plane: PlaneClasses | None
    expressions: tuple[str, ...]
    neutral_frames: int
    left_out: tuple[str, ...]

    @property
    def groups(self) -> int:
        """How many classes and expressions there are."""
        return (0 if self.plane is None else len(self.plane.centres)) + len(self.expressions)


@dataclass(frozen=True, eq=False)
class _Read:
    """The labels of a sequence's frames that count."""

    sequence: Sequence
    neutral: BoolArray
    points: FloatArray
    expression: IntArray


def label_gallery(gallery: Gallery, config: BuildConfig) -> LabelledGallery:
    """Find out what each frame of a gallery counts for.

    Parameters
    ----------
    gallery : Gallery
        Registered meshes or strengths, with labels.
    config : BuildConfig
        How many classes, and who does not count.

    Returns
    -------
    LabelledGallery
        A frame is neutral if its label says so, or lies within 0.05 of the plane's middle where no expression is named.
        Neutral frames are what the others are measured from: they are no class of the plane, whose middle is 0.

    Raises
    ------
    GalleryError
        If it holds scans, or no frame counts.
    """
    if gallery.form == "scans":
        raise GalleryError(f"{gallery.path}: holds scans, which are not in correspondence; register it first")
    why: Counter[str] = Counter()
    read = [
        found
        for sequence in sorted(gallery.sequences, key=lambda one: (one.subject, one.name))
        if (found := _read(gallery, sequence, config, why)) is not None
    ]
    with_neutral = {one.sequence.subject for one in read if one.neutral.any()}
    without = sorted({one.sequence.subject for one in read} - with_neutral)
    left_out = [f"{subject or 'a subject without a name'}: no neutral frame to compare with" for subject in without]
    left_out += [f"{count} frames: {reason}" for reason, count in why.most_common(_MOST_REASONS)]
    read = [one for one in read if one.sequence.subject in with_neutral]
    plane, class_of = _classes(read, config, left_out)
    sequences = tuple(
        LabelledSequence(one.sequence, one.neutral, own, one.expression)
        for one, own in zip(read, class_of, strict=True)
    )
    if not any((one.class_of >= 0).any() or (one.expression >= 0).any() for one in sequences):
        reasons = "; ".join(left_out[:3]) or "it is empty"
        raise GalleryError(f"{gallery.path}: nothing can be learned: {reasons}")
    neutral = sum(int(one.neutral.sum()) for one in sequences)
    shown = sorted({int(k) for one in sequences for k in np.unique(one.expression) if k >= 0})
    row_of = np.full(len(EXPRESSIONS) + 1, -1, dtype=np.int32)  # the last place is what -1 points to
    row_of[shown] = np.arange(len(shown))
    sequences = tuple(
        LabelledSequence(one.sequence, one.neutral, one.class_of, row_of[one.expression]) for one in sequences
    )
    return LabelledGallery(sequences, plane, tuple(EXPRESSIONS[k] for k in shown), neutral, tuple(left_out))


def _read(gallery: Gallery, sequence: Sequence, config: BuildConfig, why: Counter[str]) -> _Read | None:
    """The labels of a sequence; None where nobody gave any, or its subject does not count."""
    if sequence.subject in config.without:
        why[f"{sequence.subject} does not count"] += sequence.frames
        return None
    labels = gallery.labels(sequence.name)
    if labels is None:
        why["without labels"] += sequence.frames
        return None
    reasons = gallery.left_out(sequence.name)
    why.update(reason for reason in reasons if reason)
    kept = np.array([not reason for reason in reasons])
    points = np.stack([labels.valence, labels.arousal], axis=1)
    points[~(kept & np.isfinite(points).all(axis=1))] = np.nan
    expression = np.where(kept, _numbers(labels, sequence), -1).astype(np.int32)
    neutral = kept & labels.neutral
    points[neutral] = np.nan
    nothing = kept & ~neutral & (expression < 0) & np.isnan(points[:, 0])
    if nothing.any():
        why["without a label"] += int(nothing.sum())
    return _Read(sequence, neutral, points, expression)


def _numbers(labels: Labels, sequence: Sequence) -> IntArray:
    """The expression of each frame (F,) as a number; -1 for none and for neutral."""
    known = {name: k for k, name in enumerate(EXPRESSIONS)} | {"": -1, NEUTRAL_NAME: -1}
    wrong = next((name for name in labels.expression if name not in known), None)
    if wrong is not None:
        raise GalleryError(
            f"sequence {sequence.name!r}: unknown expression {wrong[:60]!r}; one of {', '.join(EXPRESSIONS)} is needed"
        )
    return np.array([known[name] for name in labels.expression], dtype=np.int32)


def _classes(read: list[_Read], config: BuildConfig, left_out: list[str]) -> tuple[PlaneClasses | None, list[IntArray]]:
    """Divide all labels of the plane; return the classes, and that of each frame of each sequence."""
    known = [np.isfinite(one.points[:, 0]) for one in read]
    labels = np.concatenate([np.empty((0, 2), np.float32), *(o.points[t] for o, t in zip(read, known, strict=True))])
    class_of = [np.full(len(there), -1, dtype=np.int32) for there in known]
    count = min(config.classes, len(labels) // config.fewest_labels, len(np.unique(labels, axis=0)))
    if count < _FEWEST_CLASSES:
        if len(labels):
            left_out.append(f"the plane: {len(labels)} labels are too few for {_FEWEST_CLASSES} classes")
        return None, class_of
    plane = divide_plane(labels, count)
    start = 0
    for own, there in zip(class_of, known, strict=True):
        own[there] = plane.class_of[start : start + int(there.sum())]
        start += int(there.sum())
    return plane, class_of
