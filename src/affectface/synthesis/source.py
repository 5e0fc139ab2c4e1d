"""What a photo and its fit say once, before any affect is drawn: everything that does not depend on the affect."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.fitting.face_fit import FaceFit, fitted_vertices, interocular_distance, landmark_shift
from affectface.landmarks.topology import LEFT_IRIS, RIGHT_IRIS
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.rendering.eyes import EyeLayers, separate_eye
from affectface.rendering.mouth import INTERIOR, white_of_photo
from affectface.rendering.rasterise import Raster, rasterise
from affectface.rendering.shade import luminance, shade
from affectface.synthesis.config import SynthesisConfig

_ROOM = (0.45, 0.75)
"""Room around the face for what follows it, sideways and downwards, in inter-ocular distances."""


@dataclass(frozen=True, eq=False)
class Parts:
    """The triangles that are drawn: what closes the view (`front`), and the inside of the mouth (`mouth`)."""

    front: IntArray
    is_skin: BoolArray
    """(T,) of `front`: skin, not eye."""
    skin: IntArray
    mouth: IntArray
    mouth_regions: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SourceFace:
    """A face region of a photo, ready to be moved. Pixel coordinates are those of the region.

    Attributes
    ----------
    origin : tuple of int
        Where the region's first pixel lies in the photo, x and y.
    image : ndarray of shape (h, w, 3), uint8
        The region's pixels.
    camera : Camera
        The fitted camera, for the region.
    parts : Parts
        The triangles that are drawn.
    vertices : ndarray of shape (V, 3), float32
        The fitted vertices, cm.
    points : ndarray of shape (V, 3), float32
        The same, projected and shifted onto the found landmarks.
    shift : ndarray of shape (V, 2), float32
        That shift, pixels.
    luminance : ndarray of shape (V,), float32
        The fitted light on each vertex.
    eyes : tuple of EyeLayers
        The eyes, taken apart.
    eye_opening : ndarray of shape (h, w), bool
        Where the photo shows an eyeball.
    mouth_opening : ndarray of shape (h, w), float32
        How surely the photo shows the inside of the mouth, 0 to 1.
    white : ndarray of shape (3,), float32
        Linear RGB of white in this photo.
    eye_distance : float
        Inter-ocular distance, pixels.
    """

    origin: tuple[int, int]
    image: Image
    camera: Camera
    parts: Parts
    vertices: FloatArray
    points: FloatArray
    shift: FloatArray
    luminance: FloatArray
    lighting: FloatArray
    eyes: tuple[EyeLayers, ...]
    eye_opening: BoolArray
    mouth_opening: FloatArray
    white: FloatArray
    eye_distance: float


def prepare_source(
    image: Image, landmarks: FloatArray, model: FaceModel, fit: FaceFit, config: SynthesisConfig
) -> SourceFace:
    """Prepare a fitted photo for any number of syntheses.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in it, pixels.
    model : FaceModel
        The face model that was fitted.
    fit : FaceFit
        The fit.
    config : SynthesisConfig
        The choices of the synthesis.

    Returns
    -------
    SourceFace
        The face region and all that was found out about it.
    """
    parts = _parts(model)
    vertices = fitted_vertices(model, fit)
    shift = landmark_shift(model, fit)
    eye_distance = interocular_distance(landmarks)
    points = fit.camera.project(vertices)
    points[:, :2] += shift
    x0, y0, x1, y1 = _region(points[np.unique(parts.skin), :2], eye_distance, image.shape[:2])
    region = np.ascontiguousarray(image[y0:y1, x0:x1])
    points[:, :2] -= (x0, y0)
    camera = fit.camera.shifted(x0, y0)
    normals = vertex_normals(vertices, parts.skin) @ camera.direction_to_camera().T
    size = region.shape[:2]
    drawn = draw_front(points, parts, np.zeros((len(points), 4), np.float32), size, config.device)
    covered = drawn.triangle >= 0
    skin = covered & parts.is_skin[drawn.triangle]
    opening = covered & ~skin
    irises = [_circle(landmarks[list(ring), :2] - (x0, y0)) for ring in (RIGHT_IRIS, LEFT_IRIS)]
    halves = _nearest_eye(size, irises)
    eyes = tuple(
        layers
        for i, iris in enumerate(irises)
        if (layers := separate_eye(region, opening & (halves == i), iris)) is not None
    )
    mouth = rasterise(points, parts.mouth, np.zeros((len(points), 4), np.float32), size, device=config.device)
    gap = ((mouth.triangle >= 0) & ~covered).astype(np.uint8)
    inner = cv2.erode(gap, np.ones((3, 3), np.uint8)).astype(np.float32)
    return SourceFace(
        origin=(x0, y0),
        image=region,
        camera=camera,
        parts=parts,
        vertices=vertices,
        points=points,
        shift=shift,
        luminance=luminance(shade(fit.lighting, normals)),
        lighting=fit.lighting,
        eyes=eyes,
        eye_opening=opening,
        mouth_opening=cv2.GaussianBlur(inner, (0, 0), max(0.6, 0.004 * eye_distance)),
        white=white_of_photo(
            region,
            _sclera(opening, irises, eye_distance),
            shade(fit.lighting, normals[:0]).sum(0) + fit.lighting[0] * 1.0,
        ),
        eye_distance=eye_distance,
    )


def draw_front(points: FloatArray, parts: Parts, values: FloatArray, size: tuple[int, int], device: str) -> Raster:
    """Rasterise skin and eyes; see `rasterise`."""
    return rasterise(points, parts.front, values, size, device=device)


def _parts(model: FaceModel) -> Parts:
    front = model.region("face", "eye_left", "eye_right", "eye_socket")
    skin, mouth = model.region("face"), model.region(*INTERIOR)
    return Parts(
        model.triangles[front],
        skin[front],
        model.triangles[skin],
        model.triangles[mouth],
        model.triangle_regions[mouth],
    )


def _region(points: FloatArray, eye_distance: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Bounds x0, y0, x1, y1 of the face with room for what follows it, inside the image."""
    side, down = (share * eye_distance for share in _ROOM)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    x0, y0 = max(int(left - side), 0), max(int(top - side), 0)
    return x0, y0, max(min(int(right + side) + 1, size[1]), x0 + 1), max(min(int(bottom + down) + 1, size[0]), y0 + 1)


def _circle(ring: FloatArray) -> tuple[float, float, float]:
    """Centre x, y and radius of an iris from its centre and four rim points (5, 2)."""
    centre = ring.mean(axis=0)
    return float(centre[0]), float(centre[1]), float(np.linalg.norm(ring[1:] - ring[0], axis=1).mean())


def _nearest_eye(size: tuple[int, int], irises: list[tuple[float, float, float]]) -> NDArray[np.intp]:
    """Which of the irises each pixel (h, w) is nearer to."""
    yy, xx = np.mgrid[: size[0], : size[1]]
    return np.argmin([np.hypot(xx - x, yy - y) for x, y, _ in irises], axis=0)


def _sclera(opening: BoolArray, irises: list[tuple[float, float, float]], eye_distance: float) -> BoolArray:
    """Pixels of the opening (h, w) clear of iris and lids."""
    size = max(1, round(0.012 * eye_distance))
    inner = cv2.erode(opening.astype(np.uint8), np.ones((2 * size + 1,) * 2, np.uint8)) > 0
    yy, xx = np.mgrid[: opening.shape[0], : opening.shape[1]]
    for x, y, radius in irises:
        inner &= np.hypot(xx - x, yy - y) > 1.15 * radius
    return inner
