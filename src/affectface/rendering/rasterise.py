"""Mesh -> pixels: what each pixel sees, and what the vertices say there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.device import put, run_kernel, run_rows, warp_runtime

NO_LABEL = 255
"""The label of a pixel that no triangle covers."""


@dataclass(frozen=True, eq=False)
class Raster:
    """What was drawn.

    Attributes
    ----------
    label : ndarray of shape (H, W), uint8
        Label of the triangle in front at each pixel's centre; `NO_LABEL` where there is none.
    values : ndarray of shape (H, W, 4), float32
        The vertices' values there; 0 where there is no triangle.
    """

    label: NDArray[np.uint8]
    values: FloatArray


def rasterise(
    points: FloatArray,
    triangles: IntArray,
    labels: NDArray[np.uint8],
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
    labels : ndarray of shape (T,), uint8
        A label for each triangle, below 255.
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
        Label and values of each pixel.
    """
    if not len(triangles) or 0 in size:
        return Raster(np.full(size, NO_LABEL, np.uint8), np.zeros((*size, 4), np.float32))
    warp = warp_runtime()
    from affectface.rendering import kernels

    near, far = float(points[:, 2].min()), float(points[:, 2].max())
    on_points = put(points.astype(np.float32, copy=False), warp.vec3, device)
    on_triangles = put(triangles, warp.vec3i, device)
    pixels = size[0] * size[1]
    buffer = warp.full(pixels, value=0xFFFFFFFFFFFFFFFF, dtype=warp.uint64, device=device)
    inputs = [on_points, on_triangles, near, max(far, near + 1e-3), both_sides, size[1], size[0], buffer]
    run_kernel(kernels.draw_triangles, len(triangles), inputs, device)
    label = warp.empty(pixels, dtype=warp.uint8, device=device)
    result = warp.empty(pixels, dtype=warp.vec4, device=device)
    on_values = put(values.astype(np.float32, copy=False), warp.vec4, device)
    on_labels = put(labels, warp.uint8, device)
    inputs = [buffer, on_points, on_triangles, on_labels, on_values, size[1], None, label, result]
    run_rows(kernels.interpolate, size, inputs, device)
    return Raster(label.numpy().reshape(size), result.numpy().reshape(*size, 4))
