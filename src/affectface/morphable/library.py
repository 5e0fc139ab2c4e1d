"""Face models by name, and how one that does not ship is fetched, checked and added."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from affectface.assets import asset_path, find_asset, user_folder
from affectface.assets.download import Progress, download
from affectface.assets.ict_facekit import (
    EXPRESSION_UNITS,
    IDENTITIES,
    PACKED_SHA256,
    ict_address,
    native_files,
)
from affectface.errors import AssetError
from affectface.morphable.face_model import FaceModel, load_face_model, save_face_model

Embedder = Callable[[FaceModel], FaceModel]
"""Returns a face model with its landmark embedding filled in."""


def load_named_face_model(name: str | os.PathLike[str] | None = None) -> FaceModel:
    """Return a face model.

    Parameters
    ----------
    name : str or path-like, optional
        `embedded`, `ict-facekit`, or the path of a face model's `.npz`. Without it ICT-FaceKit where it was added,
        otherwise the embedded one.

    Returns
    -------
    FaceModel
        The face model; those with a name are read once.

    Raises
    ------
    AssetError
        If the model of that name was not added yet.
    ModelFileError
        If the file is missing or damaged.
    """
    if name is None:
        name = "ict-facekit" if find_asset("ict-facekit").there else "embedded"
    if name in ("embedded", "ict-facekit"):
        path = asset_path(str(name))
        return _load_once(str(name), path, path.stat().st_mtime_ns)
    if isinstance(name, str) and not Path(name).suffix and not Path(name).exists():
        raise AssetError(f"unknown face model {name!r}; give embedded, ict-facekit, or the path of a .npz")
    return load_face_model(name)


@cache
def _load_once(name: str, path: Path, _changed: int) -> FaceModel:
    """Return the model of a name; `_changed` makes a replaced file be read anew."""
    model = load_face_model(path)
    if name != "embedded":
        return model
    from affectface.morphable.subdivide import subdivide  # the file holds the coarse mesh, a quarter of the size

    fine: FaceModel = subdivide(model)
    return fine


def fingerprint(model: FaceModel) -> str:
    """Return a checksum of what a face model is made of, whatever file it came from.

    Parameters
    ----------
    model : FaceModel
        The model.

    Returns
    -------
    str
        SHA-256, in hexadecimal digits, of the mean vertices in single precision, the bases in half precision, the names
        of the units and the triangles. The landmark embedding is left out: it is computed on the user's machine.
    """
    digest = hashlib.sha256("\n".join(model.expression_names).encode())
    for array, kind in ((model.vertices, "<f4"), (model.identity, "<f2"), (model.expression, "<f2")):
        digest.update((array.astype(kind) + np.zeros((), kind)).tobytes())  # adding 0 turns -0 into 0
    digest.update(model.triangles.astype("<i4").tobytes())
    return digest.hexdigest()


def get_ict_facekit(
    embed: Embedder,
    *,
    url: str | None = None,
    progress: Progress | None = None,
    announce: Callable[[int], None] | None = None,
) -> Path:
    """Download ICT-FaceKit light, check it, convert it and add it.

    Parameters
    ----------
    embed : callable
        Fills in the landmark embedding.
    url : str, optional
        Another place than the project's repository: a folder with the files of ``FaceXModel``, or a packed `.npz`.
    progress : callable, optional
        Called with the number of bytes that just arrived.
    announce : callable, optional
        Called once with the number of files to come.

    Returns
    -------
    Path
        The added file.

    Raises
    ------
    AssetError
        If it cannot be fetched, or is not the model that is wanted.

    Notes
    -----
    What came is kept until all of it is there, so that the same call goes on after an interruption.
    """
    address = url or ict_address()
    waiting = user_folder() / "downloads" / "ict-facekit"
    packed = address.lower().endswith(".npz")
    names = ["ict_facekit_light.npz"] if packed else native_files()
    if announce:
        announce(len(names))
    for name in names:
        if not (waiting / name).exists():
            source = address if packed else f"{address.rstrip('/')}/{name}"
            download(source, waiting / name, sha256=PACKED_SHA256 if packed else None, progress=progress)
    added = add_ict_facekit(waiting / names[0] if packed else waiting, embed)
    for name in names:
        (waiting / name).unlink()
    return added


def add_ict_facekit(source: str | os.PathLike[str], embed: Embedder) -> Path:
    """Check and convert ICT-FaceKit light that is already on this machine, and add it.

    Parameters
    ----------
    source : path-like
        The packed `.npz`, or the folder ``FaceXModel`` of its repository.
    embed : callable
        Fills in the landmark embedding.

    Returns
    -------
    Path
        The added file.

    Raises
    ------
    AssetError
        If it is incomplete or not the model that is wanted.
    ModelFileError
        If it cannot be read.
    """
    from affectface.morphable.importers.ict_facekit import import_ict_facekit

    model = _verified_part(import_ict_facekit(source), str(source))
    target = find_asset("ict-facekit").path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        save_face_model(embed(model), target)
    except OSError as error:
        raise AssetError(
            f"{target}: cannot be written ({error.strerror}); set AFFECTFACE_HOME to another folder"
        ) from None
    return target


def check_ict_facekit() -> bool:
    """Return whether the added ICT-FaceKit is the model that is wanted."""
    return fingerprint(load_face_model(asset_path("ict-facekit"))) == find_asset("ict-facekit").sha256


def _verified_part(model: FaceModel, source: str) -> FaceModel:
    """Return the model without what was not published as its light version; refuse another or an incomplete one."""
    missing = [name for name in EXPRESSION_UNITS if name not in model.expression_names]
    if missing or len(model.identity) < IDENTITIES:
        raise AssetError(
            f"{source}: incomplete: {len(model.identity)} of {IDENTITIES} identity shapes, "
            f"{len(EXPRESSION_UNITS) - len(missing)} of {len(EXPRESSION_UNITS)} expression shapes; get the whole folder"
        )
    rows = [model.expression_names.index(name) for name in EXPRESSION_UNITS]
    model = replace(
        model,
        identity=model.identity[:IDENTITIES],
        expression=model.expression[rows],
        expression_names=EXPRESSION_UNITS,
    )
    if fingerprint(model) != find_asset("ict-facekit").sha256:
        raise AssetError(
            f"{source}: not the published ICT-FaceKit light: its content has another checksum; get it again"
        )
    return model
