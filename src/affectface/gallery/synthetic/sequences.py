"""What each simulated person shows, and the frames and labels of it.

Three sessions. In `directed` the person is told which action units to move, so that everybody shows the main prototype
of an expression, as posed data sets do; in `own` they show the same expressions their own way; in `plane` they show
words for affects and directions between them, at all strengths, so that the whole disc of valence and arousal has
faces. Each sequence goes from neutral to an apex and back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from affectface.affect_tables import COMPOUND_EXPRESSIONS, EXPRESSIONS, NEUTRAL_NAME, expression_point
from affectface.affect_words import DIRECTIONS
from affectface.arrays import FloatArray
from affectface.gallery.prototypes import recipe_towards
from affectface.gallery.store import Labels
from affectface.gallery.synthetic.actions import ACTIONS, as_actions, as_units, columns_of
from affectface.gallery.synthetic.annotators import Panel, labels_of, panel_of, traces_of
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.people import Person, person_of, stream
from affectface.gallery.synthetic.timing import (
    Course,
    Kind,
    blinks,
    draw_course,
    draw_delays,
    slow_noise,
    waver,
)
from affectface.gallery.synthetic.variants import main_recipe, own_recipe

Actions = NDArray[np.float64]

_SIMPLE = tuple(name for name in EXPRESSIONS if name not in (NEUTRAL_NAME, *COMPOUND_EXPRESSIONS))
_LEVELS = (0.35, 0.65, 0.95, 1.25)
"""How much of an affect of the plane is meant; what is shown is as much more or less as the person is expressive. The
last goes beyond the rim, so that not everything that is labelled there is less."""
_MOST, _MOST_OF_PLANE = 1.4, 1.3
"""The strongest that an expression, and a direction, is shown. Labels end at the plane's rim: more looks like all."""
_MOVABLE = 1.5
"""The farthest that an action unit moves, of what FACS calls its maximum."""
_HABITUAL = 0.6
"""How often a habit shows."""
_TREMOR = 0.008
"""Standard deviation of what moves by itself, and the seconds after which it moves otherwise."""
_TREMOR_SECONDS = 0.4
_APEX, _AT_REST = 0.99, 0.01
"""Shares of the apex from which on a frame shows the expression by name, and up to which it is neutral."""
_CLOSED = 0.2
"""How far a blink closes the lids of a frame that is left out: it shows the blink, and not the affect."""
_SETTLED = 0.1
"""Seconds from the apex's ends within which some action units still move: it has no name yet, or no more."""


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be shown in one sequence.

    Attributes
    ----------
    session, name : str
        Session and name.
    actions : ndarray of shape (A,), float64
        Strengths of the action units at full intensity.
    point : tuple of float
        Valence and arousal at full intensity.
    level : float
        How much of it is meant.
    expression : str
        The expression's name; empty for a point of the plane.
    """

    session: str
    name: str
    actions: Actions
    point: tuple[float, float]
    level: float
    expression: str

    @property
    def kind(self) -> Kind:
        """Whether the movement is deliberate."""
        return "posed" if self.expression else "spontaneous"


@dataclass(frozen=True, eq=False)
class SimulatedSequence:
    """The frames of one sequence.

    Attributes
    ----------
    name, subject, session, task : str
        What it is called, who shows it, and what.
    times : ndarray of shape (F,), float64
        Seconds.
    strengths : ndarray of shape (F, U), float32
        Strengths of `actions.UNITS`.
    labels : Labels
        What the annotators agree on, and the expression's name at rest and at the apex.
    left_out : tuple of str
        Why each frame does not count (F,); empty if it does.
    truth : ndarray of shape (F, 2), float64
        Valence and arousal of what was shown; the gallery does not keep it.
    """

    name: str
    subject: str
    session: str
    task: str
    times: NDArray[np.float64]
    strengths: FloatArray
    labels: Labels
    left_out: tuple[str, ...]
    truth: NDArray[np.float64]


def tasks_of(plan: SynthesisPlan, person: Person) -> list[Task]:
    """Return what a person shows.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    person : Person
        The person.

    Returns
    -------
    list of Task
        The six basic expressions, `closed_anger` and contempt, and the person's share of the compound ones, each as
        directed and the person's own way; then the person's share of the words, and the directions. Over people,
        everything comes round equally often.
    """
    tasks = []
    for name in (*_SIMPLE, *_turn(COMPOUND_EXPRESSIONS, plan, person, plan.compounds)):
        own = as_actions(own_recipe(name, stream(plan, "own", person.index, name)))
        point = expression_point(name)
        tasks.append(Task("directed", name, as_actions(main_recipe(name)), point, 1.0, name))
        tasks.append(Task("own", name, own, point, 1.0, name))
    rng = stream(plan, "plane", person.index)
    levels = rng.permutation(np.resize(_LEVELS, plan.words + plan.directions))
    angles = [(name, DIRECTIONS[name]) for name in _turn(tuple(DIRECTIONS), plan, person, plan.words)]
    for place in range(plan.directions):
        angle = float((place + rng.random()) * 360 / plan.directions)
        angles.append((f"{place + 1}_{angle:.1f}", angle))
    for level, (name, angle) in zip(levels, angles, strict=True):
        point = float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))
        tasks.append(Task("plane", name, as_actions(recipe_towards(angle)), point, float(level), ""))
    return tasks


def sequence_count(plan: SynthesisPlan) -> int:
    """Return the number of sequences that a plan makes."""
    return plan.people * (2 * (len(_SIMPLE) + plan.compounds) + plan.words + plan.directions)


def simulate(plan: SynthesisPlan, person: Person) -> Iterator[SimulatedSequence]:
    """Make the sequences of one person.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    person : Person
        The person.

    Yields
    ------
    SimulatedSequence
        One after another; the same whatever was made before, by whichever process.
    """
    panel = panel_for(plan)
    for task in tasks_of(plan, person):
        yield perform(plan, panel, person, task)


def perform(plan: SynthesisPlan, panel: Panel, person: Person, task: Task) -> SimulatedSequence:
    """Make one sequence.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    panel : Panel
        Its annotators.
    person : Person
        Who shows it.
    task : Task
        What is shown.

    Returns
    -------
    SimulatedSequence
        Frames and labels.
    """
    name = sequence_name(person, task)
    rng = stream(plan, "sequence", name)
    course = draw_course(rng, task.kind, task.point[1] * task.level, person.pace)
    times = np.arange(round(course.seconds * plan.frame_rate)) / plan.frame_rate
    shown = _shown(task, person)
    actions = _moved(rng, person, task, course, times, shown)
    actions += person.rest + _TREMOR * slow_noise(
        rng, len(times), len(ACTIONS), step=1 / plan.frame_rate, seconds=_TREMOR_SECONDS
    )
    lids = blinks(rng, times, person.blinks)
    actions[:, columns_of(45)] = lids[:, None]
    actions[:, columns_of(5)] *= 1 - lids[:, None]  # a blink closes wide eyes too
    there = course.at(times)
    truth = _within_disc(shown * there[:, None] * np.array(task.point))
    traces = traces_of(panel.annotators, rng, name, times, truth)
    labels = labels_of(panel, traces, times, _names(task, course, times))
    strengths = as_units(np.maximum(actions, 0)).astype(np.float32)
    left_out = tuple("blink" if closed > _CLOSED else "" for closed in lids)
    return SimulatedSequence(name, person.name, task.session, task.name, times, strengths, labels, left_out, truth)


def sequence_name(person: Person, task: Task) -> str:
    """Return what the sequence of a person's task is called."""
    return f"{person.name}-{task.session}-{task.name}"


@cache
def panel_for(plan: SynthesisPlan) -> Panel:
    """Return the annotators of a gallery, calibrated once."""
    return panel_of(plan)


def people_of(plan: SynthesisPlan) -> Iterator[Person]:
    """Yield the people of a gallery."""
    return (person_of(plan, index) for index in range(plan.people))


def _shown(task: Task, person: Person) -> float:
    """How much of the affect the person shows."""
    return min(task.level * person.expressiveness, _MOST if task.expression else _MOST_OF_PLANE)


def _moved(
    rng: np.random.Generator, person: Person, task: Task, course: Course, times: Actions, shown: float
) -> Actions:
    """Strengths of the action units (F, A), each in its own time."""
    goal = task.actions * person.gains
    for au, strength in person.habits.items():
        if task.session != "directed" and rng.random() < _HABITUAL:
            columns = columns_of(au)
            goal[columns] = np.maximum(goal[columns], strength)
    goal = np.minimum(goal * shown, _MOVABLE)
    delays = draw_delays(rng)
    held = waver(rng, times)
    moved = np.zeros((len(times), len(ACTIONS)))
    for column in np.flatnonzero(goal):
        moved[:, column] = goal[column] * course.at(times, float(delays[column])) * held
    return moved


def _within_disc(points: Actions) -> Actions:
    """Points (F, 2) with those beyond the plane's rim on it."""
    return np.asarray(points / np.maximum(1, np.hypot(*points.T))[:, None])


def _names(task: Task, course: Course, times: Actions) -> tuple[str, ...]:
    """What each frame shows by name: neutral at rest, the expression while its apex is held, nothing between."""
    apex = (course.at(times, _SETTLED) >= _APEX) & (course.at(times, -_SETTLED) >= _APEX)
    resting = course.at(times) < _AT_REST
    return tuple(
        NEUTRAL_NAME if rest else task.expression if top else "" for rest, top in zip(resting, apex, strict=True)
    )


def _turn(names: tuple[str, ...], plan: SynthesisPlan, person: Person, count: int) -> list[str]:
    """A person's share of some names: they go round, so that over people each comes up equally often."""
    order = stream(plan, "turn", *names).permutation(len(names))
    return [names[order[(person.index * count + place) % len(names)]] for place in range(count)]
