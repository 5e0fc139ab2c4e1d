"""One step of Loop subdivision: a smoother mesh from the same few numbers.

C. Loop: Smooth Subdivision Surfaces Based on Triangles, 1987. Every edge gets a point, every triangle becomes four, and
old points move towards their neighbours. All new points are fixed linear combinations of old ones, so that one sparse
matrix takes the mean and every displacement of a face model to the finer mesh: subdividing and deforming commute.

Departures: edges between regions of skin and anything else, and edges on a border, are creases (their points only look
along the crease), which keeps lid margins and lips crisp; eyeballs keep their size, which plain Loop would shrink.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, vstack

from affectface.arrays import FloatArray, IntArray
from affectface.morphable.face_model import FaceModel
from affectface.morphable.portrait_drawing import eye_axis

_SKIN = ("face", "head")
_EYES = ("eye_left", "eye_right")


def subdivide(model: FaceModel) -> FaceModel:
    """Return the model with four triangles for each.

    Parameters
    ----------
    model : FaceModel
        Any model.

    Returns
    -------
    FaceModel
        The finer model. Old vertices keep their numbers; landmarks stay on the same places of the surface.
    """
    matrix, triangles = loop_matrix(model)
    regions = np.repeat(model.triangle_regions, 4)
    vertices = _apply(matrix, model.vertices)
    uv, uv_triangles = _split_uv(model)
    spread_landmarks, spread_weights = _spread(model)
    finer = replace(
        model,
        vertices=vertices,
        identity=_apply(matrix, model.identity),
        expression=_apply(matrix, model.expression),
        triangles=triangles,
        triangle_regions=regions,
        uv=uv,
        uv_triangles=uv_triangles,
        landmark_triangles=np.full_like(model.landmark_triangles, -1),
        spread_landmarks=spread_landmarks,
        spread_weights=spread_weights,
    )
    return _embed_again(model, finer)


def loop_matrix(model: FaceModel) -> tuple[csr_matrix, IntArray]:
    """Return the sparse matrix (V', V) from old to new vertices, and the new triangles (4 T, 3).

    Parameters
    ----------
    model : FaceModel
        Any model.

    Returns
    -------
    matrix : csr_matrix of shape (V', V)
        Rows sum to 1; the first V rows are the old vertices, the others the edges' middles.
    triangles : ndarray of shape (4 T, 3), int32
        The four of each old triangle one after the other: three corners, then the middle.
    """
    count = len(model.vertices)
    edges, of_triangle, opposite, faces = _edges(model.triangles)
    crease = (faces != 2) | _between_skin_and_other(model, of_triangle, len(edges))
    interior = ~crease

    # Edge points: 3/8, 3/8, 1/8, 1/8 inside, the middle on a crease.
    new = count + np.arange(len(edges))
    ends = np.where(interior, 3 / 8, 1 / 2)
    wing = opposite[interior]
    rows = [new, new, np.repeat(new[interior], 2)]
    columns = [edges[:, 0], edges[:, 1], wing.ravel()]
    values = [ends, ends, np.full(wing.size, 1 / 8)]

    # Old points: (1 - n b) p + b sum of neighbours inside; 6/8 p + 1/8 each along a crease; corners stay.
    valence = np.bincount(edges.ravel(), minlength=count)
    creases = np.bincount(edges[crease].ravel(), minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = np.where(valence > 3, 3 / (8 * valence), 3 / 16)
    beta[creases > 0] = 0
    still = _eye_vertices(model)
    beta[still] = 0
    along = np.where((creases == 2) & ~still, 1 / 8, 0.0)
    for one, other in ((0, 1), (1, 0)):
        rows += [edges[:, one], edges[crease, one]]
        columns += [edges[:, other], edges[crease, other]]
        values += [beta[edges[:, one]], along[edges[crease, one]]]
    rows.append(np.arange(count))
    columns.append(np.arange(count))
    values.append(1 - valence * beta - 2 * along)
    shape = (count + len(edges), count)
    matrix = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape).tocsr()
    blocks = [matrix]
    order = np.arange(shape[0])
    for eye in _EYES:
        if model.region(eye).any():
            mine, round_rows = _round_eyes(model, edges, eye)
            order[count + mine] = sum(block.shape[0] for block in blocks) + np.arange(len(mine))
            blocks.append(round_rows)
    whole = vstack(blocks).tocsr()[order]
    whole.eliminate_zeros()
    return whole, _four(model.triangles, count + of_triangle)


def _edges(triangles: IntArray) -> tuple[IntArray, IntArray, IntArray, NDArray[np.int_]]:
    """Return edges (E, 2), each triangle's edges (T, 3), two opposite corners of each edge and its triangle count.

    Edge k of a triangle runs from corner k to corner k + 1.
    """
    halves = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2).reshape(-1, 2)
    corners = np.roll(triangles, -2, axis=1).ravel()
    low, high = halves.min(1).astype(np.int64), halves.max(1).astype(np.int64)
    key, first, number = np.unique(low * (triangles.max() + 1) + high, return_index=True, return_inverse=True)
    edges = np.stack([low[first], high[first]], axis=1).astype(np.int32)
    faces = np.bincount(number, minlength=len(key))
    opposite = np.zeros((len(key), 2), dtype=np.int32)
    opposite[number, 0] = corners
    opposite[number[::-1], 1] = corners[::-1]
    return edges, number.reshape(-1, 3).astype(np.int32), opposite, faces


def _between_skin_and_other(model: FaceModel, of_triangle: IntArray, count: int) -> NDArray[np.bool_]:
    """Return which edges have skin on one side and something else on the other."""
    skin = model.region(*_SKIN)
    touches = np.zeros((2, count), dtype=bool)
    touches[0, of_triangle[skin]] = True
    touches[1, of_triangle[~skin]] = True
    return np.asarray(touches.all(0))


def _eye_vertices(model: FaceModel) -> NDArray[np.bool_]:
    """Return which vertices belong to an eyeball."""
    eye = np.zeros(len(model.vertices), dtype=bool)
    eye[model.triangles[model.region(*_EYES)]] = True
    return eye


def _round_eyes(model: FaceModel, edges: IntArray, eye: str) -> tuple[NDArray[np.int_], csr_matrix]:
    """Return the edges within an eyeball, and matrix rows that put their new points on its surface.

    A new point is the edge's middle pushed away from a point c inside, by a factor found on the mean face. As c is the
    mean of six of the eyeball's own vertices, the rule stays linear, and moves and turns with the eye.
    """
    number = np.unique(model.triangles[model.region(eye)])
    mine = np.flatnonzero(np.isin(edges, number).all(1))
    points = model.vertices.astype(np.float64)
    inside = number[[f(points[number, axis]) for axis in range(3) for f in (np.argmin, np.argmax)]]
    c, (centre, _) = points[inside].mean(0), eye_axis(model, eye)
    ends = points[edges[mine]]
    radius = np.linalg.norm(ends - centre, axis=2).mean(1)
    ray = ends.mean(1) - c
    # |c + factor ray - centre| = radius
    a, b = (ray**2).sum(1), (ray * (c - centre)).sum(1)
    factor = (-b + np.sqrt(np.maximum(b**2 - a * (((c - centre) ** 2).sum() - radius**2), 0))) / a
    rows = np.concatenate([np.repeat(np.arange(len(mine)), 2), np.repeat(np.arange(len(mine)), len(inside))])
    columns = np.concatenate([edges[mine].ravel(), np.tile(inside, len(mine))])
    values = np.concatenate([np.repeat(factor / 2, 2), np.repeat((1 - factor) / len(inside), len(inside))])
    return mine, coo_matrix((values, (rows, columns)), shape=(len(mine), len(points))).tocsr()


def _four(triangles: IntArray, middles: IntArray) -> IntArray:
    """Return four triangles for each, from its corners and the middles of its edges."""
    a, b, c = triangles.T
    ab, bc, ca = middles.T
    split = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1)
    return split.reshape(-1, 3).astype(np.int32)


def _split_uv(model: FaceModel) -> tuple[FloatArray, IntArray]:
    """Return the texture coordinates and corners of the finer mesh: plain middles, seams stay seams."""
    edges, of_triangle, _, _ = _edges(model.uv_triangles)
    uv = np.concatenate([model.uv, (model.uv[edges[:, 0]] + model.uv[edges[:, 1]]) / 2]).astype(np.float32)
    return uv, _four(model.uv_triangles, len(model.uv) + of_triangle)


def _spread(model: FaceModel) -> tuple[NDArray[np.int16], FloatArray]:
    """Return the spread of the finer mesh: a middle follows the landmarks of both ends of its edge."""
    edges = _edges(model.triangles)[0]
    k = model.spread_landmarks.shape[1]
    both = model.spread_landmarks[edges].reshape(len(edges), 2 * k)
    half = model.spread_weights[edges].reshape(len(edges), 2 * k) / 2
    # Landmarks that both ends follow are counted once, with both shares.
    order = np.argsort(both, axis=1, kind="stable")
    both, half = np.take_along_axis(both, order, 1), np.take_along_axis(half, order, 1)
    same = both[:, 1:] == both[:, :-1]
    half[:, :-1] += np.where(same, half[:, 1:], 0)
    half[:, 1:][same] = 0
    total = half.sum(1, keepdims=True)
    best = np.argpartition(-np.abs(half), k - 1, axis=1)[:, :k]
    kept = np.take_along_axis(half, best, 1)
    sums = kept.sum(1, keepdims=True)
    kept = kept * np.where(np.abs(sums) > 1e-6, total / np.where(np.abs(sums) > 1e-6, sums, 1), 0)
    landmarks = np.concatenate([model.spread_landmarks, np.take_along_axis(both, best, 1)])
    return landmarks, np.concatenate([model.spread_weights, kept]).astype(np.float32)


def _embed_again(model: FaceModel, finer: FaceModel) -> FaceModel:
    """Return the finer model with the landmarks at the same places of the same triangles."""
    placed = np.flatnonzero(model.landmark_triangles >= 0)
    weights = model.landmark_weights[placed]
    # Which of a triangle's four quarters a point lies in: beyond the middle of a corner, or else the one amid.
    big = weights > 0.5
    quarter = np.where(big.any(1), big.argmax(1), 3)
    inner = np.empty_like(weights)
    for corner in range(3):
        mine = quarter == corner
        inner[mine] = 2 * weights[mine]
        inner[mine, corner] -= 1
    amid = quarter == 3
    # The middle triangle's corners are ab, bc, ca: each lies opposite to c, a, b.
    inner[amid] = (1 - 2 * weights[amid])[:, [2, 0, 1]]
    triangles = finer.landmark_triangles.copy()
    triangles[placed] = model.landmark_triangles[placed] * 4 + quarter
    embedded = model.landmark_weights.copy()
    embedded[placed] = inner
    return replace(finer, landmark_triangles=triangles, landmark_weights=embedded)


def _apply(matrix: csr_matrix, values: FloatArray) -> FloatArray:
    """Return the matrix times vertices (..., V, 3)."""
    single = matrix.astype(np.float32)
    result = np.empty((*values.shape[:-2], matrix.shape[0], 3), dtype=np.float32)
    for component in np.ndindex(values.shape[:-2]):  # a component at a time: turning the bases around takes longer
        result[component] = single @ values[component]
    return result
