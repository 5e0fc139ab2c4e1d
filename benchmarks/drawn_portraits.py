"""Portraits of known shape: random faces that wear the skin of real photos, in random light, pose and distance.

The skin of a photo is carried over by the fit of that photo: each vertex takes the pixel that it covers there, moved as
the landmarks ask. Shading is the photo's, times new light over the photo's light. Some portraits have something in
front of the face, cut out of a photo without people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.camera import Camera
from affectface.fitting.face_fit import FaceFit, fitted_vertices, landmark_shift
from affectface.mesh import vertex_normals
from affectface.morphable import REGIONS, FaceModel
from affectface.rendering.rasterise import NO_LABEL, rasterise
from affectface.rendering.shade import harmonics, luminance

SIDE = 512
_INSIDE = {"mouth_socket": 40, "gums": 90, "tongue": 100, "teeth_upper": 190, "teeth_lower": 180}
_UNITS = ("jawOpen", "mouthSmile", "browInnerUp", "browDown", "mouthFrown", "mouthPucker", "cheekPuff", "mouthUpperUp")


@dataclass(frozen=True, eq=False)
class Portrait:
    """A picture and the truth about it: vertices (V, 3), cm, the camera, and what hides the face (H, W)."""

    image: Image
    vertices: FloatArray
    identity: FloatArray
    camera: Camera
    hidden: BoolArray


def draw_portrait(
    model: FaceModel,
    photo: Image,
    fit: FaceFit,
    backgrounds: Sequence[Image],
    rng: np.random.Generator,
    *,
    occluded: bool,
) -> Portrait:
    """Return a random face with the skin of a fitted photo."""
    identity = np.clip(rng.normal(size=min(50, len(model.identity))), -2, 2).astype(np.float32)
    vertices = model.shape(identity, _random_expression(model, rng))
    camera = _random_camera(model, rng)
    points = camera.project(vertices)
    where = fit.camera.project(fitted_vertices(model, fit))[:, :2] + landmark_shift(model, fit)
    ratio = _new_light(model, vertices, camera, fit, rng)
    drawn_rows = ~model.region("eyelashes")
    values = np.column_stack([where, ratio, np.ones(len(where))]).astype(np.float32)
    drawn = rasterise(points, model.triangles[drawn_rows], model.triangle_regions[drawn_rows], values, (SIDE, SIDE))
    picture = _background(backgrounds[rng.integers(len(backgrounds))], rng)
    pixels = drawn.values[..., :2] - 0.5
    # the photo is sampled coarser than it is: blurred first, as a camera farther away would
    softer = cv2.GaussianBlur(photo, (0, 0), max(0.3, 0.5 * fit.camera.focal / fit.camera.translation[2] / 28))
    skin = cv2.remap(softer, pixels[..., 0], pixels[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lit = np.clip(skin * drawn.values[..., 2:3], 0, 255)
    inside = np.zeros(256, dtype=np.float32)
    for name, grey in _INSIDE.items():
        inside[REGIONS.index(name)] = grey
    mouth = inside[drawn.label] > 0
    lit[mouth] = inside[drawn.label[mouth]][:, None] * np.array([1.0, 0.8, 0.75])
    covered = drawn.label != NO_LABEL
    soft = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), 0.7)[..., None]
    image = np.where(covered[..., None], lit, picture) * soft + picture * (1 - soft)
    hidden = np.zeros((SIDE, SIDE), dtype=bool)
    if occluded:
        face = points[model.landmarks68, :2]
        hidden = _occluder(face, rng)
        thing = _background(backgrounds[rng.integers(len(backgrounds))], rng)
        image = np.where(hidden[..., None], thing, image)
    noisy = image + rng.normal(0, rng.uniform(0, 4), image.shape)
    return Portrait(np.clip(noisy, 0, 255).astype(np.uint8), vertices, identity, camera, hidden)


def _random_expression(model: FaceModel, rng: np.random.Generator) -> FloatArray:
    chosen = rng.choice(len(_UNITS), rng.integers(0, 4), replace=False)
    units: dict[str, float] = {}
    for i in chosen:
        strength = float(rng.uniform(0.2, 0.9)) * (0.5 if _UNITS[i] == "jawOpen" else 1)
        units |= {name: strength for name in model.expression_names if name.startswith(_UNITS[i])}
    return model.expression_vector(units)


def _random_camera(model: FaceModel, rng: np.random.Generator) -> Camera:
    yaw, pitch, roll = np.radians([rng.uniform(-35, 35), rng.uniform(-15, 15), rng.uniform(-12, 12)])
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    lean = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    rotation = (lean @ nod @ turn).astype(np.float32)
    points = model.vertices[model.landmarks68]
    middle = ((points.max(0) + points.min(0)) / 2).astype(np.float32)
    distance = float(np.exp(rng.uniform(np.log(30), np.log(120))))
    focal = rng.uniform(0.34, 0.5) * SIDE * distance / float(np.ptp(points[:, 1]))
    centred = Camera(rotation, np.zeros(3, np.float32), 1.0, (0.0, 0.0)).to_camera(middle[None])[0]
    shift = np.array([*rng.uniform(-0.06, 0.06, 2) * SIDE / focal * distance, distance], dtype=np.float32)
    return Camera(rotation, shift - centred, float(focal), (SIDE / 2, SIDE / 2))


def _new_light(
    model: FaceModel, vertices: FloatArray, camera: Camera, fit: FaceFit, rng: np.random.Generator
) -> FloatArray:
    """Return new light over the photo's (V,), as a factor of sRGB values."""
    before = harmonics(
        vertex_normals(fitted_vertices(model, fit), model.triangles) @ fit.camera.direction_to_camera().T
    )
    after = harmonics(vertex_normals(vertices, model.triangles) @ camera.direction_to_camera().T)
    old = np.maximum(before @ luminance(fit.lighting), 0.05)
    direction = rng.normal(size=3) * [1, 0.6, 0.4] + [0, -0.4, -0.6]
    direction /= np.linalg.norm(direction)
    new = 1 + rng.uniform(0.2, 0.9) * (after[:, 1:4] @ direction)
    ratio = np.maximum(new, 0.15) / (old / np.median(old))
    return np.asarray(rng.uniform(0.6, 1.1) * np.clip(ratio, 0.1, 2.5) ** (1 / 2.2), dtype=np.float32)


def _background(photo: Image, rng: np.random.Generator) -> FloatArray:
    height, width = photo.shape[:2]
    side = int(min(height, width) * rng.uniform(0.4, 1))
    y, x = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
    return cv2.resize(photo[y : y + side, x : x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)


def _occluder(face: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Return an ellipse over a part of the face, from a sixth to half of its width and height."""
    low, high = face.min(0), face.max(0)
    centre = low + (high - low) * rng.uniform(0.05, 0.95, 2)
    axes = (high - low) * rng.uniform(0.15, 0.3, 2)
    hidden = np.zeros((SIDE, SIDE), dtype=np.uint8)
    centre_, axes_ = tuple(map(int, centre)), tuple(map(int, axes))
    cv2.ellipse(hidden, centre_, axes_, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return hidden > 0
