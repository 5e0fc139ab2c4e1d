"""The photometric term of a fit: the image's features at the projected vertices against the texture model's.

The first and the last term of Kollias 2020, eq. 4. The texture's coefficients are linear in the residual and are
projected out: for every camera and shape the best ones are taken, and the normal equations of the others are what is
left after their elimination. That is the step that camera, shape and texture together would take.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from affectface.arrays import FloatArray
from affectface.fitting.face_crop import FaceCrop
from affectface.fitting.projection import FaceState, place_points, projected, projection_jacobian
from affectface.morphable import FaceModel
from affectface.morphable.texture.features import FeatureImage, sample, sample_values
from affectface.morphable.texture.texture_model import TextureModel

Matrix = NDArray[np.float64]

_NEIGHBOURS = 12
"""Vertices over which a misfit is averaged: what hides a face hides patches of it."""


@dataclass(frozen=True, eq=False)
class VertexBasis:
    """A face model at the vertices of a texture model.

    Attributes
    ----------
    mean : ndarray of shape (N, 3), float32
        The mean face, cm.
    shapes : ndarray of shape (N, 3, I + E), float32
        Displacements: identity components, then expression units.
    neighbours : ndarray of shape (N, 12), intp
        The nearest vertices of each, itself included.
    """

    mean: FloatArray
    shapes: FloatArray
    neighbours: NDArray[np.intp]


@lru_cache(maxsize=4)
def vertex_basis(model: FaceModel, texture: TextureModel, components: int) -> VertexBasis:
    """Return a face model at a texture model's vertices, with the first identity components; kept for the next call."""
    chosen = texture.vertices
    shapes = np.concatenate([model.identity[:components, chosen], model.expression[:, chosen]])
    mean = model.vertices[chosen]
    near = cKDTree(mean).query(mean, k=min(_NEIGHBOURS, len(mean)))[1]
    return VertexBasis(mean, np.ascontiguousarray(shapes.transpose(1, 2, 0)), near.reshape(len(mean), -1))


@dataclass(frozen=True, eq=False)
class PreparedLevel:
    """A texture level in the layout that is computed with.

    Attributes
    ----------
    mean : ndarray of shape (N, C), float32
        Mean features.
    basis : ndarray of shape (N, K, C), float32
        Components.
    flat : ndarray of shape (K, N * C), float32
        The same, a component a row.
    gram : ndarray of shape (N, K * K), float32
        Products of a vertex's components with each other.
    eigenvalues : ndarray of shape (K,), float64
        Their variances.
    """

    mean: FloatArray
    basis: FloatArray
    flat: FloatArray
    gram: FloatArray
    eigenvalues: Matrix


@lru_cache(maxsize=8)
def prepared_level(texture: TextureModel, index: int) -> PreparedLevel:
    """Return a level of a texture model, ready to be fitted; kept for the next call."""
    level = texture.levels[index]
    basis = np.ascontiguousarray(level.basis.transpose(1, 0, 2))
    gram = (basis @ basis.transpose(0, 2, 1)).reshape(len(basis), -1)
    flat = level.basis.reshape(len(level.basis), -1)
    return PreparedLevel(level.mean, basis, flat, gram, level.eigenvalues.astype(np.float64))


@dataclass(frozen=True, eq=False)
class PhotometricTerm:
    """The features of one image at one size, and what they are compared with.

    Attributes
    ----------
    features : ndarray of shape (h, w, C), float32
        The face's features.
    crop : FaceCrop
        Where they come from.
    level : PreparedLevel
        The texture.
    points : VertexBasis
        The shape.
    weight : ndarray of shape (N,), float32
        How much each vertex counts.
    texture_weight : float
        Weight of the texture's prior.
    scale : float
        What the sum over the vertices is multiplied with.
    """

    features: FeatureImage
    crop: FaceCrop
    level: PreparedLevel
    points: VertexBasis
    weight: FloatArray
    texture_weight: float
    scale: float


@dataclass(frozen=True, eq=False)
class TextureMatch:
    """How well the best texture explains an image.

    Attributes
    ----------
    cost : float
        Weighted squared misfit and the texture's prior.
    texture : ndarray of shape (K,), float64
        The best texture coefficients.
    misfit : ndarray of shape (N, C), float32
        What they leave.
    """

    cost: float
    texture: Matrix
    misfit: FloatArray


def match_texture(term: PhotometricTerm, values: FloatArray, weight: FloatArray) -> tuple[TextureMatch, Matrix]:
    """Find the best texture coefficients for sampled features.

    Parameters
    ----------
    term : PhotometricTerm
        The term.
    values : ndarray of shape (N, C), float32
        The image's features at the vertices.
    weight : ndarray of shape (N,), float32
        How much each vertex counts.

    Returns
    -------
    match : TextureMatch
        The coefficients and what they leave.
    normal : ndarray of shape (K, K), float64
        Their normal matrix.
    """
    level = term.level
    weight = weight * np.float32(term.scale)
    count = level.basis.shape[1]
    normal = (weight @ level.gram).reshape(count, count).astype(np.float64)
    normal[np.diag_indices(count)] += term.texture_weight / level.eigenvalues
    away = values - level.mean
    right = (level.flat @ (away * weight[:, None]).ravel()).astype(np.float64)
    texture: Matrix = np.linalg.solve(normal, right).astype(np.float64)
    misfit = away - (texture.astype(np.float32) @ level.flat).reshape(away.shape)
    cost = float(weight @ np.einsum("nc,nc->n", misfit, misfit))
    cost += term.texture_weight * float((texture**2 / level.eigenvalues).sum())
    return TextureMatch(cost, texture, misfit), normal


def crop_points(term: PhotometricTerm, points: FloatArray, state: FaceState) -> FloatArray:
    """Return where points (N, 3) in camera space lie in the crop, (N, 2) pixels."""
    pixels = projected(points, state.focal, state.centre)
    corner = np.array([term.crop.x, term.crop.y], dtype=np.float32)
    return np.asarray((pixels - corner) * np.float32(term.crop.scale))


def photometric_cost(term: PhotometricTerm, state: FaceState, weight: FloatArray) -> TextureMatch:
    """Return how well the texture can explain the image where a state puts the face."""
    points, _, _ = place_points(term.points.mean, term.points.shapes, state)
    return match_texture(term, sample_values(term.features, crop_points(term, points, state)), weight)[0]


def photometric_equations(
    term: PhotometricTerm, state: FaceState, weight: FloatArray
) -> tuple[Matrix, Matrix, TextureMatch]:
    """Return the normal equations of the photometric term with the texture projected out.

    Parameters
    ----------
    term : PhotometricTerm
        Image, texture and shape.
    state : FaceState
        Where the fit stands.
    weight : ndarray of shape (N,), float32
        How much each vertex counts.

    Returns
    -------
    normal : ndarray of shape (P, P), float64
        Curvature of half the cost.
    gradient : ndarray of shape (P,), float64
        Its descent direction: the step solves ``normal @ step = gradient``.
    match : TextureMatch
        The best texture where the fit stands.

    Notes
    -----
    The Jacobian of a vertex's C features is the product of their slopes (C, 2) and the vertex's own Jacobian (2, P), so
    that nothing of size N · C · P is ever formed.
    """
    points, turned, rotation = place_points(term.points.mean, term.points.shapes, state)
    values, slopes = sample(term.features, crop_points(term, points, state))
    match, texture_normal = match_texture(term, values, weight)
    slopes = slopes * np.float32(term.crop.scale)  # by pixels of the photo, as the Jacobian is
    movement = projection_jacobian(points, turned, rotation, state.focal, term.points.shapes)
    flat = movement.reshape(2 * len(points), -1)
    weighted = slopes * (weight * np.float32(term.scale))[:, None, None]
    square = weighted.transpose(0, 2, 1) @ slopes  # (N, 2, 2)
    normal = (flat.T @ (square @ movement).reshape(flat.shape)).astype(np.float64)
    pull = np.einsum("nci,nc->ni", weighted, match.misfit)
    gradient = -(pull.ravel() @ flat).astype(np.float64)
    cross = (term.level.basis @ weighted).transpose(1, 0, 2).reshape(len(texture_normal), -1) @ flat  # (K, P)
    normal -= cross.T.astype(np.float64) @ np.linalg.solve(texture_normal, cross.astype(np.float64))
    return normal, gradient, match


def robust_weights(term: PhotometricTerm, misfit: FloatArray, outlier: float) -> FloatArray:
    """Return how much each vertex counts, less where it and its neighbours are not explained.

    Parameters
    ----------
    term : PhotometricTerm
        The term, with what each vertex counts at most.
    misfit : ndarray of shape (N, C), float32
        What the best texture leaves.
    outlier : float
        Squared misfit, in medians of the seen vertices', at which a vertex has lost half its say; infinity for none.

    Returns
    -------
    ndarray of shape (N,), float32
        The weights.
    """
    seen = term.weight > 0
    if not np.isfinite(outlier) or not seen.any():
        return term.weight
    squared = np.einsum("nc,nc->n", misfit, misfit)
    near = term.points.neighbours
    share = seen[near].astype(np.float32)
    smooth = (squared[near] * share).sum(1) / np.maximum(share.sum(1), 1)
    bound = outlier * float(np.median(smooth[seen])) + 1e-12
    return np.asarray(term.weight / (1 + (smooth / bound) ** 4), dtype=np.float32)
