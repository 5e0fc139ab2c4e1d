"""The face model as a value, and its file form.

A 3DMM is linear: vertices = mean + identity coefficients · identity basis + expression coefficients · expression basis
(Kollias 2020, section 3.4). Identity coefficients are standard normal under the prior; expression coefficients are 0 at
rest and 1 at the full strength of the named facial unit.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray, read_only
from affectface.errors import ModelFileError
from affectface.files import atomic_path
from affectface.regions import REGIONS

LANDMARKS = 478
FORMAT_VERSION = 1
_LIMIT_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class FaceModel:
    """A 3D morphable model of a face.

    `_L` and `_R` in names are the person's own left and right; +x is the person's left.

    Attributes
    ----------
    name : str
        What the model is called in records.
    vertices : ndarray of shape (V, 3), float32
        The mean face at rest, cm, y up, z out of the face.
    identity : ndarray of shape (I, V, 3), float32
        Displacement of one standard deviation of each identity component, cm.
    expression : ndarray of shape (E, V, 3), float32
        Displacement of each facial unit at full strength, cm.
    expression_names : tuple of str
        The E units' names: ARKit's, with `_L`/`_R` for the sides.
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise seen from outside.
    triangle_regions : ndarray of shape (T,), uint8
        Index into `REGIONS` of each triangle.
    uv : ndarray of shape (U, 2), float32
        Texture coordinates, v up.
    uv_triangles : ndarray of shape (T, 3), int32
        The triangles' corners in `uv`.
    landmark_triangles : ndarray of shape (478,), int32
        The triangle each landmark lies on; -1 where the landmark has no place on this model.
    landmark_weights : ndarray of shape (478, 3), float32
        Barycentric coordinates in that triangle.
    landmarks68 : ndarray of shape (68,), int32
        Vertices of the iBUG 68 points.
    spread_landmarks : ndarray of shape (V, K), int16
        The landmarks whose 2D residual a vertex follows.
    spread_weights : ndarray of shape (V, K), float32
        How much it follows each; rows sum to at most 1, 0 far from all landmarks.
    colour : ndarray of shape (V, 3), float32, or None
        The mean face's colour at the vertices, sRGB in [0, 1], where the model has one.
    """

    name: str
    vertices: FloatArray
    identity: FloatArray
    expression: FloatArray
    expression_names: tuple[str, ...]
    triangles: IntArray
    triangle_regions: NDArray[np.uint8]
    uv: FloatArray
    uv_triangles: IntArray
    landmark_triangles: IntArray
    landmark_weights: FloatArray
    landmarks68: IntArray
    spread_landmarks: NDArray[np.int16]
    spread_weights: FloatArray
    colour: FloatArray | None = None

    def __post_init__(self) -> None:
        _validate(self)
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, read_only(value))

    def shape(self, identity: FloatArray | None = None, expression: FloatArray | None = None) -> FloatArray:
        """Return the vertices (V, 3), cm, of the given identity (I,) and expression (E,) coefficients."""
        vertices = self.vertices.copy()
        if identity is not None:
            vertices += np.tensordot(identity.astype(np.float32), self.identity[: len(identity)], axes=1)
        if expression is not None:
            vertices += self.deformation(expression)
        return vertices

    def deformation(self, expression: FloatArray) -> FloatArray:
        """Return the displacement (V, 3), cm, of expression coefficients (E,)."""
        return weighted_sum(self.expression, expression)

    def at_landmarks(self, values: FloatArray) -> FloatArray:
        """Return values of the vertices (..., V, 3) at the landmarks (..., 478, 3); anything where one has no place."""
        corners = self.triangles[self.landmark_triangles]
        found = np.einsum("lc,...lcd->...ld", self.landmark_weights, values[..., corners, :])
        return np.asarray(found, dtype=np.float32)

    def expression_vector(self, units: Mapping[str, float]) -> FloatArray:
        """Return coefficients (E,) from unit names and strengths; units this model lacks are left out."""
        index = self._unit_index
        vector = np.zeros(len(self.expression_names), dtype=np.float32)
        for unit, strength in units.items():
            if unit in index:
                vector[index[unit]] += strength
        return vector

    @cached_property
    def _unit_index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.expression_names)}

    def region(self, *names: str) -> NDArray[np.bool_]:
        """Return which triangles (T,) belong to any of the named regions."""
        return np.isin(self.triangle_regions, [REGIONS.index(name) for name in names])


def weighted_sum(basis: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the sum (V, 3) of displacements (E, V, 3), each times its weight (E,); those of weight 0 cost nothing."""
    total = np.zeros(basis.shape[1:], dtype=np.float32)
    for i in np.flatnonzero(weights):
        cv2.scaleAdd(basis[i], float(weights[i]), total, total)
    return total


def _validate(model: FaceModel) -> None:
    """Check the model's arrays against each other: whatever passes cannot index out of bounds later."""
    v, t, u = len(model.vertices), len(model.triangles), len(model.uv)
    e, i, k = len(model.expression_names), len(model.identity), model.spread_landmarks.shape[-1]
    wanted: dict[str, tuple[int, ...]] = {
        "vertices": (v, 3),
        "identity": (i, v, 3),
        "expression": (e, v, 3),
        "triangles": (t, 3),
        "triangle_regions": (t,),
        "uv": (u, 2),
        "uv_triangles": (t, 3),
        "landmark_triangles": (LANDMARKS,),
        "landmark_weights": (LANDMARKS, 3),
        "landmarks68": (68,),
        "spread_landmarks": (v, k),
        "spread_weights": (v, k),
    }
    if model.colour is not None:
        wanted["colour"] = (v, 3)
    for name, shape in wanted.items():
        found = getattr(model, name)
        if found.shape != shape:
            raise ModelFileError(f"face model {model.name!r}: {name} has shape {found.shape}; {shape} is needed")
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            raise ModelFileError(f"face model {model.name!r}: {name} has NaN or infinite entries; rebuild the file")
    for name, low, high in (
        ("triangles", 0, v),
        ("uv_triangles", 0, u),
        ("landmark_triangles", -1, t),
        ("landmarks68", 0, v),
        ("spread_landmarks", 0, LANDMARKS),
        ("triangle_regions", 0, len(REGIONS)),
    ):
        found = getattr(model, name)
        if found.size and (found.min() < low or found.max() >= high):
            raise ModelFileError(f"face model {model.name!r}: {name} goes outside {low}..{high - 1}; rebuild the file")
    if len(set(model.expression_names)) != e or not t:
        raise ModelFileError(f"face model {model.name!r}: it needs triangles and expression units of different names")


def save_face_model(model: FaceModel, path: str | os.PathLike[str]) -> None:
    """Write a face model as `.npz`, atomically. The bases are kept in half precision: 0.005 mm at 1 cm.

    Parameters
    ----------
    model : FaceModel
        The model.
    path : path-like
        The file.
    """
    arrays: dict[str, Any] = {f.name: getattr(model, f.name) for f in fields(model)}
    if arrays["colour"] is None:
        del arrays["colour"]
    for name in ("identity", "expression"):
        arrays[name] = arrays[name].astype(np.float16)
    arrays["name"] = np.array(model.name)
    arrays["expression_names"] = np.array(model.expression_names, dtype=np.str_)
    write_npz(path, {"format": np.array("affectface-face-model"), "format_version": np.array(FORMAT_VERSION)} | arrays)


def load_face_model(path: str | os.PathLike[str]) -> FaceModel:
    """Read a face model from the project's `.npz`.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    FaceModel
        The model.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, of another format, or holds arrays that do not fit together.
    """
    arrays = read_npz(path, "affectface-face-model", FORMAT_VERSION)
    types: dict[str, Any] = {"triangle_regions": np.uint8, "spread_landmarks": np.int16}
    values: dict[str, Any] = {}
    for field in fields(FaceModel):
        if field.name == "colour" and "colour" not in arrays:
            continue  # most models have none, and older files know of none
        if field.name not in arrays:
            raise ModelFileError(f"{path}: the face model has no {field.name!r}; rebuild or reinstall it")
        array = arrays[field.name]
        if field.name in ("name", "expression_names"):
            if array.dtype.kind != "U":
                raise ModelFileError(f"{path}: {field.name} is {array.dtype}, not text; rebuild or reinstall the model")
            values[field.name] = str(array) if field.name == "name" else tuple(map(str, array.ravel()))
            continue
        if array.dtype.kind not in "fiu":
            raise ModelFileError(f"{path}: {field.name} is {array.dtype}, not numbers; rebuild or reinstall the model")
        default = np.int32 if field.name.endswith("triangles") or field.name == "landmarks68" else np.float32
        with np.errstate(all="ignore"):
            values[field.name] = np.ascontiguousarray(array, dtype=types.get(field.name, default))
    return FaceModel(**values)


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as a compressed `.npz`, atomically.

    Parameters
    ----------
    path : path-like
        The file.
    arrays : mapping of str to ndarray
        What to write; no object arrays.
    """
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_npz(
    path: str | os.PathLike[str], kind: str, version: int, *, limit: int = _LIMIT_BYTES
) -> dict[str, NDArray[Any]]:
    """Read an `.npz` of the project's, without ever unpickling, whatever is in it.

    Parameters
    ----------
    path : path-like
        The file.
    kind : str
        What its ``format`` entry must say.
    version : int
        The newest ``format_version`` that is understood.
    limit : int
        Bytes that it may unpack to.

    Returns
    -------
    dict of str to ndarray
        The arrays.

    Raises
    ------
    ModelFileError
        If it is not such a file, or would unpack to more than `limit`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > limit:
            raise ModelFileError(f"{path}: unpacks to {size >> 20} MiB; at most {limit >> 20} MiB are read")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise ModelFileError(f"{path}: there is no such file; give the path of a .npz of affectface") from None
    except ModelFileError:
        raise
    except Exception as error:  # a hostile archive can make numpy, zipfile and zlib fail in any way
        raise ModelFileError(f"{path}: not a readable .npz ({type(error).__name__}); rebuild or reinstall it") from None
    if str(arrays.get("format")) != kind:
        raise ModelFileError(f"{path}: not an {kind} file; give a file that affectface wrote")
    found = arrays.get("format_version")
    if found is None or found.shape != () or found.dtype.kind not in "iu" or not 1 <= int(found) <= version:
        raise ModelFileError(f"{path}: format version {found}; this affectface reads up to {version}: upgrade it")
    return arrays
