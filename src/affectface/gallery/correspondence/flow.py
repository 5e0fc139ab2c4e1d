"""What the skin itself says: dense optical flow between a frame's unrolled picture and the reference's.

The frame is first warped by the present correspondence, triangle by triangle, so that lips part where the mesh does and
what is left is small. The flow (DIS, Kroeger et al. 2016) then moves pores, moles and brows onto each other. Light
and colour that change over more than a few millimetres are taken out of both pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, Image, IntArray
from affectface.gallery.correspondence.cylinder import (
    Cylinder,
    UvMap,
    look_up_map,
    unrolled_values,
)
from affectface.gallery.correspondence.tps import pixel_centres

_LOCAL = 12.0
"""Standard deviation of the surroundings that a pixel is compared with, pixels: 6 mm."""
_CONTRAST, _LEAST_CONTRAST = 40.0, 2.0
"""Grey levels that a standard deviation of the surroundings is stretched to, and the least that counts as one."""
_FARTHEST = 60.0
"""Pixels, 3 cm, that no flow is longer than."""
_SEEN = 0.4
"""Distance, cm, of the frame's outermost surface from where a vertex is thought to be, up to which it is seen."""
_UNLIKE = 25.0
"""Grey levels between frame and reference after the flow, at which it is half believed."""


@dataclass(frozen=True, eq=False)
class SkinPicture:
    """The reference's skin.

    Attributes
    ----------
    vertices : ndarray of shape (S, 3), float64
        Its vertices, cm.
    triangles : ndarray of shape (T, 3), int32
        Its triangles.
    picture : ndarray of shape (H, W), uint8
        Its unrolled scan in grey, as `skin_picture` makes it.
    known : ndarray of shape (H, W), bool
        Where the scan has no hole.
    """

    vertices: NDArray[np.float64]
    triangles: IntArray
    picture: Image
    known: BoolArray


def skin_picture(unrolled: UvMap) -> Image | None:
    """Return an unrolled scan in grey, without light and colour that change slowly.

    Parameters
    ----------
    unrolled : UvMap
        The scan.

    Returns
    -------
    ndarray of shape (H, W), uint8, or None
        Grey levels about 128, which holes have; None where the scan has no colours.
    """
    if unrolled.colours is None:
        return None
    grey = cv2.cvtColor(unrolled.colours, cv2.COLOR_RGB2GRAY).astype(np.float32)
    known = unrolled.known.astype(np.float32)
    around = cv2.GaussianBlur(known, (0, 0), _LOCAL) + 1e-4
    mean = cv2.GaussianBlur(grey * known, (0, 0), _LOCAL) / around
    spread = cv2.GaussianBlur((grey - mean) ** 2 * known, (0, 0), _LOCAL) / around
    sharp = (grey - mean) / np.sqrt(spread + _LEAST_CONTRAST**2) * known
    return np.asarray(np.clip(128 + _CONTRAST * sharp, 0, 255), dtype=np.uint8)


def flow_places(
    cylinder: Cylinder,
    reference: SkinPicture,
    frame: UvMap,
    picture: Image,
    vertices: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the flow puts the reference's vertices on a frame.

    Parameters
    ----------
    cylinder : Cylinder
        That of reference and frame.
    reference : SkinPicture
        The reference.
    frame : UvMap
        The frame, unrolled.
    picture : ndarray of shape (H, W), uint8
        Its skin.
    vertices : ndarray of shape (S, 3), float64
        Where the vertices are thought to be on the frame, cm.

    Returns
    -------
    places : ndarray of shape (S, 3), float64
        Where they are by the flow, cm; where they were thought to be if it does not say.
    trust : ndarray of shape (S,), float64
        How far that is to be believed, 0 to 1.
    """
    now = cylinder.project(vertices)[:, :2]
    at = cylinder.project(reference.vertices)[:, :2]
    warp = unrolled_values(cylinder, reference.vertices, reference.triangles, now)
    both = (look_up_map(frame.known, warp) > 0.99) & (warp[..., 0] > -1) & reference.known
    warped = np.where(both, np.rint(look_up_map(picture, warp)), 128).astype(np.uint8)
    target = np.where(both, reference.picture, 128).astype(np.uint8)
    flow = _dense_flow(target, warped)
    left = np.abs(look_up_map(warped, pixel_centres(cylinder.shape) + flow, 128) - target) * both
    unlike = cv2.GaussianBlur(left, (0, 0), 3) / (cv2.GaussianBlur(both.astype(np.float32), (0, 0), 3) + 1e-3)
    # The step is measured in the warp, so that a vertex beside a hole of the mesh is not torn across it.
    there = now + look_up_map(warp, at + look_up_map(flow, at), -1e4) - look_up_map(warp, at, -1e4)
    good = (np.abs(there - now) < _FARTHEST).all(1) & (look_up_map(both, at) > 0.5)
    good &= look_up_map(frame.known, there) > 0.999
    good &= np.linalg.norm(look_up_map(frame.places, now) - vertices, axis=1) < _SEEN
    places = np.where(good[:, None], look_up_map(frame.places, there), vertices)
    return places.astype(np.float64), good / (1 + (look_up_map(unlike, at) / _UNLIKE) ** 2)


def _dense_flow(first: Image, second: Image) -> NDArray[np.float32]:
    """Return where each pixel of a grey picture went in another (H, W, 2), pixels."""
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    method.setFinestScale(0)
    start = np.zeros((*first.shape, 2), dtype=np.float32)
    return np.asarray(method.calc(first, second, start), dtype=np.float32)
