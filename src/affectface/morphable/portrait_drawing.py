"""A plain drawing of a face model's mean face, good enough for a landmarker to find its way.

Brows, lips and eyes are painted from the model's own 68 points and regions: a landmarker looks for contrast there, and
an unpainted mesh has none. A model with colours of its own is drawn in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.mesh import vertex_normals
from affectface.morphable.face_model import FaceModel
from affectface.morphable.visibility import triangle_buffer
from affectface.regions import REGIONS

IRIS_RADIUS = 0.585
"""Half of the visible iris' diameter, cm: 11.7 mm in adults with hardly any spread (Ruefer et al. 2005)."""

_ALBEDO = {
    "face": (205, 160, 138),
    "head": (198, 152, 130),
    "mouth_socket": (90, 40, 40),
    "gums": (170, 90, 90),
    "tongue": (180, 100, 95),
    "teeth_upper": (225, 220, 205),
    "teeth_lower": (225, 220, 205),
    "eye_left": (235, 232, 228),
    "eye_right": (235, 232, 228),
    "eye_socket": (190, 130, 115),
    "eyelashes": (40, 30, 28),
}
_LIPS, _BROW, _IRIS, _PUPIL, _WHITE = (176, 92, 92), (70, 50, 40), (84, 56, 38), (12, 10, 10), (235, 232, 228)


@dataclass(frozen=True)
class Drawing:
    """A drawn mean face and what each pixel shows.

    Attributes
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The drawing.
    camera : Camera
        The camera it was drawn with.
    triangle : ndarray of shape (H, W), int32
        The triangle seen at each pixel, -1 beside the mesh.
    weights : ndarray of shape (H, W, 3), float32
        Barycentric coordinates in it.
    """

    image: Image
    camera: Camera
    triangle: IntArray
    weights: FloatArray


def portrait_camera(model: FaceModel, yaw: float = 0.0, pitch: float = 0.0, size: int = 768) -> Camera:
    """Return a camera 70 cm in front of the mean face, turned by degrees about the vertical and the horizontal axis.

    Parameters
    ----------
    model : FaceModel
        The model.
    yaw, pitch : float
        How the head is turned, degrees; a positive yaw shows more of the person's right side.
    size : int
        Side of the square image, pixels.

    Returns
    -------
    Camera
        The camera.
    """
    points = model.vertices[model.landmarks68]
    middle = (points.max(0) + points.min(0)) / 2 + np.array([0, 0.18 * np.ptp(points[:, 1]), 0])
    a, b = np.radians([yaw, pitch])
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    rotation = (nod @ turn).astype(np.float32)
    at_origin = Camera(rotation, np.zeros(3, dtype=np.float32), 1.0, (0.0, 0.0))
    distance = 70.0
    translation = np.array([0, 0, distance], dtype=np.float32) - at_origin.to_camera(middle[None].astype(np.float32))[0]
    focal = 0.42 * size * distance / float(np.ptp(points[:, 1]))
    return Camera(rotation, translation, focal, (size / 2, size / 2))


def draw_mean_face(model: FaceModel, camera: Camera, size: int = 768, vertices: FloatArray | None = None) -> Drawing:
    """Draw the mean face, or another shape of the model, without its lashes.

    Parameters
    ----------
    model : FaceModel
        The model.
    camera : Camera
        Where to look from.
    size : int
        Side of the square image, pixels.
    vertices : ndarray of shape (V, 3), float32, optional
        The shape, cm; the mean if not given.

    Returns
    -------
    Drawing
        The picture.
    """
    vertices = model.vertices if vertices is None else vertices
    rows = np.flatnonzero(~model.region("eyelashes"))
    pixels = camera.project(vertices)
    seen, weights = triangle_buffer(pixels, model.triangles[rows], (size, size))
    hit = seen >= 0
    triangle = np.where(hit, rows[seen], -1).astype(np.int32)
    corners = model.triangles[triangle[hit]]
    surface = np.einsum("nc,ncd->nd", weights[hit], vertices[corners])
    albedo = np.full((size, size, 3), 120, dtype=np.float32)
    albedo[hit] = surface_albedo(model, triangle[hit], surface)
    skin = np.zeros((size, size), dtype=bool)
    skin[hit] = model.region("face", "head")[triangle[hit]]
    if model.colour is not None:
        own = 255 * np.einsum("nc,ncd->nd", weights[hit], model.colour[corners])
        albedo[hit] = np.where(skin[hit][:, None], own, albedo[hit])
    else:
        albedo = painted(model, albedo, pixels, skin)
    normals = vertex_normals(vertices, model.triangles)
    normal = np.einsum("nc,ncd->nd", weights[hit], normals[corners]) @ camera.rotation.T
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    light = np.clip(normal @ np.array([0.1, 0.45, 0.89]), 0, 1) * 0.75 + 0.3
    picture = albedo.copy()
    picture[hit] *= light[:, None]
    image = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7), 0, 255).astype(np.uint8)
    return Drawing(image, camera, triangle, weights)


def surface_albedo(model: FaceModel, triangle: IntArray, points: FloatArray) -> FloatArray:
    """Return the plain colours of a model's parts, irises and pupils with them.

    Parameters
    ----------
    model : FaceModel
        The model.
    triangle : ndarray of shape (N,), int32
        Triangles of the model.
    points : ndarray of shape (N, 3), float32
        Where in them, on the mean face, cm: what lies near an eye's front is its iris.

    Returns
    -------
    ndarray of shape (N, 3), float32
        sRGB in [0, 255]; skin has neither brows nor lips.
    """
    palette = np.array([_ALBEDO[name] for name in REGIONS], dtype=np.float32)
    albedo = palette[model.triangle_regions[triangle]]
    for eye in ("eye_left", "eye_right"):
        if not model.region(eye).any():
            continue
        _, apex = eye_axis(model, eye)
        away = np.linalg.norm(points - apex, axis=1)
        mine = model.region(eye)[triangle]
        for radius, colour in ((IRIS_RADIUS, _IRIS), (0.2, _PUPIL)):
            albedo[mine & (away < radius)] = colour
    return albedo


def painted(model: FaceModel, albedo: FloatArray, pixels: FloatArray, skin: BoolArray) -> FloatArray:
    """Return a picture of plain skin with brows, lips and, where the model has none of its own, eyes.

    Parameters
    ----------
    model : FaceModel
        The model, whose 68 points say where.
    albedo : ndarray of shape (S, S, 3), float32
        The square picture, sRGB in [0, 255].
    pixels : ndarray of shape (V, 3), float32
        The model's vertices in it.
    skin : ndarray of shape (S, S), bool
        Where it shows skin.

    Returns
    -------
    ndarray of shape (S, S, 3), float32
        The painted picture.
    """
    size, points = len(albedo), pixels[model.landmarks68, :2]
    paints = list(zip(_paint(points, size), (_BROW, _LIPS), strict=True))
    if not model.region("eye_left", "eye_right").any():
        paints += list(zip(_paint_eyes(points, size), (_WHITE, _IRIS, _PUPIL), strict=True))
    for paint, colour in paints:
        amount = (paint * skin)[..., None]
        albedo = albedo + amount * (np.array(colour, dtype=np.float32) - albedo)
    return albedo


def eye_axis(model: FaceModel, eye: str) -> tuple[FloatArray, FloatArray]:
    """Return the centre of an eyeball and the front pole of its iris, cm.

    Parameters
    ----------
    model : FaceModel
        The model.
    eye : str
        ``"eye_left"`` or ``"eye_right"``.

    Returns
    -------
    centre : ndarray of shape (3,), float32
        Centre of the sphere that fits the eyeball best.
    apex : ndarray of shape (3,), float32
        The middle of its cornea where that is modelled; straight ahead on a plain sphere.
    """
    points = model.vertices[np.unique(model.triangles[model.region(eye)])].astype(np.float64)
    system = np.hstack([2 * points, np.ones((len(points), 1))])
    solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    centre = solution[:3]
    radius = np.sqrt(solution[3] + centre @ centre)
    away = np.linalg.norm(points - centre, axis=1)
    front = points[:, 2] > centre[2] + 0.5 * radius
    if front.any() and away[front].max() > 1.03 * radius:
        # A modelled cornea bulges: its middle is where the eye looks, a few degrees outward in anatomical models.
        axis = points[front & (away > 0.985 * away[front].max())].mean(0) - centre
        axis /= np.linalg.norm(axis)
    else:
        axis = np.array([0.0, 0.0, 1.0])
    off_axis = np.linalg.norm(np.cross(points - centre, axis), axis=1)
    ahead = (off_axis < 0.35 * radius) & front
    reach = away[ahead].max() if ahead.any() else radius
    return centre.astype(np.float32), (centre + reach * axis).astype(np.float32)


def _paint(points: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return how much brow and how much lip each pixel has, from the projected 68 points."""
    brow, lips = (np.zeros((size, size), dtype=np.float32) for _ in range(2))
    width = float(np.linalg.norm(points[16] - points[0])) / 28
    for line in (points[17:22], points[22:27]):
        cv2.polylines(brow, [np.rint(line).astype(np.int32)], False, 1.0, max(1, round(width)), cv2.LINE_AA)
    cv2.fillPoly(lips, [np.rint(points[48:60]).astype(np.int32)], 1.0, cv2.LINE_AA)
    return cv2.GaussianBlur(brow, (0, 0), 1.5) * 0.8, cv2.GaussianBlur(lips, (0, 0), 1.0) * 0.8


def _paint_eyes(points: FloatArray, size: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return how much white, iris and pupil each pixel has, for faces whose eyes are part of the skin."""
    white, iris, pupil = (np.zeros((size, size), dtype=np.float32) for _ in range(3))
    for eye in (points[36:42], points[42:48]):
        opening = np.zeros((size, size), dtype=np.float32)
        cv2.fillPoly(opening, [np.rint(eye).astype(np.int32)], 1.0, cv2.LINE_AA)
        centre = tuple(int(n) for n in np.rint(eye.mean(axis=0)))
        width = float(np.linalg.norm(eye[3] - eye[0]))
        white = np.maximum(white, opening)
        for paint, share in ((iris, 0.2), (pupil, 0.08)):
            disc = np.zeros((size, size), dtype=np.float32)
            cv2.circle(disc, centre, max(1, round(share * width)), 1.0, -1, cv2.LINE_AA)
            np.maximum(paint, disc * opening, out=paint)
    soft = (cv2.GaussianBlur(paint, (0, 0), 0.7) for paint in (white, iris, pupil))
    return tuple(soft)  # type: ignore[return-value]
