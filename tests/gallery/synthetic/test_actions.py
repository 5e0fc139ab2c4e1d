"""Action units over time move the units that the table says, as for one moment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectface.affect import ActionUnits
from affectface.gallery.prototypes import CIRCLE, EXPRESSION_RECIPES, Recipe, recipe_towards
from affectface.gallery.synthetic.actions import ACTIONS, UNITS, as_actions, as_units, columns_of


def same_moment(recipe: Recipe) -> np.ndarray:
    strengths = ActionUnits(recipe).units()
    return np.array([strengths.get(unit, 0.0) for unit in UNITS])


@pytest.mark.parametrize("name", EXPRESSION_RECIPES)
def test_recipes_move_what_they_should(name: str) -> None:
    np.testing.assert_allclose(as_units(as_actions(EXPRESSION_RECIPES[name])), same_moment(EXPRESSION_RECIPES[name]))


@given(st.dictionaries(st.sampled_from(ACTIONS), st.floats(0.01, 1), min_size=1))
def test_any_actions_move_what_they_should(recipe: dict[int | str, float]) -> None:
    moved = as_units(np.stack([as_actions(recipe), np.zeros(len(ACTIONS))]))
    np.testing.assert_allclose(moved[0], same_moment(recipe), atol=1e-12)
    np.testing.assert_array_equal(moved[1], 0)


def test_an_action_unit_has_its_columns() -> None:
    assert [ACTIONS[column] for column in columns_of(12)] == ["12L", "12R"]
    assert [ACTIONS[column] for column in columns_of("12L")] == ["12L"]
    assert [ACTIONS[column] for column in columns_of(25)] == ["25"]
    assert columns_of(11) == []  # nothing shows it


def test_between_the_known_directions_recipes_change_smoothly() -> None:
    for angle, recipe in CIRCLE:
        found = recipe_towards(angle)
        assert found == pytest.approx({au: s for au, s in recipe.items() if s}, abs=1e-9)
    around = np.array([as_actions(recipe_towards(angle)) for angle in np.arange(0, 360.1, 0.5)])
    assert np.abs(np.diff(around, axis=0)).max() < 0.05
    np.testing.assert_allclose(around[0], around[-1])
