"""Names of devices become devices, or one line that says what is not there."""

from __future__ import annotations

import pytest

from affectface.device import chosen_device
from affectface.errors import DeviceError


@pytest.mark.parametrize("there", [True, False])
def test_devices(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr("affectface.device.cuda_is_there", lambda: there)
    assert chosen_device("cpu") == "cpu"
    assert chosen_device("auto") == ("cuda" if there else "cpu")
    if there:
        assert chosen_device("cuda") == "cuda"
        return
    with pytest.raises(DeviceError, match="no CUDA device is here, and cuda was asked for; take cpu"):
        chosen_device("cuda")
