"""Points of a face model in an image, and how they move with camera, identity and expression.

The unknowns of every fitter stand in this order: rotation (3, about the axes of the model, applied from the left),
translation (3, cm), logarithm of the focal length (1), identity (I), expression (E). Seven are the camera's, as in
Kollias 2020, eq. 2: a unit quaternion has three free parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.camera import MODEL_TO_CAMERA, Camera, quaternion_of, rotation_of, turned_quaternion

CAMERA_UNKNOWNS = 7


@dataclass(frozen=True, eq=False)
class FaceState:
    """Where a fit stands between two steps.

    Attributes
    ----------
    quaternion : ndarray of shape (4,), float64
        The camera's rotation, a unit quaternion.
    translation : ndarray of shape (3,), float64
        The camera's translation, cm.
    focal : float
        Focal length, pixels.
    centre : tuple of float
        Principal point, pixels.
    identity : ndarray of shape (I,), float64
        Identity coefficients.
    expression : ndarray of shape (E,), float64
        Expression coefficients.
    """

    quaternion: NDArray[np.float64]
    translation: NDArray[np.float64]
    focal: float
    centre: tuple[float, float]
    identity: NDArray[np.float64]
    expression: NDArray[np.float64]

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """Identity, then expression, (I + E,)."""
        return np.concatenate([self.identity, self.expression])

    def camera(self) -> Camera:
        """Return the camera."""
        return Camera(
            rotation_of(self.quaternion).astype(np.float32),
            self.translation.astype(np.float32),
            float(self.focal),
            self.centre,
        )

    def moved(self, step: NDArray[np.float64]) -> FaceState:
        """Return the state after a step (7 + I + E,) of the unknowns."""
        count = len(self.identity)
        return replace(
            self,
            quaternion=turned_quaternion(self.quaternion, step[:3]),
            translation=self.translation + step[3:6],
            focal=float(self.focal * np.exp(step[6])),
            identity=self.identity + step[7 : 7 + count],
            expression=self.expression + step[7 + count :],
        )


def state_of(camera: Camera, identity: FloatArray, expression: FloatArray) -> FaceState:
    """Return the state of a camera, identity coefficients (I,) and expression coefficients (E,)."""
    return FaceState(
        quaternion_of(camera.rotation),
        camera.translation.astype(np.float64),
        float(camera.focal),
        camera.centre,
        identity.astype(np.float64),
        expression.astype(np.float64),
    )


def place_points(
    mean: FloatArray, shapes: FloatArray, state: FaceState
) -> tuple[FloatArray, NDArray[np.float64], NDArray[np.float64]]:
    """Turn and move model points as a state says.

    Parameters
    ----------
    mean : ndarray of shape (L, 3), float32
        The points of the mean face, cm.
    shapes : ndarray of shape (L, 3, I + E), float32
        Their displacements.
    state : FaceState
        Camera and coefficients.

    Returns
    -------
    points : ndarray of shape (L, 3), float32
        In camera space, cm.
    turned : ndarray of shape (L, 3), float64
        In model space, turned.
    rotation : ndarray of shape (3, 3), float64
        The rotation.
    """
    rotation = rotation_of(state.quaternion)
    turned = (mean + shapes @ state.coefficients.astype(np.float32)) @ rotation.T
    return (turned @ MODEL_TO_CAMERA + state.translation).astype(np.float32), turned, rotation


def projection_jacobian(
    points: FloatArray,
    turned: NDArray[np.float64],
    rotation: NDArray[np.float64],
    focal: float,
    shapes: FloatArray | None,
) -> FloatArray:
    """Return how the projections of points move with the unknowns.

    Parameters
    ----------
    points : ndarray of shape (L, 3), float32
        In camera space, cm; see `place_points`.
    turned : ndarray of shape (L, 3), float64
        In model space, turned.
    rotation : ndarray of shape (3, 3), float64
        The rotation.
    focal : float
        Focal length, pixels.
    shapes : ndarray of shape (L, 3, I + E), float32, optional
        The points' displacements; without them the Jacobian is that of the camera alone.

    Returns
    -------
    ndarray of shape (L, 2, 7 or 7 + I + E), float32
        Derivative of the pixels by the unknowns.
    """
    count = len(points)
    inverse_depth = 1.0 / points[:, 2]
    normalised = points[:, :2] * inverse_depth[:, None]
    by_point = np.zeros((count, 2, 3), dtype=np.float32)  # d pixel / d camera-space point
    by_point[:, 0, 0] = by_point[:, 1, 1] = focal * inverse_depth
    by_point[:, :, 2] = -focal * normalised * inverse_depth[:, None]
    by_model = by_point @ MODEL_TO_CAMERA  # d pixel / d turned model-space point
    unknowns = CAMERA_UNKNOWNS + (0 if shapes is None else shapes.shape[2])
    jacobian = np.empty((count, 2, unknowns), dtype=np.float32)
    # d(exp(w) x)/dw = -[x]_x, whose rows dotted with a row r of by_model give x × r
    jacobian[:, :, :3] = np.cross(turned[:, None, :], by_model)
    jacobian[:, :, 3:6] = by_point
    jacobian[:, :, 6] = focal * normalised
    if shapes is not None:
        by_vertex = by_model @ rotation.astype(np.float32)
        moved = jacobian[:, :, CAMERA_UNKNOWNS:]
        np.multiply(by_vertex[:, :, :1], shapes[:, None, 0], out=moved)
        for axis in (1, 2):  # faster than many small matrix products
            moved += by_vertex[:, :, axis : axis + 1] * shapes[:, None, axis]
    return jacobian


def projected(points: FloatArray, focal: float, centre: tuple[float, float]) -> FloatArray:
    """Return the pixels (L, 2) of points (L, 3) in camera space, cm."""
    pixels = focal * (points[:, :2] / points[:, 2:]) + np.asarray(centre, dtype=np.float32)
    return np.asarray(pixels, dtype=np.float32)
