"""What simulated people show: neutral, an apex, neutral; everything as often; the same again in any order."""

from collections import Counter

import numpy as np
import pytest

from affectface.affect_tables import COMPOUND_EXPRESSIONS, EXPRESSIONS
from affectface.affect_words import DIRECTIONS
from affectface.gallery.synthetic.actions import UNITS, as_units
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.people import person_of
from affectface.gallery.synthetic.sequences import panel_for, perform, simulate, tasks_of

PLAN = SynthesisPlan(people=84, seed=2)


def test_everything_is_shown_as_often_and_under_one_name_each() -> None:
    everybody = [tasks_of(PLAN, person_of(PLAN, index)) for index in range(PLAN.people)]
    for tasks in everybody:
        names = [(task.session, task.name) for task in tasks]
        assert len(set(names)) == len(names) == 2 * (8 + 5) + 10 + 6
    directed = Counter(task.name for tasks in everybody for task in tasks if task.session == "directed")
    assert set(directed) == set(EXPRESSIONS) - {"neutral"}
    assert {directed[name] for name in COMPOUND_EXPRESSIONS} == {28}
    words = Counter(task.name for tasks in everybody for task in tasks if task.name in DIRECTIONS)
    assert set(words.values()) == {30}
    levels = Counter(task.level for tasks in everybody for task in tasks if task.session == "plane")
    assert min(levels.values()) == max(levels.values())


def test_a_sequence_is_the_same_whatever_was_made_before() -> None:
    person = person_of(PLAN, 5)
    one_by_one = list(simulate(PLAN, person))
    backwards = [perform(PLAN, panel_for(PLAN), person, task) for task in reversed(tasks_of(PLAN, person))]
    for first, second in zip(one_by_one, reversed(backwards), strict=True):
        assert first.name == second.name
        np.testing.assert_array_equal(first.strengths, second.strengths)
        np.testing.assert_array_equal(first.labels.valence, second.labels.valence)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_sequences_go_from_neutral_to_an_apex_and_back(index: int) -> None:
    person = person_of(PLAN, index)
    for task, made in zip(tasks_of(PLAN, person), simulate(PLAN, person), strict=True):
        frames = len(made.times)
        assert made.strengths.shape == (frames, len(UNITS))
        assert made.strengths.dtype == np.float32
        assert np.isfinite(made.strengths).all()
        closed = made.strengths[:, UNITS.index("eyeBlink_L")]
        assert all(not reason or shut > 0.2 for reason, shut in zip(made.left_out, closed, strict=True))
        assert set(made.left_out) <= {"", "blink"}
        assert -0.7 < made.strengths.min() <= made.strengths.max() < 2.2
        names = made.labels.expression
        assert names[0] == names[-1] == "neutral"
        assert set(names) <= {"neutral", "", task.expression}
        assert 1 < made.times[-1] < 15
        assert made.times[1] == pytest.approx(1 / 25)
        assert np.hypot(*made.truth.T).max() <= 1 + 1e-9
        open_eyes = [column for column, unit in enumerate(UNITS) if not unit.startswith("eyeBlink")]
        rest = np.mean([row for row, name in zip(made.strengths, names, strict=True) if name == "neutral"], axis=0)
        moved = np.abs(made.strengths - rest)[:, open_eyes].max(axis=1)
        assert moved[0] < 0.1
        if task.expression:
            apex = np.array([name == task.expression for name in names])
            assert apex.any()  # also where all of it is blinked away
            assert moved[apex].min() > 0.25


def test_the_directed_mean_over_people_is_the_main_prototype() -> None:
    plan = SynthesisPlan(people=60, seed=9, compounds=0, words=0, directions=0)
    shown, meant = [], None
    for index in range(plan.people):
        person = person_of(plan, index)
        task = next(task for task in tasks_of(plan, person) if (task.session, task.name) == ("directed", "happiness"))
        made = perform(plan, panel_for(plan), person, task)
        kept = np.array([not reason for reason in made.left_out])
        apex = np.array([name == "happiness" for name in made.labels.expression]) & kept
        rest = np.array([name == "neutral" for name in made.labels.expression]) & kept
        shown.append(made.strengths[apex].mean(axis=0) - made.strengths[rest].mean(axis=0))
        meant = as_units(task.actions)
    mean = np.mean(shown, axis=0)
    assert meant is not None
    assert mean @ meant / np.linalg.norm(mean) / np.linalg.norm(meant) > 0.995
    assert mean @ meant / (meant @ meant) == pytest.approx(1, abs=0.05)
    assert np.std(shown, axis=0)[UNITS.index("mouthSmile_L")] > 0.1  # people differ


def test_contempt_is_on_the_left_when_directed() -> None:
    person = person_of(PLAN, 0)
    task = next(task for task in tasks_of(PLAN, person) if task.name == "contempt")
    strengths = as_units(task.actions)
    assert strengths[UNITS.index("mouthDimple_L")] > 0.5
    assert strengths[UNITS.index("mouthDimple_R")] == 0
