"""Fits of many pictures: films, several photos of one person, or photos of anybody; and their file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from affectface.arrays import Image
from affectface.clips import Film
from affectface.errors import AffectFaceError, FaceNotFoundError, ImageError
from affectface.files import atomic_path
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.face_fit import FaceFit, interocular_distance
from affectface.fitting.fit import fit_face
from affectface.fitting.photometric import fit_photometric
from affectface.fitting.photometric_config import MEASURED
from affectface.fitting.sequences import Picture, fit_same_person, fit_sequence
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable import FaceModel
from affectface.morphable.texture.texture_model import TextureModel
from affectface.synthesis.fit_records import record_of_fit
from affectface.synthesis.portrait import Portrait

Advance = Callable[[int], None]

_EYES = 110.0
"""Inter-ocular distance, pixels, to which a film's frames are shrunk where they are kept: features need 90."""


@dataclass(frozen=True, eq=False)
class NamedFit:
    """A picture's fit, or that it shows no face.

    Attributes
    ----------
    name : str or int
        The photo's file, or the number of the film's frame.
    picture : Picture or None
        Landmarks and size; None where there is no face.
    fit : FaceFit or None
        The fit.
    reason : str
        Why there is none.
    """

    name: str | int
    picture: Picture | None
    fit: FaceFit | None
    reason: str = ""


def fit_photos(
    model: FaceModel,
    files: Sequence[Path],
    *,
    same_person: bool = False,
    texture: TextureModel | None = None,
    advance: Advance | None = None,
) -> list[NamedFit]:
    """Fit the largest face of each photo.

    Parameters
    ----------
    model : FaceModel
        The face model.
    files : sequence of Path
        The photos.
    same_person : bool
        Whether all show one person, whose identity they then share.
    texture : TextureModel, optional
        With it features count as well as landmarks.
    advance : callable, optional
        Called with 1 after each photo was read.

    Returns
    -------
    list of NamedFit
        One a photo.

    Raises
    ------
    FaceNotFoundError
        If a photo shows no face.
    AffectFaceError
        If a photo cannot be read or fitted.
    """
    pictures = []
    for file in files:
        picture = _picture(read_image(file))
        if picture is None:
            raise FaceNotFoundError(f"{file}: no face was found; leave it out or give a clearer photo")
        pictures.append(picture)
        if advance:
            advance(1)
    if same_person:
        fits = list(fit_same_person(model, pictures, texture=texture))
    else:
        fits = [_alone(model, picture, texture) for picture in pictures]
    return [NamedFit(str(f), p, fit) for f, p, fit in zip(files, pictures, fits, strict=True)]


def fit_film(
    model: FaceModel, film: Film, *, texture: TextureModel | None = None, advance: Advance | None = None
) -> list[NamedFit]:
    """Fit the largest face of each frame of a film, which is taken for the same person throughout.

    Parameters
    ----------
    model : FaceModel
        The face model.
    film : Film
        The film.
    texture : TextureModel, optional
        With it features count as well as landmarks.
    advance : callable, optional
        Called with 1 after each frame was looked at.

    Returns
    -------
    list of NamedFit
        One a frame; a frame without a face, or with one that is turned away, has no fit but a reason.

    Raises
    ------
    FaceNotFoundError
        If no frame shows a face that can be fitted.
    AffectFaceError
        If the film cannot be read.
    """
    result: list[NamedFit] = []
    used: list[tuple[int, Picture, float]] = []
    for number, frame in enumerate(film.frames()):
        picture, reason = fittable(model, frame)
        result.append(NamedFit(number, None, None, reason))
        if picture is not None:
            smaller, factor = (replace(picture, image=None), 1.0) if texture is None else _shrunk(picture)
            used.append((number, smaller, factor))
        if advance:
            advance(1)
    if not used:
        raise FaceNotFoundError(f"{film.path}: none of its {len(result)} frames shows a face; give another film")
    fits = fit_sequence(model, [picture for _, picture, _ in used], texture=texture)
    for (number, picture, factor), fit in zip(used, fits, strict=True):
        result[number] = NamedFit(number, *_enlarged(picture, fit, 1 / factor))
    return result


def fittable(model: FaceModel, frame: Image) -> tuple[Picture | None, str]:
    """Return a frame's face, or why it cannot be fitted: in a film a head may turn away for a while.

    Parameters
    ----------
    model : FaceModel
        The face model.
    frame : ndarray of shape (H, W, 3), uint8
        The frame.

    Returns
    -------
    picture : Picture or None
        The largest face.
    reason : str
        Why there is none.
    """
    picture = _picture(frame)
    if picture is None:
        return None, "no face was found"
    try:
        fit_landmarks(model, picture.landmarks, picture.size)
    except AffectFaceError as error:
        return None, str(error)
    return picture, ""


def fitted_by_features(portrait: Portrait, texture: TextureModel, *, focal: float | None = None) -> Portrait:
    """Return a portrait with its face fitted by features as well as landmarks.

    Parameters
    ----------
    portrait : Portrait
        The portrait; what its occlusion mask covers does not count.
    texture : TextureModel
        The texture model, learned for the portrait's face model.
    focal : float, optional
        The focal length, pixels, where it is known.

    Returns
    -------
    Portrait
        The same photo with the new fit.

    Raises
    ------
    TopologyMismatchError
        If the texture model was learned for another face model.
    """
    fit = fit_photometric(
        portrait.face_model,
        texture,
        portrait.image,
        portrait.face.landmarks,
        occluded=portrait.occlusion_mask,
        config=replace(MEASURED, focal=focal),
    )
    return replace(portrait, fit=fit)


def check_fits_file(path: str | os.PathLike[str]) -> None:
    """Refuse a file that several fits cannot be written to.

    Parameters
    ----------
    path : path-like
        The file.

    Raises
    ------
    ImageError
        If its suffix is another one than ``.json`` and ``.jsonl``.
    """
    if Path(path).suffix.lower() not in (".json", ".jsonl"):
        raise ImageError(f"{path}: unknown suffix {Path(path).suffix!r} for several fits; use .json or .jsonl")


def write_fits(model: FaceModel, fits: Sequence[NamedFit], path: str | os.PathLike[str]) -> None:
    """Write fits as a list of records, ``.json``, or one record a line, ``.jsonl``.

    Parameters
    ----------
    model : FaceModel
        The face model that was fitted.
    fits : sequence of NamedFit
        The fits.
    path : path-like
        The file.

    Raises
    ------
    ImageError
        If the suffix is another one or the file cannot be written.
    """
    target = Path(path)
    check_fits_file(target)
    records = [_record(model, fit) for fit in fits]
    if target.suffix.lower() == ".json":
        text = json.dumps(records, indent=1) + "\n"
    else:
        text = "".join(json.dumps(record) + "\n" for record in records)
    try:
        with atomic_path(target) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ImageError(f"{target}: cannot be written ({error.strerror})") from None


def _record(model: FaceModel, one: NamedFit) -> dict[str, Any]:
    name = {"frame": one.name} if isinstance(one.name, int) else {"photo": one.name}
    if one.fit is None or one.picture is None:
        return name | {"face": False, "reason": one.reason}
    return name | {"face": True} | record_of_fit(model, one.fit, one.picture.landmarks)


def _picture(image: Image) -> Picture | None:
    faces = detect_faces(image, max_faces=1)
    return Picture(faces[0].landmarks, image.shape[:2], image) if faces else None


def _alone(model: FaceModel, picture: Picture, texture: TextureModel | None) -> FaceFit:
    image = picture.image
    if image is None:
        raise ValueError("the picture has no image; one is needed")
    if texture is None:
        return fit_face(model, image, picture.landmarks)
    return fit_photometric(model, texture, image, picture.landmarks)


def _shrunk(picture: Picture) -> tuple[Picture, float]:
    """Return a picture no larger than its features need, and the factor."""
    factor = min(1.0, _EYES / interocular_distance(picture.landmarks))
    if picture.image is None or factor > 0.9:
        return picture, 1.0
    height, width = picture.size
    small = cv2.resize(picture.image, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
    factor = small.shape[1] / width
    landmarks = (picture.landmarks * np.float32(factor)).astype(np.float32)
    return Picture(landmarks, small.shape[:2], np.asarray(small, dtype=np.uint8)), factor


def _enlarged(picture: Picture, fit: FaceFit, factor: float) -> tuple[Picture, FaceFit]:
    """Undo `_shrunk`; the image is let go."""
    if factor == 1.0:
        return replace(picture, image=None), fit
    size = round(picture.size[0] * factor), round(picture.size[1] * factor)
    landmarks = (picture.landmarks * np.float32(factor)).astype(np.float32)
    residual = (fit.residual * np.float32(factor)).astype(np.float32)
    larger = replace(fit, camera=fit.camera.scaled(factor), residual=residual, image_size=size)
    return Picture(landmarks, size), larger
