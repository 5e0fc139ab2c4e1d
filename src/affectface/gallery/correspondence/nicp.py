"""Non-rigid ICP: a surface is drawn to a scan's closest points, stiffly at first, then ever more softly.

Amberg, Romdhani & Vetter (2007): in each step the minimum for the present correspondences is found exactly. Their
stiffness is the difference of neighbours' affine maps; here it is the bending energy of the displacement, which like
theirs costs nothing for an affine motion, and whose system is a sixteenth of the size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray
from affectface.gallery.correspondence.elastic import ElasticSurface
from affectface.gallery.correspondence.scan_surface import ScanSurface, closest_points, matching
from affectface.mesh import vertex_normals

_SLIDING = 0.2
"""How far a vertex is drawn along the scan's tangent towards its closest point: that is no counterpart, and only keeps
folds from sliding away."""
_ROBUST = (2.0, 2.0, 1.5, 1.5, 1.0, 1.0, 0.7, 0.7)
"""Distance, cm, at which a landmark has half of its pull, round by round: at first the plate is far from all."""


def nicp(
    steps: Sequence[tuple[ElasticSurface, float, int]], scan: ScanSurface, start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], BoolArray]:
    """Draw a surface to a scan.

    Parameters
    ----------
    steps : sequence of (ElasticSurface, float, int)
        The surface, ever softer; the farthest closest point that counts, cm; and how many times it is drawn.
    scan : ScanSurface
        The scan.
    start : ndarray of shape (S, 3), float64
        Where the surface begins, cm.

    Returns
    -------
    vertices : ndarray of shape (S, 3), float64
        Where it ends, cm.
    matched : ndarray of shape (S,), bool
        Which vertices have a counterpart on the scan.
    """
    vertices = start
    matched = np.zeros(len(start), dtype=bool)
    for surface, farthest, rounds in steps:
        for _ in range(rounds):
            target, matched = scan_targets(surface, scan, vertices, farthest, _SLIDING)
            vertices = surface.towards(target)
    return vertices, matched


def scan_targets(
    surface: ElasticSurface, scan: ScanSurface, vertices: NDArray[np.float64], farthest: float, sliding: float = 0.0
) -> tuple[NDArray[np.float64], BoolArray]:
    """Return where a surface is drawn by a scan.

    Parameters
    ----------
    surface : ElasticSurface
        The surface; vertices of weight 0 are not looked up.
    scan : ScanSurface
        The scan.
    vertices : ndarray of shape (S, 3), float64
        Where the surface is, cm.
    farthest : float
        The farthest closest point that counts, cm.
    sliding : float
        Share of the way along the scan's tangent; the way along its normal is always gone.

    Returns
    -------
    target : ndarray of shape (S, 3), float64
        The targets, cm; the present place where there is none.
    matched : ndarray of shape (S,), bool
        Which vertices have one.
    """
    sought = np.flatnonzero(surface.weight > 0)
    normals = vertex_normals(vertices.astype(np.float32), surface.template.triangles)[sought].astype(np.float64)
    found = closest_points(scan, vertices[sought])
    good = matching(found, normals, farthest)
    way = found.points - vertices[sought]
    along = (way * found.normals).sum(1, keepdims=True) * found.normals
    target = vertices.copy()
    target[sought[good]] += (along + sliding * (way - along))[good]
    matched = np.zeros(len(vertices), dtype=bool)
    matched[sought[good]] = True
    return target, matched


def drawn_to_landmarks(
    surface: ElasticSurface, landmarks: NDArray[np.float64], trust: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a surface drawn to landmarks, as a thin plate with a slit where the mouth opens.

    Parameters
    ----------
    surface : ElasticSurface
        The surface, with a pull.
    landmarks : ndarray of shape (L, 3), float64
        Where the template's landmarks should be, cm; NaN where nobody knows.
    trust : ndarray of shape (L,), float64
        How far each is believed, 0 to 1.

    Returns
    -------
    ndarray of shape (S, 3), float64
        The surface, cm. Landmarks that the others contradict count little.
    """
    at = surface.template.at_landmarks
    known = np.asarray(np.isfinite(landmarks).all(axis=1))
    sure = np.where(known, np.clip(trust, 0, 1), 0)
    wanted = np.where(known[:, None], landmarks, 0)
    vertices, share = surface.rest, sure
    for robust in _ROBUST:
        here = at @ vertices
        vertices = surface.towards(surface.rest, here + share[:, None] * (wanted - here))
        away = np.linalg.norm(at @ vertices - wanted, axis=1)
        share = sure / (1 + (away / robust) ** 2)
    return vertices
