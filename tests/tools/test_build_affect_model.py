"""The script that makes the shipped affect model, on a gallery small enough to make here."""

import sys
from pathlib import Path

import numpy as np
import pytest

from affectface.affect import Expression, ValenceArousal
from affectface.affect_tables import EXPRESSIONS
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.store import open_gallery
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.writing import synthesize_gallery

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from build_affect_model import build_shipped

PLAN = SynthesisPlan(people=5, seed=3, compounds=15, words=6, directions=4)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> AffectModel:
    folder = tmp_path_factory.mktemp("shipped")
    synthesize_gallery(folder / "x.gallery", PLAN)
    return build_shipped(open_gallery(folder / "x.gallery"), folder, 25)


def test_it_has_every_expression_and_the_plane(model: AffectModel) -> None:
    assert (*model.expression_names, "neutral") == (*EXPRESSIONS[1:], "neutral")
    assert len(model.points) == 26
    assert (model.support > 0).all()
    assert model.expression_support is not None
    assert (model.expression_support > 0).all()
    assert model.provenance["people"] == 5
    assert "no real ones" in model.provenance["built_from"]


def test_neutral_is_exactly_nothing(model: AffectModel) -> None:
    np.testing.assert_array_equal(model.points[0], 0)
    np.testing.assert_array_equal(model.point_strengths[0], 0)
    assert model.strengths(ValenceArousal(0, 0)) == {}


def test_what_moves_by_itself_is_in_no_expression(model: AffectModel) -> None:
    strengths = model.expression_strengths
    assert np.abs(strengths[strengths != 0]).min() >= 0.0199
    assert len(model.strengths(Expression("contempt"))) <= 6
    assert "mouthDimple_R" not in model.strengths(Expression("contempt"))
    assert model.expression_spread is not None
    np.testing.assert_array_equal(model.expression_spread[strengths == 0], 0)


def test_people_differ(model: AffectModel) -> None:
    assert model.expression_spread is not None
    assert model.spread is not None
    lengths = np.linalg.norm(model.expression_spread, axis=1) / np.linalg.norm(model.expression_strengths, axis=1)
    assert lengths.min() > 0.1
    assert (model.spread[1:].max(axis=1) > 0).all()
