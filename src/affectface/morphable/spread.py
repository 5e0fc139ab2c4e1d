"""How the residual offsets at the landmarks are continued over the skin.

A fit leaves each landmark a little beside where it was seen. The remaining 2D offset is spread over the mesh: for each
landmark a smooth function over the skin that is (nearly) one there, and all of them together minimise

    |L u|^2 * stiffness + |grad u|^2 * tension + |u|^2 * decay + sum_l (u(p_l) - r_l)^2

with the mesh's cotangent Laplacian L. Smoothness follows the surface, not space: the lower lip knows nothing of the
upper lip's landmarks though they touch, and the same holds for the lids.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, diags
from scipy.sparse.linalg import splu

from affectface.arrays import FloatArray
from affectface.morphable.face_model import FaceModel
from affectface.morphable.laplacian import corner_cotangents, edge_weights, laplacian, vertex_areas

NEIGHBOURS = 12
_STIFFNESS = 0.02
_TENSION = 0.02
_DECAY = 1e-3
_FIRST_IRIS = 468
_COTANGENTS = (0.02, 20.0)
"""Bounds of an angle's cotangent."""
_LEAST_AREA = 1e-4
"""Area around a vertex, square centimetres, that one almost without is given."""


def landmark_spread(
    model: FaceModel,
    neighbours: int = NEIGHBOURS,
    stiffness: float = _STIFFNESS,
    tension: float = _TENSION,
    decay: float = _DECAY,
) -> tuple[NDArray[np.int16], FloatArray]:
    """Return which landmarks' residuals each vertex follows, and how much.

    Parameters
    ----------
    model : FaceModel
        A model with its landmark embedding.
    neighbours : int
        How many landmarks a vertex may follow.
    stiffness, tension, decay : float
        Weights of the three smoothness terms against the landmarks; lengths in cm.

    Returns
    -------
    landmarks : ndarray of shape (V, K), int16
        The landmarks.
    weights : ndarray of shape (V, K), float32
        Their weights. Rows sum to 1 amid the landmarks and fade to 0 far from all of them; eyeballs, teeth, gums and
        tongue have 0.
    """
    total = len(model.vertices)
    indices = np.zeros((total, neighbours), dtype=np.int16)
    weights = np.zeros((total, neighbours), dtype=np.float32)
    skin = model.region("face", "head", "mouth_socket", "eye_socket", "eyelashes")
    used = np.unique(model.triangles[skin])
    number = np.full(total, -1)
    number[used] = np.arange(len(used))
    placed = np.flatnonzero(model.landmark_triangles[:_FIRST_IRIS] >= 0)
    on = placed[skin[model.landmark_triangles[placed]]]
    if not len(on):
        return indices, weights

    corners = number[model.triangles[model.landmark_triangles[on]]]
    at = coo_matrix(
        (model.landmark_weights[on].ravel(), (np.repeat(np.arange(len(on)), 3), corners.ravel())),
        shape=(len(on), len(used)),
    ).tocsc()
    triangles = number[model.triangles[skin]].astype(np.int32)
    cotangents, areas = corner_cotangents(model.vertices[used], triangles)
    # Cotangents of obtuse corners are negative; clipping keeps the matrix an M-matrix, hence the weights tame.
    stiff = laplacian(edge_weights(np.clip(cotangents, *_COTANGENTS), triangles, len(used)))
    mass = np.maximum(vertex_areas(areas, triangles, len(used)), _LEAST_AREA)
    smooth = stiffness * stiff @ diags(1 / mass) @ stiff + tension * stiff + decay * diags(mass)
    response = splu(csc_matrix(smooth + at.T @ at)).solve(at.T.toarray())
    full = np.clip(response.sum(1), 0, 1)
    # Parts without a landmark of their own (lashes' cards) are anchored to nothing: they follow the nearest skin.
    strongest = np.argpartition(-np.abs(response), neighbours - 1, axis=1)[:, :neighbours]
    kept = np.take_along_axis(response, strongest, axis=1)
    amount = kept.sum(1)
    scale = np.where(np.abs(amount) > 1e-3, full / np.where(np.abs(amount) > 1e-3, amount, 1), 0)
    fade = np.clip((full - 0.02) / 0.98, 0, 1) / np.maximum(full, 1e-9)
    indices[used] = on[strongest]
    weights[used] = kept * (np.clip(scale, 0, 2) * fade)[:, None]
    return indices, weights
