"""Whether what recognisers need is installed."""

from __future__ import annotations

from importlib.util import find_spec

from affectface.errors import MissingPackageError

NEEDED = ("torch", "lightning", "torchmetrics", "safetensors", "pyarrow")
"""Packages of the extras train and augment."""


def check_installed() -> None:
    """Raise a MissingPackageError, which says what to install, unless all of it is installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingPackageError(
            f"recognisers need {', '.join(missing)}, which is not installed; pip install 'affectface[augment,train]'"
        )
