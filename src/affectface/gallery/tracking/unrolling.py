"""Scans of one person, each unrolled about an axis upright in its own head."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.errors import GalleryError
from affectface.gallery.correspondence.cylinder import Cylinder, UvMap, fit_cylinder, unroll
from affectface.gallery.correspondence.reference import check_scan
from affectface.gallery.correspondence.rigid import Motion
from affectface.gallery.correspondence.scan_landmarks import (
    FRAME_VIEWS,
    ScanLandmarks,
    find_again,
    find_landmarks,
    first_motion,
    outward,
)
from affectface.gallery.correspondence.template import RegistrationTemplate
from affectface.gallery.correspondence.working import scan_of
from affectface.gallery.store import Gallery
from affectface.gallery.tracking.point_table import Place
from affectface.gallery.tracking.points79 import POINTS79
from affectface.gallery.tracking.unrolled import landmarks_on_scan
from affectface.morphable.looking import Shown

_JAW = 3.0
"""How far below the closed mouth's chin is unrolled, cm: an open jaw goes down so far."""


@dataclass(frozen=True, eq=False)
class Unrolled:
    """A frame's scan, unrolled.

    Attributes
    ----------
    place : (str, int)
        The sequence and the frame.
    motion : Motion
        From the scan's axes to those that it was unrolled in.
    inside_out : bool
        Whether its triangles are clockwise seen from outside.
    cylinder : Cylinder
        What it was unrolled from.
    image : ndarray of shape (H, W, 3), uint8
        Its colours.
    known : ndarray of shape (H, W), bool
        Where there are some.
    places : ndarray of shape (H, W, 3), float32
        Its points, cm.
    seen : ndarray of shape (79, 2), float32, or None
        What the landmarker saw, pixels, the template's point where it saw none; None where it saw no face.
    """

    place: Place
    motion: Motion
    inside_out: bool
    cylinder: Cylinder
    image: Image
    known: BoolArray
    places: FloatArray
    seen: FloatArray | None

    def pixels(self, landmarks: FloatArray) -> FloatArray:
        """Return where landmarks (478, 3) in the scan's axes, cm, lie in the picture: (79, 2), pixels."""
        points = self.motion.apply(landmarks[list(POINTS79)])
        return self.cylinder.project(points)[:, :2].astype(np.float32)

    def landmarks(self, points: FloatArray) -> FloatArray:
        """Return where points (79, 2), pixels, lie on the scan in its axes: (478, 3), cm, NaN where unknown."""
        return self.motion.undo(landmarks_on_scan(points, self.places, self.known)).astype(np.float32)


def session_cylinder(template: RegistrationTemplate) -> Cylinder:
    """Return the cylinder of the template's face, in whose axes every scan is unrolled."""
    fitted = fit_cylinder(template.vertices[template.face])
    return replace(fitted, bottom=fitted.bottom - _JAW)


def unrolled_frame(
    gallery: Gallery,
    place: Place,
    template: RegistrationTemplate,
    cylinder: Cylinder,
    start: tuple[Motion, bool] | None = None,
) -> Unrolled:
    """Unroll a frame in the axes of the template.

    Parameters
    ----------
    gallery : Gallery
        A gallery of scans.
    place : (str, int)
        The sequence and the frame.
    template : RegistrationTemplate
        The template.
    cylinder : Cylinder
        What it is unrolled from.
    start : tuple of Motion and bool, optional
        Motion of another frame of the session to the template's axes, and whether scans are inside out. It is what
        counts where the landmarker sees no face. Without it the face is sought from all sides.

    Returns
    -------
    Unrolled
        The frame.

    Raises
    ------
    GalleryError
        If the scan is broken or has no colours, or no face is seen and there is no `start`.
    """
    scan = scan_of(gallery, place)
    check_scan(scan)
    if scan.colour is None:
        raise GalleryError("scans without colours; points are tracked by how the skin looks")
    marks = template.landmark_places
    seen = _seen(scan, marks, start)
    found = start if seen is None else (seen.motion, seen.inside_out)
    assert found is not None
    motion, inside_out = found
    picture: UvMap = unroll(cylinder, motion.apply(scan.vertices), outward(scan, inside_out), scan.colour)
    assert picture.colours is not None
    points = None
    if seen is not None:
        filled = np.where(np.isfinite(seen.places), seen.places, marks)[list(POINTS79)]
        points = cylinder.project(filled)[:, :2].astype(np.float32)
    return Unrolled(place, motion, inside_out, cylinder, picture.colours, picture.known, picture.places, points)


def _seen(scan: Shown, marks: FloatArray, start: tuple[Motion, bool] | None) -> ScanLandmarks | None:
    """Return the landmarks of a scan; None where no face is seen and `start` must do."""
    if start is None:
        return find_landmarks(scan, marks, first_motion(scan, marks), views=FRAME_VIEWS)
    try:
        return find_again(scan, marks, start)
    except GalleryError:
        return None
