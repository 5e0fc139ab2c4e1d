"""Faces of known coefficients, drawn, with landmarks that are a little wrong."""

from dataclasses import dataclass, replace

import numpy as np

from affectface.camera import Camera
from affectface.fitting.texture_learning import FittedPhoto
from affectface.morphable import FaceModel
from affectface.morphable.portrait_drawing import draw_mean_face, portrait_camera

SIDE = 320


@dataclass(frozen=True, eq=False)
class DrawnFace:
    """A picture, all that is known of it, and noisy landmarks."""

    photo: FittedPhoto
    landmarks: np.ndarray
    vertices: np.ndarray


def draw_face(model: FaceModel, seed: int, *, noise: float = 0.0, expressive: bool = True) -> DrawnFace:
    rng = np.random.default_rng(seed)
    identity = np.clip(rng.normal(size=8), -2, 2).astype(np.float32)
    units = {"jawOpen": 0.3 * rng.random(), "mouthSmile_L": rng.random(), "mouthSmile_R": rng.random()}
    expression = model.expression_vector(units if expressive else {})
    vertices = model.shape(identity, expression)
    camera = portrait_camera(model, *rng.uniform(-15, 15, 2), size=SIDE)
    drawing = draw_mean_face(replace(model, vertices=vertices), camera, SIDE)
    landmarks = known_landmarks(model, vertices, camera)
    landmarks[:, :2] += rng.normal(0, noise, (478, 2)) + rng.normal(0, noise, 2)
    return DrawnFace(FittedPhoto(drawing.image, identity, expression, camera), landmarks, vertices)


def known_landmarks(model: FaceModel, vertices: np.ndarray, camera: Camera) -> np.ndarray:
    landmarks = camera.project(model.at_landmarks(vertices))
    depth = landmarks[:, 2].mean()
    landmarks[:, 2] = (landmarks[:, 2] - depth) * camera.focal / depth  # in the scale of x and y
    landmarks[model.landmark_triangles < 0] = landmarks[model.landmark_triangles >= 0].mean(0)
    return landmarks.astype(np.float32)


def shape_error(found: np.ndarray, known: np.ndarray) -> float:
    """Return the mean distance of vertices (V, 3), cm, after the best rotation, translation and scale."""
    a, b = found - found.mean(0), known - known.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = (s * sign).sum() / (a**2).sum()
    return float(np.linalg.norm(scale * a @ (u * sign) @ vt - b, axis=1).mean())
