"""A published model of any known layout, told apart by what is in the file and not by its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from affectface.errors import ModelFileError
from affectface.morphable.importers import basel_2009, basel_statismo, flame, generic, lsfm, surrey
from affectface.morphable.importers.hdf5_reading import SIGNATURE, read_hdf5
from affectface.morphable.importers.ict_facekit import import_ict_facekit
from affectface.morphable.importers.matlab_reading import looks_like_matlab, read_matlab
from affectface.morphable.importers.menpo import find_menpo, read_menpo
from affectface.morphable.importers.numpy_reading import read_plain_npz
from affectface.morphable.importers.published import PublishedModel
from affectface.morphable.importers.restricted_pickle import load_pickle, looks_like_pickle
from affectface.morphable.mesh_reading import read_bytes, read_mesh

Format = Literal["menpo", "lsfm", "basel-2009", "basel-2017", "flame", "surrey", "ict-facekit", "mesh"]
"""The published layouts; `basel-2017` is that of 2019 too."""

_LIMIT_BYTES = 1 << 30
_ICT = ("vertices", "identity", "expression", "faces", "uv_faces", "landmarks68")


def read_published_model(
    path: str | os.PathLike[str], format: Format | None = None, bases: str | os.PathLike[str] | None = None
) -> PublishedModel:
    """Read a published 3D morphable model.

    Parameters
    ----------
    path : path-like
        The file; for ICT-FaceKit also its folder.
    format : str, optional
        The layout, one of `Format`; recognised from the content if not given.
    bases : path-like, optional
        A second file that belongs to it: the `.npz` of bases of a mesh, or the expression blendshapes (`.bin`) of the
        Surrey Face Model.

    Returns
    -------
    PublishedModel
        The model in the file's unit and axes.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, hostile, or of no known layout, or not of the one that was asked for.
    """
    path = Path(path)
    if format is not None and format not in get_args(Format):
        raise ModelFileError(f"unknown format {format!r}; known are {', '.join(get_args(Format))}")
    try:
        with np.errstate(all="ignore"):  # what is not finite after it is refused
            found, model = _read(path, None if bases is None else Path(bases))
    except MemoryError:
        raise ModelFileError(f"{path}: needs more memory than there is; give a smaller model") from None
    if format is not None and found != format:
        raise ModelFileError(f"{path}: its content is that of {found}, not of {format}; leave out the format")
    return model


def _read(path: Path, bases: Path | None) -> tuple[Format, PublishedModel]:
    """Recognise the layout from the first bytes, then from the names in it."""
    if path.is_dir():
        return "ict-facekit", _ict(path)
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        return _from_npz(path)
    if head.startswith(SIGNATURE):
        return _from_hdf5(path)
    if looks_like_matlab(head):
        return _from_matlab(read_matlab(read_bytes(path, _LIMIT_BYTES), path, (*basel_2009.FIELDS, *lsfm.FIELDS)), path)
    if head[:2] == b"\x1f\x8b" or looks_like_pickle(head):
        return _from_pickle(path)
    if surrey.looks_like_eos(head):
        shapes = None if bases is None else read_bytes(bases, _LIMIT_BYTES)
        return "surrey", surrey.read_surrey(read_bytes(path, _LIMIT_BYTES), path, shapes)
    return "mesh", _from_mesh(path, bases)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file."""
    if not path.is_file():
        raise ModelFileError(f"{path}: {'not a regular file' if path.exists() else 'there is no such file'}")
    try:
        with open(path, "rb") as file:
            return file.read(512)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror})") from None


def _from_npz(path: Path) -> tuple[Format, PublishedModel]:
    arrays = read_plain_npz(path, (*flame.FIELDS, *generic.FIELDS, *_ICT, "format"))
    if "format" in arrays:
        raise ModelFileError(f"{path}: written by affectface already; use it as it is, with --model")
    found = flame.flame_arrays(arrays)
    if found is not None:
        return "flame", flame.read_flame(found, path)
    if all(name in arrays for name in _ICT):
        return "ict-facekit", _ict(path)
    return "mesh", generic.read_generic(arrays, None, path)


def _from_hdf5(path: Path) -> tuple[Format, PublishedModel]:
    arrays = read_hdf5(path, [*basel_statismo.NAMES, *basel_2009.FIELDS, *lsfm.FIELDS])
    if "shapeMU" in arrays or "components" in arrays:  # MATLAB's version 7.3, which stores arrays transposed
        return _from_matlab({name: array.T for name, array in arrays.items()}, path)
    return "basel-2017", basel_statismo.read_basel_statismo(arrays, path)


def _from_matlab(arrays: dict[str, Any], path: Path) -> tuple[Format, PublishedModel]:
    if "shapeMU" in arrays:
        return "basel-2009", basel_2009.read_basel_2009(arrays, path)
    return "lsfm", lsfm.read_lsfm(arrays, path)


def _from_pickle(path: Path) -> tuple[Format, PublishedModel]:
    content = load_pickle(path)
    arrays = flame.flame_arrays(content)
    if arrays is not None:
        return "flame", flame.read_flame(arrays, path)
    if find_menpo(content) is None:
        what = (
            f"a mapping of {', '.join(map(str, list(content)[:8]))}" if isinstance(content, dict) else "something else"
        )
        raise ModelFileError(f"{path}: holds {what[:120]}; a PCAModel of menpo or FLAME is needed")
    return "menpo", read_menpo(content, path)


def _from_mesh(path: Path, bases: Path | None) -> PublishedModel:
    """Read a mesh and its bases, by default from the `.npz` of the same name beside it."""
    mesh = read_mesh(path)
    bases = path.with_suffix(".npz") if bases is None else bases
    if not bases.exists():
        raise ModelFileError(f"{path}: a mesh alone is no model; give its bases, an .npz with 'identity', by --bases")
    return generic.read_generic(read_plain_npz(bases, generic.FIELDS), mesh, path)


def _ict(path: Path) -> PublishedModel:
    """Read ICT-FaceKit, whose importer returns a face model of known axes and unit."""
    model = import_ict_facekit(path)
    return PublishedModel(
        name=model.name,
        kind="ICT-FaceKit",
        vertices=model.vertices.astype(np.float64),
        triangles=model.triangles,
        identity=model.identity,
        expression=model.expression,
        expression_names=model.expression_names,
        uv=model.uv,
        uv_triangles=model.uv_triangles,
        landmarks68=model.landmarks68,
        regions=model.triangle_regions,
        unit=1.0,
        licence="MIT",
    )
