"""The template made similar to a person before it is drawn to the scan, by what the face model knows of people.

Skin has no marks by which one person's cheek could be matched to another's: a smooth warp of the mean face to a known
one is off along the surface by some 2 mm, however well it lies on it. A face model's identity components say how
cheeks of different people correspond; the same is done for LSFM's successors and FLAME. The non-rigid ICP then adds
what the components cannot say.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from affectface.gallery.correspondence.rigid import Motion
from affectface.gallery.correspondence.scan_surface import ScanSurface, closest_points, matching
from affectface.gallery.correspondence.template import RegistrationTemplate
from affectface.mesh import vertex_normals

_ROUNDS = 14
_EVERY = 3
"""Every which vertex is looked up: neighbours say the same."""
_SURFACE, _LANDMARK = 0.1, 0.2
"""Standard deviations, cm: of the surface's distance where the components cannot follow it, and of a landmark."""
_ALIKE = 1.0
"""How much one looked-up point of the surface counts. On six drawn people of whom the components can say all but 1 mm,
0.06, 0.3, 1 and 3 left 0.97, 0.68, 0.58 and 0.56 mm of error in the end."""
_LANDMARK_SHARE = 0.07
"""How much one landmark counts, as neighbours' errors are alike."""
_WIDEST, _NARROWEST, _NARROWING = 2.0, 0.3, 0.8
"""The farthest closest point that counts, cm, in the first round, at least, and its factor from round to round."""


def fit_identity(
    template: RegistrationTemplate,
    scan: ScanSurface,
    landmarks: NDArray[np.float64],
    trust: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fit identity coefficients and a rigid motion to a scan that lies roughly like the template.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.
    scan : ScanSurface
        The scan, in the template's axes, cm.
    landmarks : ndarray of shape (L, 3), float64
        Where the scan has the template's landmarks, cm; NaN where nobody knows.
    trust : ndarray of shape (L,), float64
        How far each is believed, 0 to 1.

    Returns
    -------
    ndarray of shape (V, 3), float64
        All vertices of the face model, as far as the components can say, cm.

    Notes
    -----
    Gauss-Newton on the distances along the scan's normals, the landmarks, and the coefficients' standard normal prior.
    """
    basis, count = template.identity, len(template.identity)
    rows = np.arange(0, len(template.skin), _EVERY)
    area = template.areas[rows] / template.areas[rows].mean()
    own, at = basis[:, rows], template.at_landmarks
    marks = np.stack([at @ moved for moved in basis]) if count else np.zeros((0, len(landmarks), 3))
    known = np.asarray(np.isfinite(landmarks).all(axis=1))
    sure = np.where(known, np.clip(trust, 0, 1), 0)
    wanted = np.where(known[:, None], landmarks, 0)
    coefficients, motion = np.zeros(count), Motion(np.eye(3), np.zeros(3))
    for number in range(_ROUNDS):
        shape = template.vertices + np.tensordot(coefficients, basis, axes=1)
        placed = motion.apply(shape)
        normals = vertex_normals(placed.astype(np.float32), template.triangles)[rows]
        found = closest_points(scan, placed[rows])
        cap = max(_NARROWEST, _WIDEST * _NARROWING**number)
        good = matching(found, normals, cap, 0.6)
        # All in the model's axes, so that the basis need not be turned.
        towards = found.normals @ motion.rotation
        off = ((found.points - placed[rows]) * found.normals).sum(1)
        wide = max(_SURFACE, 1.4826 * float(np.median(np.abs(off[good])))) if good.any() else _SURFACE
        weight = good * area / (1 + (off / wide) ** 2) * _ALIKE / _SURFACE**2
        jacobian = np.hstack(
            [np.einsum("knd,nd->nk", own, towards, optimize=True), np.cross(shape[rows], towards), towards]
        )
        normal = jacobian.T @ (weight[:, None] * jacobian)
        right = jacobian.T @ (weight * off)
        here = at @ shape
        apart = motion.undo(wanted) - here
        loose = sure / (1 + (np.linalg.norm(apart, axis=1) / 0.3) ** 2) * _LANDMARK_SHARE / _LANDMARK**2
        for axis in range(3):
            unit = np.eye(3)[axis]
            turn = np.cross(here, unit)
            part = np.hstack([marks[:, :, axis].T, turn, np.tile(unit, (len(here), 1))])
            normal += part.T @ (loose[:, None] * part)
            right += part.T @ (loose * apart[:, axis])
        diagonal = np.r_[np.ones(count), np.full(6, 1e-6)]
        right[:count] -= coefficients
        step = np.linalg.solve(normal + np.diag(diagonal), right)
        coefficients = coefficients + step[:count]
        turn_by = Rotation.from_rotvec(step[count : count + 3]).as_matrix()
        rotation = motion.rotation @ turn_by
        motion = Motion(rotation, motion.shift + motion.rotation @ step[count + 3 :])
    return motion.apply(template.model.shape(coefficients.astype(np.float32)).astype(np.float64))
