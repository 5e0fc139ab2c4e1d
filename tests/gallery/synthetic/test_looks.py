"""People look like what is said of them, where the face model knows how."""

from dataclasses import replace

import numpy as np
import pytest
from known_meshes import make_known

from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.looks import Traits, identity_of, traits_of
from affectface.gallery.synthetic.people import Person, person_of
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model

PLAN = SynthesisPlan(people=600, seed=4)


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [person_of(PLAN, index) for index in range(600)]


@pytest.fixture(scope="module")
def embedded() -> FaceModel:
    return load_named_face_model("embedded")


def test_traits_are_shares(people: list[Person]) -> None:
    for traits in (traits_of(PLAN, person) for person in people):
        assert traits.african + traits.asian + traits.european == pytest.approx(1)
        assert traits.child + traits.young + traits.old == pytest.approx(1)
        assert traits.child == 0 or traits.old == 0
    words = {word for person in people for word in traits_of(PLAN, person).words.split()}
    assert words == {"male", "female", "african", "asian", "european", "child", "young", "old"}
    assert Traits(0.9, 0.1, 0.2, 0.7, 0.0, 0.3, 0.7).words == "old male european"


def test_identities_are_spread_as_the_models_prior_says(people: list[Person], embedded: FaceModel) -> None:
    drawn = np.array([identity_of(PLAN, person, embedded) for person in people])
    assert abs(drawn.mean()) < 0.02
    np.testing.assert_allclose(drawn.std(axis=0), 1, atol=0.17)


def test_traits_show_in_the_face(people: list[Person], embedded: FaceModel) -> None:
    drawn = np.array([identity_of(PLAN, person, embedded) for person in people])
    traits = [traits_of(PLAN, person) for person in people]
    for name in ("male", "african", "asian", "child", "old"):
        share = np.array([getattr(one, name) for one in traits])
        alike = [abs(np.corrcoef(share, column)[0, 1]) for column in drawn.T[:12]]
        assert max(alike) > 0.3, name
    # a child's face is smaller between chin and brow than a grown man's
    chin, brow = embedded.landmarks68[8], embedded.landmarks68[19]
    height = (embedded.vertices[brow] - embedded.vertices[chin])[1] + drawn @ (
        embedded.identity[:, brow, 1] - embedded.identity[:, chin, 1]
    )
    child = np.array([one.child > 0.5 for one in traits])
    man = np.array([one.male > 0.7 and one.young > 0.7 for one in traits])
    assert height[child].mean() < height[man].mean() - 0.5


def test_another_model_gets_people_of_its_own_prior(people: list[Person], embedded: FaceModel) -> None:
    known = make_known().model
    drawn = np.array([identity_of(PLAN, person, known) for person in people])
    assert drawn.shape == (600, len(known.identity))
    np.testing.assert_allclose(drawn.std(axis=0), 1, atol=0.15)
    namesake = replace(embedded, identity=embedded.identity[:7])  # somebody's own cut of it
    assert identity_of(PLAN, people[0], namesake).shape == (7,)
