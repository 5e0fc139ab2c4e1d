"""Mesh -> pixels: which triangle each pixel sees, and what the vertices say there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Raster:
    """What was drawn.

    Attributes
    ----------
    triangle : ndarray of shape (H, W), int32
        Index of the triangle in front at each pixel's centre; -1 where there is none.
    values : ndarray of shape (H, W, 4), float32
        The vertices' values there; 0 where there is no triangle.
    """

    triangle: IntArray
    values: FloatArray


def rasterise(
    points: FloatArray,
    triangles: IntArray,
    values: FloatArray,
    size: tuple[int, int],
    *,
    both_sides: bool = False,
    device: str = "cpu",
) -> Raster:
    """Draw a mesh and interpolate its vertices' values, right in perspective.

    Parameters
    ----------
    points : ndarray of shape (V, 3), float32
        Projected vertices: x and y in pixels, depth in cm.
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise from outside.
    values : ndarray of shape (V, 4), float32
        Four numbers a vertex to interpolate.
    size : tuple of int
        Height and width of the picture, pixels.
    both_sides : bool
        Whether triangles seen from behind are drawn as well.
    device : str
        Where the kernels run: "cpu" or a CUDA device such as "cuda:0".

    Returns
    -------
    Raster
        Triangle and values of each pixel.
    """
    warp = _warp()
    from affectface.rendering import kernels

    height, width = size
    if not len(triangles) or not height or not width:
        return Raster(np.full(size, -1, np.int32), np.zeros((*size, 4), np.float32))

    def put(array: NDArray[Any], dtype: Any) -> Any:
        return warp.array(np.ascontiguousarray(array), dtype=dtype, device=device, copy=False)

    used = points[triangles.ravel(), 2]
    near, far = float(used.min()), float(used.max())
    device_points = put(points.astype(np.float32, copy=False), warp.vec3)
    device_triangles = put(triangles.astype(np.int32, copy=False), warp.vec3i)
    buffer = warp.full((height, width), value=0xFFFFFFFFFFFFFFFF, dtype=warp.uint64, device=device)
    triangle = warp.empty((height, width), dtype=warp.int32, device=device)
    result = warp.zeros((height, width), dtype=warp.vec4, device=device)
    kernels.launch(
        kernels.draw_triangles,
        len(triangles),
        [device_points, device_triangles, near, max(far, near + 1e-3), both_sides, buffer],
        device,
    )
    device_values = put(values.astype(np.float32, copy=False), warp.vec4)
    kernels.launch(
        kernels.interpolate, size, [buffer, device_points, device_triangles, device_values, triangle, result], device
    )
    return Raster(triangle.numpy(), result.numpy())


@cache
def _warp() -> Any:
    """Warp, imported on first use and told to keep its banner to itself."""
    import warp.config

    warp.config.log_level = 40  # errors only
    import warp

    # its native part writes to descriptor 2 that there is no CUDA driver, past every setting
    descriptor, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        warp.init()
    finally:
        os.dup2(descriptor, 2)
        os.close(descriptor)
        os.close(silence)
    return warp
