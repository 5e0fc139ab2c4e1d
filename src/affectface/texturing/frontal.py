"""The canonical view: a face of a photo as if it looked straight ahead, what the photo does not show black.

Niinuma et al. 2021, Synthetic Expressions are Better Than Real for Learning to Detect Facial Actions, section 3.1: the
registered mesh in a frontal view, textured and drawn at 224 x 224; section 4.6: self-occluded parts are black.
"""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, check_image
from affectface.fitting.face_fit import FaceFit, interocular_distance
from affectface.landmarks.topology import CHIN, LEFT_EYE_OUTER_CORNER, RIGHT_EYE_OUTER_CORNER
from affectface.morphable import FaceModel
from affectface.rendering.mouth import INTERIOR
from affectface.rendering.rasterise import NO_LABEL, Raster, rasterise
from affectface.texturing.sampling import pyramid
from affectface.texturing.view import SKIN, photo_view, triangle_kinds

CANONICAL_SIZE = 224
"""Side of the picture, pixels: what VGG16 takes, the recogniser of the paper."""

_EYES_APART, _EYE_HEIGHT = 0.45, 0.38
"""Distance of the outer eye corners of the model's mean face and how far below the upper edge they lie, over the
picture's side: forehead to chin fill it."""

_FINER = 3
"""The view is drawn so many times finer and averaged, so that edges are smooth."""

_NEAR_LANDMARKS = 0.3
"""How much a vertex must follow the landmarks to be drawn: neck and ears lie where no landmark tells."""

_OUTLINE = 0.02
"""Distance from the head's outline in the photo, in inter-ocular distances, within which it may be background."""

_UNDER_CHIN = 0.1
"""How far under the chin skin is drawn, cm."""

_JAW = (2.5, 4.5)
"""Height over the chin up to which what lies further behind it than this is neck, cm."""

_OPENING = 1.5
"""How far behind what is in front eyes and teeth may lie in the photo, cm."""

_HIDDEN, _LEAST_FACING = 0.3, 0.1
"""How far behind what is in front skin may lie in the photo, cm, and the least cosine of the angle between its normal
and the view, not to be black."""


def frontalise(
    image: Image,
    landmarks: FloatArray,
    model: FaceModel,
    fit: FaceFit,
    *,
    size: int = CANONICAL_SIZE,
    mean_shape: bool = False,
) -> Image:
    """Draw a fitted face in the canonical view, its expression kept.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    landmarks : ndarray of shape (478, 3), float32
        The face's landmarks in it, pixels.
    model : FaceModel
        The face model that was fitted.
    fit : FaceFit
        The fit.
    size : int
        Side of the picture, pixels: 32 to 4096.
    mean_shape : bool
        Whether the person's shape is taken off too, so that a pixel shows the same place of every face; otherwise the
        pose alone is removed.

    Returns
    -------
    ndarray of shape (size, size, 3), uint8
        The face without background, orthographic; black where the photo does not show it.

    Raises
    ------
    ValueError
        If an argument is not as above.

    Notes
    -----
    The frame is fixed in the face model's space: neither its scale nor its place depends on the photo, and a film's
    frames lie on each other.
    """
    image = check_image(image)
    if not 32 <= size <= 4096:
        raise ValueError(f"size is {size}; 32 to 4096 pixels are needed")
    view = photo_view(image, model, fit, interocular_distance(landmarks))
    shape = model.shape(None if mean_shape else fit.identity, fit.expression)
    fine = size * _FINER
    points = _canonical(model, shape, fine)
    near = (model.spread_weights.sum(axis=1) > _NEAR_LANDMARKS)[model.triangles].any(axis=1)
    near &= ~_neck(model)[model.triangles].any(axis=1)
    rows = model.region("face") & near | model.region("eye_left", "eye_right", *INTERIOR)
    triangles, kinds = model.triangles[rows], triangle_kinds(model)[rows]

    def drawn(values: FloatArray) -> Raster:
        four = np.pad(values, ((0, 0), (0, 4 - values.shape[1])))
        return rasterise(points, triangles, kinds, four, (fine, fine))

    front = drawn(view.vertices)
    there = front.label != NO_LABEL
    positions, normals = front.values[there][:, :3], drawn(view.normals).values[there][:, :3]
    found = view.pixels(positions, drawn(view.shift).values[there][:, :2])
    kind = front.label[there]
    # what an opening shows follows it: a pixel between lid and eyeball is not hidden because the fit is a pixel off
    allowed = np.where(kind == SKIN, _HIDDEN, _OPENING)
    seen = (view.behind(found) < allowed) & ((view.facing(positions, normals) > _LEAST_FACING) | (kind != SKIN))
    seen &= ((found[:, :2] >= 0) & (found[:, :2] < image.shape[1::-1])).all(axis=1)
    seen &= view.inward(found) > _OUTLINE * interocular_distance(landmarks)
    level = np.full(len(found), np.log2(max(1.0, _apart(found, there))), dtype=np.float32)
    picture = np.zeros((fine, fine, 3), dtype=np.float32)
    picture[there] = np.where(seen[:, None], pyramid(image).at(found[:, :2], level), 0)
    small = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    return np.rint(np.clip(small, 0, 255)).astype(np.uint8)


def _canonical(model: FaceModel, shape: FloatArray, side: int) -> FloatArray:
    """Vertices (V, 3) in the canonical view: x and y in pixels of a picture with a side, depth in cm."""
    eyes = model.at_landmarks(model.vertices)[[RIGHT_EYE_OUTER_CORNER, LEFT_EYE_OUTER_CORNER]]
    scale = _EYES_APART * side / float(np.linalg.norm(eyes[1] - eyes[0]))
    middle = eyes.mean(axis=0)
    x = side / 2 + scale * shape[:, 0]
    y = _EYE_HEIGHT * side - scale * (shape[:, 1] - middle[1])
    return np.stack([x, y, -shape[:, 2]], axis=1).astype(np.float32)


def _neck(model: FaceModel) -> BoolArray:
    """Which vertices (V,) lie under the chin, or low and far behind it."""
    if model.landmark_triangles[CHIN] < 0:
        return np.zeros(len(model.vertices), dtype=np.bool_)
    chin = model.at_landmarks(model.vertices)[CHIN]
    above, behind = model.vertices[:, 1] - chin[1], chin[2] - model.vertices[:, 2]
    return np.asarray((above < -_UNDER_CHIN) | ((above < _JAW[0]) & (behind > _JAW[1])))


def _apart(found: FloatArray, there: BoolArray) -> float:
    """How many of the photo's pixels lie between neighbouring pixels of the view, mostly."""
    where = np.full(there.shape, -1, dtype=np.int64)
    where[there] = np.arange(len(found))
    pairs = (where[:, :-1] >= 0) & (where[:, 1:] >= 0)
    if not pairs.any():
        return 1.0
    step = found[where[:, 1:][pairs], :2] - found[where[:, :-1][pairs], :2]
    return float(np.median(np.linalg.norm(step, axis=1)))
