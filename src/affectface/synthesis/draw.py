"""Draw a moved face with the photo's own pixels.

Every pixel of the moved skin looks up where the same surface point was in the photo: a backward warp, as sharp as the
photo. The light changes by the ratio of the fitted light on the moved and on the unmoved surface. Eyeballs and the
inside of the mouth are layers behind the skin.
"""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.blending.displacement import continue_field
from affectface.blending.poisson import blend_poisson
from affectface.mesh import vertex_normals
from affectface.rendering.eyes import EyeLayers
from affectface.rendering.mouth import shade_mouth
from affectface.rendering.rasterise import rasterise
from affectface.rendering.shade import GAMMA, luminance, shade, to_srgb
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.source import SourceFace, draw_front

_STILL = 0.02
"""Movement, pixels, that no eye sees: less than this everywhere, and the photo is returned as it is."""
_DARKEST, _BRIGHTEST = 0.6, 1.4
"""Bounds of the change of light: beyond them the fitted light is guessing."""


_TRUST = 0.75
"""Share of the predicted change of light that is drawn: skin scatters light, and is less contrasted than matt paint."""


def draw_expression(source: SourceFace, vertices: FloatArray, config: SynthesisConfig) -> Image:
    """Draw the face with its vertices moved.

    Parameters
    ----------
    source : SourceFace
        The photo's face region.
    vertices : ndarray of shape (V, 3), float32
        Where the vertices are now, cm.
    config : SynthesisConfig
        The choices of the synthesis.

    Returns
    -------
    ndarray of shape (h, w, 3), uint8
        The region's new pixels. Where nothing moved they are the old ones, bit for bit.
    """
    points = source.camera.project(vertices)
    points[:, :2] += source.shift
    if np.abs(points[:, :2] - source.points[:, :2]).max() < _STILL:
        return source.image
    size = source.image.shape[:2]
    values = np.zeros((len(points), 4), dtype=np.float32)
    values[:, :2] = source.points[:, :2] - points[:, :2]
    if config.shading:
        values[:, 2] = _log_light_ratio(source, vertices)
    drawn = draw_front(points, source.parts, values, size, config.device)
    covered = drawn.triangle >= 0
    skin = covered & source.parts.is_skin[drawn.triangle]
    field = continue_field(drawn.values[..., :3], skin, config.reach * source.eye_distance)
    grid = _pixel_grid(size)
    result = _warp(source.image, grid, field)
    if config.shading:
        result *= np.exp(field[..., 2:] / GAMMA)
    result = _draw_eyes(result, source, covered & ~skin, drawn.values, field, grid)
    result = _draw_mouth(result, source, points, vertices, covered, field, grid, config)
    pixels = np.clip(result + 0.5, 0, 255).astype(np.uint8)
    if config.blend == "poisson":
        return blend_poisson(pixels, source.image, skin)
    still = (np.abs(field).max(axis=-1) < 1e-4) & ~(covered & ~skin)
    return np.where(still[..., None], source.image, pixels)


def _log_light_ratio(source: SourceFace, vertices: FloatArray) -> FloatArray:
    """Logarithm of the new light on each vertex (V,) over the old."""
    normals = vertex_normals(vertices, source.parts.skin) @ source.camera.direction_to_camera().T
    new = luminance(shade(source.lighting, normals))
    floor = 0.15 * float(np.median(source.luminance))
    ratio = np.maximum(new, floor) / np.maximum(source.luminance, floor)
    return np.asarray(_TRUST * np.log(np.clip(ratio, _DARKEST, _BRIGHTEST)), dtype=np.float32)


def _pixel_grid(size: tuple[int, int]) -> FloatArray:
    """Index of each pixel (h, w, 2), x and y."""
    yy, xx = np.mgrid[: size[0], : size[1]]
    return np.stack([xx, yy], axis=-1).astype(np.float32)


def _warp(image: Image | FloatArray, grid: FloatArray, field: FloatArray) -> FloatArray:
    """Look up each pixel's source, cubic, with the edge pixels repeated."""
    where = (grid + field[..., :2]).astype(np.float32, copy=False)
    return np.asarray(cv2.remap(image, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def _soft(mask: BoolArray) -> FloatArray:
    """A mask (h, w) with a border about one pixel wide, as a lens would draw it."""
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7))[..., None]


def _draw_eyes(
    result: FloatArray,
    source: SourceFace,
    opening: BoolArray,
    moved: FloatArray,
    field: FloatArray,
    grid: FloatArray,
) -> FloatArray:
    """Lay the eyeballs, moved by gaze, under the shadow, moved by the lids, into the opening between the lids."""
    for eye in source.eyes:
        box = np.s_[eye.y : eye.y + eye.eyeball.shape[0], eye.x : eye.x + eye.eyeball.shape[1]]
        result[box] = _one_eye(result[box], eye, opening[box], moved[box], field[box], grid[box])
    return result


def _one_eye(
    under: FloatArray, eye: EyeLayers, opening: BoolArray, moved: FloatArray, field: FloatArray, grid: FloatArray
) -> FloatArray:
    local = grid - (eye.x, eye.y)
    gaze = np.where(opening[..., None], moved[..., :2], 0)
    if opening.any():
        gaze = np.broadcast_to(np.median(moved[opening][:, :2], axis=0), gaze.shape)
    eyeball = _warp(eye.eyeball, local, gaze)
    shadow = _warp(eye.shadow, local, field)
    alpha = _soft(opening)
    return np.asarray(under + (eyeball * shadow - under) * alpha, dtype=np.float32)


def _draw_mouth(
    result: FloatArray,
    source: SourceFace,
    points: FloatArray,
    vertices: FloatArray,
    covered: BoolArray,
    field: FloatArray,
    grid: FloatArray,
    config: SynthesisConfig,
) -> FloatArray:
    """Draw the inside of the mouth where the lips are open; the photo's own teeth where it showed them."""
    used = np.unique(source.parts.mouth)
    if not len(used):
        return result
    low = np.maximum(np.floor(points[used, :2].min(axis=0)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(points[used, :2].max(axis=0)).astype(int) + 3, (covered.shape[1], covered.shape[0]))
    if (high <= low).any():
        return result
    box = np.s_[low[1] : high[1], low[0] : high[0]]
    normals = vertex_normals(vertices, source.parts.mouth) @ source.camera.direction_to_camera().T
    local = points - np.array([*low, 0], dtype=np.float32)
    values = np.zeros((len(points), 4), dtype=np.float32)
    values[:, :2] = source.points[:, :2] - points[:, :2]
    values[:, 2] = np.clip(-normals[:, 2], 0, 1)
    values[:, 3] = points[:, 2]
    drawn = rasterise(local, source.parts.mouth, values, covered[box].shape, device=config.device)
    inside = drawn.triangle >= 0
    opening = inside & ~covered[box]
    if opening.sum() < 2:
        return result
    lips = float(np.percentile(points[used, 2], 2))
    regions = source.parts.mouth_regions[drawn.triangle]
    scale = source.camera.focal / lips
    shaded = shade_mouth(regions, drawn.values[..., 2], drawn.values[..., 3] - lips, opening, source.white, scale)
    colour = to_srgb(shaded)
    if source.mouth_opening.max() > 0:
        known = _warp(source.mouth_opening, grid[box], drawn.values)[..., None] * inside[..., None]
        colour += (_warp(source.image, grid[box], drawn.values) - colour) * np.clip(known, 0, 1)
    alpha = _soft(opening)
    result[box] += (colour - result[box]) * alpha
    return result
