"""A face whose coefficients and landmarks are known."""

from dataclasses import dataclass

import numpy as np

from affectface.camera import Camera
from affectface.morphable import FaceModel

SIZE = (600, 800)
FOCAL = 1200.0
UNITS = {"jawOpen": 0.4, "mouthSmile_L": 0.7, "mouthSmile_R": 0.5, "browInnerUp_L": 0.5, "browInnerUp_R": 0.5}


@dataclass(frozen=True, eq=False)
class Known:
    """A face whose coefficients are known, and its landmarks."""

    identity: np.ndarray
    expression: np.ndarray
    camera: Camera
    landmarks: np.ndarray


def known_face(model: FaceModel, seed: int = 0, yaw: float = 15.0) -> Known:
    identity = np.clip(np.random.default_rng(seed).normal(size=10), -1.5, 1.5).astype(np.float32)
    expression = model.expression_vector(UNITS)
    a = np.radians(yaw)
    rotation = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]], dtype=np.float32)
    camera = Camera(rotation, np.array([1.5, -1, 55], dtype=np.float32), FOCAL, (SIZE[1] / 2, SIZE[0] / 2))
    vertices = model.shape(identity, expression)
    places = np.einsum("lc,lcd->ld", model.landmark_weights, vertices[model.triangles[model.landmark_triangles]])
    landmarks = camera.project(places.astype(np.float32))
    landmarks[:, 2] = (landmarks[:, 2] - 55) * FOCAL / 55  # depth in the scale of x and y
    landmarks[model.landmark_triangles < 0] = landmarks.mean(0)
    return Known(identity, expression, camera, landmarks.astype(np.float32))
