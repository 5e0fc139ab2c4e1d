"""Workers ask for so much of a graphics card that all of them find room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectface.augment.running.ray_parts import share_of_gpu
from affectface.errors import DeviceError


@given(workers=st.integers(1, 4096), gpus=st.integers(1, 64))
def test_all_workers_find_room(workers: int, gpus: int) -> None:
    share = share_of_gpu(workers, gpus)
    assert 0 < share <= 1
    assert share == round(share, 4)  # what Ray can count
    assert int(1.000001 / share) * gpus >= workers  # so many on one card, times cards
    assert share == 1 or workers > gpus


def test_without_a_card() -> None:
    with pytest.raises(DeviceError, match="no graphics card, and cuda was asked for; take --device cpu"):
        share_of_gpu(2, 0)
