"""Landmarks for face models that have none, by our own landmarker."""

from __future__ import annotations

import os

from affectface.arrays import FloatArray, Image
from affectface.errors import FaceNotFoundError
from affectface.landmarks import detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.embedding import with_landmarks
from affectface.morphable.importers import Format
from affectface.morphable.importers.importing import Imported, import_face_model


def drawn_landmarks(image: Image) -> FloatArray:
    """Return the landmarks of the face on a drawing of a face model.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The drawing.

    Returns
    -------
    ndarray of shape (478, 3), float32
        The landmarks, pixels.

    Raises
    ------
    FaceNotFoundError
        If no face is seen.
    """
    faces = detect_faces(image, max_faces=1)
    if not faces:
        raise FaceNotFoundError("no face was found on the drawn face model; is it a face model of a head?")
    return faces[0].landmarks


def with_own_landmarks(model: FaceModel) -> FaceModel:
    """Return a model, whose 68 points are set, with its landmark embedding; see `with_landmarks`."""
    return with_landmarks(model, drawn_landmarks)


def import_model(
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,
    bases: str | os.PathLike[str] | None = None,
    name: str | None = None,
) -> Imported:
    """Read a published 3D morphable model of any known layout and make it one that can be fitted.

    Parameters
    ----------
    path : path-like
        The file, or ICT-FaceKit's folder.
    format : str, optional
        The layout; recognised from the content if not given.
    bases : path-like, optional
        The bases (`.npz`) of a mesh, or the expression blendshapes (`.bin`) of the Surrey Face Model.
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
    return import_face_model(path, drawn_landmarks, format=format, bases=bases, name=name)
