"""Unrolled faces with known points: simulated people in sessions, each with a texture, light and noise of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from affectface.gallery.annotation.face_drawing import model_sitter
from affectface.gallery.tracking import POINTS79
from affectface.mesh import vertex_normals
from affectface.morphable.library import load_named_face_model
from affectface.morphable.visibility import triangle_buffer

SIZE = (220, 320)
"""Height and width of an unrolled face, pixels."""
_PIXEL, _RADIUS, _HALF = 0.085, 8.0, 1.65
EXPRESSIONS = {
    "neutral": (),
    "smile": ("mouthSmile", "cheekSquint"),
    "surprise": ("jawOpen", "browInnerUp", "browOuterUp", "eyeWide"),
    "anger": ("browDown", "noseSneer", "mouthPress"),
    "sadness": ("mouthFrown", "browInnerUp", "mouthShrugLower"),
    "pucker": ("mouthPucker",),
}


@dataclass(frozen=True)
class Frame:
    """An unrolled face: image, where it shows something, and its 79 points, pixels."""

    image: np.ndarray
    known: np.ndarray
    points: np.ndarray


class Session:
    """One person in one session."""

    def __init__(self, person: int, session: int = 0, *, noise: float = 4.0) -> None:
        self.model = load_named_face_model("embedded")
        body, texture = np.random.default_rng([person, 1]), np.random.default_rng([person, session, 2])
        count = min(20, len(self.model.identity))
        self.identity = np.zeros(len(self.model.identity), np.float32)
        self.identity[:count] = body.normal(0, 0.9, count)
        tone = body.uniform(0.45, 1.1) * body.uniform(0.92, 1.08, 3)
        spots = _spots(self.model.vertices, texture)
        self.colour = np.clip(model_sitter(self.model).colour * tone * (1 + spots[:, None]), 0, 1)
        self.triangles = self.model.triangles[~self.model.region("eyelashes", "mouth_socket", "eye_socket")]
        self.light = texture.normal(0, 0.35, 2)
        self.rng, self.noise = texture, noise

    def unrolled(self, points: np.ndarray) -> np.ndarray:
        """Unroll points (N, 3) of the model's mean face."""
        middle = self.model.at_landmarks(self.model.vertices)[list(POINTS79)].mean(axis=0)
        return _unrolled(points - np.array([middle[0], middle[1], self.model.vertices[:, 2].max() - 11.0]))

    def frame(self, strengths: dict[str, float], *, motion: float = 0.0, light: float = 0.0) -> Frame:
        """Draw a frame: how strong each expression is, how far the head moves, and how far the light turns."""
        names = self.model.expression_names
        expression = np.zeros(len(names), np.float32)
        for name, strength in strengths.items():
            for unit, word in enumerate(names):
                if word.startswith(EXPRESSIONS[name]) and EXPRESSIONS[name]:
                    expression[unit] = max(expression[unit], 0.85 * strength)
        vertices = self.last = self.model.shape(self.identity, expression)
        points = self.model.at_landmarks(vertices)[list(POINTS79)]
        shift = motion * self.rng.normal(0, 1, 3)
        middle = points.mean(axis=0)
        centre = np.array([middle[0], middle[1], self.model.vertices[:, 2].max() - 11.0])
        normals = vertex_normals(vertices, self.triangles)
        side = self.light[0] + light
        direction = np.array([np.sin(side), 0.4 + 0.3 * self.light[1], np.cos(side)])
        shade = 0.45 + 0.6 * np.clip(normals @ (direction / np.linalg.norm(direction)), 0, 1)
        pixels = _unrolled(vertices + shift - centre)
        whole = np.ptp(pixels[:, 0][self.triangles], axis=1) < SIZE[1] / 2  # not across the cut at the back
        triangles = self.triangles[whole]
        seen, weights = triangle_buffer(pixels.astype(np.float32), triangles, SIZE)
        known = seen >= 0
        image = np.zeros((*SIZE, 3))
        values = 255 * self.colour * shade[:, None]
        image[known] = np.einsum("nc,ncd->nd", weights[known], values[triangles[seen[known]]])
        image = cv2.GaussianBlur(image, (0, 0), 0.6) + self.rng.normal(0, self.noise, image.shape)
        return Frame(
            np.clip(image, 0, 255).astype(np.uint8), known, _unrolled(points + shift - centre)[:, :2].astype(np.float32)
        )

    def sequence(self, name: str, frames: int = 24, *, motion: float = 0.05) -> list[Frame]:
        """Draw a sequence: see `frames`."""
        return list(self.frames(name, frames, motion=motion))

    def frames(self, name: str, frames: int = 24, *, motion: float = 0.05) -> Iterator[Frame]:
        """Draw frame by frame from neutral to an expression and back, with the light turning slowly."""
        course = np.sin(np.pi * np.arange(frames) / (frames - 1)) ** 2
        turn = 0.3 * np.sin(np.arange(frames) / 9.0)
        for strength, angle in zip(course, turn, strict=True):
            yield self.frame({name: float(strength)}, motion=motion, light=float(angle))


def eye_distance(points: np.ndarray) -> float:
    return float(np.linalg.norm(points[36] - points[45]))


def errors(found: np.ndarray, frames: list[Frame]) -> np.ndarray:
    """Mean distance of each frame's points, per cent of the inter-ocular distance."""
    return np.array(
        [
            100 * np.linalg.norm(one - frame.points, axis=1).mean() / eye_distance(frame.points)
            for one, frame in zip(found, frames, strict=True)
        ]
    )


def _unrolled(points: np.ndarray) -> np.ndarray:
    """Return points (N, 3) about the cylinder's axis as column, row and depth."""
    column = np.arctan2(points[:, 0], points[:, 2]) * _RADIUS / _PIXEL + SIZE[1] / 2
    row = SIZE[0] / 2 - points[:, 1] / _PIXEL
    return np.stack([column, row, 50 - np.hypot(points[:, 0], points[:, 2])], axis=1)


def _spots(vertices: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Freckles, moles and uneven skin of a session: waves of several lengths, and spots."""
    found = np.zeros(len(vertices))
    for length, strength in ((3.0, 0.05), (1.0, 0.04), (0.4, 0.03)):
        for _ in range(6):
            wave = rng.normal(0, 2 * np.pi / length / np.sqrt(3), 3)
            found += strength / np.sqrt(3) * np.sin(vertices @ wave + rng.uniform(0, 7))
    for _ in range(60):
        middle = vertices[rng.integers(len(vertices))]
        found -= rng.uniform(0.05, 0.3) * np.exp(-((vertices - middle) ** 2).sum(axis=1) / 0.12**2)
    return found
