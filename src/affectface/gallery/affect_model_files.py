"""The file form of an affect model: an `.npz` without pickles. Version 2 adds spread, provenance and a basis."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.own_face import FaceRegression
from affectface.gallery.surface import Basis, Surface
from affectface.morphable.face_model import read_npz, write_npz

FORMAT = "affectface-affect-model"
FORMAT_VERSION = 2
_TEXTS = ("name", "unit_names", "expression_names", "interpolation")
_NUMBERS: dict[str, Any] = {
    "points": np.float32,
    "point_strengths": np.float32,
    "support": np.int32,
    "expression_strengths": np.float32,
}
_LATER: dict[str, Any] = {"spread": np.float32, "expression_spread": np.float32, "expression_support": np.int32}
"""What version 1 lacks."""
_SURFACE: dict[str, Any] = {
    "vertices": np.float32,
    "triangles": np.int32,
    "skin": np.bool_,
    "landmark_triangles": np.int32,
    "landmark_weights": np.float32,
}
_FACES = ("mean", "directions", "changes")
_MOST_PROVENANCE = 1 << 24


def save_affect_model(model: AffectModel, path: str | os.PathLike[str]) -> None:
    """Write an affect model as `.npz`, atomically. A basis is kept in half precision: 0.005 mm at 1 cm.

    Parameters
    ----------
    model : AffectModel
        The model.
    path : path-like
        The file.
    """
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT),
        "format_version": np.array(FORMAT_VERSION),
        "judges": np.array(model.judges, dtype=np.str_),  # without one NumPy would not know that they are texts
        "smoothing": np.array(model.smoothing),
        "provenance": np.array(json.dumps(dict(model.provenance), sort_keys=True, allow_nan=False)),
    }
    for name in _TEXTS:
        arrays[name] = np.array(getattr(model, name), dtype=np.str_)
    for name in (*_NUMBERS, *_LATER):
        if getattr(model, name) is not None:
            arrays[name] = np.asarray(getattr(model, name))
    if model.faces is not None:
        arrays |= {f"faces_{name}": getattr(model.faces, name) for name in _FACES}
    if model.basis is not None:
        arrays["basis_displacements"] = model.basis.displacements.astype(np.float16)
        arrays["basis_name"] = np.array(model.basis.surface.name)
        for name in _SURFACE:
            arrays[f"basis_{name}"] = getattr(model.basis.surface, name)
    write_npz(path, arrays)


def load_affect_model(path: str | os.PathLike[str]) -> AffectModel:
    """Read an affect model.

    Parameters
    ----------
    path : path-like
        The `.npz` file.

    Returns
    -------
    AffectModel
        The model.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, of another format, or holds arrays that do not fit together.
    """
    arrays = read_npz(path, FORMAT, FORMAT_VERSION)
    texts = {name: _text(arrays, name, path) for name in _TEXTS}
    if str(texts["interpolation"]) not in ("smooth", "nearest"):
        raise ModelFileError(f"{path}: interpolation is {texts['interpolation']}; smooth or nearest is needed")
    numbers = {name: _numbers(arrays, name, path, kind) for name, kind in _NUMBERS.items()}
    later = {name: _numbers(arrays, name, path, kind) for name, kind in _LATER.items() if name in arrays}
    judges = _text(arrays, "judges", path) if "judges" in arrays else np.array([], dtype=np.str_)
    return AffectModel(
        name=str(texts["name"]),
        unit_names=tuple(map(str, texts["unit_names"].ravel())),
        points=numbers["points"],
        point_strengths=numbers["point_strengths"],
        support=numbers["support"],
        expression_names=tuple(map(str, texts["expression_names"].ravel())),
        expression_strengths=numbers["expression_strengths"],
        interpolation=str(texts["interpolation"]),  # type: ignore[arg-type]
        judges=tuple(map(str, judges.ravel())),
        spread=later.get("spread"),
        expression_spread=later.get("expression_spread"),
        expression_support=later.get("expression_support"),
        basis=_basis(arrays, path) if "basis_displacements" in arrays else None,
        provenance=_provenance(arrays, path),
        faces=_faces(arrays, path) if "faces_mean" in arrays else None,
        smoothing=float(_numbers(arrays, "smoothing", path, np.float64).ravel()[0]) if "smoothing" in arrays else 0.0,
    )


def _text(arrays: dict[str, NDArray[Any]], name: str, path: str | os.PathLike[str]) -> NDArray[Any]:
    found = _entry(arrays, name, path)
    if found.dtype.kind != "U":
        raise ModelFileError(f"{path}: {name} is {found.dtype}, not text; rebuild the affect model")
    return found


def _numbers(arrays: dict[str, NDArray[Any]], name: str, path: str | os.PathLike[str], kind: Any) -> NDArray[Any]:
    found = _entry(arrays, name, path)
    if found.dtype.kind not in "fiub":
        raise ModelFileError(f"{path}: {name} is {found.dtype}, not numbers; rebuild the affect model")
    with np.errstate(all="ignore"):
        return found.astype(kind)


def _entry(arrays: dict[str, NDArray[Any]], name: str, path: str | os.PathLike[str]) -> NDArray[Any]:
    if name not in arrays:
        raise ModelFileError(f"{path}: the affect model has no {name!r}; rebuild it")
    return arrays[name]


def _faces(arrays: dict[str, NDArray[Any]], path: str | os.PathLike[str]) -> FaceRegression:
    return FaceRegression(**{name: _numbers(arrays, f"faces_{name}", path, np.float32) for name in _FACES})


def _basis(arrays: dict[str, NDArray[Any]], path: str | os.PathLike[str]) -> Basis:
    parts = {name: _numbers(arrays, f"basis_{name}", path, kind) for name, kind in _SURFACE.items()}
    displacements = _numbers(arrays, "basis_displacements", path, np.float32)
    return Basis(Surface(name=str(_text(arrays, "basis_name", path)), **parts), displacements)


def _provenance(arrays: dict[str, NDArray[Any]], path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a file says it was built from; nothing in those of version 1."""
    if "provenance" not in arrays:
        return {}
    text = str(_text(arrays, "provenance", path))
    try:
        found = json.loads(text) if len(text) <= _MOST_PROVENANCE else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ModelFileError(f"{Path(path)}: its provenance is no record; rebuild the affect model")
    return found
