"""Continue what the moving skin does to the pixels around it, so that no seam appears, and look the pixels up.

Inside the mesh every pixel knows where in the photo it comes from. Around it, and in the holes of eyes and mouth, the
field is continued from the nearest skin and faded to exactly zero. The continuation is smooth, so it is found on a
coarse grid.
"""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image
from affectface.device import put, run_kernel, run_rows, warp_runtime

_COARSE = 112
"""Longer side, pixels, at which the continuation is computed: it is smooth."""
_LIGHT_BLUR = 0.05
"""Blur of the change of light, in reaches: the light on skin changes gently, the mesh in facets."""
_LIGHT_MARGIN = 0.6
"""Width, in reaches, of the margin inside the border in which the change of light fades."""


def continue_field(
    field: FloatArray, inside: BoolArray | NDArray[np.uint8], reach: float, *, device: str = "cpu"
) -> FloatArray:
    """Continue a field of displacements beyond the pixels where it is known.

    Parameters
    ----------
    field : ndarray of shape (H, W, 4), float32
        Where `inside` holds: two components of displacement, and the logarithm of a change of light; the fourth is
        not looked at.
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
    warp = load_warp()
    from affectface.blending import kernels

    height, width = inside.shape
    block = max(1, -(-max(height, width) // _COARSE))
    mask = np.ascontiguousarray(inside).view(np.uint8)
    fine, on_mask = to_device(field, warp.vec4, device), to_device(mask, warp.uint8, device)
    shape = (-(-height // block), -(-width // block))
    coarse = warp.empty(shape, dtype=warp.vec4, device=device)
    launch(kernels.average_blocks, shape, [fine, on_mask, block, coarse], device)
    smooth = _continue_coarse(coarse.numpy(), reach / block)
    whole = cv2.resize(smooth, (shape[1] * block, shape[0] * block), interpolation=cv2.INTER_LINEAR)
    result = to_device(whole[:height, :width], warp.vec3, device)
    neighbours = cv2.boxFilter(mask, cv2.CV_8U, (5, 5), normalize=False)
    inserted = [fine, on_mask, to_device(neighbours, warp.uint8, device), None, result]
    launch_runs(kernels.insert_fine, (height, width), inserted, device)
    return np.asarray(result.numpy(), dtype=np.float32)


def _continue_coarse(coarse: FloatArray, reach: float) -> FloatArray:
    """Continue and fade a small field (h, w, 4) whose fourth component is the share of each pixel that is known."""
    reach = max(reach, 1.0)
    face = _without_holes(coarse[..., 3] > 0.5)
    away = cv2.distanceTransform((~face).view(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(np.pad(face, 1).view(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    filled = _fill(coarse, away < reach)
    filled[..., :2] *= _smooth_step(1 - away / reach)[..., None]
    light = cv2.GaussianBlur(filled[..., 2], (0, 0), _LIGHT_BLUR * reach)
    filled[..., 2] = light * _smooth_step(depth / (_LIGHT_MARGIN * reach))
    return filled


def _smooth_step(x: FloatArray) -> FloatArray:
    """A smooth rise from 0 at 0 to 1 at 1."""
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x), dtype=np.float32)


def _fill(coarse: FloatArray, wanted: BoolArray) -> FloatArray:
    """Spread the known pixels' first three values into the wanted pixels without any, from near to far: (h, w, 3)."""
    known = coarse[..., 3] > 1e-3
    filled = coarse * known[..., None]
    filled[..., 3] = known
    sigma = 1.0
    while sigma <= 64 and not (known | ~wanted).all():
        spread = cv2.GaussianBlur(filled, (0, 0), sigma)
        reached = ~known & (spread[..., 3] > 0.02)
        share = spread[reached]
        filled[reached] = share / share[:, 3:]
        known |= reached
        sigma *= 2
    return np.ascontiguousarray(filled[..., :3])


def _without_holes(mask: BoolArray) -> BoolArray:
    """The mask with every region that does not touch the border filled: the eyes' and the mouth's holes."""
    _, labels = cv2.connectedComponents((~np.pad(mask, 1)).astype(np.uint8), connectivity=4)
    return np.asarray(labels != labels[0, 0])[1:-1, 1:-1]
