"""Drawings of a gallery's frames, fast and readable: what an annotator sees where there is no video.

Meshes are shaded by one light from above; on a known face model brows, lips and eyes are painted, without which nobody
reads an expression. Scans are drawn in their own texture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.mesh import vertex_normals
from affectface.morphable.face_model import FaceModel
from affectface.morphable.portrait_drawing import IRIS_RADIUS, eye_axis, portrait_camera
from affectface.regions import REGIONS
from affectface.rendering.rasterise import NO_LABEL, rasterise

SIZE = 512
"""Side of a drawing, pixels."""

BACKGROUND = (24, 26, 29)
"""Dark grey: annotators sit in dark rooms."""

_CLAY = (0.72, 0.68, 0.64)
_SKIN = {
    "face": (0.80, 0.63, 0.54),
    "head": (0.76, 0.59, 0.50),
    "mouth_socket": (0.30, 0.12, 0.12),
    "gums": (0.65, 0.35, 0.35),
    "tongue": (0.70, 0.38, 0.36),
    "teeth_upper": (0.90, 0.88, 0.82),
    "teeth_lower": (0.90, 0.88, 0.82),
    "eye_left": (0.92, 0.91, 0.89),
    "eye_right": (0.92, 0.91, 0.89),
    "eye_socket": (0.72, 0.50, 0.44),
    "eyelashes": (0.16, 0.12, 0.11),
}
_LIPS, _BROW, _IRIS, _PUPIL = (0.66, 0.34, 0.34), (0.26, 0.19, 0.15), (0.33, 0.22, 0.16), (0.05, 0.04, 0.04)
_LIGHT = np.array([0.1, -0.45, -0.89], dtype=np.float32)
_DISTANCE = 70.0


@dataclass(frozen=True, eq=False)
class Sitter:
    """What stays the same in the drawings of a sequence of registered meshes.

    Attributes
    ----------
    triangles : ndarray of shape (T, 3), int32
        The triangles that are drawn.
    colour : ndarray of shape (V, 3), float32
        Colour of each vertex, sRGB in [0, 1], before light.
    camera : Camera
        Where they are seen from.
    """

    triangles: IntArray
    colour: FloatArray
    camera: Camera


def model_sitter(model: FaceModel) -> Sitter:
    """Return how faces of a face model are drawn: from the front, with brows, lips and eyes.

    Parameters
    ----------
    model : FaceModel
        The model.

    Returns
    -------
    Sitter
        What stays the same.
    """
    camera = portrait_camera(model, size=SIZE)
    palette = np.array([_SKIN[name] for name in REGIONS], dtype=np.float32)
    colour = np.full((len(model.vertices), 3), _CLAY, dtype=np.float32)
    colour[model.triangles] = palette[model.triangle_regions][:, None]
    skin = np.zeros(len(colour), dtype=bool)
    skin[model.triangles[model.region("face", "head")]] = True
    if model.colour is not None:
        colour[skin] = model.colour[skin]
    else:
        points = camera.project(model.vertices)
        for lines, closed, paint, width in _painted(points[model.landmarks68, :2]):
            amount = _at(points, lines, closed, width) * skin
            colour += amount[:, None] * (np.array(paint, dtype=np.float32) - colour)
    for eye in ("eye_left", "eye_right"):
        if model.region(eye).any():
            mine = np.unique(model.triangles[model.region(eye)])
            _, apex = eye_axis(model, eye)
            away = np.linalg.norm(model.vertices[mine] - apex, axis=1)
            colour[mine[away < IRIS_RADIUS]] = _IRIS
            colour[mine[away < 0.2]] = _PUPIL
    drawn = model.triangles[~model.region("eyelashes")]
    return Sitter(drawn, colour, camera)


def mesh_sitter(vertices: FloatArray, triangles: IntArray) -> Sitter:
    """Return how meshes of a topology that no face model explains are drawn: as plaster.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3), float32
        One of them, cm.
    triangles : ndarray of shape (T, 3), int32
        The mesh.

    Returns
    -------
    Sitter
        What stays the same.
    """
    return Sitter(triangles, np.full((len(vertices), 3), _CLAY, dtype=np.float32), front_camera(vertices))


def front_camera(vertices: FloatArray) -> Camera:
    """Return a camera in front of a mesh (V, 3), cm, that sees all of it and some room to move."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle, extent = (low + high) / 2, float(np.max((high - low)[:2]))
    upright = np.eye(3, dtype=np.float32)
    at_origin = Camera(upright, np.zeros(3, dtype=np.float32), 1.0, (0.0, 0.0))
    away = np.array([0, 0, _DISTANCE], dtype=np.float32) - at_origin.to_camera(middle[None].astype(np.float32))[0]
    return Camera(upright, away, 0.82 * SIZE * _DISTANCE / max(extent, 1e-6), (SIZE / 2, SIZE / 2))


def draw_mesh(sitter: Sitter, vertices: FloatArray) -> Image:
    """Draw one mesh in the sitter's colours and one light.

    Parameters
    ----------
    sitter : Sitter
        Triangles, colours and camera.
    vertices : ndarray of shape (V, 3), float32
        The mesh, cm.

    Returns
    -------
    ndarray of shape (SIZE, SIZE, 3), uint8
        The drawing.
    """
    normals = vertex_normals(vertices, sitter.triangles) @ sitter.camera.direction_to_camera().T
    light = np.clip(normals @ _LIGHT, 0, 1) * 0.72 + 0.30
    shaded = np.asarray(sitter.colour * light[:, None], dtype=np.float32)
    return _drawn(sitter.camera.project(vertices), sitter.triangles, shaded)


def draw_scan(
    camera: Camera,
    vertices: FloatArray,
    triangles: IntArray,
    *,
    colour: FloatArray | None = None,
    uv: FloatArray | None = None,
    texture: Image | None = None,
) -> Image:
    """Draw a scan in its own texture or colours, else as plaster.

    Parameters
    ----------
    camera : Camera
        Where it is seen from.
    vertices : ndarray of shape (V, 3), float32
        Its vertices, cm.
    triangles : ndarray of shape (T, 3), int32
        Its triangles.
    colour : ndarray of shape (V, 3), float32, optional
        Colour of each vertex, sRGB in [0, 1].
    uv : ndarray of shape (T, 3, 2), float32, optional
        Texture coordinates of each triangle's corners, v up.
    texture : ndarray of shape (H, W, 3), uint8, optional
        The texture.

    Returns
    -------
    ndarray of shape (SIZE, SIZE, 3), uint8
        The drawing.
    """
    points = camera.project(vertices)
    if uv is None or texture is None:
        if colour is not None:
            return _drawn(points, triangles, colour)
        return draw_mesh(Sitter(triangles, np.full((len(vertices), 3), _CLAY, dtype=np.float32), camera), vertices)
    corners = np.ascontiguousarray(points[triangles].reshape(-1, 3))
    values = np.zeros((len(corners), 4), dtype=np.float32)
    values[:, :2] = uv.reshape(-1, 2)
    own = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    raster = rasterise(corners, own, np.zeros(len(own), np.uint8), values, (SIZE, SIZE), both_sides=True)
    height, width = texture.shape[:2]
    x, y = raster.values[..., 0] * width - 0.5, (1 - raster.values[..., 1]) * height - 0.5
    found = cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    found[raster.label == NO_LABEL] = BACKGROUND
    return np.asarray(found, dtype=np.uint8)


def _drawn(points: FloatArray, triangles: IntArray, colour: FloatArray) -> Image:
    """Draw vertices' colours, twice as large and averaged, so that edges do not crawl from frame to frame."""
    values = np.ones((len(points), 4), dtype=np.float32)
    values[:, :3] = 255 * colour
    double = points * np.array([2, 2, 1], dtype=np.float32)
    labels = np.zeros(len(triangles), dtype=np.uint8)
    raster = rasterise(double, triangles, labels, values, (2 * SIZE, 2 * SIZE), both_sides=True)
    small = cv2.resize(raster.values, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    beside = (1 - small[..., 3:]) * np.array(BACKGROUND, dtype=np.float32)
    return np.asarray(np.clip(small[..., :3] + beside + 0.5, 0, 255), dtype=np.uint8)


def _painted(points: FloatArray) -> list[tuple[list[FloatArray], bool, tuple[float, float, float], float]]:
    """Lines over the projected 68 points that are painted: which, whether filled, the colour, and the width, pixels."""
    width = float(np.linalg.norm(points[16] - points[0])) / 28
    return [([points[17:22], points[22:27]], False, _BROW, width), ([points[48:60]], True, _LIPS, width)]


def _at(points: FloatArray, lines: list[FloatArray], closed: bool, width: float) -> NDArray[np.float32]:
    """Return how much of a paint each projected vertex gets."""
    paint = np.zeros((SIZE, SIZE), dtype=np.float32)
    for line in lines:
        corners = np.rint(line).astype(np.int32)
        if closed:
            cv2.fillPoly(paint, [corners], 1.0, cv2.LINE_AA)
        else:
            cv2.polylines(paint, [corners], False, 1.0, max(1, round(width)), cv2.LINE_AA)
    paint = np.asarray(0.85 * cv2.GaussianBlur(paint, (0, 0), 1.0), dtype=np.float32)
    column, row = (np.clip(points[:, axis].astype(int), 0, SIZE - 1) for axis in (0, 1))
    return np.asarray(paint[row, column], dtype=np.float32)
