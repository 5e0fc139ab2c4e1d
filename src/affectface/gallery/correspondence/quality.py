"""Whether a frame was registered well enough to be kept, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.gallery.correspondence.scan_surface import ScanSurface, closest_points, matching
from affectface.gallery.correspondence.template import RegistrationTemplate
from affectface.mesh import vertex_normals

_REACHED = 0.15
"""Distance from the scan, cm, up to which a vertex is covered by it: ten times a scanner's noise."""
_LOOKED_AT = 1.0
"""Distance, cm, beyond which the closest point of a scan says nothing of a vertex: the scan ends there."""
_CM_TO_MM = 10


@dataclass(frozen=True)
class FrameQuality:
    """How well a frame was registered.

    Attributes
    ----------
    distance : float
        Mean distance of the face's vertices from the scan where it has surface for them, mm.
    distance_95 : float
        The distance that 95 % of them are within, mm.
    flipped : float
        Share of the face's area whose triangles face the other way than in the reference.
    landmark_error : float
        Median distance of the registered landmarks from where they are seen on the scan, mm.
    covered : float
        Share of the face's area that has scan within 1.5 mm, of what a complete scan can show.
    eyes : float
        Distance of the outer eye corners, cm.
    """

    distance: float
    distance_95: float
    flipped: float
    landmark_error: float
    covered: float
    eyes: float

    def columns(self) -> dict[str, float]:
        """Return the numbers by name."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, kw_only=True)
class QualityConfig:
    """What a frame must reach to be kept. Good frames: some 40 drawn scans of both models."""

    distance: float = 0.6
    """Mean distance from the scan, mm: good frames have 0.11 to 0.2, references 0.28 to 0.53."""

    distance_95: float = 2.0
    """The 95 % distance, mm: good frames have 0.29 to 0.56, references 0.47 to 1.49."""

    flipped: float = 0.04
    """Share of the face that is folded over: good frames have less than 0.001; pressed lips and lids may fold."""

    landmark_error: float = 7.0
    """Median distance of the landmarks, mm: good frames have 1.3 to 3.2, mostly the landmarker's own error."""

    covered: float = 0.7
    """Share of the face that was scanned: good frames have 0.96 to 0.99, references 0.87 to 0.9."""

    eyes: tuple[float, float] = (6.5, 11.5)
    """Distance of the outer eye corners, cm, from a small child's to a large adult's."""

    proportions: tuple[float, float] = (0.82, 1.2)
    """How tall a neutral face is for its width, over the template's: 3,000 people drawn from both models have 0.84 to
    1.14. What lies beyond was stretched, as by a file whose axes have different units."""

    eyes_change: float = 0.08
    """By how much that may differ from the reference's: the same person does not grow between frames."""


def measure(
    template: RegistrationTemplate,
    scan: ScanSurface,
    vertices: NDArray[np.float64],
    reference: NDArray[np.float64],
    shown: BoolArray,
    landmarks: FloatArray,
) -> tuple[FrameQuality, BoolArray]:
    """Measure how well a frame was registered.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.
    scan : ScanSurface
        The scan, in the template's axes.
    vertices : ndarray of shape (S, 3), float64
        The registered skin, cm.
    reference : ndarray of shape (S, 3), float64
        The skin of its reference, by which flipped triangles are told, cm.
    shown : ndarray of shape (S,), bool
        What a complete scan can show.
    landmarks : ndarray of shape (478, 3), float32
        Where the landmarks are seen on the scan, cm; NaN where one is not seen.

    Returns
    -------
    quality : FrameQuality
        The numbers.
    covered : ndarray of shape (S,), bool
        Which vertices the scan has surface for.
    """
    normals = vertex_normals(vertices.astype(np.float32), template.triangles)
    found = closest_points(scan, vertices)
    covered = matching(found, normals, _REACHED)
    face = template.face & shown
    area = template.areas * face
    looked = face & ~found.border & (found.distance < _LOOKED_AT)
    away = found.distance[looked] * _CM_TO_MM
    seen = landmarks[template.landmarks]
    apart = np.linalg.norm(template.at_landmarks @ vertices - seen, axis=1)
    known = np.isfinite(apart)
    right, left = (template.at_landmarks[np.flatnonzero(template.landmarks == eye)] @ vertices for eye in (33, 263))
    return FrameQuality(
        distance=float(away.mean()) if len(away) else float("inf"),
        distance_95=float(np.percentile(away, 95)) if len(away) else float("inf"),
        flipped=_flipped(template, vertices, reference),
        landmark_error=float(np.median(apart[known])) * _CM_TO_MM if known.any() else float("inf"),
        covered=float((area * covered).sum() / max(area.sum(), 1e-9)),
        eyes=float(np.linalg.norm(right - left)),
    ), covered


def fault(quality: FrameQuality, config: QualityConfig, eyes: float | None = None) -> str:
    """Return why a frame should be left out, or nothing.

    Parameters
    ----------
    quality : FrameQuality
        How well it was registered.
    config : QualityConfig
        What is asked.
    eyes : float, optional
        Distance of the reference's outer eye corners, cm.

    Returns
    -------
    str
        The reason; empty if the frame is good.
    """
    least, most = config.eyes
    if not least <= quality.eyes <= most:
        return f"outer eye corners {quality.eyes:.1f} cm apart; {least} to {most} are a face's: check the unit"
    if eyes is not None and abs(quality.eyes / eyes - 1) > config.eyes_change:
        return f"outer eye corners {quality.eyes:.1f} cm apart, in the reference {eyes:.1f}: another scale or person"
    if not quality.covered >= config.covered:
        return f"the scan covers {quality.covered:.0%} of the face; {config.covered:.0%} are needed"
    for name, words, unit in (
        ("distance", "mean distance from the scan", " mm"),
        ("distance_95", "95 % distance from the scan", " mm"),
        ("flipped", "share of flipped triangles", ""),
        ("landmark_error", "landmark error", " mm"),
    ):
        value, limit = getattr(quality, name), getattr(config, name)
        if not value <= limit:
            return f"{words} {value:.2f}{unit}; up to {limit:g}{unit} is good"
    return ""


def stretched(template: RegistrationTemplate, skin: NDArray[np.float64], config: QualityConfig) -> str:
    """Return why a neutral face's proportions are nobody's, or nothing.

    Parameters
    ----------
    template : RegistrationTemplate
        The template.
    skin : ndarray of shape (S, 3), float64
        The registered skin, cm.
    config : QualityConfig
        What is asked.

    Returns
    -------
    str
        The reason; empty if they are a face's.
    """
    mean, found = (template.at_landmarks @ places for places in (template.vertices, skin))
    affine = np.linalg.lstsq(mean - mean.mean(axis=0), found - found.mean(axis=0), rcond=None)[0]
    tall = float(affine[1, 1] / affine[0, 0])
    least, most = config.proportions
    if least <= tall <= most:
        return ""
    return f"it is {tall:.2f} times as tall for its width as the mean face; {least:g} to {most:g} are people's"


def _flipped(template: RegistrationTemplate, vertices: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Return the share of the face's area, by the reference's, that faces the other way."""
    rows = template.triangles[template.face[template.triangles].all(1)]
    there, here = (
        np.cross(p[rows[:, 1]] - p[rows[:, 0]], p[rows[:, 2]] - p[rows[:, 0]]) for p in (reference, vertices)
    )
    area = np.linalg.norm(there, axis=1)
    return float(area[(there * here).sum(1) < 0].sum() / max(area.sum(), 1e-12))
