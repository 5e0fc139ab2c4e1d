"""What is drawn: within the disc, as often as its chance says, and evening out what is there."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from affectface.affect import Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.augment.on_the_fly.targets import (
    ClassTargets,
    ExpressionTargets,
    PlaneTargets,
    count_labels,
    expression_chances,
    plane_chances,
)
from affectface.augment.rows import Row
from affectface.augment.statistics import BINS


def test_the_plane_is_covered_alike() -> None:
    rng, targets = np.random.default_rng(0), PlaneTargets()
    points = []
    for _ in range(4000):
        affect = targets.draw(rng).target
        assert isinstance(affect, ValenceArousal)
        points.append((affect.valence, affect.arousal))
    radius = np.hypot(*np.array(points).T)
    assert radius.max() <= 1
    assert 0.23 < (radius < 0.5).mean() < 0.27  # a quarter of the disc
    quadrants = Counter((v > 0, a > 0) for v, a in points)
    assert min(quadrants.values()) > 900


def test_what_is_rare_is_drawn_until_all_is_alike() -> None:
    rng = np.random.default_rng(1)
    rows = [
        Row("x", valence=float(v), arousal=float(a)) for v, a in rng.normal((0.3, 0.1), 0.25, (3000, 2)).clip(-1, 1)
    ]
    plane, _ = count_labels(rows)
    assert plane.sum() == 3000
    assert plane[BINS // 2, BINS // 2 + 3] == sum(0.3 <= r.valence < 0.4 and 0 <= r.arousal < 0.1 for r in rows)
    share = 0.5
    chances = plane_chances(plane, share)
    np.testing.assert_allclose(chances.sum(), 1)
    middles = (np.arange(BINS) + 0.5) * 2 / BINS - 1
    inside = np.hypot(middles[:, None], middles[None, :]) <= 1
    assert (chances[~inside] == 0).all()
    epoch = plane * (1 - share) + chances * share * plane.sum()
    filled = epoch[inside & (chances > 0)]
    np.testing.assert_allclose(filled, filled.mean(), rtol=1e-3)  # all cells that got something end alike
    assert (epoch[inside & (chances == 0)] >= filled.mean() * 0.999).all()  # the others have more already
    drawn = np.zeros_like(plane)
    for _ in range(3000):
        affect = PlaneTargets(chances).draw(rng).target
        drawn += count_labels([Row("x", valence=affect.valence, arousal=affect.arousal)])[0]
    assert np.abs(drawn / 3000 - chances).max() < 0.012


def test_expressions_even_out() -> None:
    rows = [Row("x", expression="happiness")] * 900 + [Row("x", expression="fear")] * 100 + [Row("x")]
    _, counts = count_labels(rows)
    assert counts == {**dict.fromkeys(BASIC_EXPRESSIONS, 0), "happiness": 900, "fear": 100}
    chances = expression_chances(counts, 0.5)
    assert chances["happiness"] == 0
    epoch = {name: counts[name] * 0.5 + chances[name] * 500 for name in counts}
    np.testing.assert_allclose([epoch[name] for name in counts if name != "happiness"], 550 / 5, rtol=1e-3)
    rng = np.random.default_rng(0)
    wishes = [ExpressionTargets(chances).draw(rng) for _ in range(500)]
    assert {wish.target for wish in wishes} == {Expression(name) for name in BASIC_EXPRESSIONS if name != "happiness"}
    assert 0.6 <= min(wish.intensity for wish in wishes) < 0.62
    assert 0.98 < max(wish.intensity for wish in wishes) <= 1


def test_classes_are_drawn_alike() -> None:
    points = np.array([(0.1, 0.2), (-0.5, 0.5), (0.9, 0.0)], dtype=np.float32)
    rng = np.random.default_rng(0)
    drawn = Counter(ClassTargets(points).draw(rng).target for _ in range(900))
    assert {(affect.valence, affect.arousal) for affect in drawn} == {(float(v), float(a)) for v, a in points}
    assert min(drawn.values()) > 250


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="expressions whose chances add up to 1 are needed"):
        ExpressionTargets({"anger": 0.5})
    with pytest.raises(ValueError, match="chances are of joy"):
        ExpressionTargets({"joy": 1.0})
    with pytest.raises(ValueError, match="share is 0"):
        plane_chances(np.ones((20, 20), dtype=np.int64), 0)
    with pytest.raises(ValueError, match=r"\(K, 2\) with at least one"):
        ClassTargets(np.zeros((0, 2), dtype=np.float32))
