"""An affect model learned from labelled coefficients shows what they show."""

import numpy as np
import pytest

from affectface.affect import Expression, ValenceArousal
from affectface.errors import GalleryError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.learning import Learned, Sample, learn_affect_model
from affectface.gallery.library import load_named_affect_model

UNITS = ("jawOpen", "mouthSmile_L", "mouthSmile_R", "ownUnit")
SMILE = np.array([0.1, 0.6, 0.5, 0.2], np.float32)


def learn(samples: list[Sample], **options: int) -> Learned:
    return learn_affect_model(samples, UNITS, load_named_affect_model(), name="mine", **options)  # type: ignore[arg-type]


def people(count: int = 6, repeats: int = 1) -> list[Sample]:
    """Everybody has a face of their own, and smiles a little more or less than the mean."""
    rng = np.random.default_rng(0)
    strength = rng.permutation(np.linspace(0.5, 1.5, count))
    rows = []
    for person in range(count):
        own = rng.normal(0, 0.3, 4).astype(np.float32)
        rows.append(Sample(f"p{person}", own, "neutral"))
        rows += [Sample(f"p{person}", own + strength[person] * SMILE, "happiness")] * (repeats if person == 0 else 1)
    return rows


def test_the_mean_difference_to_ones_own_neutral_face_is_learned() -> None:
    learned = learn(people())
    found = learned.model.strengths(Expression("happiness"))
    np.testing.assert_allclose([found[unit] for unit in UNITS], SMILE, atol=1e-5)
    assert learned.subjects == {"happiness": 6}
    assert learned.classes == 0
    assert not learned.left_out


def test_people_count_alike() -> None:
    once, often = learn(people()), learn(people(repeats=50))
    np.testing.assert_allclose(once.model.expression_strengths, often.model.expression_strengths, atol=1e-5)


def test_what_is_not_shown_stays_as_it_was() -> None:
    base, model = load_named_affect_model(), learn(people()).model
    for affect in (Expression("anger"), ValenceArousal(0.6, -0.3)):
        before, after = base.strengths(affect), model.strengths(affect)
        assert after == pytest.approx(before, abs=1e-5)


def test_the_plane_is_learned_with_its_support() -> None:
    rng = np.random.default_rng(1)
    samples = [Sample(f"p{k % 5}", np.zeros(4, np.float32), valence=0.0, arousal=0.0) for k in range(5)]
    for k in range(400):
        valence, arousal = rng.uniform(-0.7, 0.7, 2)
        strengths = np.array([max(arousal, 0), valence, valence, 0], np.float32)
        samples.append(Sample(f"p{k % 5}", strengths, valence=valence, arousal=arousal))
    learned = learn(samples, classes=30)
    assert learned.classes == 30
    assert learned.model.support.sum() == 405
    for valence, arousal in ((0.4, 0.3), (-0.5, 0.1), (0.1, -0.4)):
        found = learned.model.strengths(ValenceArousal(valence, arousal))
        assert found.get("mouthSmile_L", 0) == pytest.approx(valence, abs=0.1)
        assert found.get("jawOpen", 0) == pytest.approx(max(arousal, 0), abs=0.12)
    assert learned.model.strengths(ValenceArousal(0, 0)) == {}


def test_what_cannot_be_learned_is_said() -> None:
    samples = [*people(), Sample("stranger", SMILE, "happiness"), Sample("p0", SMILE, "awed")]
    learned = learn(samples)
    assert learned.left_out == (
        "stranger: no neutral picture to compare with",
        "awed: 1 people show it and 3 are needed",
    )
    with pytest.raises(GalleryError, match="nothing can be learned: stranger: no neutral"):
        learn([Sample("stranger", SMILE, "happiness")])
    with pytest.raises(GalleryError, match="one each of 4 units"):
        learn([Sample("p", SMILE[:2], "happiness")])


def test_it_is_an_affect_model_like_any_other() -> None:
    model = learn(people()).model
    assert isinstance(model, AffectModel)
    assert set(load_named_affect_model().unit_names) <= set(model.unit_names)
    assert model.judges == load_named_affect_model().judges
