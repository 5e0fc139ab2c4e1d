"""Which frames can be a person's neutral reference in a session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from affectface.gallery.store import Gallery, Sequence

_TRIED = 5
"""Frames that are tried before a session is given up."""

Place = tuple[str, int]
"""A sequence's name and the number of a frame."""


@dataclass(frozen=True)
class Session:
    """The sequences of one person that share a reference.

    Attributes
    ----------
    subject, session : str
        Who, and when.
    sequences : tuple of str
        The sequences' names.
    candidates : tuple of (str, int)
        Frames that may be the reference, the likeliest first.
    """

    subject: str
    session: str
    sequences: tuple[str, ...]
    candidates: tuple[Place, ...]


def sessions_of(gallery: Gallery) -> tuple[Session, ...]:
    """Return the sessions of a gallery, and what their references may be.

    Parameters
    ----------
    gallery : Gallery
        A gallery of scans.

    Returns
    -------
    tuple of Session
        By subject and session. Sequences of an unknown subject have a session each. Candidates are frames that are
        labelled neutral, evenly spread; where none is, the first frame of each sequence, for most begin neutral.
    """
    groups: dict[tuple[str, str], list[Sequence]] = {}
    for sequence in gallery.sequences:
        who = (sequence.subject, sequence.session) if sequence.subject else ("", sequence.name)
        groups.setdefault(who, []).append(sequence)
    found = []
    for (subject, session), sequences in sorted(groups.items()):
        neutral: list[Place] = []
        first: list[Place] = []
        for sequence in sequences:
            kept = np.flatnonzero(gallery.kept(sequence.name))
            first += [(sequence.name, int(kept[0]))] if len(kept) else []
            labels = gallery.labels(sequence.name)
            if labels is not None:
                neutral += [(sequence.name, int(frame)) for frame in kept[labels.neutral[kept]]]
        chosen = spread(neutral, _TRIED) if neutral else first[:_TRIED]
        found.append(Session(subject, session, tuple(one.name for one in sequences), tuple(chosen)))
    return tuple(found)


def spread(places: list[Place], most: int) -> list[Place]:
    """Return some of the frames, evenly spread, the first one first."""
    index = np.unique(np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(int))
    return [places[number] for number in index]
