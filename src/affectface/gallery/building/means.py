"""The mean displacement of each class and each expression from everybody's own neutral face, at the speed of a disk.

Kollias 2020, sections 4.5.1 and 4.5.3. Meshes are read once, from front to end, block by block, the next ones while the
present one is added: the memory is that of the sums, however many frames there are. Frames are added up as they are,
those of each class and the neutral ones; the difference of the means is the mean of the differences. The frames of a
class are added in their order, in double precision, so that the result is the same to the last bit whatever the block,
and whether or not the work was interrupted.

People count alike, however many frames there are of each: frames of one person in one class, a moment apart, differ
little, and people differ much. A mean over frames would show the face of whoever was filmed longest.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import GalleryError
from affectface.gallery.building.labelled import LabelledGallery, LabelledSequence
from affectface.gallery.building.reading import frame_blocks
from affectface.gallery.building.state import Person, Sums, Work
from affectface.gallery.store import Gallery

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
    advance(sum(one.sequence.frames for one in labelled.sequences[: sums.position]))
    left = labelled.sequences[sums.position :]
    wanted = ((gallery.values(one.sequence.name), _counted(one)) for one in left)
    with closing(frame_blocks(wanted)) as blocks:
        for place, mine in groupby(blocks, key=itemgetter(0)):
            one = left[place]
            for _, first, block in mine:
                _add_block(sums.person, one, first, block, classes)
            sums.position += 1
            last = one is left[-1] or left[place + 1].sequence.subject != one.sequence.subject
            if last and not sums.close_person():
                raise GalleryError(
                    f"{gallery.path}: {one.sequence.subject} has NaN or infinite entries in frames that count; leave "
                    "them out"
                )
            work.keep(sums, 4 * size * one.sequence.frames)
            advance(one.sequence.frames)
    return _finished(sums)


def _counted(one: LabelledSequence) -> NDArray[np.bool_]:
    """Which frames (F,) of a sequence count for anything."""
    return one.neutral | (one.class_of >= 0) | (one.expression >= 0)


def _add_block(person: Person, one: LabelledSequence, first: int, block: FloatArray, classes: int) -> None:
    """Add some frames (B, D) of a sequence, the first of which has a number."""
    rows, session = slice(first, first + len(block)), one.sequence.session
    shown = one.expression[rows]
    person.add_neutral(session, block, one.neutral[rows])
    person.add(one.class_of[rows], session, block)
    person.add(np.where(shown >= 0, shown + classes, -1), session, block)


def neutral_faces(gallery: Gallery, own: list[LabelledSequence]) -> dict[str, Array64]:
    """Return the neutral face (D,) of each session of a subject: the subject's, where a session has none of its own."""
    total: dict[str, tuple[Array64, int]] = {}
    with closing(frame_blocks((gallery.values(one.sequence.name), one.neutral) for one in own)) as blocks:
        for place, first, block in blocks:
            rows = np.flatnonzero(own[place].neutral[first : first + len(block)])
            before, count = total.get(own[place].sequence.session, (np.zeros(block.shape[1]), 0))
            for row in rows.tolist():
                before += block[row]
            if count + len(rows):
                total[own[place].sequence.session] = before, count + len(rows)
    whole = sum(s for s, _ in total.values()) / sum(count for _, count in total.values())
    sessions = {one.sequence.session for one in own}
    return {name: total[name][0] / total[name][1] if name in total else np.asarray(whole) for name in sessions}


def _finished(sums: Sums) -> ClassMeans:
    """Means and standard deviations, row by row, in the memory of the sums, which are used up by it."""
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
    np.sqrt(sums.squares, out=sums.squares)
    return ClassMeans(
        _halved(sums.total), _halved(sums.squares), sums.frames.astype(np.int32), sums.people.astype(np.int32)
    )


def _halved(rows: Array64) -> FloatArray:
    """Return rows (G, D) in single precision, in the first half of their own memory."""
    halves = rows.reshape(-1).view(np.float32)[: rows.size].reshape(rows.shape)
    for half, row in zip(halves, rows, strict=True):  # of which none lies before what is still to be read
        half[:] = row
    return halves
