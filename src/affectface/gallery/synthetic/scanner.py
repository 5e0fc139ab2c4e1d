"""What a 4D scanner would give of a known mesh: other vertices and triangles in every frame, holes, noise and colours.

The visible surface is sampled at random, the samples are joined by Delaunay triangles of the model's texture
coordinates, and what no camera of a ring sees is not there. Nothing of the model's own vertices is left in a scan.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError, cKDTree

from affectface.arrays import BoolArray, FloatArray, IntArray
from affectface.mesh import vertex_normals
from affectface.morphable.face_model import FaceModel
from affectface.morphable.portrait_drawing import painted, portrait_camera, surface_albedo
from affectface.morphable.visibility import triangle_buffer

_VIEWS = ((0, 0), (35, 0), (-35, 0), (70, 0), (-70, 0), (0, 25), (0, -25))
"""Yaw and pitch of the scanner's cameras, degrees."""
_SIDE, _CHART = 480, 1024
"""Pixels of what a camera sees, and of a chart in which triangles are checked."""
_LONGEST = 6.0
"""Edges longer than this many times the usual one jump over something, and are not there."""


@dataclass(frozen=True, kw_only=True)
class ScannerConfig:
    """What the drawn scanner is like."""

    points: int = 30_000
    """Vertices of a scan, about."""

    noise: float = 0.015
    """Standard deviation of the measured depth, cm: 0.15 mm, as good stereo scanners have."""

    holes: int = 8
    """Round holes, where nothing was measured."""

    hole_radius: float = 0.35
    """Radius of the largest hole, cm."""

    pattern: float = 0.05
    """How strong the skin's spots and blotches are, as a share of its colour."""


@dataclass(frozen=True, eq=False)
class DrawnScan:
    """A scan of a known mesh.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float32
        Points, cm.
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise seen from outside.
    colour : ndarray of shape (V, 3), float32
        sRGB in [0, 1].
    """

    vertices: FloatArray
    triangles: IntArray
    colour: FloatArray


@dataclass(frozen=True, eq=False)
class Scanner:
    """A drawn scanner in front of one person.

    Attributes
    ----------
    model : FaceModel
        The model whose shapes are scanned.
    config : ScannerConfig
        What the scanner is like.
    skin : ndarray of shape (H, W, 3), float32
        The mean face's colours as the camera below sees them, sRGB in [0, 255].
    spots : ndarray of shape (S, 3), float64
        Where the person's skin has moles, on the mean face, cm.
    waves : ndarray of shape (W, 4), float64
        The blotches: wave vectors, per cm, and phases.
    """

    model: FaceModel
    config: ScannerConfig
    skin: FloatArray
    spots: NDArray[np.float64]
    waves: NDArray[np.float64]

    def scan(self, vertices: FloatArray, rng: np.random.Generator) -> DrawnScan:
        """Return a scan of the model's vertices (V, 3), cm, however they are turned; `rng` draws the sampling."""
        triangle, corner, joined = _resample(self.model, _seen(self.model, vertices), self.config.points, rng)
        corners = self.model.triangles[triangle]
        points = np.einsum("nc,ncd->nd", corner, vertices[corners].astype(np.float64))
        rest = np.einsum("nc,ncd->nd", corner, self.model.vertices[corners].astype(np.float64))
        normals = np.einsum("nc,ncd->nd", corner, vertex_normals(vertices, self.model.triangles)[corners])
        joined = _without_jumps(points, joined)
        colour = self._colour(rest, triangle, normals)
        points = points + normals * rng.normal(0, self.config.noise, (len(points), 1))
        kept = np.ones(len(points), dtype=bool)
        for centre in points[rng.choice(len(points), self.config.holes, replace=False)]:
            kept &= np.linalg.norm(points - centre, axis=1) > self.config.hole_radius * np.sqrt(rng.uniform(0.1, 1))
        return _compact(points, joined[kept[joined].all(1)], colour)

    def _colour(self, rest: NDArray[np.float64], triangle: IntArray, normals: NDArray[np.float64]) -> FloatArray:
        """Return the colours (N, 3) of points of the surface, of where they are on the mean face."""
        height, width = self.skin.shape[:2]
        pixel = portrait_camera(self.model, size=width).project(rest.astype(np.float32))[:, :2] - 0.5
        seen = [np.clip(pixel[:, i], 0, n - 1).astype(np.float32)[None] for i, n in enumerate((width, height))]
        smooth = self.model.region("face", "head")[triangle]
        skin = cv2.remap(self.skin, seen[0], seen[1], cv2.INTER_LINEAR)[0] if len(rest) else np.zeros((0, 3))
        albedo = np.where(smooth[:, None], skin, surface_albedo(self.model, triangle, rest.astype(np.float32)))
        mottle = np.cos(rest @ self.waves[:, :3].T + self.waves[:, 3]).sum(1) / np.sqrt(len(self.waves) / 2)
        near = cKDTree(self.spots).query(rest)[0]
        tone = 1 + self.config.pattern * (0.5 * mottle - 3 * np.exp(-((near / 0.12) ** 2)))
        light = 0.8 + 0.2 * np.clip(normals @ np.array([0.1, 0.45, 0.89]), 0, 1)
        lit = albedo / 255 * np.where(smooth, tone, 1)[:, None] * light[:, None]
        return np.asarray(np.clip(lit, 0, 1), dtype=np.float32)


def scanner_of(model: FaceModel, person: int, config: ScannerConfig | None = None) -> Scanner:
    """Return a scanner with a person of drawn skin in front of it.

    Parameters
    ----------
    model : FaceModel
        The model whose shapes are scanned.
    person : int
        The seed of the skin's moles and blotches.
    config : ScannerConfig, optional
        What the scanner is like.

    Returns
    -------
    Scanner
        The scanner.
    """
    rng = np.random.default_rng([person, 4])
    skin = np.flatnonzero(model.region("face")).astype(np.int32)
    at = model.vertices[model.triangles[rng.choice(skin, 120)]].astype(np.float64)
    spots = np.einsum("nc,ncd->nd", rng.dirichlet(np.ones(3), 120), at)
    direction = rng.normal(size=(24, 3))
    direction *= 2 * np.pi / rng.uniform(0.5, 2.5, 24)[:, None] / np.linalg.norm(direction, axis=1, keepdims=True)
    waves = np.hstack([direction, rng.uniform(0, 2 * np.pi, (24, 1))])
    plain = np.full((_CHART, _CHART, 3), surface_albedo(model, skin[:1], at[:1, 0])[0], dtype=np.float32)
    pixels = portrait_camera(model, size=_CHART).project(model.vertices)
    picture = painted(model, plain, pixels, np.ones(plain.shape[:2], dtype=bool))
    return Scanner(model, config or ScannerConfig(), picture, spots, waves)


def _seen(model: FaceModel, vertices: FloatArray) -> BoolArray:
    """Return which triangles (T,) the cameras see, whose ring stands as the model's axes say."""
    rows = np.flatnonzero(~model.region("eyelashes"))
    found = np.zeros(len(model.triangles), dtype=bool)
    for yaw, pitch in _VIEWS:
        buffer, _ = triangle_buffer(
            portrait_camera(model, yaw, pitch, _SIDE).project(vertices), model.triangles[rows], (_SIDE, _SIDE)
        )
        found[rows[np.unique(buffer[buffer >= 0])]] = True
    # A triangle smaller than a pixel is missed between seen ones.
    corner = np.bincount(model.triangles[found].ravel(), minlength=len(vertices)) > 0
    found[rows] |= corner[model.triangles[rows]].all(1)
    normals = np.cross(
        vertices[model.triangles[:, 1]] - vertices[model.triangles[:, 0]],
        vertices[model.triangles[:, 2]] - vertices[model.triangles[:, 0]],
    )
    return np.asarray(found & (np.linalg.norm(normals, axis=1) > 1e-9))


def _resample(
    model: FaceModel, seen: BoolArray, points: int, rng: np.random.Generator
) -> tuple[IntArray, NDArray[np.float64], IntArray]:
    """Return random points of the seen surface, as triangles (N,) and weights (N, 3), and triangles that join them."""
    a, b, c = (model.vertices[model.triangles[:, i]].astype(np.float64) for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) * seen
    chart = _charts(model)
    triangle = np.sort(rng.choice(len(area), points, p=area / area.sum()))
    corner = rng.dirichlet(np.ones(3), points)
    flat = np.einsum("nc,ncd->nd", corner, model.uv[model.uv_triangles[triangle]].astype(np.float64))
    joined = []
    for number in np.unique(chart[triangle]):
        mine = np.flatnonzero(chart[triangle] == number)
        if len(mine) < 4:
            continue
        place = model.uv[model.uv_triangles[seen & (chart == number)]].astype(np.float64)
        low, extent = place.min((0, 1)), max(np.ptp(place, axis=(0, 1)).max(), 1e-9)
        inside = np.zeros((_CHART, _CHART), dtype=np.uint8)
        for shape in np.rint((place - low) / extent * (_CHART - 1) * 16).astype(np.int32):
            cv2.fillConvexPoly(inside, shape, 1, shift=4)
        try:
            here = Delaunay(flat[mine]).simplices
        except QhullError:  # the few samples of a small chart lie on a line
            continue
        around = flat[mine][here]
        probes = np.concatenate([around.mean(1, keepdims=True), (around + np.roll(around, 1, axis=1)) / 2], axis=1)
        at = np.clip(np.rint((probes - low) / extent * (_CHART - 1)).astype(int), 0, _CHART - 1)
        joined.append(mine[here[inside[at[..., 1], at[..., 0]].all(1)]])
    found = np.concatenate(joined)
    chosen = triangle.astype(np.int32)
    return chosen, corner, _facing(model, chosen, corner, found.astype(np.int32))


def _charts(model: FaceModel) -> IntArray:
    """Return the number of each triangle's (T,) connected piece of the texture coordinates."""
    t = model.uv_triangles
    edges = np.concatenate([t[:, [0, 1]], t[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(model.uv),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1][t[:, 0]], dtype=np.int32)


def _facing(model: FaceModel, triangle: IntArray, corner: NDArray[np.float64], joined: IntArray) -> IntArray:
    """Return triangles (M, 3) of sampled points that go round as the model's do."""
    rest = np.einsum("nc,ncd->nd", corner, model.vertices[model.triangles[triangle]].astype(np.float64))
    own = model.vertices[model.triangles[triangle[joined[:, 0]]]].astype(np.float64)
    wanted = np.cross(own[:, 1] - own[:, 0], own[:, 2] - own[:, 0])
    a, b, c = (rest[joined[:, i]] for i in range(3))
    turned = (np.cross(b - a, c - a) * wanted).sum(1) < 0
    return np.where(turned[:, None], joined[:, ::-1], joined)


def _without_jumps(points: NDArray[np.float64], joined: IntArray) -> IntArray:
    """Return the triangles (M, 3) without those that are far longer than the usual one."""
    corners = points[joined]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    return np.asarray(joined[longest < _LONGEST * np.median(longest)])


def _compact(points: NDArray[np.float64], joined: IntArray, colour: FloatArray) -> DrawnScan:
    """Return a scan without points that no triangle joins."""
    used, index = np.unique(joined, return_inverse=True)
    return DrawnScan(
        points[used].astype(np.float32), index.reshape(joined.shape).astype(np.int32), colour[used].astype(np.float32)
    )
