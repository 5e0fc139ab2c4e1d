"""Parts made one after the other in this process, or by many processes on one machine or a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from affectface.augment.running.guarding import unwritable
from affectface.augment.running.part_work import PartMaker
from affectface.augment.running.parts import Part
from affectface.augment.running.photo_work import Work
from affectface.augment.running.records import Summary
from affectface.errors import AffectFaceError
from affectface.files import no_room


@dataclass(frozen=True)
class Done:
    """What a process tells of a part.

    Attributes
    ----------
    part : Part
        The part.
    summary : Summary or None
        What it came to; None where it could not be made.
    fault : str
        Why, on one line.
    no_space : bool
        Whether it was for want of room on the disk.
    """

    part: Part
    summary: Summary | None
    fault: str = ""
    no_space: bool = False


def attempt(maker: PartMaker, part: Part) -> Done:
    """Make a part, and tell what came of it."""
    try:
        return Done(part, maker.make(part))
    except AffectFaceError as error:
        return Done(part, None, str(error))
    except OSError as error:
        return Done(part, None, str(unwritable(maker.target(part), error)), no_room(error))


def made_here(work: Work, parts: Sequence[Part], *, careful: bool = False) -> Iterator[Done]:
    """Make parts in this process.

    Parameters
    ----------
    work : Work
        What they are made from.
    parts : sequence of Part
        The parts.
    careful : bool
        Whether photos are made in another one, which a photo may end; they are if one that worked here before has died.

    Yields
    ------
    Done
        One a part, in their order.
    """
    died = any(work.folder.mark(part).is_file() for part in parts)
    with _one_thread():
        maker = PartMaker(work, careful=careful or died)
        try:
            for part in parts:
                yield attempt(maker, part)
        finally:
            maker.end()


def clustered() -> bool:
    """Return whether the environment names a Ray cluster."""
    return bool(os.environ.get("RAY_ADDRESS"))


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenCV's own threads gain little on small pictures, and several processes' would stand in each other's way."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
