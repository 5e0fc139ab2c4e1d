"""The texture model: what features each vertex of a face model shows, mean and variation (Kollias 2020, eq. 3).

It is a linear model of descriptors at a few hundred to a few thousand vertices of the skin, spread evenly: neighbouring
vertices of a fine mesh see the same pixels and would say the same thing many times.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray, check_array, read_only
from affectface.errors import ModelFileError, TopologyMismatchError
from affectface.morphable.face_model import FaceModel, read_npz, write_npz
from affectface.morphable.library import fingerprint
from affectface.morphable.texture.features import FEATURE_KINDS, FeatureKind

FORMAT = "affectface-texture-model"
FORMAT_VERSION = 1

_WITHIN = 0.7
"""How much a vertex follows the landmarks, from which it lies among them."""
_FEWEST = 50
"""Vertices among the landmarks without which a model has no landmarks to speak of."""


@dataclass(frozen=True, eq=False)
class TextureLevel:
    """The texture at one size of the face.

    Attributes
    ----------
    diagonal : float
        Size at which features are taken: the diagonal of the mean face's 68 points, pixels.
    mean : ndarray of shape (N, C), float32
        Mean features of each vertex.
    basis : ndarray of shape (K, N, C), float32
        Orthonormal components, the strongest first.
    eigenvalues : ndarray of shape (K,), float32
        Variance along each component.
    """

    diagonal: float
    mean: FloatArray
    basis: FloatArray
    eigenvalues: FloatArray

    def __post_init__(self) -> None:
        count, vertices, channels = self.basis.shape
        if self.mean.shape != (vertices, channels) or self.eigenvalues.shape != (count,):
            raise ModelFileError(
                f"texture level: mean {self.mean.shape}, basis {self.basis.shape} and eigenvalues "
                f"{self.eigenvalues.shape} do not fit together; learn the texture model anew"
            )
        for name in ("mean", "basis", "eigenvalues"):
            value = getattr(self, name)
            if not np.isfinite(value).all():
                raise ModelFileError(f"texture level: {name} has NaN or infinite entries; learn the texture model anew")
            object.__setattr__(self, name, read_only(value))
        if not (0 < self.diagonal < 1e5) or (self.eigenvalues <= 0).any():
            raise ModelFileError(
                "texture level: diagonal and eigenvalues must be above 0; learn the texture model anew"
            )


@dataclass(frozen=True, eq=False)
class TextureModel:
    """A statistical model of a face model's features.

    Attributes
    ----------
    face_model : str
        Fingerprint of the face model it belongs to, see `affectface.morphable.library.fingerprint`.
    features : "sift" or "hog"
        Which features.
    vertices : ndarray of shape (N,), int32
        The face model's vertices whose features are modelled.
    levels : tuple of TextureLevel
        From coarse to fine.
    """

    face_model: str
    features: FeatureKind
    vertices: IntArray
    levels: tuple[TextureLevel, ...]

    def __post_init__(self) -> None:
        if self.features not in FEATURE_KINDS or not self.levels or not len(self.vertices):
            raise ModelFileError("texture model: it needs known features, vertices and at least one level")
        if any(level.basis.shape[1] != len(self.vertices) for level in self.levels):
            raise ModelFileError("texture model: a level has another number of vertices; learn the texture model anew")
        object.__setattr__(self, "vertices", read_only(self.vertices))

    def check_face_model(self, model: FaceModel) -> None:
        """Refuse a face model that this texture was not learned for.

        Raises
        ------
        TopologyMismatchError
            If it is another one.
        ModelFileError
            If the texture model names vertices that the face model does not have.
        """
        if _fingerprint_once(model) != self.face_model:
            raise TopologyMismatchError(
                f"the texture model was learned for another face model than {model.name!r}: "
                "give that face model, or learn a texture for this one"
            )
        if self.vertices.min() < 0 or self.vertices.max() >= len(model.vertices):
            raise ModelFileError("the texture model names vertices that the face model lacks; learn it anew")


@lru_cache(maxsize=8)
def _fingerprint_once(model: FaceModel) -> str:
    return fingerprint(model)


def choose_vertices(model: FaceModel, count: int = 1000) -> IntArray:
    """Choose vertices of the face's skin, evenly spread, always the same for a model.

    Parameters
    ----------
    model : FaceModel
        The face model.
    count : int
        How many.

    Returns
    -------
    ndarray of shape (N,), int32
        The vertices, in ascending order, all among the landmarks; fewer where there are not so many.

    Notes
    -----
    Farthest-point sampling from the tip of the nose: each further vertex is the one farthest from those chosen.
    """
    skin = np.unique(model.triangles[model.region("face")])
    within = skin[model.spread_weights[skin].sum(1) > _WITHIN]  # hair, ears and collars are no texture of a face
    skin = within if len(within) >= _FEWEST else skin
    if len(skin) <= count:
        return skin.astype(np.int32)
    points = model.vertices[skin].astype(np.float64)
    newest = int(np.argmax(points[:, 2]))
    away = np.full(len(skin), np.inf)
    chosen = []
    for _ in range(count):
        chosen.append(newest)
        away = np.minimum(away, ((points - points[newest]) ** 2).sum(1))
        newest = int(np.argmax(away))
    return np.sort(skin[chosen]).astype(np.int32)


def texture_level(samples: NDArray[np.float64], diagonal: float, *, variance: float = 0.98) -> TextureLevel:
    """Learn one level from complete textures, by PCA.

    Parameters
    ----------
    samples : ndarray of shape (M, N, C), float64
        Textures, as robust PCA has completed them.
    diagonal : float
        Size of the face in pixels at which they were taken.
    variance : float
        Share of the variance that the kept components hold.

    Returns
    -------
    TextureLevel
        Mean and components.

    Raises
    ------
    ValueError
        If there are fewer than two textures, or all are the same.
    """
    samples = check_array("samples", samples, (None, None, None), dtype=np.float64)
    if len(samples) < 2:
        raise ValueError(f"samples has {len(samples)} textures; at least 2 are needed")
    mean = samples.mean(0)
    flat = (samples - mean).reshape(len(samples), -1)
    values, left = np.linalg.eigh(flat @ flat.T)
    values, left = np.maximum(values[::-1], 0), left[:, ::-1]
    if values[0] <= 1e-12:
        raise ValueError("samples are all the same texture; different ones are needed")
    held = np.cumsum(values) / values.sum()
    count = int(np.searchsorted(held, variance - 1e-9) + 1)
    count = min(count, int((values > 1e-9 * values[0]).sum()))
    basis = (left[:, :count] / np.sqrt(values[:count])).T @ flat
    return TextureLevel(
        float(diagonal),
        mean.astype(np.float32),
        basis.reshape(count, *mean.shape).astype(np.float32),
        (values[:count] / (len(samples) - 1)).astype(np.float32),
    )


def save_texture_model(texture: TextureModel, path: str | os.PathLike[str]) -> None:
    """Write a texture model as `.npz`, atomically; bases in half precision.

    Parameters
    ----------
    texture : TextureModel
        The texture model.
    path : path-like
        The file.
    """
    arrays = {
        "format": np.array(FORMAT),
        "format_version": np.array(FORMAT_VERSION),
        "face_model": np.array(texture.face_model),
        "features": np.array(texture.features),
        "vertices": texture.vertices,
        "diagonals": np.array([level.diagonal for level in texture.levels]),
    }
    for i, level in enumerate(texture.levels):
        arrays |= {f"mean_{i}": level.mean, f"basis_{i}": level.basis.astype(np.float16)}
        arrays[f"eigenvalues_{i}"] = level.eigenvalues
    write_npz(path, arrays)


def load_texture_model(path: str | os.PathLike[str]) -> TextureModel:
    """Read a texture model.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    TextureModel
        The texture model.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, of another format, or holds arrays that do not fit together.
    """
    arrays = read_npz(path, FORMAT, FORMAT_VERSION)

    def get(name: str, kinds: str, dimensions: int) -> NDArray[np.generic]:
        if name not in arrays or arrays[name].dtype.kind not in kinds or arrays[name].ndim != dimensions:
            raise ModelFileError(f"{path}: the texture model has no usable {name!r}; learn it anew")
        return arrays[name]

    diagonals = get("diagonals", "f", 1).astype(np.float64)
    vertices = get("vertices", "iu", 1)
    if not len(vertices) or vertices.min() < 0 or vertices.max() >= 2**31:
        raise ModelFileError(f"{path}: the texture model's vertices make no sense; learn it anew")
    with np.errstate(all="ignore"):
        levels = tuple(
            TextureLevel(
                float(diagonal),
                get(f"mean_{i}", "f", 2).astype(np.float32),
                get(f"basis_{i}", "f", 3).astype(np.float32),
                get(f"eigenvalues_{i}", "f", 1).astype(np.float32),
            )
            for i, diagonal in enumerate(diagonals)
        )
    features = str(get("features", "U", 0))
    if features not in FEATURE_KINDS:
        raise ModelFileError(f"{path}: features {features!r} are unknown; this affectface knows {FEATURE_KINDS}")
    return TextureModel(
        str(get("face_model", "U", 0)), "hog" if features == "hog" else "sift", vertices.astype(np.int32), levels
    )
