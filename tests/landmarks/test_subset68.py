"""Named points and the iBUG subset."""

import numpy as np
import pytest

from affectface.landmarks import LANDMARKS68, landmarks68, topology

GROUPS = {name: value for name, value in vars(topology).items() if isinstance(value, tuple)}


def test_subset_keeps_order_and_dimensions() -> None:
    points = np.arange(478 * 3, dtype=np.float32).reshape(478, 3)
    np.testing.assert_array_equal(landmarks68(points), points[list(LANDMARKS68)])
    assert landmarks68(points[:468, :2]).shape == (68, 2)
    assert len(set(LANDMARKS68)) == 68


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"landmarks has shape \(68, 3\)"):
        landmarks68(np.zeros((68, 3), dtype=np.float32))


@pytest.mark.parametrize("name", GROUPS)
def test_groups_hold_distinct_landmarks(name: str) -> None:
    group = GROUPS[name]
    assert len(set(group)) == len(group)
    assert 0 <= min(group) <= max(group) < topology.LANDMARK_COUNT
    assert (min(group) >= topology.MESH_COUNT) == name.endswith("IRIS")
