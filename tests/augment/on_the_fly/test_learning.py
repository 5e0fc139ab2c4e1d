"""What a recogniser that synthesises as it learns is shown: its own classes and the plane, evened out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from affectface.affect import Expression, ValenceArousal
from affectface.arrays import Image
from affectface.augment.making.config import Models
from affectface.augment.on_the_fly.classical import ClassicalTransform
from affectface.augment.on_the_fly.learning import Learned, learning_change, synthesis_for, targets_for
from affectface.augment.on_the_fly.samples import InTurn
from affectface.augment.on_the_fly.synthesis import MADE, SynthesisConfig, SynthesisTransform
from affectface.augment.on_the_fly.targets import EitherTargets, ExpressionTargets
from affectface.augment.rows import Row
from affectface.landmarks import detect_faces
from affectface.landmarks.subset68 import landmarks68

ROWS = [Row("a", expression="happiness", valence=0.55, arousal=0.05)] * 30 + [Row("b", expression="neutral")] * 10


def drawn(learned: Learned, count: int = 400) -> list[Expression | ValenceArousal]:
    rng, targets = np.random.default_rng(0), targets_for(learned, 0.5)
    return [targets.draw(rng).target for _ in range(count)]  # type: ignore[misc]


def test_classes_become_even_and_neutral_is_one_of_them() -> None:
    shown = Counter(target.name for target in drawn(Learned(rows=ROWS, affect=False, classes=("neutral", "happiness"))))
    # half of the rows are left, 15 and 5; the other half fills them up to 20 each
    assert set(shown) == {"neutral", "happiness"}
    assert 0.7 < shown["neutral"] / 400 < 0.8


def test_the_plane_and_classes_in_turn() -> None:
    found = drawn(Learned(rows=ROWS, affect=True, classes=("fear",)))
    points = [target for target in found if isinstance(target, ValenceArousal)]
    assert 150 < len(points) < 250
    assert {target for target in found if isinstance(target, Expression)} == {Expression("fear")}
    # where all the labelled rows lie nothing is added
    assert not any(0.5 <= p.valence < 0.6 and 0 <= p.arousal < 0.1 for p in points)
    assert all(isinstance(target, ValenceArousal) for target in drawn(Learned(rows=ROWS, affect=True)))


def test_a_smile_is_made_neutral(models: Models, face: Image) -> None:
    calm = SynthesisTransform(models, SynthesisConfig(targets=ExpressionTargets({"neutral": 1.0})))
    made = calm(image=face, expression="happiness", valence=0.8, key=0)
    assert (made["expression"], made["valence"], made["synthesis"]) == ("neutral", None, MADE)
    before, after = (landmarks68(detect_faces(image)[0].landmarks) for image in (face, made["image"]))

    def width(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[48, :2] - points[54, :2]) / np.linalg.norm(points[36, :2] - points[45, :2]))

    assert width(after) < 0.95 * width(before)


def test_a_share_is_synthesised_and_all_is_changed_classically(models: Models, face: Image) -> None:
    learned = Learned(rows=ROWS, affect=False, classes=("neutral", "happiness"))
    synthesis = synthesis_for(models, learned, 0.5)
    both = learning_change(synthesis, 0.5, classical=True)
    assert isinstance(both, InTurn)
    sample = {"image": face, "expression": "happiness", "valence": None, "arousal": None, "action_units": None}
    made = [both.apply(sample, np.random.default_rng([3, i])) for i in range(8)]
    again = [both.apply(sample, np.random.default_rng([3, i])) for i in range(8)]
    for one, other in zip(made, again, strict=True):
        np.testing.assert_array_equal(one["image"], other["image"])
    shown = [one.get("synthesis") == MADE for one in made]
    assert 0 < sum(shown) < 8
    assert synthesis.counts["made"] == 2 * sum(shown)
    classical = learning_change(None, 0.0, classical=True)
    assert classical is not None
    kept = shown.index(False)
    own = np.random.default_rng([3, kept]).spawn(2)[1]
    np.testing.assert_array_equal(made[kept]["image"], ClassicalTransform().apply(sample, own)["image"])
    assert learning_change(None, 0.0, classical=False) is None


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="one of them is needed"):
        Learned(rows=ROWS, affect=False)
    with pytest.raises(ValueError, match="kinds are none"):
        EitherTargets(())
