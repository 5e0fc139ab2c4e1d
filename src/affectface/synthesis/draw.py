"""Draw a moved face with the photo's own pixels.

Every pixel of the moved skin looks up where the same surface point was in the photo: a backward warp, as sharp as the
photo. The light changes by the ratio of the fitted light on the moved and on the unmoved surface. Eyeballs and the
inside of the mouth are layers behind the skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image, smooth_step
from affectface.blending.displacement import look_up
from affectface.blending.poisson import blend_poisson
from affectface.folds.folds import draw_folds, fill_folds
from affectface.landmarks.masks import hull_mask
from affectface.occlusion.occlusion import lay_over
from affectface.rendering.rasterise import NO_LABEL
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.layers import Window, draw_eyes, draw_mouth, draw_seam
from affectface.synthesis.parts import EYE, SKIN, Parts
from affectface.synthesis.source import FaceCanvas, SourceFace

_STILL = 0.02
"""Movement, pixels, that no eye sees: less than this everywhere, and the photo is returned as it is."""
_EDGE_ON = 0.12
"""Cosine of the angle to the camera under which skin is taken as not seen in the photo."""
_EDGE_BLUR = 0.8
"""Blur of the edges at which skin folds over skin, pixels."""
_LEAST_ROOM = 1.6
"""Reach over the longest displacement: a smooth step of that length stays below a slope of 1."""
_FREE, _FREE_FADE = 0.03, 0.12
"""How far around the lips no hand holds the skin, and over which width it then does, in inter-ocular distances."""


@dataclass(frozen=True, eq=False)
class Patch:
    """New pixels for a part of a photo.

    Attributes
    ----------
    x, y : int
        Where the first pixel lies in the photo.
    pixels : ndarray of shape (h, w, 3), uint8
        The pixels; the photo's own where nothing moved.
    """

    x: int
    y: int
    pixels: Image

    @property
    def box(self) -> tuple[slice, slice]:
        """The part, as an index of the photo."""
        height, width = self.pixels.shape[:2]
        return np.s_[self.y : self.y + height, self.x : self.x + width]


def draw_expression(
    source: SourceFace, vertices: FloatArray, shifts: tuple[FloatArray, FloatArray], config: SynthesisConfig
) -> Patch | None:
    """Draw the face with its vertices moved.

    Parameters
    ----------
    source : SourceFace
        The photo's face region.
    vertices : ndarray of shape (U, 3), float32
        Where the drawn vertices are now, cm.
    shifts : tuple of two ndarrays of shape (D, 2), float32
        What is added to the projected vertices of front and mouth, pixels.
    config : SynthesisConfig
        The choices of the synthesis.

    Returns
    -------
    Patch or None
        The new pixels; None where nothing moved.
    """
    with source.canvases.one(source.new_canvas, config.device, config.teeth) as canvas:
        return _draw(canvas, source, vertices, shifts, config)


def _draw(
    canvas: FaceCanvas,
    source: SourceFace,
    vertices: FloatArray,
    shifts: tuple[FloatArray, FloatArray],
    config: SynthesisConfig,
) -> Patch | None:
    front = canvas.front
    canvas.vertices.host[:], front.shift.host[:] = vertices, shifts[0]
    front.place()
    points = np.ascontiguousarray(front.points.host.T)
    back = source.front_rows[:2] - points[:2]
    distance = np.abs(back).max(axis=0)
    moved = distance > _STILL
    if not moved.any():
        return None
    values = front.values.host.T  # a channel at a time: the last axis of an array should be long
    values[:2], values[3] = back, source.front_facing
    values[2] = source.lit.change(front.normals.host) if config.shading else 0
    # a movement must have room to fade, or it would fold what lies around the face
    reach = max(config.reach * source.eye_distance, _LEAST_ROOM * float(distance.max()))
    window = _window(points, source.front_rows, moved, reach, source.image.shape)
    drawn = front.draw((window.x, window.y), window.size)
    # skin that the photo saw edge-on or not at all, such as under the chin, says nothing about where to look
    known = (drawn.label == SKIN) & (cv2.extractChannel(drawn.values, 3) > _EDGE_ON)
    displacement, light = canvas.field.continue_field(known.view(np.uint8), reach)
    _smooth_edges(displacement, source.parts, points, window)
    if source.held is not None:
        displacement *= _movable(source.held[window.box], source, points, window)[..., None]
    corner = window.x, window.y
    edges = source.parts.lip_edges
    if source.open_mouth is not None and edges is not None:
        now = points[:2].T
        source.open_mouth.keep_to_lips(displacement, drawn.label == SKIN, corner, (edges[0].of(now), edges[1].of(now)))
    folds = [(config.folds * amount, fold) for amount, fold in source.folds.changes(vertices)]
    draw_folds(light, displacement, folds, corner)
    pixels = look_up(source.finer[window.finer_box], displacement, light)
    fill_folds(pixels, displacement, folds, corner)
    draw_eyes(pixels, source, window, drawn.label == EYE, drawn.values, displacement)
    on_lips = source.parts.lips
    lips = window.around(points[0, on_lips], points[1, on_lips], 3) if len(on_lips) else None
    if lips is not None:
        draw_seam(pixels, lips.within(window), displacement, source.eye_distance)
    uncovered = drawn.label == NO_LABEL
    draw_mouth(pixels, source, window, (canvas.mouth, shifts[1]), points, uncovered, config)
    if source.occlusion is not None:
        lay_over(pixels, source.image[window.box], displacement, source.occlusion, corner)
    if config.blend == "poisson":
        pixels = blend_poisson(pixels, source.image[window.box], drawn.label == SKIN)
        if source.occlusion is not None:  # matching gradients repaint what must stay
            lay_over(pixels, source.image[window.box], displacement, source.occlusion, corner)
    return Patch(source.origin[0] + window.x, source.origin[1] + window.y, pixels)


def _smooth_edges(displacement: FloatArray, parts: Parts, points: FloatArray, window: Window) -> None:
    """Smooth a displacement (h, w, 2) where skin folds over skin, in place: the edge would be a row of dots.

    `points` are the front's (3, D). Between lips and between lids there is no skin to be looked up: what is half-way
    there in the photo are teeth and eyes.
    """
    around = (window.around(points[0, seam], points[1, seam], 3) for seam in (parts.lips, *parts.eyes) if len(seam))
    seams = [part.within(window) for part in around if part is not None]
    sharp = [displacement[box].copy() for box in seams]
    cv2.GaussianBlur(displacement, (3, 3), _EDGE_BLUR, dst=displacement)
    for box, own in zip(seams, sharp, strict=True):
        displacement[box] = own


def _movable(held: FloatArray, source: SourceFace, points: FloatArray, window: Window) -> FloatArray:
    """How much of its displacement each pixel (h, w) keeps where a hand holds the skin.

    Lips keep theirs: what is drawn between them is where the mesh has it. Lids move too little for that to matter.
    """
    lips = source.parts.lips
    around = np.concatenate([points[:2, lips].T, source.front_points[lips, :2]]) - np.array(
        [window.x, window.y], dtype=np.float32
    )
    between = hull_mask([around] if len(lips) else [], window.size)
    distance = cv2.distanceTransform(1 - between, cv2.DIST_L2, 5) / source.eye_distance
    return np.asarray(1 - held * smooth_step((distance - _FREE) / _FREE_FADE), dtype=np.float32)


def _window(new: FloatArray, old: FloatArray, moved: BoolArray, reach: float, size: tuple[int, ...]) -> Window:
    """The part of the region that can change: where points (3, D) of `moved`, and as far around as pixels follow."""
    bounds = []
    for axis, length in ((0, size[1]), (1, size[0])):
        here, there = new[axis][moved], old[axis][moved]
        low = float(min(here.min(), there.min())) - reach - 2
        high = float(max(here.max(), there.max())) + reach + 3
        first = int(min(max(low, 0), length - 1))
        bounds.append((first, int(min(max(high, first + 1), length))))
    (x0, x1), (y0, y1) = bounds
    return Window(x0, y0, x1 - x0, y1 - y0)
