"""The mean displacement of each class and each expression from everybody's own neutral face, at the speed of a disk.

Kollias 2020, sections 4.5.1 and 4.5.3. Meshes are read once, from front to end, block by block, into one buffer: the
memory is that of the sums, however many frames there are. Frames are added up as they are, those of each class and the
neutral ones; the difference of the means is the mean of the differences. Everything is added in one order, in double
precision, so that the result is the same to the last bit whatever the block, and whether or not the work was
interrupted.

People count alike, however many frames there are of each: frames of one person in one class, a moment apart, differ
little, and people differ much. A mean over frames would show the face of whoever was filmed longest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import GalleryError
from affectface.gallery.building.labelled import LabelledGallery, LabelledSequence
from affectface.gallery.building.state import Sums, Work
from affectface.gallery.store import Gallery

BLOCK_BYTES = 8 << 20
"""Of frames, read at once."""
_FEWEST_FOR_SPREAD = 3
"""People from whom a standard deviation is known."""

Array64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """What the classes, and after them the expressions, look like.

    Attributes
    ----------
    means : ndarray of shape (G, D), float32
        Mean over people of their mean displacement from their own neutral face.
    spread : ndarray of shape (G, D), float32
        Its standard deviation between people; where fewer than three show a class, what is usual in the others.
    frames : ndarray of shape (G,), int32
        How many frames stand behind each.
    people : ndarray of shape (G,), int32
        How many people.
    """

    means: FloatArray
    spread: FloatArray
    frames: IntArray
    people: IntArray


def mean_displacements(
    gallery: Gallery, labelled: LabelledGallery, work: Work, *, advance: Callable[[int], None] = lambda frames: None
) -> ClassMeans:
    """Compute the mean displacement of each class of the plane and each expression.

    Parameters
    ----------
    gallery : Gallery
        Registered meshes or strengths.
    labelled : LabelledGallery
        What each frame counts for.
    work : Work
        Where the sums are kept from time to time; a later call goes on from there.
    advance : callable
        Told of the frames that were read, or need not be.

    Returns
    -------
    ClassMeans
        Classes first.

    Raises
    ------
    GalleryError
        If a frame that counts has NaN or infinite entries.
    """
    size = int(np.prod(gallery.settings.frame_shape))
    sums = work.load(labelled.groups, size)
    classes = labelled.groups - len(labelled.expressions)
    place = 0
    for _, several in groupby(labelled.sequences, key=lambda one: one.sequence.subject):
        own = list(several)
        if sums.position >= place + len(own):
            advance(sum(one.sequence.frames for one in own))
        else:
            _add_subject(gallery, own, classes, place, sums, work, advance)
        place += len(own)
    return _finished(sums)


def _add_subject(
    gallery: Gallery,
    own: list[LabelledSequence],
    classes: int,
    place: int,
    sums: Sums,
    work: Work,
    advance: Callable[[int], None],
) -> None:
    """Add the sequences of a subject, the first of which has number `place`."""
    for number, one in enumerate(own, place):
        if number >= sums.position:
            values = gallery.values(one.sequence.name)
            _add_sequence(values, one, classes, sums)
            sums.position = number + 1
            if number + 1 == place + len(own) and not sums.close_person():
                raise GalleryError(
                    f"{gallery.path}: {one.sequence.subject} has NaN or infinite entries in frames that count; leave "
                    "them out"
                )
            work.keep(sums, values.nbytes)
        advance(one.sequence.frames)


def _add_sequence(values: NDArray[np.float32], one: LabelledSequence, classes: int, sums: Sums) -> None:
    session = one.sequence.session
    for first, block in frame_blocks(values, one.neutral | (one.class_of >= 0) | (one.expression >= 0)):
        rows = slice(first, first + len(block))
        place = zip(one.neutral[rows].tolist(), one.class_of[rows].tolist(), one.expression[rows].tolist(), strict=True)
        for frame, (neutral, group, shown) in zip(block, place, strict=True):
            if neutral:
                sums.person.add_neutral(session, frame)
            if group >= 0:
                sums.person.add(group, session, frame)
            if shown >= 0:
                sums.person.add(classes + shown, session, frame)


def neutral_faces(gallery: Gallery, own: list[LabelledSequence]) -> dict[str, Array64]:
    """Return the neutral face (D,) of each session of a subject: the subject's, where a session has none of its own."""
    total: dict[str, tuple[Array64, int]] = {}
    for one in own:
        for first, block in frame_blocks(gallery.values(one.sequence.name), one.neutral):
            rows = np.flatnonzero(one.neutral[first : first + len(block)])
            before, count = total.get(one.sequence.session, (np.zeros(block.shape[1]), 0))
            for row in rows.tolist():
                before += block[row]
            total[one.sequence.session] = before, count + len(rows)
    whole = sum(s for s, _ in total.values()) / sum(count for _, count in total.values())
    sessions = {one.sequence.session for one in own}
    return {name: total[name][0] / total[name][1] if name in total else np.asarray(whole) for name in sessions}


def frame_blocks(values: NDArray[np.float32], needed: NDArray[np.bool_]) -> Iterator[tuple[int, FloatArray]]:
    """Yield blocks (B, D) of frames, in one buffer, that hold all that are needed (F,), and the first frame of each.

    A mapped file is read and not touched page by page, which would leave pages behind.
    """
    rows = np.flatnonzero(needed)
    if not len(rows):
        return
    flat = values.reshape(len(values), -1)
    step = max(1, BLOCK_BYTES // (4 * flat.shape[1]))
    buffer = np.empty((step, flat.shape[1]), dtype=np.float32)
    with _reader(values) as read:
        first = int(rows[0])
        while first <= rows[-1]:
            count = min(step, int(rows[-1]) + 1 - first)
            if needed[first : first + count].any():
                read(first, buffer[:count])
                yield first, buffer[:count]
            first += count


@contextmanager
def _reader(values: NDArray[np.float32]) -> Iterator[Callable[[int, FloatArray], None]]:
    """Give what reads frames (F, ...) from a first one on into a buffer (B, D)."""
    flat = values.reshape(len(values), -1)
    if not isinstance(values, np.memmap) or values.filename is None:
        yield lambda first, out: np.copyto(out, flat[first : first + len(out)])
        return
    path, offset = values.filename, values.offset
    with open(path, "rb", buffering=0) as file:

        def read(first: int, out: FloatArray) -> None:
            file.seek(offset + first * 4 * flat.shape[1])
            if file.readinto(out.data.cast("B")) != out.nbytes:
                raise GalleryError(f"{path}: ends early; copy the gallery again")

        yield read


def _finished(sums: Sums) -> ClassMeans:
    """Means and standard deviations, row by row: there is no second array of that size."""
    known, usual = sums.people >= _FEWEST_FOR_SPREAD, np.zeros(sums.total.shape[1])
    for total, squares, people, enough in zip(sums.total, sums.squares, sums.people.tolist(), known, strict=True):
        total /= max(people, 1)
        if enough:
            squares /= people
            squares -= total * total
            np.maximum(squares, 0, out=squares)
            squares *= people / (people - 1)
            usual += squares
    sums.squares[~known] = usual / max(int(known.sum()), 1)
    return ClassMeans(
        sums.total.astype(np.float32),
        np.sqrt(sums.squares, out=sums.squares).astype(np.float32),
        sums.frames.astype(np.int32),
        sums.people.astype(np.int32),
    )
