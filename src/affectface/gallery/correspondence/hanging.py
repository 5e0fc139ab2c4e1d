"""What no scan shows follows what it shows: sockets smoothly, teeth and eyeballs as the rigid bodies they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from affectface.arrays import BoolArray, IntArray
from affectface.gallery.correspondence.elastic import factorised
from affectface.gallery.correspondence.template import RegistrationTemplate
from affectface.morphable.building.procrustes import best_rotations
from affectface.morphable.laplacian import corner_cotangents, edge_weights, laplacian

_NEIGHBOURS = 32
"""Vertices of the skin that a loose part follows, each by the inverse of its squared distance."""
_LEAST_COTANGENT, _MOST_COTANGENT = 1e-2, 1e2


@dataclass(frozen=True, eq=False)
class Hanging:
    """What hangs on the skin, and how.

    Attributes
    ----------
    template : RegistrationTemplate
        The template.
    attached : ndarray of shape (A,), int32
        Vertices of the model that are joined to the skin: sockets, the insides of the lips.
    solver : SuperLU or None
        The Laplacian among them.
    to_skin : csr_matrix of shape (A, S)
        The Laplacian between them and the skin.
    loose : tuple of ndarray
        Vertices of each part that is not joined to the skin: an eyeball, a row of teeth, lashes.
    neighbours : tuple of csr_matrix
        For each of them, the means of the skin (·, S) that its vertices follow.
    eyes : ndarray of shape (P,), bool
        Which loose parts are eyeballs: an expression does not move them.
    """

    template: RegistrationTemplate
    attached: IntArray
    solver: Any
    to_skin: csr_matrix
    loose: tuple[IntArray, ...]
    neighbours: tuple[csr_matrix, ...]
    eyes: BoolArray


def hanging_parts(template: RegistrationTemplate) -> Hanging:
    """Return what hangs on a template's skin.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.

    Returns
    -------
    Hanging
        The parts.
    """
    model, count = template.model, len(template.model.vertices)
    edges = np.concatenate([model.triangles[:, :2], model.triangles[:, 1:]])
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    piece = connected_components(graph, directed=False)[1]
    skin = np.zeros(count, dtype=bool)
    skin[template.skin] = True
    joined = np.isin(piece, piece[template.skin])
    attached = np.flatnonzero(joined & ~skin)
    cotangents, _ = corner_cotangents(model.vertices, model.triangles)
    weights = edge_weights(np.clip(cotangents, _LEAST_COTANGENT, _MOST_COTANGENT), model.triangles, count)
    stiff = laplacian(weights).tocsr()[attached]
    tree, mean = cKDTree(template.vertices), template.model.vertices
    loose = tuple(np.flatnonzero(piece == number).astype(np.int32) for number in np.unique(piece[~joined]))
    eyeball = np.zeros(count, dtype=bool)
    eyeball[model.triangles[model.region("eye_left", "eye_right")]] = True
    return Hanging(
        template,
        attached.astype(np.int32),
        factorised(stiff[:, attached]) if len(attached) else None,
        csr_matrix(stiff[:, template.skin]),
        loose,
        tuple(_means(tree, mean[part], len(template.skin)) for part in loose),
        np.array([bool(eyeball[part].all()) for part in loose], dtype=bool),
    )


def follow(
    hanging: Hanging, before: NDArray[np.float64], skin: NDArray[np.float64], *, same_person: bool
) -> NDArray[np.float64]:
    """Return all vertices of a face model after its skin has moved.

    Parameters
    ----------
    hanging : Hanging
        What hangs on the skin.
    before : ndarray of shape (V, 3), float64
        All vertices before it, cm.
    skin : ndarray of shape (S, 3), float64
        The skin after it, cm.
    same_person : bool
        Whether it is another expression of the same person, whose eyeballs stay and whose teeth keep their size.

    Returns
    -------
    ndarray of shape (V, 3), float64
        All vertices, cm.
    """
    moved = skin - before[hanging.template.skin]
    after = before.copy()
    after[hanging.template.skin] = skin
    if len(hanging.attached):
        after[hanging.attached] += hanging.solver.solve(-(hanging.to_skin @ moved))
    for part, means, eye in zip(hanging.loose, hanging.neighbours, hanging.eyes, strict=True):
        if not (eye and same_person):
            after[part] = _stiffly(before[part], before[part] + means @ moved, scaled=not same_person)
    return after


def _means(tree: cKDTree, points: NDArray[np.floating], count: int) -> csr_matrix:
    """Return the weighted means (N, S) over the skin's vertices nearest to points (N, 3)."""
    away, near = tree.query(points, k=min(_NEIGHBOURS, count))
    away, near = np.reshape(away, (len(points), -1)), np.reshape(near, (len(points), -1))
    weight = 1 / np.maximum(away, 1e-3) ** 2
    weight /= weight.sum(1, keepdims=True)
    rows = np.repeat(np.arange(len(points)), near.shape[1])
    return csr_matrix((weight.ravel(), (rows, near.ravel())), shape=(len(points), count))


def _stiffly(points: NDArray[np.float64], target: NDArray[np.float64], *, scaled: bool) -> NDArray[np.float64]:
    """Return points (N, 3) turned and moved, and scaled if asked, to lie best on a target."""
    middle, aim = points.mean(0), target.mean(0)
    if len(points) < 3:
        return np.asarray(points - middle + aim)
    rotation = best_rotations((points - middle)[None], target - aim)[0]
    turned = (points - middle) @ rotation.T
    size = float((turned**2).sum())
    factor = float((turned * (target - aim)).sum()) / size if scaled and size > 1e-9 else 1.0
    return np.asarray(factor * turned + aim)
