"""Projection, and the one place where an axis is flipped.

Model space has y up and z out of the face; camera space has y down and z away from the camera. Pixel coordinates are
continuous: the origin is the outer corner of the first pixel, whose centre is (0.5, 0.5); x goes right, y goes down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray

MODEL_TO_CAMERA = np.diag([1.0, -1.0, -1.0]).astype(np.float32)
"""Turns model axes (x right as the viewer sees it, y up, z towards the viewer) into camera axes."""


@dataclass(frozen=True)
class Camera:
    """A perspective camera without distortion, looking at a head.

    Attributes
    ----------
    rotation : ndarray of shape (3, 3)
        Turns the head in model axes; the identity looks straight into the face.
    translation : ndarray of shape (3,)
        Where the model's origin lies in camera axes, cm; its z is the distance.
    focal : float
        Focal length, pixels.
    centre : tuple of float
        Principal point (x, y), pixels.
    """

    rotation: FloatArray
    translation: FloatArray
    focal: float
    centre: tuple[float, float]

    def to_camera(self, vertices: FloatArray) -> FloatArray:
        """Return vertices (V, 3) of model space, cm, in camera space, cm."""
        return np.asarray(
            vertices @ (MODEL_TO_CAMERA @ self.rotation).T.astype(np.float32) + self.translation, dtype=np.float32
        )

    def project(self, vertices: FloatArray) -> FloatArray:
        """Return vertices (V, 3), cm, as (V, 3): x and y in pixels, and the depth in cm."""
        points = self.to_camera(vertices)
        depth = points[:, 2:]
        pixels = points[:, :2] / depth * np.float32(self.focal) + np.asarray(self.centre, dtype=np.float32)
        return np.hstack([pixels, depth]).astype(np.float32)

    def direction_to_camera(self) -> FloatArray:
        """Return the rotation (3, 3) that takes model-space normals to camera space."""
        return np.asarray(MODEL_TO_CAMERA @ self.rotation, dtype=np.float32)

    def shifted(self, dx: float, dy: float) -> Camera:
        """Return the same camera for an image whose origin is moved by (dx, dy) pixels, as when it is cropped."""
        return replace(self, centre=(self.centre[0] - dx, self.centre[1] - dy))

    def scaled(self, factor: float) -> Camera:
        """Return the same camera for the same image resized by `factor`."""
        return replace(self, focal=self.focal * factor, centre=(self.centre[0] * factor, self.centre[1] * factor))


def quaternion_of(rotation: FloatArray | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit quaternion (4,) of a rotation (3, 3), scalar first and not negative.

    The eigenvector of Bar-Itzhack's symmetric matrix (2000): it is right for every angle, and for a matrix that is a
    rotation up to rounding it is the nearest one.
    """
    m = np.asarray(rotation, dtype=np.float64)
    symmetric = np.array(
        [
            [m[0, 0] + m[1, 1] + m[2, 2], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 0] - m[1, 1] - m[2, 2], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]],
            [m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], m[1, 2] + m[2, 1]],
            [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1]],
        ]
    )
    quaternion = np.linalg.eigh(symmetric)[1][:, -1]
    return np.asarray(quaternion if quaternion[0] >= 0 else -quaternion)


def rotation_of(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation (3, 3) of a quaternion (4,), scalar first, which need not have length 1."""
    w, x, y, z = np.asarray(quaternion, dtype=np.float64) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def turned_quaternion(quaternion: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a unit quaternion (4,) after a rotation step (3,) from the left: axis times angle in radians.

    The step lies in the tangent space: of a quaternion's four numbers three are free (Wheeler & Ikeuchi 1995).
    """
    angle = float(np.linalg.norm(step))
    half = 0.5 * np.sinc(angle / (2 * np.pi)) * np.asarray(step, dtype=np.float64)
    a, (b, c, d) = np.cos(angle / 2), half
    w, x, y, z = quaternion
    product = np.array(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ]
    )
    return np.asarray(product / np.linalg.norm(product))
