"""The layers behind the skin, drawn where it opens: eyeballs between the lids, teeth and tongue between the lips."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, median
from affectface.blending.displacement import looked_up_at
from affectface.regions import REGIONS
from affectface.rendering.canvas import MeshCanvas
from affectface.rendering.eyes import EyeLayers
from affectface.rendering.mouth import light_in_mouth, mouth_albedo
from affectface.rendering.rasterise import NO_LABEL
from affectface.rendering.shade import to_srgb
from affectface.rendering.toning import toned
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.own_teeth import place_own_teeth
from affectface.synthesis.source import TEETH, SourceFace

DEEP = tuple(REGIONS.index(name) for name in ("mouth_socket", "tongue"))
_SHARPEST = 0.7
"""Blur of the border of a layer, pixels: what a lens leaves of the sharpest edge."""
_BORDER = 4
"""Width, pixels, beyond which nothing is left of that blur."""
_JUMP = 1.0
"""Difference of two neighbours' displacement, pixels, that is no stretching of skin but another lip."""
_APART = 0.05
"""How far lips are apart, in inter-ocular distances, whose line has its whole shadow when they close."""
_SHADOW = np.array([0.52, 0.6, 0.6], dtype=np.float32)
"""How dark that shadow is: what is left of red was reflected by lips."""
_MOST_GUM = 0.015
"""Gum that shows over the upper teeth, in inter-ocular distances: where it would be more, the teeth are set higher."""
_DEEP_BLUR = 0.2
"""Blur of what lies behind the teeth, cm."""
_LIP_EDGE = 0.006
"""Blur of the lips' inner edge, which is round and moist, in inter-ocular distances."""


@dataclass(frozen=True)
class Window:
    """A rectangle of a face region, pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def box(self) -> tuple[slice, slice]:
        """The rectangle as an index of the region's arrays."""
        return np.s_[self.y : self.y + self.height, self.x : self.x + self.width]

    @property
    def finer_box(self) -> tuple[slice, slice]:
        """The rectangle as an index of the region at twice its resolution."""
        return Window(2 * self.x, 2 * self.y, 2 * self.width, 2 * self.height).box

    def clip(self, low: tuple[float, float], high: tuple[float, float]) -> Window | None:
        """Return the rectangle from `low` to `high`, x and y, as far as it lies in this one; None where it does not."""
        x0, y0 = max(int(low[0]), self.x), max(int(low[1]), self.y)
        x1, y1 = min(int(high[0]), self.x + self.width), min(int(high[1]), self.y + self.height)
        return Window(x0, y0, x1 - x0, y1 - y0) if x1 > x0 and y1 > y0 else None

    def around(self, x: FloatArray, y: FloatArray, margin: int) -> Window | None:
        """Return the rectangle around points of the region, as far as it lies in this one; None where it does not."""
        low = float(x.min()) - margin, float(y.min()) - margin
        return self.clip(low, (float(x.max()) + margin + 1, float(y.max()) + margin + 1))

    def within(self, outer: Window) -> tuple[slice, slice]:
        """Return this rectangle as an index of an array that covers `outer`."""
        return Window(self.x - outer.x, self.y - outer.y, self.width, self.height).box


def draw_seam(pixels: Image, lips: tuple[slice, slice], displacement: FloatArray, eye_distance: float) -> None:
    """Draw the line along which lips lie on each other, in place: soft, and in shadow where the photo's were apart.

    Parameters
    ----------
    pixels : ndarray of shape (h, w, 3), uint8
        The pixels, which are drawn on.
    lips : tuple of slice
        The part of them that shows the lips.
    displacement : ndarray of shape (h, w, 2), float32
        Where each pixel looks; from one lip to the other it jumps by as much as the photo's are apart.
    eye_distance : float
        Inter-ocular distance, pixels.
    """
    across, down = cv2.split(displacement[lips])
    jump = np.maximum(*(np.abs(one[1:] - one[:-1]) for one in (across, down)))
    seam = np.zeros(across.shape, dtype=np.float32)
    seam[:-1] = jump
    seam[1:] = np.maximum(seam[1:], jump)
    wide = _LIP_EDGE * eye_distance
    part = Window(lips[1].start, lips[0].start, across.shape[1], across.shape[0])
    near = _around(seam > _JUMP, part, _BORDER + math.ceil(4 * max(_SHARPEST, wide)))
    if near is None:
        return
    seam, lips = seam[near.within(part)], near.box
    soft = np.asarray(cv2.GaussianBlur(pixels[lips], (0, 0), _SHARPEST), dtype=np.float32)
    drawn = _over(pixels[lips], soft, seam > _JUMP, _SHARPEST)
    shadow = np.clip((seam - _JUMP) / (_APART * eye_distance), 0, min(1.0, wide / _SHARPEST))  # thinner than a pixel
    shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), max(_SHARPEST, wide)), dtype=np.float32)
    pixels[lips] = (drawn * (1 - _SHADOW * shadow[..., None]) + 0.5).astype(np.uint8)


def draw_eyes(
    pixels: Image, source: SourceFace, window: Window, opening: BoolArray, moved: FloatArray, displacement: FloatArray
) -> None:
    """Lay the eyeballs, moved by gaze, under the shadow, moved by the lids, into the openings; in place.

    Parameters
    ----------
    pixels : ndarray of shape (h, w, 3), uint8
        The window's pixels, which are drawn on.
    source : SourceFace
        The photo's face region.
    window : Window
        The rectangle of the region that is drawn.
    opening : ndarray of shape (h, w), bool
        Where an eyeball is seen between the lids.
    moved : ndarray of shape (h, w, 4), float32
        Displacement of the surfaces; there, of the eyeballs.
    displacement : ndarray of shape (h, w, 2), float32
        That of the skin, continued over the openings.
    """
    for eye in source.eyes:
        height, width = eye.eyeball.shape[:2]
        part = window.clip((eye.x, eye.y), (eye.x + width, eye.y + height))
        if part is None:
            continue
        seen = _around(opening[part.within(window)], part, _BORDER)
        if seen is not None:
            box = seen.within(window)
            pixels[box] = _eye(pixels[box], eye, seen, opening[box], moved[box], displacement[box])


def _eye(
    under: Image, eye: EyeLayers, part: Window, opening: BoolArray, moved: FloatArray, displacement: FloatArray
) -> Image:
    gaze = np.array(cv2.mean(moved, opening.view(np.uint8))[:2], dtype=np.float32)
    corner = part.x - eye.x, part.y - eye.y
    eyeball = _sample(eye.eyeball, looked_up_at(np.tile(gaze, (*opening.shape, 1)), corner))
    shadow = _sample(eye.shadow, looked_up_at(displacement, corner))
    return _over(under, eyeball * shadow, opening, _SHARPEST)


def _around(mask: BoolArray, part: Window, border: int) -> Window | None:
    """The part of a rectangle that holds a mask (h, w) with a border around it; None where the mask is empty."""
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    if not width:
        return None
    low = part.x + x - border, part.y + y - border
    return part.clip(low, (low[0] + width + 2 * border, low[1] + height + 2 * border))


def draw_mouth(
    pixels: Image,
    source: SourceFace,
    window: Window,
    placing: tuple[MeshCanvas | None, FloatArray],
    front: FloatArray,
    uncovered: BoolArray,
    config: SynthesisConfig,
) -> None:
    """Draw the inside of the mouth where the lips are open, with the photo's own teeth where it shows them; in place.

    Parameters
    ----------
    pixels : ndarray of shape (h, w, 3), uint8
        The window's pixels, which are drawn on.
    source : SourceFace
        The photo's face region.
    window : Window
        The rectangle of the region that is drawn.
    placing : tuple of MeshCanvas or None, and ndarray of shape (D, 2), float32
        What the inside of the mouth is drawn with, and what is added to its projected vertices, pixels.
    front : ndarray of shape (3, D), float32
        The front's vertices now, projected.
    uncovered : ndarray of shape (h, w), bool
        Where no skin and no eye is seen.
    config : SynthesisConfig
        The choices of the synthesis.
    """
    (canvas, shift), lips = placing, source.parts.lips
    if canvas is None or not len(lips):
        return
    edge = max(_SHARPEST, _LIP_EDGE * source.eye_distance)
    part = window.around(front[0, lips], front[1, lips], 2)
    part = part and _around(uncovered[part.within(window)], part, _BORDER + math.ceil(4 * edge))
    if part is None:
        return
    canvas.shift.host[:] = shift
    canvas.place()
    box, points = part.within(window), np.ascontiguousarray(canvas.points.host.T)
    depth, values = points[2], canvas.values.host.T
    values[:2] = source.mouth_points.T[:2] - points[:2]
    values[2] = np.clip(-canvas.normals.host[:, 2], 0, 1)  # how much it looks at the camera
    values[3] = depth - np.partition(depth, len(depth) // 50)[len(depth) // 50]
    own_teeth = source.own_teeth if config.teeth else None
    drawn = canvas.draw((part.x, part.y), part.size)
    opening = (drawn.label != NO_LABEL) & uncovered[box]
    if not opening.any():
        return
    rise = _gum_line(drawn.label, opening) - _MOST_GUM * source.eye_distance if own_teeth is None else 0
    if rise > 0:
        canvas.points.host[source.parts.upper_jaw, 1] -= rise
        drawn = canvas.draw((part.x, part.y), part.size)
        opening = (drawn.label != NO_LABEL) & uncovered[box]
    scale = source.camera.focal / float(depth.min())
    light = light_in_mouth(drawn.values[..., 2], drawn.values[..., 3], opening, scale)
    albedo = mouth_albedo(drawn.label, teeth=config.teeth)
    colour = _without_edges(to_srgb(albedo * source.white * light), drawn.label, opening, _DEEP_BLUR * scale)
    if source.teeth_seen is not None and config.teeth:
        where = looked_up_at(np.ascontiguousarray(drawn.values[..., :2]), (part.x, part.y))
        own = _sample(source.image, where).astype(np.float32)
        for tooth, seen in zip(TEETH, source.teeth_seen, strict=True):
            share = np.clip(_sample(seen, where), 0, 1) * (drawn.label == tooth)
            colour += (np.minimum(own, colour + 90) - colour) * share[..., None]
    if source.toning is not None:
        colour = toned(colour, source.toning)
    if own_teeth is not None and source.parts.lip_edges is not None:
        rows, columns = np.mgrid[part.y : part.y + part.height, part.x : part.x + part.width].astype(np.float32)
        x, y, share = place_own_teeth(own_teeth, source.parts.lip_edges[0].of(front.T), columns, rows)
        colour += (_sample(source.image, x, y).astype(np.float32) - colour) * share[..., None]
    colour = np.asarray(cv2.GaussianBlur(colour, (0, 0), _SHARPEST), dtype=np.float32)
    pixels[box] = _over(pixels[box], colour, opening, edge)


def _gum_line(label: NDArray[np.uint8], opening: BoolArray) -> float:
    """How far below the upper lip the upper teeth begin in the middle third of an open mouth, pixels."""
    columns = np.flatnonzero(opening.any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    third = np.s_[:, left + (right - left) // 3 : right - (right - left) // 3]
    teeth = (label[third] == TEETH[0]) & opening[third]
    has = teeth.any(axis=0)
    gum = np.argmax(teeth, axis=0) - np.argmax(opening[third], axis=0)
    return float(median(gum[has])) if has.any() else 0.0


def _without_edges(colour: FloatArray, label: NDArray[np.uint8], opening: BoolArray, sigma: float) -> FloatArray:
    """Colours (h, w, 3) with tongue and cheeks blurred into each other: what lies in the dark has no edges."""
    deep = (opening & ((label == DEEP[0]) | (label == DEEP[1]))).astype(np.float32)
    if not deep.any():
        return colour
    share = cv2.GaussianBlur(deep, (0, 0), max(sigma, 0.6))
    blurred = cv2.GaussianBlur(colour * deep[..., None], (0, 0), max(sigma, 0.6)) / np.maximum(share, 1e-3)[..., None]
    return np.where(deep[..., None] > 0, blurred, colour)


def _sample(image: Image | FloatArray, x: FloatArray, y: FloatArray | None = None) -> FloatArray:
    """Look up pixels (h, w, ...) at indices (h, w), or both in one (h, w, 2), cubic, with the edge pixels repeated."""
    found = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[arg-type]
    return np.asarray(found)


def _over(under: Image, layer: FloatArray, mask: BoolArray, blur: float) -> Image:
    """Lay a layer (h, w, 3) over pixels where the mask is, with a border as soft as a lens would draw it, pixels."""
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), blur)[..., None]
    return np.clip(under + (layer - under) * alpha + 0.5, 0, 255).astype(np.uint8)
