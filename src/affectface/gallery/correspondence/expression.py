"""A reference's skin moved as a frame's expression says, before it is drawn to the frame: by facial units.

A smooth plate that follows landmarks and closest points stays behind where skin slides along itself, as cheeks and lips
do in a smile: it lies well on the scan, and millimetres off along it. A face model's facial units say how skin moves
together. They are fitted to landmarks and shape first, and to what the skin's texture says later; the plates then add
what units cannot say.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectface.gallery.correspondence.scan_surface import ScanSurface, closest_points, matching
from affectface.gallery.correspondence.template import RegistrationTemplate
from affectface.mesh import vertex_normals

_ROUNDS = 10
_EVERY = 3
"""Every which vertex is looked up: neighbours say the same."""
_SURFACE, _LANDMARK, _PLACE = 0.1, 0.2, 0.05
"""Standard deviations, cm: of the surface's distance where units cannot follow it, of a landmark, and of a square
centimetre of skin whose place is known."""
_ALIKE, _LANDMARK_SHARE = 0.3, 0.07
"""How much one looked-up point of the surface counts, and one landmark: neighbours' errors are alike."""
_STRENGTH = 0.5
"""Prior standard deviation of a facial unit's strength."""
_FREE = 1e-6
"""That of the head's motion is as good as infinite."""
_WIDEST, _NARROWEST, _NARROWING = 1.0, 0.3, 0.8
"""The farthest closest point that counts, cm, in the first round, at least, and its factor from round to round."""
_FAR, _OUTLYING = 0.3, 0.08
"""Distances, cm, at which a landmark, and skin whose place is known, are half believed."""


def fit_expression(
    template: RegistrationTemplate,
    reference: NDArray[np.float64],
    scan: ScanSurface,
    landmarks: NDArray[np.float64],
    trust: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fit facial units and a small motion of the head to a scan that lies roughly like the reference.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.
    reference : ndarray of shape (S, 3), float64
        The reference's skin, cm.
    scan : ScanSurface
        The frame, in the template's axes, cm.
    landmarks : ndarray of shape (L, 3), float64
        Where the template's landmarks should be, cm; NaN where nobody knows.
    trust : ndarray of shape (L,), float64
        How far each is believed, 0 to 1.

    Returns
    -------
    ndarray of shape (S, 3), float64
        How the skin is displaced, cm; not at all by a face model without facial units.

    Notes
    -----
    Gauss-Newton on the distances along the scan's normals, the landmarks, and a normal prior of the units' strengths.
    """
    if not len(template.units):
        return np.zeros_like(reference)
    columns, prior = _columns(template, reference)
    rows = np.flatnonzero(template.face)[::_EVERY]
    area = template.areas[rows] / template.areas[rows].mean()
    own, at = columns[:, rows], template.at_landmarks
    marks = np.stack([at @ moved for moved in columns])
    known = np.asarray(np.isfinite(landmarks).all(axis=1))
    sure = np.where(known, np.clip(trust, 0, 1), 0)
    wanted = np.where(known[:, None], landmarks, 0)
    found = np.zeros(len(columns))
    for number in range(_ROUNDS):
        skin = reference + np.tensordot(found, columns, axes=1)
        normals = vertex_normals(skin.astype(np.float32), template.triangles)[rows]
        near = closest_points(scan, skin[rows])
        good = matching(near, normals, max(_NARROWEST, _WIDEST * _NARROWING**number), 0.6)
        off = ((near.points - skin[rows]) * near.normals).sum(1)
        wide = max(_SURFACE, 1.4826 * float(np.median(np.abs(off[good])))) if good.any() else _SURFACE
        weight = good * area / (1 + (off / wide) ** 2) * _ALIKE / _SURFACE**2
        slopes = np.einsum("knd,nd->kn", own, near.normals, optimize=True)
        gram, right = (slopes * weight) @ slopes.T, slopes @ (weight * off)
        apart = wanted - at @ skin
        loose = sure / (1 + (np.linalg.norm(apart, axis=1) / _FAR) ** 2) * _LANDMARK_SHARE / _LANDMARK**2
        gram += np.einsum("kld,l,mld->km", marks, loose, marks, optimize=True)
        right += np.einsum("kld,l,ld->k", marks, loose, apart, optimize=True)
        found = found + np.linalg.solve(gram + np.diag(prior), right - prior * found)
    return np.asarray(np.tensordot(found, columns, axes=1))


def explained(
    template: RegistrationTemplate,
    reference: NDArray[np.float64],
    places: NDArray[np.float64],
    trust: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what facial units and a small motion of the head explain of where skin is.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.
    reference : ndarray of shape (S, 3), float64
        The reference's skin, cm.
    places : ndarray of shape (S, 3), float64
        Where it is in the frame, cm.
    trust : ndarray of shape (S,), float64
        How far that is believed, 0 to 1.

    Returns
    -------
    ndarray of shape (S, 3), float64
        How the skin is displaced, cm: robust least squares, with a normal prior of the units' strengths.
    """
    if not len(template.units):
        return np.zeros_like(reference)
    columns, prior = _columns(template, reference)
    rows = np.flatnonzero(template.face)[::_EVERY]
    area = _EVERY * template.areas[rows] * trust[rows]
    own, goal = columns[:, rows].reshape(len(columns), -1), (places - reference)[rows]
    weight: NDArray[np.float64] = area
    found: NDArray[np.floating] = np.zeros(len(columns))
    for _ in range(_ROUNDS):
        weighted = own * np.repeat(weight / _PLACE**2, 3)
        found = np.linalg.solve(weighted @ own.T + np.diag(prior), weighted @ goal.ravel())
        left = goal - (found @ own).reshape(-1, 3)
        weight = np.asarray(area / (1 + (left**2).sum(axis=1) / _OUTLYING**2))
    return np.asarray(np.tensordot(found, columns, axes=1))


def _columns(
    template: RegistrationTemplate, reference: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what units, small turns and shifts do to the skin (E + 6, S, 3), and how sure it is that they are 0."""
    around = reference - reference[template.face].mean(axis=0)
    turns = [np.cross(axis, around) for axis in np.eye(3)]
    shifts = [np.broadcast_to(axis, around.shape) for axis in np.eye(3)]
    prior = np.r_[np.full(len(template.units), 1 / _STRENGTH**2), np.full(6, _FREE)]
    return np.concatenate([template.units, np.stack([*turns, *shifts])]), prior
