"""The same affect of different people."""

import numpy as np
import pytest

import affectface as af
from affectface.assets.example import example_photo
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.variation import natural_variation, varied

UNITS = ("browDown_L", "browDown_R", "jawOpen", "mouthSmile_L", "mouthSmile_R")


def test_a_seed_is_a_person() -> None:
    first = natural_variation(UNITS, 7)
    np.testing.assert_array_equal(first, natural_variation(UNITS, 7))
    assert np.abs(first - natural_variation(UNITS, 8)).max() > 0.02


def test_more_units_do_not_change_the_others() -> None:
    np.testing.assert_array_equal(natural_variation(UNITS, 3), natural_variation((*UNITS, "cheekPuff_L"), 3)[:-1])


def test_people_vary_as_measured() -> None:
    people = np.array([natural_variation(UNITS, seed) for seed in range(400)])
    strength = np.log((people[:, 3] + people[:, 4]) / 2)
    sides = (people[:, 3] - people[:, 4]) / (people[:, 3] + people[:, 4])
    assert abs(strength.mean()) < 0.04
    assert strength.std() == pytest.approx(0.21, abs=0.03)
    assert sides.std() == pytest.approx(0.08, abs=0.01)
    assert np.log(people[:, 2]).std() == pytest.approx(0.21, abs=0.03)
    assert abs(np.corrcoef(people[:, 2], people[:, 3])[0, 1]) < 0.15


def test_a_portrait_varies_affects_but_not_action_units() -> None:
    model = load_named_face_model("embedded")
    plain = af.Portrait.open(example_photo(), face_model=model)
    other = af.Portrait.open(example_photo(), face_model=model, config=af.SynthesisConfig(variation=5))
    smile, units = af.Expression("happiness"), af.ActionUnits({12: 0.5})
    assert (plain.express(smile) != other.express(smile)).any()
    np.testing.assert_array_equal(plain.express(units), other.express(units))
    np.testing.assert_array_equal(plain.neutral(), other.neutral())


def test_where_people_are_known_their_spread_is_met_and_the_whole_is_kept() -> None:
    change = np.array([0.0, 0.0, 0.6, 0.5, 0.5], dtype=np.float32)
    spread = np.array([0.0, 0.0, 0.1, 0.05, 0.05], dtype=np.float32)
    people = np.array([varied(change, spread, UNITS, seed) for seed in range(600)])
    assert not people[:, :2].any()
    np.testing.assert_allclose(people @ change, change @ change, rtol=1e-5)
    assert people[:, 2].std() == pytest.approx(0.05, abs=0.02)  # the others make up for it: it is half of the whole
    assert np.corrcoef(people[:, 3], people[:, 4])[0, 1] > 0.5
    np.testing.assert_array_equal(varied(change, spread, UNITS, 3), varied(change, spread, UNITS, 3))


def test_no_unit_is_turned_round() -> None:
    change, spread = np.array([0.05, -0.05, 0.5, 0.0, 0.0], np.float32), np.full(5, 0.3, np.float32)
    people = np.array([varied(change, spread, UNITS, seed) for seed in range(100)])
    assert people[:, [0, 2, 3, 4]].min() >= 0
    assert people[:, 1].max() <= 0
