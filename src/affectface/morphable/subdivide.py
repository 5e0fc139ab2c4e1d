"""One step of Loop subdivision: a smoother mesh from the same few numbers.

C. Loop: Smooth Subdivision Surfaces Based on Triangles, 1987. Every edge gets a point, every triangle becomes four, and
old points move towards their neighbours. All new points are fixed linear combinations of old ones, so that one sparse
matrix takes the mean and every displacement of a face model to the finer mesh: subdividing and deforming commute.

Departures: edges between regions of skin and anything else, and edges on a border, are creases (their points only look
along the crease), which keeps lid margins and lips crisp; eyeballs keep their size, which plain Loop would shrink;
teeth, gums and tongue are fine enough and stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.device import put, run_rows, warp_runtime
from affectface.morphable.face_model import FaceModel
from affectface.morphable.portrait_drawing import eye_axis

_SKIN = ("face", "head")
_EYES = ("eye_left", "eye_right")
_FINE_ALREADY = ("teeth_upper", "teeth_lower", "gums", "tongue")


def subdivide(model: FaceModel) -> FaceModel:
    """Return the model with four triangles for each, but for what is fine already.

    Parameters
    ----------
    model : FaceModel
        Any model.

    Returns
    -------
    FaceModel
        The finer model. Old vertices keep their numbers; landmarks stay on the same places of the surface.
    """
    split = _split(model)
    matrix, triangles = loop_matrix(model)
    regions = np.repeat(model.triangle_regions, np.where(split, 4, 1))
    vertices = matrix.combine(model.vertices)
    uv, uv_triangles = _split_uv(model, split)
    spread_landmarks, spread_weights = _spread(model, split)
    finer = replace(
        model,
        vertices=vertices,
        identity=matrix.combine(model.identity),
        expression=matrix.combine(model.expression),
        triangles=triangles,
        triangle_regions=regions,
        uv=uv,
        uv_triangles=uv_triangles,
        landmark_triangles=np.full_like(model.landmark_triangles, -1),
        spread_landmarks=spread_landmarks,
        spread_weights=spread_weights,
        colour=None if model.colour is None else np.clip(matrix.combine(model.colour), 0, 1),
    )
    return _embed_again(model, finer, split)


def loop_matrix(model: FaceModel) -> tuple[Rows, IntArray]:
    """Return the sparse matrix (V', V) from old to new vertices, and the new triangles (T', 3).

    Parameters
    ----------
    model : FaceModel
        Any model.

    Returns
    -------
    matrix : Rows of shape (V', V)
        Rows sum to 1; the first V rows are the old vertices, the others the edges' middles.
    triangles : ndarray of shape (T', 3), int32
        The four of each old triangle one after the other: three corners, then the middle. Or the old one alone.
    """
    count, split = len(model.vertices), _split(model)
    edges, of_triangle, opposite, faces = _edges(model.triangles[split])
    crease = (faces != 2) | _between_skin_and_other(model, split, of_triangle, len(edges))
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
    entries = _Entries(*map(np.concatenate, (rows, columns, values)))
    for eye in _EYES:
        if model.region(eye).any():
            entries = entries.replaced(_round_eyes(model, edges, eye))
    return entries.compressed(count + len(edges)), _with_fours(model.triangles, count + of_triangle, split)


@dataclass(frozen=True, eq=False)
class Rows:
    """A sparse matrix by its rows, as in scipy.sparse.csr_array, whose import takes longer than all that is done here.

    Attributes
    ----------
    start : ndarray of shape (N + 1,), int32
        Where each row's entries begin.
    column : ndarray of shape (K,), int32
        Their columns.
    weight : ndarray of shape (K,), float64
        Their values.
    """

    start: IntArray
    column: IntArray
    weight: NDArray[np.float64]

    def combine(self, values: FloatArray) -> FloatArray:
        """Return the matrix times vertices (..., V, 3): (..., N, 3)."""
        warp = warp_runtime()
        from affectface.morphable import kernels

        every = values.reshape(-1, *values.shape[-2:])
        result = np.empty((len(every), len(self.start) - 1, 3), dtype=np.float32)
        inputs = [
            put(array, dtype, "cpu")
            for array, dtype in (
                (every, warp.vec3),
                (self.start, warp.int32),
                (self.column, warp.int32),
                (self.weight.astype(np.float32), warp.float32),
            )
        ]
        run_rows(kernels.combine, result.shape[:2], [*inputs, None, put(result, warp.vec3, "cpu")], "cpu")
        return result.reshape(*values.shape[:-2], *result.shape[1:])


@dataclass(frozen=True, eq=False)
class _Entries:
    """Entries of a sparse matrix in any order; those of one place add up."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    weight: NDArray[np.float64]

    def replaced(self, other: _Entries) -> _Entries:
        """The entries, with the other's rows in place of their own."""
        keep = ~np.isin(self.row, other.row)
        return _Entries(
            np.concatenate([self.row[keep], other.row]),
            np.concatenate([self.column[keep], other.column]),
            np.concatenate([self.weight[keep], other.weight]),
        )

    def compressed(self, count: int) -> Rows:
        """The matrix of as many rows."""
        used = np.flatnonzero(self.weight)
        order = used[np.argsort(self.row[used], kind="stable")]
        start = np.zeros(count + 1, dtype=np.int32)
        np.cumsum(np.bincount(self.row[order], minlength=count), out=start[1:])
        return Rows(start, self.column[order].astype(np.int32), self.weight[order])


def _split(model: FaceModel) -> BoolArray:
    """Return which triangles (T,) become four."""
    return ~model.region(*_FINE_ALREADY)


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


def _between_skin_and_other(model: FaceModel, split: BoolArray, of_triangle: IntArray, count: int) -> BoolArray:
    """Return which edges have skin on one side and something else on the other."""
    skin = model.region(*_SKIN)[split]
    touches = np.zeros((2, count), dtype=bool)
    touches[0, of_triangle[skin]] = True
    touches[1, of_triangle[~skin]] = True
    return np.asarray(touches.all(0))


def _eye_vertices(model: FaceModel) -> BoolArray:
    """Return which vertices belong to an eyeball."""
    eye = np.zeros(len(model.vertices), dtype=bool)
    eye[model.triangles[model.region(*_EYES)]] = True
    return eye


def _round_eyes(model: FaceModel, edges: IntArray, eye: str) -> _Entries:
    """Return matrix rows that put the new points of the edges within an eyeball on its surface.

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
    rows = len(points) + np.concatenate([np.repeat(mine, 2), np.repeat(mine, len(inside))])
    columns = np.concatenate([edges[mine].ravel(), np.tile(inside, len(mine))])
    values = np.concatenate([np.repeat(factor / 2, 2), np.repeat((1 - factor) / len(inside), len(inside))])
    return _Entries(rows, columns, values)


def _with_fours(triangles: IntArray, middles: IntArray, split: BoolArray) -> IntArray:
    """Return four triangles for each that is split, of its corners and its edges' middles, and the others unchanged."""
    a, b, c = triangles[split].T
    ab, bc, ca = middles.T
    four = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1)
    new = np.repeat(triangles, np.where(split, 4, 1), axis=0)
    new[np.repeat(split, np.where(split, 4, 1))] = four.reshape(-1, 3)
    return new.astype(np.int32)


def _split_uv(model: FaceModel, split: BoolArray) -> tuple[FloatArray, IntArray]:
    """Return the texture coordinates and corners of the finer mesh: plain middles, seams stay seams."""
    edges, of_triangle, _, _ = _edges(model.uv_triangles[split])
    uv = np.concatenate([model.uv, (model.uv[edges[:, 0]] + model.uv[edges[:, 1]]) / 2]).astype(np.float32)
    return uv, _with_fours(model.uv_triangles, len(model.uv) + of_triangle, split)


def _spread(model: FaceModel, split: BoolArray) -> tuple[NDArray[np.int16], FloatArray]:
    """Return the spread of the finer mesh: a middle follows the landmarks of both ends of its edge."""
    edges = _edges(model.triangles[split])[0]
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


def _embed_again(model: FaceModel, finer: FaceModel, split: BoolArray) -> FaceModel:
    """Return the finer model with the landmarks at the same places of the same triangles."""
    first = np.cumsum(np.where(split, 4, 1)) - np.where(split, 4, 1)  # of each old triangle's new ones
    placed = np.flatnonzero(model.landmark_triangles >= 0)
    triangles = finer.landmark_triangles.copy()
    triangles[placed] = first[model.landmark_triangles[placed]]
    placed = placed[split[model.landmark_triangles[placed]]]
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
    triangles[placed] += quarter
    embedded = model.landmark_weights.copy()
    embedded[placed] = inner
    return replace(finer, landmark_triangles=triangles, landmark_weights=embedded)
