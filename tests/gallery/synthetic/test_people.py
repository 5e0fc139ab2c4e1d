"""People differ as measured, are the same again, and show variants as often as published."""

import numpy as np
import pytest

from affectface.affect_tables import DU_2014, EXPRESSIONS
from affectface.gallery.synthetic.actions import ACTIONS, columns_of
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.people import person_of
from affectface.gallery.synthetic.variants import main_recipe, own_recipe

PLAN = SynthesisPlan(people=400, seed=3)
PEOPLE = [person_of(PLAN, index) for index in range(400)]


def test_a_person_is_the_same_whoever_came_before() -> None:
    again = person_of(PLAN, 17)
    np.testing.assert_array_equal(again.gains, PEOPLE[17].gains)
    assert (again.habits, again.expressiveness) == (PEOPLE[17].habits, PEOPLE[17].expressiveness)
    other = person_of(SynthesisPlan(people=400, seed=4), 17)
    assert other.expressiveness != again.expressiveness
    with pytest.raises(ValueError, match="read-only"):
        again.gains[0] = 2


def test_people_use_units_by_a_third_more_or_less_around_one() -> None:
    used = np.array([person.gains * person.expressiveness for person in PEOPLE])
    assert used.mean() == pytest.approx(1, abs=0.03)
    assert 0.25 < used.std(axis=0).mean() < 0.4
    assert used.min() > 0.3


def test_one_side_is_a_little_stronger_and_it_is_the_persons_own() -> None:
    left, right = (np.array([c for c, key in enumerate(ACTIONS) if key.endswith(side)]) for side in "LR")
    sided = np.array([(p.gains[left] - p.gains[right]) / (p.gains[left] + p.gains[right]) for p in PEOPLE])
    assert sided.mean() == pytest.approx(0.02, abs=0.01)
    assert sided.std() == pytest.approx(0.08, abs=0.02)
    halves = sided[:, ::2].mean(axis=1), sided[:, 1::2].mean(axis=1)
    assert np.corrcoef(*halves)[0, 1] > 0.5


def test_blinks_and_habits_are_those_of_people() -> None:
    rates = np.array([person.blinks for person in PEOPLE])
    assert 8 <= rates.min() < rates.max() <= 21
    assert {len(person.habits) for person in PEOPLE} == {0, 1, 2}
    assert all(columns_of(au) for person in PEOPLE for au in person.habits)


@pytest.mark.parametrize("name", ["surprise", "sadly_fearful"])
def test_variants_are_as_frequent_as_published(name: str) -> None:
    drawn = [own_recipe(name, np.random.default_rng(i)) for i in range(2000)]
    for au, share in DU_2014[name].variants.items():
        if not columns_of(au):
            continue
        found = np.mean([au in recipe for recipe in drawn])
        if name == "sadly_fearful":  # no other source has it
            assert found == pytest.approx(share, abs=0.04)
        else:
            assert found >= share - 0.05  # the other sources all have it


@pytest.mark.parametrize("name", [name for name in EXPRESSIONS if name != "neutral"])
def test_every_own_way_can_be_shown(name: str) -> None:
    main = main_recipe(name)
    for seed in range(50):
        own = own_recipe(name, np.random.default_rng(seed))
        assert own
        assert all(columns_of(au) and 0 < strength <= 1 for au, strength in own.items())
        assert all(own[au] == main[au] for au in own if au in main)


def test_a_plan_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="people is 0; 1 to"):
        SynthesisPlan(people=0)
    with pytest.raises(ValueError, match="words is 29; 0 to 28"):
        SynthesisPlan(words=29)
