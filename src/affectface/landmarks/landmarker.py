"""Faces in an image, each with its 478 landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, hypot, pi, remainder

from affectface.arrays import FloatArray, Image, check_image, read_only
from affectface.landmarks.crop import Crop
from affectface.landmarks.detector import Range
from affectface.landmarks.mesh import CROP_TO_FACE, Reading, read
from affectface.landmarks.search import QUARTERS, Sighting, frame, look, look_closely, overview, tilings, whole

PLAIN = 0.15
"""Size, over the image's shorter side, from which the short-range detector misses no upright face: where only the
largest is wanted, and the largest that it found is at least so large, there is no larger one to look for."""

LONG_SHOT = 0.6
"""What the full-range detector's score must be in turned views and tiles, of which there are many: MediaPipe's."""

SURE = 25.0
"""The mesh network's logit below which a face may stand in another direction than the detector thought."""

OTHER_DIRECTION = 0.3
"""Readings whose rolls differ by more, in radians, are of different directions rather than the same one with noise."""

EVEN, SPREAD = 8.0, 2.0
"""The logit that is scored 0.5, and how many logits the score takes to rise to 0.73. Measured: upright faces from 20
pixels up 17 to 36, a sharp profile 9, cups, cats, colour wheels and foxes up to 6.5."""

SAME_FACE = 0.5
"""Boxes that share more than this part of the smaller one are one face."""


@dataclass(frozen=True, eq=False)
class Face:
    """One detected face with its landmarks.

    Attributes
    ----------
    landmarks : ndarray of shape (478, 3), float32
        x and y in pixels of the image; the depth in the same scale, negative towards the camera.
    score : float
        How sure the mesh network is that it sees a face, 0 to 1.
    box : tuple of float
        x0, y0, x1, y1: the bounds of the landmarks, pixels.
    """

    landmarks: FloatArray
    score: float
    box: tuple[float, float, float, float]

    @property
    def size(self) -> float:
        """The longer side of the box, pixels."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


def detect_faces(image: Image, *, max_faces: int = 64, min_score: float = 0.5) -> tuple[Face, ...]:
    """Find the faces in an image, with their landmarks.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The image; a grey one has three equal channels.
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
        If the image is not one, or `max_faces` or `min_score` make no sense.

    Notes
    -----
    The short-range detector looks at the whole image, and so does the full-range one, unless only the largest face is
    wanted and already there; while nothing is found, both look at the image turned by quarters, and then the full-range
    one at tiles of it.
    """
    image = check_image(image)
    if max_faces < 1:
        raise ValueError(f"max_faces is {max_faces}; at least 1 is needed")
    if not 0 <= min_score <= 1:
        raise ValueError(f"min_score is {min_score}; a number from 0 to 1 is needed")
    small, factor = overview(image)
    upright = [whole(small)]
    turned = [replace(upright[0], roll=roll) for roll in QUARTERS]

    def add(faces: list[Face], which: Range, views: Sequence[Crop], least: float = 0.0) -> list[Face]:
        seen = [s for s in look(small, views, which) if s.score >= least]
        seen = [replace(sighting, crop=sighting.crop.scaled(factor)) for sighting in seen]
        return _extend(faces, image, seen, max_faces, min_score)

    faces = add([], "short", upright)
    if max_faces > 1 or not any(face.size > PLAIN * min(image.shape[:2]) for face in faces):
        faces = add(faces, "full", upright)
    if not faces:
        faces = add([], "short", turned) or add([], "full", turned, LONG_SHOT)
    for tiles in tilings(image):
        if faces:
            break
        seen = [sighting for sighting in look(image, tiles, "full") if sighting.score >= LONG_SHOT]
        faces = _extend([], image, seen, max_faces, min_score)
    return tuple(faces)


def _extend(
    faces: list[Face], image: Image, sightings: Sequence[Sighting], max_faces: int, min_score: float
) -> list[Face]:
    """Return the faces together with those that are seen anew: each once, the largest first."""
    fresh = [sighting for sighting in sightings if not any(_is_around(sighting.crop, face) for face in faces)]
    readings = [
        _best_direction(image, reading) if reading.logit < SURE else reading
        for reading in read(image, [frame(image, sighting) for sighting in fresh[:max_faces]])
    ]
    return _distinct([*faces, *map(_face, readings)], max_faces, min_score)


def distinct_faces(readings: Sequence[Reading], max_faces: int, min_score: float) -> tuple[Face, ...]:
    """Return what was read in some crops as faces: each once, the largest first, none that is hardly one."""
    return tuple(_distinct(list(map(_face, readings)), max_faces, min_score))


def _distinct(every: Sequence[Face], max_faces: int, min_score: float) -> list[Face]:
    distinct: list[Face] = []
    for face in sorted(every, key=lambda face: -face.score):
        if face.score >= min_score and all(_shared(face.box, other.box) < SAME_FACE for other in distinct):
            distinct.append(face)
    return sorted(distinct, key=lambda face: -face.size)[:max_faces]


def _best_direction(image: Image, doubtful: Reading) -> Reading:
    """Return a doubtful reading, or a surer one of the same place from quite another direction."""
    seen = look_closely(image, doubtful.crop, (0.0, *QUARTERS))
    others = [
        reading
        for reading in read(image, [frame(image, sighting) for sighting in seen])
        if abs(remainder(reading.crop.roll - doubtful.crop.roll, 2 * pi)) > OTHER_DIRECTION
    ]
    return max([doubtful, *others], key=lambda reading: reading.logit)


def _face(reading: Reading) -> Face:
    x0, y0 = reading.landmarks[:, :2].min(axis=0).tolist()
    x1, y1 = reading.landmarks[:, :2].max(axis=0).tolist()
    score = 1 / (1 + exp((EVEN - reading.logit) / SPREAD))
    return Face(read_only(reading.landmarks), score, (x0, y0, x1, y1))


def _is_around(crop: Crop, face: Face) -> bool:
    """Say whether a crop holds just a face that has been read already."""
    x0, y0, x1, y1 = face.box
    distance = hypot(crop.x - (x0 + x1) / 2, crop.y - (y0 + y1) / 2)
    return distance < face.size / 4 and 0.5 < crop.side / (CROP_TO_FACE * face.size) < 2


def _shared(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return the common area of two boxes over the area of the smaller one."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return max(width, 0.0) * max(height, 0.0) / max(smaller, 1e-9)
