"""Part of a synthetic gallery: some of its sequences, some of their frames."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from affectface.affect_tables import NEUTRAL_NAME
from affectface.errors import GalleryError
from affectface.gallery.store import Labels
from affectface.gallery.store.sequence import LABEL_COLUMNS
from affectface.gallery.synthetic.config import Selection, SynthesisPlan
from affectface.gallery.synthetic.people import Person, person_of
from affectface.gallery.synthetic.sequences import SimulatedSequence, Task, people_of, sequence_count, tasks_of

Rows = NDArray[np.int64]


def selected_tasks(plan: SynthesisPlan, person: Person, selection: Selection) -> list[Task]:
    """Return what is selected of what a person shows.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    person : Person
        The person.
    selection : Selection
        The part of it.

    Returns
    -------
    list of Task
        In the gallery's order.
    """
    tasks = tasks_of(plan, person)
    return [task for task in tasks if not selection.only or any(_fits(task, pattern) for pattern in selection.only)]


def selected_count(plan: SynthesisPlan, selection: Selection) -> int:
    """Return the number of sequences that are selected of a plan.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    selection : Selection
        The part of it.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    GalleryError
        If a pattern fits nothing that anybody shows.
    """
    if not selection.only:
        return sequence_count(plan)
    found = dict.fromkeys(selection.only, 0)
    count = 0
    for person in people_of(plan):
        tasks = selected_tasks(plan, person, selection)
        count += len(tasks)
        for pattern in found:
            found[pattern] += sum(_fits(task, pattern) for task in tasks)
    for pattern, times in found.items():
        if not times:
            known = tasks_of(plan, person_of(plan, 0))[0]
            raise GalleryError(
                f"nobody shows {pattern[:60]!r}; a pattern such as {known.session}/{known.name} or "
                f"{known.session}/* is needed"
            )
    return count


def selected_frames(made: SimulatedSequence, selection: Selection) -> Rows:
    """Return which frames of a sequence are made.

    Parameters
    ----------
    made : SimulatedSequence
        The sequence.
    selection : Selection
        How many frames.

    Returns
    -------
    ndarray of shape (N,)
        The first frame, the strongest of those that show the expression by name, or of all, the last, and others
        evenly between them; none in a blink, if that can be.
    """
    count = len(made.times)
    if selection.frames is None or selection.frames >= count:
        return np.arange(count)
    good = np.array([not reason for reason in made.left_out])
    good |= not good.any()
    start = int(np.argmax(good))
    named = good & [name not in ("", NEUTRAL_NAME) for name in made.labels.expression]
    away = np.abs(made.strengths - made.strengths[start]).sum(axis=1)
    apex = int(np.where(named if named.any() else good, away, -1).argmax())
    before = max(selection.frames // 2, 1)
    wanted = np.concatenate(
        [np.linspace(start, apex, before, endpoint=False), np.linspace(apex, count - 1, selection.frames - before)]
    )
    usable = np.flatnonzero(good)
    return np.unique(usable[np.abs(usable - np.rint(wanted)[:, None]).argmin(axis=1)])


def with_frames(made: SimulatedSequence, rows: Rows) -> SimulatedSequence:
    """Return a sequence of some of the frames of another.

    Parameters
    ----------
    made : SimulatedSequence
        The sequence.
    rows : ndarray of shape (N,)
        Which of its frames.

    Returns
    -------
    SimulatedSequence
        The same with these frames, at their own times.
    """
    parts = {name: getattr(made.labels, name)[rows] for name in LABEL_COLUMNS}
    return replace(
        made,
        times=made.times[rows],
        strengths=made.strengths[rows],
        labels=Labels(**parts, expression=tuple(made.labels.expression[row] for row in rows)),
        left_out=tuple(made.left_out[row] for row in rows),
        truth=made.truth[rows],
    )


def _fits(task: Task, pattern: str) -> bool:
    return fnmatchcase(f"{task.session}/{task.name}", pattern)
