"""Continue what the moving skin does to the pixels around it, so that no seam appears, and look the pixels up.

Inside the mesh every pixel knows where in the photo it comes from. Around it, and in the holes of eyes and mouth, the
field is continued from the nearest skin and faded to exactly zero. The continuation is smooth, so it is found on a
coarse grid.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, smooth_step
from affectface.device import put, run_kernel, run_rows, warp_runtime

_COARSE = 80
"""Cells along the longer side of the coarse grid."""
_LIGHT_BLUR = 0.05
"""Blur of the change of light, in reaches: the light on skin changes gently, the mesh in facets."""
_LIGHT_MARGIN = 0.6
"""Width, in reaches, of the margin inside the border in which the change of light fades."""


def continue_field(field: FloatArray, inside: BoolArray, reach: float, *, device: str = "cpu") -> FloatArray:
    """Continue a field of displacements beyond the pixels where it is known.

    Parameters
    ----------
    field : ndarray of shape (H, W, 4), float32
        Where `inside` holds: two components of displacement, and the logarithm of a change of light; the fourth is
        not used.
    inside : ndarray of shape (H, W), bool
        Where the field is known.
    reach : float
        Distance, pixels, at which the continued displacement has faded to zero.
    device : str
        Where the kernels run.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        The displacement itself well inside, its continuation outside, a soft change at the border. The light is
        smoothed, and fades to zero towards the outer border: what surrounds a face is not lit by it.
    """
    warp = warp_runtime()
    from affectface.blending import kernels

    height, width = inside.shape
    block = max(1, -(-max(height, width) // _COARSE))
    mask = inside.astype(np.uint8)
    on_field, on_mask = put(field, warp.vec4, device), put(mask, warp.uint8, device)
    averages = warp.empty((-(-height // block), -(-width // block)), dtype=warp.vec4, device=device)
    run_kernel(kernels.average_blocks, averages.shape, [on_field, on_mask, block, averages], device)
    coarse = _continue_coarse(averages.numpy(), max(reach / block, 1.0))
    rows, columns = averages.shape
    whole = cv2.resize(coarse, (columns * block, rows * block), interpolation=cv2.INTER_LINEAR)
    result = put(whole[:height, :width], warp.vec3, device)
    neighbours = cv2.boxFilter(mask, -1, (5, 5), normalize=False, borderType=cv2.BORDER_REPLICATE)
    on_neighbours = put(neighbours, warp.uint8, device)
    run_rows(kernels.insert_fine, (height, width), [on_field, on_mask, on_neighbours, None, result], device)
    return np.asarray(result.numpy(), dtype=np.float32)


def look_up(image: Image, field: FloatArray) -> Image:
    """Return each pixel as it is found where its displacement points, times the change of light.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        Where pixels are looked up, by cubic interpolation, with the edge pixels repeated.
    field : ndarray of shape (H, W, 3), float32
        Displacement, pixels, and logarithm of the change of light.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The new pixels; the old ones, bit for bit, where nothing moves.
    """
    height, width = field.shape[:2]
    x = field[..., 0] + np.arange(width, dtype=np.float32)
    y = field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    four = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA).astype(np.float32)  # four floats are looked up faster than 3 bytes
    moved = cv2.remap(four, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    light = cv2.exp(np.ascontiguousarray(field[..., 2]))
    lit = cv2.multiply(moved, cv2.merge([light] * 4), dtype=cv2.CV_8U)
    return np.asarray(cv2.cvtColor(lit, cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def _continue_coarse(averages: FloatArray, reach: float) -> FloatArray:
    """Fill and fade the coarse grid (h, w, 4), whose fourth value is the share inside; `reach` in cells: (h, w, 3)."""
    filled = _fill(averages[..., :3], averages[..., 3])
    face = _without_holes(averages[..., 3] > 0.5)
    away = cv2.distanceTransform((~face).astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(np.pad(face, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    filled[..., :2] *= smooth_step(1 - away / reach)[..., None]
    light = cv2.GaussianBlur(filled[..., 2], (0, 0), _LIGHT_BLUR * reach)
    filled[..., 2] = light * smooth_step(depth / (_LIGHT_MARGIN * reach))
    return filled


def _fill(values: NDArray[Any], share: NDArray[Any]) -> FloatArray:
    """Spread values (h, w, C), known where the share (h, w) is not 0, into the rest: halve the grid, double it."""
    height, width = share.shape
    if min(height, width) <= 2 or share.min() > 0:
        mean = (values * share[..., None]).sum(axis=(0, 1)) / max(float(share.sum()), 1e-6)
        return np.where(share[..., None] > 0, values, mean).astype(np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    halved = cv2.resize(np.dstack([values * share[..., None], share]), half, interpolation=cv2.INTER_AREA)
    weight = halved[..., -1]
    coarser = _fill(halved[..., :-1] / np.maximum(weight, 1e-6)[..., None], np.minimum(weight, 1))
    guess = cv2.resize(coarser, (width, height), interpolation=cv2.INTER_LINEAR).reshape(values.shape)
    trust = np.minimum(share * 4, 1)[..., None]  # a cell with a sliver inside knows little
    return np.asarray(values * trust + guess * (1 - trust), dtype=np.float32)


def _without_holes(mask: BoolArray) -> BoolArray:
    """The mask with every region that does not touch the border filled: the eyes' and the mouth's holes."""
    _, labels = cv2.connectedComponents((~np.pad(mask, 1)).astype(np.uint8), connectivity=4)
    return np.asarray(labels != labels[0, 0])[1:-1, 1:-1]
