"""The 478 landmarks on a scan: it is drawn from several sides, a landmarker looks, and what it finds is cast back.

The same is done for a face model's mean (`affectface.morphable.embedding`), so that both have the same habits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, IntArray
from affectface.camera import Camera
from affectface.errors import FaceNotFoundError, GalleryError
from affectface.gallery.correspondence.rigid import Motion, robust_motion
from affectface.landmarks import detect_faces
from affectface.mesh import vertex_normals
from affectface.morphable.embedding import combined_views
from affectface.morphable.looking import Landmarker, Shown, drawn, face_from, turns

VIEWS = ((0, 0), (22, 0), (-22, 0), (42, 0), (-42, 0))
"""Yaw and pitch, degrees, of the sides that a scan is drawn from."""
FRAME_VIEWS = ((0, 0), (30, 0), (-30, 0))
"""Those from which a further frame of a session is looked at."""
_SIDE = 512
_DISTANCE = 70.0
"""Of the drawn camera from the face, cm."""
_FACING = 0.15
"""Cosine of the angle to the camera beyond which a landmark is not seen."""


@dataclass(frozen=True, eq=False)
class ScanLandmarks:
    """Landmarks on a scan.

    Attributes
    ----------
    places : ndarray of shape (478, 3), float32
        Where they lie on its surface, in the axes of the template, cm; NaN where no view sees one.
    trust : ndarray of shape (478,), float32
        How sure that is, 0 to about 5: how many views see it, how frontally, and how far they agree.
    motion : Motion
        From the scan's axes to the template's.
    inside_out : bool
        Whether the scan's triangles are clockwise seen from outside.
    """

    places: FloatArray
    trust: FloatArray
    motion: Motion
    inside_out: bool


def seen_landmarks(image: Image) -> FloatArray:
    """Return the landmarks (478, 3) of the largest face in an image, pixels.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.

    Returns
    -------
    ndarray of shape (478, 3), float32
        The landmarks.

    Raises
    ------
    FaceNotFoundError
        If there is no face.
    """
    faces = detect_faces(image, max_faces=1)
    if not faces:
        raise FaceNotFoundError("no face is seen on the drawn scan")
    return faces[0].landmarks


def first_motion(
    mesh: Shown,
    template: FloatArray,
    landmarker: Landmarker = seen_landmarks,
    sides: Iterable[NDArray[np.float64]] | None = None,
) -> tuple[Motion, bool]:
    """Find a face on a scan of which nothing is known.

    Parameters
    ----------
    mesh : Shown
        The scan, cm.
    template : ndarray of shape (478, 3), float32
        The template's landmarks, cm.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels.
    sides : iterable of ndarray of shape (3, 3), optional
        Rotations after which the face may look along +z; all 24 of a cube if not given.

    Returns
    -------
    motion : Motion
        From the scan's axes to the template's, roughly.
    inside_out : bool
        Whether its triangles are clockwise seen from outside.

    Raises
    ------
    GalleryError
        If no face is seen from any of these sides.
    """
    for turn in turns() if sides is None else sides:
        seen = face_from(mesh, turn, landmarker)
        if seen is not None:
            turned = robust_motion(seen[0], template, scale=0.5)
            return Motion(turned.rotation @ turn, turned.shift), seen[1]
    raise GalleryError("no face is seen on the scan" + (" from any of 24 sides" if sides is None else ""))


def find_landmarks(
    mesh: Shown,
    template: FloatArray,
    start: tuple[Motion, bool],
    *,
    views: tuple[tuple[int, int], ...] = VIEWS,
    landmarker: Landmarker = seen_landmarks,
) -> ScanLandmarks:
    """Find the landmarks on a scan that lies roughly like the template.

    Parameters
    ----------
    mesh : Shown
        The scan, cm.
    template : ndarray of shape (478, 3), float32
        The template's landmarks, cm.
    start : tuple of Motion and bool
        Roughly its motion to the template's axes, and whether it is inside out; that of the frame before will do.
    views : tuple
        Yaw and pitch of the sides to look from, degrees; the first is the frontal one.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels.

    Returns
    -------
    ScanLandmarks
        The landmarks.

    Raises
    ------
    GalleryError
        If no face is seen from any side.
    """
    motion, inside_out = start
    placed = motion.apply(mesh.vertices).astype(np.float32)
    triangles = outward(mesh, inside_out)
    shown = Shown(placed, triangles, mesh.colour)
    normals = vertex_normals(placed, triangles)
    hits, trust = [], []
    for yaw, pitch in views:
        camera = _camera(template, yaw, pitch)
        cast = _cast(shown, normals, camera, landmarker)
        if cast is not None:
            hits.append(cast[0])
            trust.append(cast[1] * (2 if (yaw, pitch) == (0, 0) else 1))
    if not hits:
        raise GalleryError("no face is seen on the scan")
    places, sure = combined_views(np.stack(hits), np.stack(trust))
    mend = robust_motion(places, template, sure, scale=0.4)
    return ScanLandmarks(
        mend.apply(places).astype(np.float32),
        sure,
        motion.then(mend),
        inside_out,
    )


def find_again(mesh: Shown, template: FloatArray, start: tuple[Motion, bool]) -> ScanLandmarks:
    """Find the landmarks on a further scan of a session.

    Parameters
    ----------
    mesh : Shown
        The scan, cm.
    template : ndarray of shape (478, 3), float32
        The template's landmarks, cm.
    start : tuple of Motion and bool
        That of another scan of the session.

    Returns
    -------
    ScanLandmarks
        The landmarks.

    Raises
    ------
    GalleryError
        If no face is seen.
    """
    try:
        return find_landmarks(mesh, template, start, views=FRAME_VIEWS)
    except GalleryError:
        # The person may have walked off, but does not stand on the head: other sides are not looked at.
        again = first_motion(mesh, template, sides=[start[0].rotation])
        return find_landmarks(mesh, template, again, views=FRAME_VIEWS)


def outward(mesh: Shown, inside_out: bool) -> IntArray:
    """Return a scan's triangles (T, 3) counter-clockwise seen from outside."""
    return np.ascontiguousarray(mesh.triangles[:, ::-1]) if inside_out else mesh.triangles


def _camera(template: FloatArray, yaw: float, pitch: float) -> Camera:
    """Return a camera in front of where the face is, turned by degrees about the vertical and the horizontal axis."""
    low, high = np.nanmin(template, axis=0), np.nanmax(template, axis=0)
    middle = (low + high) / 2
    a, b = np.radians([yaw, pitch])
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    rotation = (nod @ turn).astype(np.float32)
    at_origin = Camera(rotation, np.zeros(3, dtype=np.float32), 1.0, (0.0, 0.0))
    away = np.array([0, 0, _DISTANCE], dtype=np.float32)
    translation = away - at_origin.to_camera(middle[None].astype(np.float32))[0]
    return Camera(rotation, translation, 0.55 * _SIDE * _DISTANCE / float(high[1] - low[1]), (_SIDE / 2, _SIDE / 2))


def _cast(
    shown: Shown, normals: FloatArray, camera: Camera, landmarker: Landmarker
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return one view's landmarks (478, 3) on the surface, and how far they are seen (478,); None without a face."""
    look = drawn(shown, camera.project(np.asarray(shown.vertices, dtype=np.float32)), _SIDE)
    try:
        found = landmarker(look.image)
    except FaceNotFoundError:
        return None
    column, row = np.clip(np.floor(found[:, :2]).astype(int), 0, _SIDE - 1).T
    triangle = look.triangle[row, column]
    corners, weight = shown.triangles[triangle], look.weights[row, column]
    surface = np.einsum("nc,ncd->nd", weight, shown.vertices[corners].astype(np.float64))
    normal = np.einsum("nc,ncd->nd", weight, normals[corners].astype(np.float64))
    # The pixel's centre was looked up; the rest of the way goes along the surface's tangent.
    step = (found[:, :2] - np.stack([column, row], axis=1) - 0.5) / camera.focal * _DISTANCE
    right, down, ahead = (camera.rotation * np.array([[1], [-1], [-1]])).astype(np.float64)
    moved = step[:, :1] * right + step[:, 1:] * down
    facing = -(normal @ ahead)
    moved -= ((moved * normal).sum(1) / np.minimum(normal @ ahead, -_FACING))[:, None] * ahead
    inside = ((found[:, :2] >= 0) & (found[:, :2] < _SIDE)).all(1)
    seen = (triangle >= 0) & inside & (facing > _FACING)
    surface = np.where(seen[:, None], surface + np.clip(moved, -0.05, 0.05), np.nan)
    return surface, np.where(seen, np.clip(facing, 0, 1) ** 4, 0)
