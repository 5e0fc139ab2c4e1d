"""Expressions come and go as faces do: in time, without jumps, faster when excited."""

import numpy as np
import pytest

from affectface.gallery.synthetic.timing import Course, blinks, draw_course, slow_noise, waver

TIMES = np.arange(0, 8, 0.01)


def test_a_course_goes_from_rest_to_its_apex_and_back() -> None:
    there = Course(1.0, 0.5, 2.0, 1.0).at(TIMES)
    assert there[TIMES <= 1].max() == 0
    np.testing.assert_allclose(there[(TIMES > 1.51) & (TIMES < 3.49)], 1)
    assert there[TIMES >= 4.51].max() == 0
    assert (np.diff(there[TIMES < 2]) >= 0).all()
    assert (np.diff(there[TIMES > 3]) <= 0).all()
    late = Course(1.0, 0.5, 2.0, 1.0).at(TIMES, delay=0.1)
    np.testing.assert_allclose(late[10:], there[:-10], atol=1e-9)


def test_the_peak_speed_is_that_of_least_jerk() -> None:
    there = Course(1.0, 0.5, 2.0, 1.0).at(TIMES)
    assert np.diff(there).max() / 0.01 == pytest.approx(1.875 / 0.5, rel=0.01)


def test_spontaneous_is_slower_than_posed_and_calm_slower_than_excited() -> None:
    rng = np.random.default_rng(0)
    mean = {
        (kind, arousal): np.mean([draw_course(rng, kind, arousal, 1.0).onset for _ in range(300)])  # type: ignore[arg-type]
        for kind in ("posed", "spontaneous")
        for arousal in (-1.0, 0.0, 1.0)
    }
    assert mean["posed", 0.0] == pytest.approx(0.5, rel=0.05)
    assert mean["posed", 0.0] < mean["spontaneous", 0.0]
    assert mean["posed", 1.0] < mean["posed", 0.0] < mean["posed", -1.0]
    courses = [draw_course(rng, "spontaneous", 0.0, 1.0) for _ in range(300)]
    total = np.array([c.onset + c.apex + c.offset for c in courses])
    assert total.min() > 0.5
    assert np.percentile(total, 90) < 5
    assert np.mean([c.offset > c.onset for c in courses]) > 0.9


def test_blinks_are_as_frequent_and_as_short_as_asked() -> None:
    times = np.arange(0, 600, 0.01)
    closed = blinks(np.random.default_rng(0), times, 15)
    shut = np.flatnonzero(np.diff((closed > 0.5).astype(int)) == 1)
    assert 110 < len(shut) < 190  # 150 in ten minutes, some at once
    assert (closed > 0).mean() == pytest.approx(15 / 60 * 0.27, rel=0.2)
    assert closed.max() <= 1


def test_noise_is_as_large_and_as_slow_as_asked() -> None:
    noise = slow_noise(np.random.default_rng(0), 20_000, 3, step=0.04, seconds=0.4)
    np.testing.assert_allclose(noise.std(axis=0), 1, rtol=0.1)
    later = [np.corrcoef(column[:-10], column[10:])[0, 1] for column in noise.T]
    np.testing.assert_allclose(later, np.exp(-1), atol=0.1)


def test_nobody_holds_an_expression_still_nor_shakes() -> None:
    held = waver(np.random.default_rng(0), TIMES)
    assert 0.01 < held.std() < 0.1
    assert abs(held.mean() - 1) < 0.05
