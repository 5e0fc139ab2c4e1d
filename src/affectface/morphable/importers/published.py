"""What every importer returns: a published model in its own unit and axes, with its bases in standard deviations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import ModelFileError
from affectface.morphable.face_model import LANDMARKS, FaceModel

MOST_VERTICES = 1_000_000
MOST_TRIANGLES = 4_000_000
_FULL_STRENGTH = 3.0
"""Standard deviations of an expression component that count as its full strength: as far as one person in a thousand
goes."""


@dataclass(frozen=True, eq=False)
class PublishedModel:
    """A 3D morphable model as it was published, before it is turned, scaled and given landmarks.

    Attributes
    ----------
    name : str
        What the model is to be called.
    kind : str
        The published format it was read from, such as ``"Basel Face Model 2009"``.
    vertices : ndarray of shape (V, 3), float64
        The mean face at rest, in the file's unit and axes.
    triangles : ndarray of shape (T, 3), int32
        Corners; which side is outside is found out later.
    identity : ndarray of shape (I, V, 3), float32
        Displacement of one standard deviation of each identity component.
    expression : ndarray of shape (E, V, 3), float32
        Displacement of each expression unit at full strength.
    expression_names : tuple of str
        The units' names.
    colour : ndarray of shape (V, 3), float32, or None
        Mean colour of the vertices, sRGB in [0, 1].
    uv : ndarray of shape (U, 2), float32, or None
        Texture coordinates, v up.
    uv_triangles : ndarray of shape (T, 3), int32, or None
        The triangles' corners in `uv`.
    landmarks68 : ndarray of shape (68,), int32, or None
        Vertices of the iBUG 68 points, where the file names them.
    regions : ndarray of shape (T,), uint8, or None
        Index into `REGIONS` of each triangle, where the layout is known.
    unit : float or None
        Centimetres in one of the file's units, where the format fixes it.
    licence : str
        What is known of the terms of use.
    """

    name: str
    kind: str
    vertices: NDArray[np.float64]
    triangles: IntArray
    identity: FloatArray
    expression: FloatArray
    expression_names: tuple[str, ...]
    colour: FloatArray | None = None
    uv: FloatArray | None = None
    uv_triangles: IntArray | None = None
    landmarks68: IntArray | None = None
    regions: NDArray[np.uint8] | None = None
    unit: float | None = None
    licence: str = "that of the model it was imported from"

    def __post_init__(self) -> None:
        v, t = self.vertices.shape, self.triangles.shape
        if len(v) != 2 or v[1] != 3 or len(t) != 2 or t[1] != 3 or not 4 <= v[0] <= MOST_VERTICES:
            self._refuse(f"vertices of shape {v} and triangles of shape {t}; a mesh in 3D is needed")
        if not 1 <= t[0] <= MOST_TRIANGLES or self.triangles.min() < 0 or self.triangles.max() >= v[0]:
            self._refuse(f"its {t[0]} triangles do not fit its {v[0]} vertices")
        for name in ("identity", "expression"):
            if getattr(self, name).shape[1:] != v:
                self._refuse(f"{name} of shape {getattr(self, name).shape}; (any, {v[0]}, 3) is needed")
        if len(self.expression_names) != len(self.expression):
            self._refuse(f"{len(self.expression)} expressions, but {len(self.expression_names)} names")
        if self.colour is not None and self.colour.shape != v:
            self._refuse(f"colour of shape {self.colour.shape}; {v} is needed")
        if (self.uv is None) != (self.uv_triangles is None):
            self._refuse("texture coordinates without their triangles")
        if self.uv is not None and self.uv_triangles is not None:
            fits = self.uv.ndim == 2 and self.uv.shape[1:] == (2,) and self.uv_triangles.shape == t
            if not fits or self.uv_triangles.min() < 0 or self.uv_triangles.max() >= len(self.uv):
                self._refuse("texture coordinates do not fit its triangles")
        points = self.landmarks68
        if points is not None and (points.shape != (68,) or points.min() < 0 or points.max() >= v[0]):
            self._refuse("its 68 landmarks are not vertices of it")
        for name in ("vertices", "identity", "expression", "colour", "uv"):
            array = getattr(self, name)
            if array is not None and not np.isfinite(array).all():
                self._refuse(f"{name} has NaN or infinite entries")
        if not np.ptp(self.vertices, axis=0).max() > 0:
            self._refuse("all vertices lie in one point")

    def _refuse(self, why: str) -> None:
        raise ModelFileError(f"{self.kind}: {why}; the file is damaged or of another version: get it again")


def scaled_components(basis: NDArray[np.floating], deviations: NDArray[np.floating], vertices: int) -> FloatArray:
    """Return a basis as displacements of one standard deviation.

    Parameters
    ----------
    basis : ndarray of shape (3 V, K)
        Components, xyzxyz..., one a column: of unit length, or scaled by their deviations already.
    deviations : ndarray of shape (K,)
        Standard deviations, the roots of the eigenvalues.
    vertices : int
        The number of vertices, V.

    Returns
    -------
    ndarray of shape (K, V, 3), float32
        Displacements.

    Raises
    ------
    ModelFileError
        If the shapes do not fit together.

    Notes
    -----
    The statismo format scaled its columns up to version 0.8 and does not since; which it is shows in their length.
    """
    if basis.ndim != 2 or deviations.ndim != 1 or basis.shape != (3 * vertices, len(deviations)):
        raise ModelFileError(
            f"a basis of shape {basis.shape} with {deviations.size} deviations does not fit {vertices} vertices; "
            "get the file again"
        )
    deviations = deviations.astype(np.float64)
    if not (np.isfinite(deviations).all() and (deviations >= 0).all()):
        raise ModelFileError("variances that are negative or not finite; get the file again")
    found = np.array(basis.T, dtype=np.float32, order="C")  # a copy: files are read-only
    length = np.linalg.norm(found.astype(np.float64), axis=1)
    kept = deviations > 0
    unit = np.abs(length[kept] - 1) < np.abs(length[kept] - deviations[kept])
    if unit.mean() > 0.5 if len(unit) else True:
        found *= deviations[:, None].astype(np.float32)
    return found.reshape(len(deviations), vertices, 3)


def half_units(components: FloatArray, stem: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Return both halves of signed expression components as units that count from 0 to 1.

    Parameters
    ----------
    components : ndarray of shape (K, V, 3), float32
        Displacements of one standard deviation; both signs have a meaning.
    stem : str
        The beginning of the names.

    Returns
    -------
    expression : ndarray of shape (2 K, V, 3), float32
        Displacements at full strength, three standard deviations: each component's positive half, then its negative.
    names : tuple of str
        `stem`, the component's number, and `plus` or `minus`.

    Notes
    -----
    Facial units push in one direction, and a fit's prior says so; a principal component has two.
    """
    strong = np.float32(_FULL_STRENGTH) * components
    both = np.stack([strong, -strong], axis=1).reshape(-1, *components.shape[1:])
    names = [f"{stem}{row:03d}_{half}" for row in range(1, len(components) + 1) for half in ("plus", "minus")]
    return both, tuple(names)


def bare_face_model(model: PublishedModel, uv: FloatArray, uv_triangles: IntArray) -> FaceModel:
    """Return a published model, already turned and scaled, as a face model that has no landmarks yet.

    Parameters
    ----------
    model : PublishedModel
        The model, cm, y up, z out of the face.
    uv : ndarray of shape (U, 2), float32
        Texture coordinates.
    uv_triangles : ndarray of shape (T, 3), int32
        The triangles' corners in them.

    Returns
    -------
    FaceModel
        The model.
    """
    count = len(model.vertices)
    regions = np.zeros(len(model.triangles), np.uint8) if model.regions is None else model.regions
    points = np.zeros(68, np.int32) if model.landmarks68 is None else model.landmarks68
    return FaceModel(
        name=model.name,
        vertices=model.vertices.astype(np.float32),
        identity=model.identity,
        expression=model.expression,
        expression_names=model.expression_names,
        triangles=model.triangles,
        triangle_regions=regions,
        uv=uv,
        uv_triangles=uv_triangles,
        landmark_triangles=np.full(LANDMARKS, -1, dtype=np.int32),
        landmark_weights=np.zeros((LANDMARKS, 3), dtype=np.float32),
        landmarks68=points,
        spread_landmarks=np.zeros((count, 1), dtype=np.int16),
        spread_weights=np.zeros((count, 1), dtype=np.float32),
        colour=model.colour,
    )
