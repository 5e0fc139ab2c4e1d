"""The affect model by name: the shipped one, or a file."""

from __future__ import annotations

import os
from functools import cache

from affectface.assets import asset_path
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.affect_model_files import load_affect_model


def load_named_affect_model(name: str | os.PathLike[str] | None = None) -> AffectModel:
    """Return an affect model.

    Parameters
    ----------
    name : str or path-like, optional
        A path; the shipped model if not given.

    Returns
    -------
    AffectModel
        The affect model; the shipped one is read once.
    """
    return _shipped() if name is None else load_affect_model(name)


@cache
def _shipped() -> AffectModel:
    return load_affect_model(asset_path("affect-model"))
