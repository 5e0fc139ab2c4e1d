"""Evaluate pictures: ours, made from photos, or any other tool's, found in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.affect import AffectPath
from affectface.arrays import FloatArray, Image
from affectface.errors import AffectFaceError, FaceNotFoundError, ImageError, TargetError
from affectface.evaluation.consistency import refit, yardstick
from affectface.evaluation.crops import square_crop
from affectface.evaluation.distribution import check_installed
from affectface.evaluation.embedders import Embedder
from affectface.evaluation.fidelity import PhotoFidelity, measure_clip
from affectface.evaluation.measured import Evaluation, Failure, Measured
from affectface.evaluation.perceptual import Comparer, Describer
from affectface.evaluation.recognisers import Recogniser
from affectface.evaluation.targets import Target, direction_targets, expression_targets, parse_file_name
from affectface.fitting.dense_landmarks import fit_landmarks
from affectface.fitting.face_fit import interocular_distance
from affectface.gallery.affect_model import AffectModel
from affectface.images import WRITABLE, read_image
from affectface.landmarks import Face, detect_faces
from affectface.morphable import FaceModel
from affectface.synthesis.portrait import Portrait

THUMBNAIL = 168
"""Side of the pictures that a report shows, pixels."""
_ROOM = 1.9
"""Half of that side, in inter-ocular distances."""
_SHOWN_PHOTOS = 6
"""Photos of which the report shows pictures."""
_CLIP_PHOTOS = 3
"""Photos of which a clip is made and measured."""
_CLIP_PATH = ((0.0, 0.0), (0.8, 0.4), (0.0, 0.0))
_CLIP_FRAMES = 20


Advance = Callable[[], None]


def evaluate_photos(
    photos: Sequence[str | os.PathLike[str]],
    face_model: FaceModel,
    affect_model: AffectModel,
    *,
    recognisers: Iterable[Recogniser] = (),
    embedders: Iterable[Embedder] = (),
    perceptual: Iterable[Comparer | Describer] = (),
    targets: Sequence[Target] | None = None,
    advance: Advance = lambda: None,
) -> Evaluation:
    """Make every target's picture from photos, and measure them.

    Parameters
    ----------
    photos : sequence of path-like
        Photos of faces, best without expression.
    face_model : FaceModel
        The face model to synthesise with.
    affect_model : AffectModel
        What the affects look like.
    recognisers : iterable of Recogniser
        Who is asked what the pictures show.
    embedders : iterable of Embedder
        Who is asked whether they show the same person.
    perceptual : iterable of Comparer or Describer
        Who is asked how alike pictures and photos look.
    targets : sequence of Target, optional
        What is asked for; neutral, the six expressions and the 28 directions at four strengths if not given.
    advance : callable
        Called after each picture.

    Returns
    -------
    Evaluation
        What was measured. A photo that cannot be used is one of its failures.

    Raises
    ------
    AffectFaceError
        If no photo can be used, or a describer was given and torchmetrics is not installed.
    """
    wanted = tuple(targets) if targets is not None else (*expression_targets(), *direction_targets())
    evaluation = _begin(face_model, affect_model, recognisers, embedders, perceptual, ours=True)
    with _interruptible(evaluation):
        for name, photo in zip(_names(photos), photos, strict=True):
            try:
                portrait = Portrait.open(photo, face_model=face_model, affect_model=affect_model)
            except AffectFaceError as error:
                evaluation.failures.append(Failure(name, str(error)))
                continue
            pictures = ((target, portrait.express(target.affect, intensity=target.strength)) for target in wanted)
            _measure_photo(evaluation, name, portrait.image, portrait.face, pictures, advance)
            if len(evaluation.clips) < _CLIP_PHOTOS:
                frames = portrait.animate(AffectPath(list(_CLIP_PATH)), fps=_CLIP_FRAMES, seconds=1)
                evaluation.clips[name] = measure_clip(portrait.image, portrait.face.landmarks, frames)
    return _finished(evaluation)


def evaluate_folder(
    folder: str | os.PathLike[str],
    photos: Sequence[str | os.PathLike[str]],
    face_model: FaceModel,
    affect_model: AffectModel,
    *,
    recognisers: Iterable[Recogniser] = (),
    embedders: Iterable[Embedder] = (),
    perceptual: Iterable[Comparer | Describer] = (),
    advance: Advance = lambda: None,
) -> Evaluation:
    """Measure the pictures that any tool made from photos.

    Parameters
    ----------
    folder : path-like
        The pictures, named as in `affectface.evaluation.targets`.
    photos : sequence of path-like
        The photos that they were made from.
    face_model : FaceModel
        The face model of the self-consistency.
    affect_model : AffectModel
        What the asked affects look like by it.
    recognisers : iterable of Recogniser
        Who is asked what the pictures show.
    embedders : iterable of Embedder
        Who is asked whether they show the same person.
    perceptual : iterable of Comparer or Describer
        Who is asked how alike pictures and photos look.
    advance : callable
        Called after each picture.

    Returns
    -------
    Evaluation
        What was measured; a picture that cannot be used is one of its failures.

    Raises
    ------
    AffectFaceError
        If the folder holds no picture of these photos, or none can be used, or a describer was given and torchmetrics
        is not installed.
    """
    found = pictures_of(folder, photos)
    evaluation = _begin(face_model, affect_model, recognisers, embedders, perceptual, ours=False)
    with _interruptible(evaluation):
        for photo in photos:
            name = Path(photo).stem
            try:
                image = read_image(photo)
                face = _largest(image)
            except AffectFaceError as error:
                evaluation.failures.append(Failure(name, str(error)))
                continue
            pictures = _read(evaluation, found.get(name, []), image.shape, advance)
            _measure_photo(evaluation, name, image, face, pictures, advance)
    return _finished(evaluation)


def pictures_of(
    folder: str | os.PathLike[str], photos: Sequence[str | os.PathLike[str]]
) -> dict[str, list[tuple[Target, Path]]]:
    """Return the pictures of a folder whose names say that they were made from some photos.

    Parameters
    ----------
    folder : path-like
        The folder.
    photos : sequence of path-like
        The photos.

    Returns
    -------
    dict of str to list of (Target, Path)
        Pictures by the photo's name.

    Raises
    ------
    TargetError
        If there is none.
    """
    names = {Path(photo).stem for photo in photos}
    found: dict[str, list[tuple[Target, Path]]] = {}
    files = sorted(path for path in Path(folder).glob("*") if path.suffix.lower() in WRITABLE)
    for path in files:
        parsed = parse_file_name(path.stem)
        if parsed and parsed[0] in names:
            found.setdefault(parsed[0], []).append((parsed[1], path))
    for pictures in found.values():  # the others are compared with neutral
        pictures.sort(key=lambda picture: picture[0].label != "neutral")
    if not found:
        example = f"{next(iter(names), 'photo')}_anger_0.50.png"
        raise TargetError(
            f"{folder}: {len(files)} pictures, none named after these photos; names such as {example} are needed"
        )
    return found


def _begin(
    face_model: FaceModel,
    affect_model: AffectModel,
    recognisers: Iterable[Recogniser],
    embedders: Iterable[Embedder],
    perceptual: Iterable[Comparer | Describer],
    *,
    ours: bool,
) -> Evaluation:
    asked = tuple(perceptual)
    describers = tuple(judge for judge in asked if isinstance(judge, Describer))
    if describers:
        check_installed()
    return Evaluation(
        face_model,
        affect_model,
        yardstick(face_model, affect_model),
        tuple(recognisers),
        tuple(embedders),
        ours,
        comparers=tuple(judge for judge in asked if isinstance(judge, Comparer)),
        describers=describers,
    )


@contextmanager
def _interruptible(evaluation: Evaluation) -> Iterator[None]:
    """Keep what was measured when a person stops the rest, if there is anything."""
    try:
        yield
    except KeyboardInterrupt:
        if not evaluation.rows:
            raise
        evaluation.interrupted = True


def _finished(evaluation: Evaluation) -> Evaluation:
    """The evaluation, unless it is of nothing."""
    if not evaluation.rows:
        reason = evaluation.failures[0].reason if evaluation.failures else "there was none"
        raise ImageError(f"no picture could be evaluated: {reason}")
    return evaluation


def _names(photos: Sequence[str | os.PathLike[str]]) -> list[str]:
    """A name for each photo, with its folder where two are called the same."""
    paths = [Path(photo) for photo in photos]
    stems = [path.stem for path in paths]
    return [path.stem if stems.count(path.stem) == 1 else f"{path.parent.name}/{path.stem}" for path in paths]


def _largest(image: Image) -> Face:
    faces = detect_faces(image, max_faces=1)
    if not faces:
        raise FaceNotFoundError("no face was found in the photo: leave it out")
    return faces[0]


def _read(
    evaluation: Evaluation, found: list[tuple[Target, Path]], shape: tuple[int, ...], advance: Advance
) -> Iterator[tuple[Target, Image]]:
    """Yield the pictures that can be read, brought to the photo's size."""
    for target, path in found:
        try:
            picture = read_image(path)
        except AffectFaceError as error:
            evaluation.failures.append(Failure(path.name, str(error)))
            advance()
            continue
        if picture.shape != shape:  # a tool that changes the size cannot keep a pixel, and its score says so
            picture = np.asarray(cv2.resize(picture, shape[1::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)
        yield target, picture


def _measure_photo(
    evaluation: Evaluation,
    name: str,
    photo: Image,
    face: Face,
    pictures: Iterable[tuple[Target, Image]],
    advance: Advance,
) -> None:
    """Measure the pictures of one photo."""
    first, shown = not evaluation.rows, len(evaluation.photos) < _SHOWN_PHOTOS
    embeddings = {judge.name: judge.embed(photo, face.landmarks) for judge in evaluation.embedders}
    if shown:
        evaluation.thumbnails[name, None] = _thumbnail(photo, face.landmarks)
    try:
        reference = fit_landmarks(evaluation.face_model, face.landmarks, photo.shape[:2])
    except AffectFaceError as error:
        evaluation.failures.append(Failure(name, str(error)))
        return
    fidelity = PhotoFidelity(photo, face.landmarks)
    evaluation.descriptions[name] = {judge.name: judge(photo, face.landmarks) for judge in evaluation.describers}
    neutral: NDArray[np.float32] | None = None
    for target, picture in pictures:
        found = _same_face(picture, face)
        advance()
        if found is None:
            evaluation.failures.append(Failure(f"{name}_{target.file_name}", "no face was found in the picture"))
            continue
        evaluation.rows.append(
            Measured(
                photo=name,
                target=target,
                # the square of the photo, so that a recogniser sees the face move and not its box
                readings={judge.name: judge(picture, face.landmarks) for judge in evaluation.recognisers},
                distances={
                    judge.name: judge.distance(embeddings[judge.name], judge.embed(picture, found.landmarks))
                    for judge in evaluation.embedders
                },
                fidelity=fidelity.measure(picture),
                expression=refit(evaluation.face_model, reference, found.landmarks, photo.shape[:2]),
                # the square of the photo here too: what lies around the face must not look as if it had moved
                differences={judge.name: judge(photo, picture, face.landmarks) for judge in evaluation.comparers},
                descriptions={
                    judge.name: judge(picture, face.landmarks)
                    for judge in evaluation.describers
                    if target.strength == 1 and not target.is_direction
                },
            )
        )
        if target.strength == 1 or first:
            thumbnail = _thumbnail(picture, face.landmarks)
            if shown:
                evaluation.thumbnails[name, target] = thumbnail
            if target.strength < 1:
                continue
            if target.label == "neutral":
                neutral = thumbnail.astype(np.float32)
            elif neutral is not None and not target.is_direction:
                count, total = evaluation.changes.get(target, (0, np.zeros(thumbnail.shape[:2])))
                change = np.abs(thumbnail - neutral).mean(axis=-1)
                evaluation.changes[target] = (count + 1, total + change)


def _same_face(picture: Image, face: Face) -> Face | None:
    """The face of a picture that is where the photo's is."""
    faces = detect_faces(picture, max_faces=1)
    middle = np.mean(face.landmarks[:, :2], axis=0)
    reach = interocular_distance(face.landmarks)

    def away(other: Face) -> float:
        return float(np.linalg.norm(np.mean(other.landmarks[:, :2], axis=0) - middle))

    if not faces or away(faces[0]) > reach:
        faces = detect_faces(picture)  # a group: the largest need not be the one
    nearest = min(faces, key=away, default=None)
    return nearest if nearest is not None and away(nearest) <= reach else None


def _thumbnail(image: Image, landmarks: FloatArray) -> Image:
    """The face (S, S, 3) for the report."""
    crop = square_crop(image, landmarks, _ROOM)
    return np.asarray(cv2.resize(crop, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA), dtype=np.uint8)
