"""Projection, and the one place where an axis is flipped.

Model space has y up and z out of the face; camera space has y down and z away from the camera. Pixel coordinates are
continuous: the origin is the outer corner of the first pixel, whose centre is (0.5, 0.5); x goes right, y goes down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

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
