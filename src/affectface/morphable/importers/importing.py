"""The whole way from a published file to a face model that can be fitted."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from affectface.arrays import FloatArray, IntArray
from affectface.errors import ModelFileError
from affectface.landmark_numbers import LANDMARKS68
from affectface.morphable.embedding import embed_landmarks, view_errors, with_landmarks
from affectface.morphable.face_model import FaceModel
from affectface.morphable.importers.parts import find_parts
from affectface.morphable.importers.placing import Placed, place
from affectface.morphable.importers.published import PublishedModel, bare_face_model
from affectface.morphable.importers.reading import Format, read_published_model
from affectface.morphable.importers.unwrapping import unwrap
from affectface.morphable.looking import Landmarker

LARGEST_ERROR = 0.04
"""Median distance between landmarks and where they are seen in a view, in inter-ocular distances, from which a model is
refused."""


@dataclass(frozen=True, eq=False)
class Imported:
    """A face model made of a published one.

    Attributes
    ----------
    model : FaceModel
        The model, with landmarks.
    kind : str
        The published format.
    licence : str
        What is known of its terms of use.
    view_errors : dict of int to float
        Yaw of each view it was checked from, degrees, and the landmarks' median error in it, in inter-ocular distances.
    notes : tuple of str
        What was changed, in words.
    """

    model: FaceModel
    kind: str
    licence: str
    view_errors: dict[int, float]
    notes: tuple[str, ...]


def import_face_model(
    path: str | os.PathLike[str],
    landmarker: Landmarker,
    *,
    format: Format | None = None,
    bases: str | os.PathLike[str] | None = None,
    name: str | None = None,
) -> Imported:
    """Read a published 3D morphable model and make it one of ours.

    Parameters
    ----------
    path : path-like
        The file, or ICT-FaceKit's folder.
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels; raises `FaceNotFoundError`
        if there is none.
    format : str, optional
        The layout; recognised from the content if not given.
    bases : path-like, optional
        A second file that belongs to it (see `affectface.morphable.importers.reading.read_published_model`).
    name : str, optional
        What to call it in records.

    Returns
    -------
    Imported
        The model, with landmarks, and what was found out about it.

    Raises
    ------
    ModelFileError
        If the file cannot be read, or no face is seen on its mean, or the landmarks are not where they are seen.
    """
    published = read_published_model(path, format, bases)
    if name is not None:
        published = replace(published, name=name)
    return as_face_model(published, landmarker)


def as_face_model(published: PublishedModel, landmarker: Landmarker) -> Imported:
    """Turn, scale and unwrap a published model, and find its landmarks.

    Parameters
    ----------
    published : PublishedModel
        The model as published.
    landmarker : callable
        As for `import_face_model`.

    Returns
    -------
    Imported
        The model.

    Raises
    ------
    ModelFileError
        As for `import_face_model`.
    """
    with np.errstate(all="ignore"):  # numbers near the end of their range; what is not finite after it is refused
        placed = place(published, landmarker)
        model = _bare(placed)
    known = published.landmarks68 is not None
    if not known:
        model = replace(model, landmarks68=_nearest_vertices(model, placed.landmarks))
        # Brows, eyes and lips are painted where the landmarks are thought to be: the second time they are nearly there.
        triangles, weights = embed_landmarks(model, landmarker)
        model = replace(model, landmark_triangles=triangles, landmark_weights=weights)
        model = replace(model, landmarks68=_nearest_vertices(model, _places(model, placed.landmarks)))
    model = with_landmarks(model, landmarker)
    if not known:
        model = replace(model, landmarks68=_nearest_vertices(model, _places(model, placed.landmarks)))
    errors = view_errors(model, landmarker)
    worst = max(errors, key=lambda yaw: errors[yaw])
    if not errors[worst] <= LARGEST_ERROR:
        raise ModelFileError(
            f"{model.name}: seen from {worst} degrees its landmarks are off by {100 * errors[worst]:.1f} % of the "
            f"distance of the eyes; {100 * LARGEST_ERROR:.0f} % is the most: give its vertices colours, "
            "or the 68 points, by an .npz with 'colour' or 'landmarks68'"
        )
    return Imported(model, published.kind, published.licence, errors, placed.notes)


def _bare(placed: Placed) -> FaceModel:
    """Return the placed model as a face model without landmarks."""
    model = placed.model
    if model.regions is None:
        model = replace(model, regions=find_parts(model.vertices, model.triangles, placed.landmarks))
    uv, uv_triangles = model.uv, model.uv_triangles
    if uv is None or uv_triangles is None:
        eyes = float(np.nanmean(placed.landmarks[[33, 263], 2]))
        uv, uv_triangles = unwrap(model.vertices, model.triangles, eyes)
    return bare_face_model(model, uv, uv_triangles)


def _places(model: FaceModel, otherwise: FloatArray) -> FloatArray:
    """Return the landmarks' places (478, 3) on the model; those of `otherwise` where it has none."""
    found = model.at_landmarks(model.vertices)
    return np.where(model.landmark_triangles[:, None] >= 0, found, otherwise)


def _nearest_vertices(model: FaceModel, landmarks: FloatArray) -> IntArray:
    """Return the skin's vertices (68,) nearest to the iBUG points among landmarks (478, 3), some of which are NaN."""
    points = landmarks[list(LANDMARKS68)]
    unknown = np.isnan(points).any(axis=1)
    order = np.arange(len(points))
    nearest_known = np.abs(order[:, None] - np.where(unknown, 1000, order)[None]).argmin(axis=1)
    points = points[nearest_known]
    skin = np.unique(model.triangles[model.region("face", "head")])
    return np.asarray(skin[cKDTree(model.vertices[skin]).query(points)[1]], dtype=np.int32)
