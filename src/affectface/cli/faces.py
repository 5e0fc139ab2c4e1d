"""Faces that the command line does not look for by itself: given as points, or found by another detector."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from affectface.landmarks import Face


class DetectorName(StrEnum):
    """Choices of ``--detector``."""

    dlib = "dlib"
    dlib68 = "dlib68"
    mtcnn = "mtcnn"
    retinaface = "retinaface"


def found_face(
    photo: Path, which: int | str, options: dict[str, Any], landmarks: Path | None, detector: DetectorName | None
) -> Face:
    """Return a face of a photo by a file of its points or by a detector of others.

    Parameters
    ----------
    photo : Path
        The photo.
    which : int or "largest"
        Which of the faces that the detector finds.
    options : dict
        What `portrait_options` returns; by its face model 68 points become all landmarks.
    landmarks : Path, optional
        A file of 68 points.
    detector : DetectorName, optional
        The detector; `dlib68` is dlib's with its 68 points instead of our landmarks.

    Returns
    -------
    Face
        The face.

    Raises
    ------
    AffectFaceError
        If there is no such face, the file cannot be used, or the detector is not installed.
    """
    from affectface.errors import FaceNotFoundError, LandmarkFileError
    from affectface.fitting.landmarks68 import face_from_points68
    from affectface.images import read_image
    from affectface.landmarks.adapters import FaceBox, detect_faces_with, dlib_landmarks68, named_detector
    from affectface.landmarks.point_files import read_landmark_file
    from affectface.morphable.library import load_named_face_model

    if landmarks and detector:
        raise typer.BadParameter("give --landmarks or --detector, not both", param_hint="--detector")
    image, model = read_image(photo), options.get("face_model") or load_named_face_model(None)
    size = image.shape[0], image.shape[1]
    if landmarks:
        points = read_landmark_file(landmarks)
        if len(points) != 68:
            raise LandmarkFileError(f"{landmarks}: has {len(points)} points; the 68 of iBUG are needed")
        return face_from_points68(model, points, size)
    index = 0 if which == "largest" else int(which)

    def area(box: FaceBox) -> float:
        x0, y0, x1, y1 = box.box
        return (x1 - x0) * (y1 - y0)

    if detector == DetectorName.dlib68:
        boxes = sorted(named_detector("dlib")(image), key=area, reverse=True)
        if index < len(boxes):
            return face_from_points68(model, dlib_landmarks68(image, boxes[index]), size)
        count = len(boxes)
    else:
        faces = detect_faces_with(named_detector(str(detector)), image)
        if index < len(faces):
            return faces[index]
        count = len(faces)
    raise FaceNotFoundError(f"face {index} is asked for, but {detector} finds {count}: try without --detector")
