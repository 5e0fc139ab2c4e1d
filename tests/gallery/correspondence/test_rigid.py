from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from affectface.gallery.correspondence.rigid import Motion, robust_motion


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 5, (200, 3))


@pytest.fixture
def motion() -> Motion:
    return Motion(Rotation.from_rotvec([0.2, -0.4, 0.1]).as_matrix(), np.array([3.0, -2.0, 11.0]))


def test_a_motion_comes_back(points: np.ndarray, motion: Motion) -> None:
    found = robust_motion(points, motion.apply(points))
    assert np.allclose(found.rotation, motion.rotation, atol=1e-9)
    assert np.allclose(found.shift, motion.shift, atol=1e-8)


def test_what_moves_by_itself_does_not_pull(points: np.ndarray, motion: Motion) -> None:
    target = motion.apply(points)
    target[:60] += [0, -3, 0]  # an open jaw
    found = robust_motion(points, target)
    assert np.abs(found.apply(points[60:]) - target[60:]).max() < 0.02
    plain = robust_motion(points, target, scale=1e6)
    assert np.abs(plain.apply(points[60:]) - target[60:]).max() > 0.5


def test_unknown_points_and_those_without_weight_do_not_count(points: np.ndarray, motion: Motion) -> None:
    target = motion.apply(points)
    target[:5] = np.nan
    target[5:10] += 100
    weight = np.ones(len(points))
    weight[5:10] = 0
    assert np.allclose(robust_motion(points, target, weight).shift, motion.shift, atol=1e-6)


def test_undo_is_the_way_back(points: np.ndarray, motion: Motion) -> None:
    assert np.allclose(motion.undo(motion.apply(points)), points)


def test_it_is_never_a_reflection(points: np.ndarray) -> None:
    assert np.linalg.det(robust_motion(points, points * [-1, 1, 1]).rotation) == pytest.approx(1)
