"""The models of a run, and checksums by which it is known that every process has the same ones."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from affectface.assets import find_asset
from affectface.augment.making.config import Models
from affectface.gallery.library import load_named_affect_model
from affectface.morphable.library import load_named_face_model


def named_face_model(name: str | None) -> str:
    """Return the name by which every process finds the face model: that of the best one that is there, without one."""
    return name or ("ict-facekit" if find_asset("ict-facekit").there else "embedded")


def open_models(face_model: str, affect_model: str | None) -> Models:
    """Return the models of these names.

    Parameters
    ----------
    face_model : str
        Name or path of the face model.
    affect_model : str, optional
        Path of the affect model; the shipped one without it.

    Returns
    -------
    Models
        The models.

    Raises
    ------
    AssetError
        If a model was not added on this machine.
    ModelFileError
        If a file is missing or damaged.
    """
    return Models(load_named_face_model(face_model), load_named_affect_model(affect_model))


def checksum_of(model: Any) -> str:
    """Return the SHA-256 of all that a model's value holds, in hexadecimal digits."""
    digest = hashlib.sha256()
    _add(digest, model)
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    if is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            digest.update(one.name.encode())
            _add(digest, getattr(value, one.name))
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str} {value.shape}".encode())
        digest.update(np.ascontiguousarray(value))
    else:
        digest.update(repr(value).encode())
