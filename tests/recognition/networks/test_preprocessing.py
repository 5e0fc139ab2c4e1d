"""What a network is fed: order of channels, mean, size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")

from affectface.recognition.networks.preprocessing import Preprocessing, prepared  # noqa: E402

COLOUR = torch.tensor([10, 20, 30], dtype=torch.uint8).expand(8, 8, 3)


def test_channels_mean_and_deviation() -> None:
    fed = prepared(COLOUR, Preprocessing(side=8, channels="BGR", mean=(1, 2, 3), deviation=(1, 2, 4)))
    assert fed.shape == (3, 8, 8)
    assert fed.dtype == torch.float32
    assert fed[:, 0, 0].tolist() == [29, 9, 1.75]
    assert prepared(COLOUR, Preprocessing(side=8, mean=(0, 0, 0), deviation=(1, 1, 1)))[:, 3, 3].tolist() == [
        10,
        20,
        30,
    ]


def test_pixels_run_from_minus_one_to_one() -> None:
    ends = torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 2, 1).expand(2, 2, 3)
    assert prepared(ends, Preprocessing(side=2))[0].tolist() == [[-1, 1], [-1, 1]]


def test_batches_and_sequences() -> None:
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 10, 14, 3), dtype=np.uint8))
    how = Preprocessing(side=6)
    fed = prepared(images, how)
    assert fed.shape == (2, 3, 3, 6, 6)
    torch.testing.assert_close(fed[1, 2], prepared(images[1, 2], how))


def test_size() -> None:
    flat = prepared(COLOUR, Preprocessing(side=5, mean=(0, 0, 0), deviation=(1, 1, 1)))
    torch.testing.assert_close(flat, torch.tensor([10.0, 20, 30])[:, None, None].expand(3, 5, 5))
    # a smaller picture is averaged, not picked from
    stripes = torch.zeros(16, 16, 3, dtype=torch.uint8)
    stripes[:, ::2] = 200
    small = prepared(stripes, Preprocessing(side=4, mean=(0, 0, 0), deviation=(1, 1, 1)))
    assert (small - 100).abs().max() < 30


@pytest.mark.parametrize("images", [torch.zeros(8, 8, 3), torch.zeros(8, 8, 4, dtype=torch.uint8), COLOUR[:0]])
def test_what_is_no_image_is_refused(images: Any) -> None:
    with pytest.raises(ValueError, match=r"uint8 \(..., H, W, 3\) is needed"):
        prepared(images, Preprocessing(side=8))


def test_senseless_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="side is 0"):
        Preprocessing(side=0)
    with pytest.raises(ValueError, match="'RGB' or 'BGR'"):
        Preprocessing(side=8, channels="RBG")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="deviations above 0"):
        Preprocessing(side=8, deviation=(0, 1, 1))
