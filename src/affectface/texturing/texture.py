"""The texture of a fitted face: what its photo shows, and the rest completed.

What the photo does not show is taken from the other half of the face, as bright as the visible half beside it; what
neither half shows continues its surroundings as smoothly as possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, IntArray, check_array, check_image
from affectface.fitting.face_fit import FaceFit, interocular_distance
from affectface.landmarks.masks import nearest_outside
from affectface.landmarks.topology import LANDMARK_COUNT
from affectface.mesh import vertex_normals
from affectface.morphable import FaceModel
from affectface.rendering.shade import to_linear
from affectface.texturing.eyes_and_mouth import (
    eye_opening,
    eyeball_colours,
    mouth_colours,
    photo_white,
    separate_eyes,
)
from affectface.texturing.harmonic import harmonic_fill
from affectface.texturing.layout import Texels, TextureLayout, texels, texture_layout
from affectface.texturing.mirror import mirror_of
from affectface.texturing.openness import openness
from affectface.texturing.sampling import Pyramid, pyramid
from affectface.texturing.view import MOUTH, SKIN, PhotoView, photo_view, smooth, triangle_kinds
from affectface.texturing.zones import zones_of

_COARSE = 0.04
"""Width, in inter-ocular distances, over which colours are averaged where only their course over the face matters."""

_BRIGHTNESS_REACH, _COLOUR_REACH = 1.5, 0.5
"""Distance, cm, over which the halves' ratio of brightness is made smooth, and the colours that are continued."""

_BOTH = 0.25
"""How well both halves must be seen for their brightness to be compared."""

_LARGEST_RATIO = 0.9
"""Bound of the logarithm of that ratio: more is a shadow, hair or background, not light on the skin."""

_RELIEF, _RELIEF_REACH = 0.4, 1.5
"""Strength of the shading of what is completed, and the distance, cm, over which a surface counts as flat."""

_LIGHT = np.array([0.0, 0.5, 0.86], dtype=np.float32)
"""Where that light comes from, in model axes."""

_OPEN, _DARKEST = (0.05, 0.45), 0.2
"""Share of the sky's light from which a completed place is not black, and from which it is as bright as its
surroundings; and how bright the darkest is."""

_TEETH = (0.006, 0.02)
"""Distance from the lips, in inter-ocular distances, up to which what the photo shows is lip, and from where teeth."""


@dataclass(frozen=True, eq=False)
class FaceTexture:
    """The texture of a fitted face.

    Attributes
    ----------
    image : ndarray of shape (S, S, 3), uint8
        The colours, the photo's own light in them.
    visibility : ndarray of shape (S, S), float32
        How much of each texel is the photo's: 1 where it shows the place well, 0 where all is completed.
    layout : TextureLayout
        Where the face lies in it.
    """

    image: Image
    visibility: FloatArray
    layout: TextureLayout


@dataclass(frozen=True, eq=False)
class _Look:
    """What the photo shows of places of the face: pixels (N, 2), how well (N,)."""

    pixels: FloatArray
    weight: FloatArray


def fit_texture(
    image: Image,
    landmarks: FloatArray,
    model: FaceModel,
    fit: FaceFit,
    *,
    size: int = 1024,
    hidden: BoolArray | None = None,
) -> FaceTexture:
    """Return the texture of a fitted face from its photo.

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
        Side of the texture, texels: 64 to 8192.
    hidden : ndarray of shape (H, W), bool, optional
        Where something else is in front of the face: those places are completed.

    Returns
    -------
    FaceTexture
        Colours, visibility and layout.

    Raises
    ------
    ValueError
        If an argument is not as above.
    """
    image, landmarks = check_image(image), check_array("landmarks", landmarks, (LANDMARK_COUNT, 3))
    if not 64 <= size <= 8192:
        raise ValueError(f"size is {size}; 64 to 8192 texels are needed")
    if hidden is not None and hidden.shape != image.shape[:2]:
        raise ValueError(f"hidden has shape {hidden.shape}; the photo's, {image.shape[:2]}, is needed")
    view = photo_view(image, model, fit, interocular_distance(landmarks), hidden)
    layout = texture_layout(model)
    cells = texels(layout, size)
    colours, seen = _colours(image, landmarks, model, view, cells)
    return FaceTexture(_picture(colours, cells, size), _map(seen, cells, size), layout)


def _colours(
    image: Image, landmarks: FloatArray, model: FaceModel, view: PhotoView, cells: Texels
) -> tuple[FloatArray, FloatArray]:
    """The colours (N, 3) of all texels, and how much of each is the photo's (N,)."""
    photo = pyramid(image)
    kinds = triangle_kinds(model)[cells.triangle]
    own, other = _looks(model, view, cells, kinds)
    eye_distance = interocular_distance(landmarks)
    colours = np.zeros((len(kinds), 3), dtype=np.float32)
    levels = _levels(cells, own.pixels)
    skin = kinds == SKIN
    completed, mirrored = _completion(model, view, photo, eye_distance)
    fill = cells.at(completed, model.triangles)[skin]
    ratio = np.exp(cells.at(mirrored, model.triangles)[skin])
    halves = [photo.at(look.pixels[skin], levels[skin]) for look in (own, other)]
    for colour, look in ((halves[1] * ratio, other), (halves[0], own)):
        share = look.weight[skin][:, None]
        fill = fill + share * (colour - fill)
    colours[skin] = fill
    opening = eye_opening(view, image.shape)
    white = photo_white(image, landmarks, opening, to_linear(_as_bytes(np.median(completed, axis=0))))
    seen = own.weight.copy()
    layers = separate_eyes(image, landmarks, opening)
    for i, name in enumerate(("eye_right", "eye_left")):
        mine = model.region(name)[cells.triangle]
        look, layer = (own, layers[i]) if layers[i] is not None else (other, layers[1 - i])
        colours[mine] = eyeball_colours(layer, look.pixels[mine], white)
    mouth = kinds == MOUTH
    inside = np.einsum(
        "nc,ncd->nd", cells.weights[mouth], mouth_colours(model, view.vertices, white)[cells.triangle[mouth]]
    )
    seen[mouth] *= _clear_of_lips(view, own.pixels[mouth], eye_distance)
    shown = photo.at(own.pixels[mouth], levels[mouth])
    colours[mouth] = inside + seen[mouth][:, None] * (shown - inside)
    return colours, seen


def _looks(model: FaceModel, view: PhotoView, cells: Texels, kinds: NDArray[np.uint8]) -> tuple[_Look, _Look]:
    """What the photo shows of each texel, and of the mirror image of each."""
    mirror, looks = mirror_of(model), []
    for flip in (False, True):
        fields = [mirror.of(v) if flip else v for v in (view.vertices, view.normals, view.shift)]
        positions, normals, shift = (cells.at(values, model.triangles) for values in fields)
        points = view.pixels(positions, shift)
        looks.append(_Look(points[:, :2], view.seen(positions, normals, points, kinds)))
    return looks[0], looks[1]


def _completion(
    model: FaceModel, view: PhotoView, photo: Pyramid, eye_distance: float
) -> tuple[FloatArray, FloatArray]:
    """Colours (V, 3) for where nothing is seen, and by how much (V, 3, logarithm) the other half must be brightened."""
    triangles = model.triangles[triangle_kinds(model) == SKIN]
    mine, number = np.unique(triangles, return_inverse=True)
    own_triangles = np.asarray(number.reshape(-1, 3), dtype=np.int32)
    mirror = mirror_of(model)
    level = np.full(len(mine), np.log2(max(_COARSE * eye_distance, 1.0)), dtype=np.float32)
    colours, weights = [], []
    for flip in (False, True):
        positions, normals, shift = (
            (mirror.of(v) if flip else v)[mine] for v in (view.vertices, view.normals, view.shift)
        )
        points = view.pixels(positions, shift)
        weights.append(view.seen(positions, normals, points, np.full(len(mine), SKIN, dtype=np.uint8)))
        colours.append(np.clip(photo.at(points[:, :2], level), 0, 255) + 4)
    vertices = view.vertices[mine]
    both = np.where(np.minimum(*weights) > _BOTH, np.minimum(*weights), 0).astype(np.float32)
    ratio = np.clip(np.log(colours[0] / colours[1]), -_LARGEST_RATIO, _LARGEST_RATIO)
    ratio = harmonic_fill(vertices, own_triangles, ratio, both, reach=_BRIGHTNESS_REACH)
    mirrored = colours[1] * np.exp(ratio)
    known = mirrored + weights[0][:, None] * (colours[0] - mirrored)
    sure = np.maximum(*weights)
    filled = harmonic_fill(vertices, own_triangles, known - 4, sure, reach=_COLOUR_REACH)
    cheek = zones_of(model).cheek[mine]
    near_landmarks = sure * np.clip(model.spread_weights[mine].sum(axis=1), 0, 1)
    skin = harmonic_fill(vertices, own_triangles, known - 4, near_landmarks * cheek, reach=_COLOUR_REACH)
    filled += cheek[:, None] * (skin - filled)
    dark = _DARKEST + (1 - _DARKEST) * smooth(openness(model)[mine], *_OPEN)
    filled *= (_relief(vertices, own_triangles) * dark)[:, None]
    result = np.zeros((2, len(model.vertices), 3), dtype=np.float32)
    result[0] = np.average(filled, axis=0, weights=sure + 1e-6)
    result[0, mine], result[1, mine] = filled, ratio
    return result[0], result[1]


def _relief(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """How bright each vertex (V,) is beside its surroundings in light from the front and above: ears need folds."""
    normals = vertex_normals(vertices, triangles)
    course = harmonic_fill(vertices, triangles, normals, np.ones(len(vertices), np.float32), reach=_RELIEF_REACH)
    return np.clip(1 + _RELIEF * ((normals - course) @ _LIGHT), 0.6, 1.2).astype(np.float32)


def _levels(cells: Texels, pixels: FloatArray) -> FloatArray:
    """Logarithm to base 2 of how many of the photo's pixels lie along one texel, (N,); charts never touch."""
    size = int(max(cells.row.max(), cells.column.max())) + 1
    where = np.full((size, size), -1, dtype=np.int64)
    where[cells.row, cells.column] = np.arange(len(pixels))
    right = where[cells.row, np.minimum(cells.column + 1, size - 1)]
    below = where[np.minimum(cells.row + 1, size - 1), cells.column]
    step = np.ones(len(pixels), dtype=np.float32)
    for neighbour in (right, below):
        length = np.linalg.norm(pixels[neighbour] - pixels, axis=1)
        step = np.where(neighbour >= 0, np.maximum(step, length), step)
    return np.log2(np.clip(step, 1, 64)).astype(np.float32)


def _clear_of_lips(view: PhotoView, pixels: FloatArray, eye_distance: float) -> FloatArray:
    """How surely the photo's pixels (N, 2) in the mouth are not lip, (N,)."""
    away = cv2.distanceTransform((view.kind == MOUTH).astype(np.uint8), cv2.DIST_L2, 5) / (view.scale * eye_distance)
    x, y = ((pixels - view.origin) * view.scale).astype(int).T
    return smooth(away[np.clip(y, 0, away.shape[0] - 1), np.clip(x, 0, away.shape[1] - 1)], *_TEETH)


def _picture(colours: FloatArray, cells: Texels, size: int) -> Image:
    """The texture (S, S, 3), each texel beside the charts with the colour of the nearest on one."""
    picture = np.zeros((size, size, 3), dtype=np.uint8)
    picture[cells.row, cells.column] = _as_bytes(colours)
    empty = np.ones((size, size), dtype=np.uint8)
    empty[cells.row, cells.column] = 0
    return np.asarray(picture[nearest_outside(empty)])


def _map(seen: FloatArray, cells: Texels, size: int) -> FloatArray:
    visibility = np.zeros((size, size), dtype=np.float32)
    visibility[cells.row, cells.column] = seen
    return visibility


def _as_bytes(colours: FloatArray) -> Image:
    return np.rint(np.clip(colours, 0, 255)).astype(np.uint8)
