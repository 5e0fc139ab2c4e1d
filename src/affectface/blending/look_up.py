"""Look up each pixel of a moved face in its photo: a backward warp, as sharp as the photo."""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.rendering.warp_device import launch_runs, load_warp, to_device

STILL = 1e-4
"""Displacement, pixels, and change of light under which a pixel is left alone."""


def frame_image(image: Image) -> FloatArray:
    """Return an image (H, W, 3) as `look_up` wants it: (H + 4, W + 4, 4) float32, with its edge pixels repeated."""
    framed = np.zeros((image.shape[0] + 4, image.shape[1] + 4, 4), dtype=np.float32)
    framed[..., :3] = cv2.copyMakeBorder(image, 2, 2, 2, 2, cv2.BORDER_REPLICATE)
    return framed


def look_up(image: Image, framed: FloatArray, field: FloatArray, *, device: str = "cpu") -> Image:
    """Replace every pixel by the one that its displacement points at, times the change of light.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    framed : ndarray of shape (H + 4, W + 4, 4), float32
        The same, from `frame_image`.
    field : ndarray of shape (H, W, 3), float32
        Displacement x and y, pixels, and the logarithm of the factor of the pixel's value.
    device : str
        Where the kernel runs.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The moved picture, interpolated cubically; where the field is still, the photo's own pixels, bit for bit.
    """
    warp = load_warp()
    from affectface.blending import kernels

    result = to_device(image.copy(), warp.vec3ub, device)
    on_framed = to_device(framed.reshape(-1, 4), warp.vec4, device)
    moved = [on_framed, to_device(field, warp.vec3, device), STILL, None, result]
    launch_runs(kernels.look_up_pixels, (image.shape[0], image.shape[1]), moved, device)
    return np.asarray(result.numpy(), dtype=np.uint8)
