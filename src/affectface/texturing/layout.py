"""How a face model's surface lies in one square texture.

Face models come with texture coordinates that spread over several pictures, lie on each other, or give the face a tenth
of the picture. Where that is so, the model's own charts are kept in shape, turned upright, scaled so that the face gets
most of the room, and packed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.morphable import FaceModel
from affectface.regions import REGIONS
from affectface.rendering.rasterise import rasterise
from affectface.texturing.packing import pack

_GROUPS = {
    "face": 0,
    **dict.fromkeys(("head", "eye_socket"), 1),
    **dict.fromkeys(("mouth_socket", "gums", "tongue", "teeth_upper", "teeth_lower"), 2),
    "eye_left": 3,
    "eye_right": 4,
    "eyelashes": 5,
}
"""Parts that are laid out together, in the order of `_DENSITY`."""

_DENSITY = (1.0, 0.4, 0.25, 0.7, 0.7, 0.0)
"""Texels along a centimetre against those of the face. Lashes are strips that only a picture with holes turns into
hair: they get none and are left out of what is written."""

_LARGE_PART = 0.2
"""Share of the face's skin from which a chart of it is laid out apart from what else is in that chart. The inner rim of
the lips stays with the inside of the mouth, the seam behind the ears with the back of the head."""

_GAP = 0.004
"""Room around a chart, share of the side: four texels of 1024, which a viewer's smaller copies blur over."""

_OVERLAP = 0.03
"""Share of charts lying on each other from which they are laid out apart; each shared border line counts too."""

_TEST_SIZE = 512
_DEPTH = 1e-3
"""Differences of depth in the drawn layout: enough to tell what lies in front, too little to look like perspective."""


@dataclass(frozen=True, eq=False)
class TextureLayout:
    """A face model's surface in one square.

    Attributes
    ----------
    uv : ndarray of shape (U, 2), float32
        Texture coordinates in [0, 1], v up.
    triangles : ndarray of shape (T, 3), int32
        Corners in `uv` of each of the model's triangles.
    vertex : ndarray of shape (U,), int32
        The model's vertex of each texture coordinate.
    drawn : ndarray of shape (T,), bool
        Which triangles have a place in it.
    outward : ndarray of shape (U,), float32
        Distance from a vertical axis through the head, 0 to 1: where charts lie on each other, skin hides nostrils.
    """

    uv: FloatArray
    triangles: IntArray
    vertex: IntArray
    drawn: BoolArray
    outward: FloatArray


@lru_cache(maxsize=4)
def texture_layout(model: FaceModel) -> TextureLayout:
    """Lay a face model out in one square texture; found once for each model.

    Parameters
    ----------
    model : FaceModel
        The face model. One without texture coordinates is unrolled around the vertical axis.

    Returns
    -------
    TextureLayout
        The layout.
    """
    uv, corners = _own_coordinates(model)
    group = _groups(model, corners)
    drawn = group != _GROUPS["eyelashes"]
    # A coordinate belongs to one vertex and one group: what two share is doubled.
    keys = np.stack([corners.ravel(), model.triangles.ravel(), np.repeat(group, 3)], axis=1)
    distinct, number = np.unique(keys, axis=0, return_inverse=True)
    triangles = number.reshape(-1, 3).astype(np.int32)
    uv, vertex = uv[distinct[:, 0]].astype(np.float32), distinct[:, 1].astype(np.int32)
    blocks = _blocks(uv, triangles, group, drawn)
    points = [np.unique(triangles[block]) for block in blocks]
    placed = uv.copy()
    sizes = []
    for block, own in zip(blocks, points, strict=True):
        shape = _upright(uv[own], model.vertices[vertex[own], 1])
        surface = _area(model.vertices[model.triangles[block]])
        flat = _area(_flat(uv[triangles[block]]))
        scale = _DENSITY[int(group[block[0]])] * np.sqrt(surface / max(flat, 1e-12))
        placed[own] = (shape - shape.min(axis=0)) * scale
        sizes.append(np.maximum(placed[own].max(axis=0), 1e-6))
    places, factor = pack(np.array(sizes, dtype=np.float32), _GAP)
    for own, corner in zip(points, places, strict=True):
        placed[own] = corner + placed[own] * factor
    placed[np.setdiff1d(np.arange(len(placed)), np.concatenate(points))] = 0
    x, _, z = model.vertices.T
    away = np.hypot(x, z - _axis(model))
    return TextureLayout(
        placed, triangles, vertex, drawn, (away / max(float(away.max()), 1e-9)).astype(np.float32)[vertex]
    )


@dataclass(frozen=True, eq=False)
class Texels:
    """What each texel of a texture shows.

    Attributes
    ----------
    row, column : ndarray of shape (N,), int
        Where the texels that show something lie.
    triangle : ndarray of shape (N,), int32
        The model's triangle there.
    weights : ndarray of shape (N, 3), float32
        Barycentric coordinates in it.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    triangle: IntArray
    weights: FloatArray

    def at(self, values: FloatArray, triangles: IntArray) -> FloatArray:
        """Return values (V, ...) of the vertices at the texels (N, ...), by the corners of all triangles (T, 3)."""
        corners = triangles[self.triangle]
        total = sum(values[corners[:, i]] * self.weights[:, i].reshape(-1, *[1] * (values.ndim - 1)) for i in range(3))
        return np.asarray(total, dtype=np.float32)


@lru_cache(maxsize=4)
def texels(layout: TextureLayout, size: int) -> Texels:
    """Return what each texel of a layout shows, found once for each layout and size.

    Parameters
    ----------
    layout : TextureLayout
        The layout.
    size : int
        Side of the texture, texels.

    Returns
    -------
    Texels
        Triangle and place in it, for each texel whose centre lies on a chart.
    """
    rows = np.flatnonzero(layout.drawn)
    flat = layout.uv[layout.triangles[rows]].reshape(-1, 2)
    depth = 1 - _DEPTH * layout.outward[layout.triangles[rows]].ravel()
    points = np.stack([flat[:, 0] * size, (1 - flat[:, 1]) * size, depth], axis=1).astype(np.float32)
    values = np.zeros((len(points), 4), dtype=np.float32)
    values[:, :3] = np.tile(np.eye(3, dtype=np.float32), (len(rows), 1))
    values[:, 3] = np.repeat(rows, 3)
    each = np.arange(len(points), dtype=np.int32).reshape(-1, 3)
    raster = rasterise(points, each, np.zeros(len(rows), np.uint8), values, (size, size), both_sides=True)
    row, column = np.nonzero(raster.label == 0)
    found = raster.values[row, column]
    weights = np.clip(found[:, :3], 0, 1)
    weights /= weights.sum(axis=1, keepdims=True)
    return Texels(row, column, np.rint(found[:, 3]).astype(np.int32), weights)


def _own_coordinates(model: FaceModel) -> tuple[FloatArray, IntArray]:
    """The model's texture coordinates; if it has none, angle and height around an axis through the head."""
    if len(model.uv) and float(np.ptp(model.uv, axis=0).min()) > 0:
        return model.uv, model.uv_triangles
    x, y, z = model.vertices.T
    radius = float(np.ptp(x)) / 2
    around = np.arctan2(x, np.maximum(z - _axis(model), 0.05 * radius)) * radius
    return np.stack([around, y], axis=1), model.triangles


def _axis(model: FaceModel) -> float:
    """Depth of a vertical axis through the head, cm: a little more than half its width behind the tip of the nose."""
    return float(model.vertices[:, 2].max() - 1.2 * np.ptp(model.vertices[:, 0]) / 2)


def _charts(triangles: IntArray) -> NDArray[np.int_]:
    """Number (T,) of the connected piece each triangle (T, 3) belongs to."""
    corner, count = triangles.ravel(), int(triangles.max()) + 1
    graph = coo_matrix((np.ones(len(corner)), (corner, np.roll(triangles, -1, axis=1).ravel())), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1][triangles[:, 0]])


def _groups(model: FaceModel, corners: IntArray) -> NDArray[np.int_]:
    """Which of `_GROUPS` each triangle (T,) is laid out with."""
    group = np.array([_GROUPS[name] for name in REGIONS])[model.triangle_regions]
    points = model.vertices[model.triangles]
    area = np.linalg.norm(np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]), axis=1)
    face, chart = group == _GROUPS["face"], _charts(corners)
    for one in np.unique(chart[face]):
        mine = chart == one
        others = group[mine & ~face]
        if len(others) and area[mine & face].sum() < _LARGE_PART * area[face].sum():
            group[mine & face] = np.bincount(others).argmax()
    return group


def _blocks(uv: FloatArray, triangles: IntArray, group: NDArray[np.int_], drawn: BoolArray) -> list[NDArray[np.intp]]:
    """Triangles that keep their places among each other: the charts of a group in one picture, if they are apart."""
    chart = _charts(triangles)
    middle = uv[triangles].mean(axis=1)
    tile = np.zeros((len(triangles), 2), dtype=int)
    for one in np.unique(chart):  # a chart lies in one picture, whatever its border touches
        tile[chart == one] = np.floor(np.median(middle[chart == one], axis=0))
    blocks = []
    for key in np.unique(np.column_stack([group, tile])[drawn], axis=0):
        members = np.flatnonzero(drawn & (group == key[0]) & (tile == key[1:]).all(axis=1))
        number = chart[members]
        together = _nested([uv[triangles[members[number == one]]].reshape(-1, 2) for one in np.unique(number)])
        heap = together[np.searchsorted(np.unique(number), number)]
        for one in np.unique(heap):
            mine = members[heap == one]
            apart = _spread_out(uv, triangles[mine])
            blocks += [mine] if apart else [mine[chart[mine] == c] for c in np.unique(chart[mine])]
    return blocks


def _nested(charts: list[FloatArray]) -> NDArray[np.int_]:
    """Number (C,) each chart, a list of points (N, 2) of each: those whose bounds meet get the same number."""
    low = np.array([points.min(axis=0) for points in charts])
    high = np.array([points.max(axis=0) for points in charts])
    meet = (low[:, None] <= high[None]).all(axis=2)
    return np.asarray(connected_components(coo_matrix(meet & meet.T), directed=False)[1])


def _spread_out(uv: FloatArray, triangles: IntArray) -> bool:
    """Whether triangles (T, 3) hardly lie on each other."""
    points = uv[triangles]
    low = points.min(axis=(0, 1))
    scale = (_TEST_SIZE - 1) / max(float((points.max(axis=(0, 1)) - low).max()), 1e-12)
    places = (points - low) * scale
    covered = np.zeros((_TEST_SIZE, _TEST_SIZE), dtype=np.uint8)
    shift = 4
    for corners in np.rint(places * (1 << shift)).astype(np.int32):
        cv2.fillConvexPoly(covered, corners, 1, shift=shift)
    return _area(_flat(places)) < (1 + _OVERLAP) * float(covered.sum())


def _upright(uv: FloatArray, height: FloatArray) -> FloatArray:
    """Texture coordinates (N, 2) turned by quarters so that v rises with height (N,)."""
    u, v = (float(np.cov(uv[:, axis], height)[0, 1]) for axis in (0, 1))
    x, y = uv.T
    if abs(v) >= abs(u):
        return uv if v >= 0 else -uv
    return np.stack([-y, x] if u > 0 else [y, -x], axis=1)


def _flat(corners: FloatArray) -> FloatArray:
    """Triangles (T, 3, 2) of a plane as triangles (T, 3, 3) in space."""
    return np.pad(corners, ((0, 0), (0, 0), (0, 1)))


def _area(corners: FloatArray) -> float:
    """The area of triangles (T, 3, 3) together."""
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return float(np.linalg.norm(cross, axis=1).sum()) / 2
