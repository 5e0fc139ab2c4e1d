"""Continue what the moving skin does to the pixels around it, so that no seam appears, and look the pixels up.

Inside the mesh every pixel knows where in the photo it comes from. Around it, and in the holes of eyes and mouth, the
field is continued from the nearest skin and faded to exactly zero. The continuation is smooth, so it is found on a
coarse grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, smooth_step
from affectface.device import Buffer, buffer, prepare_kernel, runs_of_rows, warp_runtime

_COARSE = 80
"""Cells along the longer side of the coarse grid."""
_SAMPLES = 3
"""Pixels along a cell of the coarse grid that are looked at: its average is made of the square of that."""
_LANCZOS = 4
"""Half the width, pixels, of the filter that finds what lies between pixels."""
_LIGHT_BLUR = 0.05
"""Blur of the change of light, in reaches: the light on skin changes gently, the mesh in facets."""
_LIGHT_MARGIN = 0.6
"""Width, in reaches, of the margin inside the border in which the change of light fades."""


@dataclass(frozen=True, eq=False)
class FieldCanvas:
    """What a field is continued with: buffers and prepared kernels, kept from one picture to the next."""

    _device: str
    _field: Buffer
    _inside: Buffer
    _neighbours: Buffer
    _averages: Buffer
    _whole: Buffer
    _displacement: Buffer
    _light: Buffer
    _average: Any
    _insert: Any

    def continue_field(self, inside: NDArray[np.uint8], reach: float) -> tuple[FloatArray, FloatArray]:
        """Continue the field that lies in the canvas's buffer; see `continue_field`.

        Parameters
        ----------
        inside : ndarray of shape (H, W), uint8
            1 where it is known, 0 elsewhere; no more pixels than the canvas has.
        reach : float
            Distance, pixels, at which the continued displacement has faded to zero.

        Returns
        -------
        displacement : ndarray of shape (H, W, 2), float32
            Valid until the next field is continued.
        light : ndarray of shape (H, W), float32
            The same.
        """
        height, width = size = inside.shape
        pixels = height * width
        self._inside.host[:pixels] = inside.ravel()
        neighbours = self._neighbours.host[:pixels].reshape(size)
        cv2.boxFilter(inside, -1, (5, 5), dst=neighbours, normalize=False, borderType=cv2.BORDER_REPLICATE)
        for written in (self._inside, self._neighbours):
            written.send()
        step = max(1, -(-max(height, width) // (_COARSE * _SAMPLES)))
        cell = step * _SAMPLES
        coarse = _continue_coarse(self._averages_over(size, step), max(reach / cell, 1.0))
        rows, columns = coarse.shape[0] * cell, coarse.shape[1] * cell
        whole = self._whole.host[: rows * columns].reshape(rows, columns, 3)
        cv2.resize(coarse, (columns, rows), dst=whole, interpolation=cv2.INTER_LINEAR)
        self._whole.send()
        _launch(self._insert, size, ((4, columns), (5, width)), 6, self._device)
        for result in (self._displacement, self._light):
            result.fetch()
        return self._displacement.host[:pixels].reshape(*size, 2), self._light.host[:pixels].reshape(size)

    def _averages_over(self, size: tuple[int, int], step: int) -> FloatArray:
        """Averages (h, w, 4) of the field's first three values, 0 outside, over coarse cells, and the share inside.

        Every `step`-th pixel and row stand for all.
        """
        height, width = size
        rows, columns = (-(-length // (step * _SAMPLES)) for length in size)
        sizes = ((2, width), (3, height), (4, step), (6, columns))
        _launch(self._average, (rows, columns), sizes, 7, self._device)
        self._averages.fetch()
        return self._averages.host[: rows * columns].reshape(rows, columns, 4)


def field_canvas(size: tuple[int, int], field: Buffer, device: str) -> FieldCanvas:
    """Return a canvas for fields of up to a height and a width, pixels, which lie in a buffer (N, 4), row by row."""
    warp = warp_runtime()
    from affectface.blending import kernels

    pixels, single = size[0] * size[1], np.float32
    most = -(-max(size) // (_COARSE * _SAMPLES)) * _SAMPLES  # the coarse grid's last cells may reach beyond
    inside, neighbours = (buffer(pixels, np.uint8, warp.uint8, device) for _ in range(2))
    averages = buffer((_COARSE**2, 4), single, warp.vec4, device)
    whole = buffer(((size[0] + most) * (size[1] + most), 3), single, warp.vec3, device)
    displacement = buffer((pixels, 2), single, warp.vec2, device)
    light = buffer(pixels, single, warp.float32, device)
    inputs = [field.on_device, inside.on_device, 1, 1, 1, _SAMPLES, 1, 1, averages.on_device]
    average = prepare_kernel(kernels.average_cells, (1, 1), inputs, device)
    given = [one.on_device for one in (field, inside, neighbours, whole)]
    inputs = [*given, 1, 1, 1, displacement.on_device, light.on_device]
    insert = prepare_kernel(kernels.insert_fine, (1, 1), inputs, device)
    return FieldCanvas(device, field, inside, neighbours, averages, whole, displacement, light, average, insert)


def _launch(kernel: Any, size: tuple[int, int], numbers: tuple[tuple[int, int], ...], at_run: int, device: str) -> None:
    """Run a prepared kernel over a picture, with some arguments set: `at_run`, the length of a run, and `numbers`."""
    dim, run = runs_of_rows(size, device)
    kernel.set_dim(dim)
    for index, value in (*numbers, (at_run, run)):
        kernel.set_param_at_index(index, value)
    kernel.launch()


def continue_field(
    field: FloatArray, inside: BoolArray, reach: float, *, device: str = "cpu"
) -> tuple[FloatArray, FloatArray]:
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
    displacement : ndarray of shape (H, W, 2), float32
        The displacement itself well inside, its continuation outside, a soft change at the border.
    light : ndarray of shape (H, W), float32
        The logarithm of the change of light, smoothed, and faded to zero towards the outer border: what surrounds a
        face is not lit by it.
    """
    size = (inside.shape[0], inside.shape[1])
    given = buffer((inside.size, 4), np.float32, warp_runtime().vec4, device)
    given.host[:] = field.reshape(-1, 4)
    given.send()
    return field_canvas(size, given, device).continue_field(inside.astype(np.uint8), reach)


def twice_as_fine(image: Image) -> Image:
    """Return a picture with the values between its pixels, from which a look-up is quick and stays sharp.

    Linear interpolation of these is as close to the ideal shift as cubic interpolation of the pixels, and takes a
    quarter of the time.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The pixels.

    Returns
    -------
    ndarray of shape (2 H, 2 W, 4), uint8
        The pixels themselves at even rows and columns, and what lies between them by Lanczos' filter of eight pixels;
        the fourth channel only makes the look-up faster.
    """
    four = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), dtype=np.uint8)
    finer = np.empty((2 * image.shape[0], 2 * image.shape[1], 4), dtype=np.uint8)
    finer[::2, ::2] = four
    finer[::2, 1::2] = between = _between(four, axis=1)
    finer[1::2, ::2] = _between(four, axis=0)
    finer[1::2, 1::2] = _between(between, axis=0)
    finer[-1], finer[:, -1] = finer[-2], finer[:, -2]  # nothing lies beyond the last pixel
    return finer


def look_up(finer: Image, displacement: FloatArray, light: FloatArray) -> Image:
    """Return each pixel as it is found where its displacement points, times the change of light.

    Parameters
    ----------
    finer : ndarray of shape (2 H, 2 W, 4), uint8
        Where pixels are looked up, from `twice_as_fine`, with the edge pixels repeated.
    displacement : ndarray of shape (H, W, 2), float32
        Where to look from each pixel, pixels.
    light : ndarray of shape (H, W), float32
        Logarithm of the change of light.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The new pixels; the old ones, bit for bit, where nothing moves.
    """
    where = looked_up_at(displacement, (0, 0))
    where *= 2
    found = cv2.remap(finer, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    pixels = np.asarray(cv2.cvtColor(found, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
    left, top, wide, high = cv2.boundingRect((light != 0).view(np.uint8))
    if wide:
        part = np.s_[top : top + high, left : left + wide]
        pixels[part] = cv2.multiply(pixels[part], cv2.merge([cv2.exp(light[part])] * 3), dtype=cv2.CV_8U)
    return pixels


def _between(image: Image, axis: int) -> Image:
    """The values half a pixel further along an axis (h, w, 4)."""
    taps = np.arange(-_LANCZOS + 0.5, _LANCZOS)
    kernel = np.sinc(taps) * np.sinc(taps / _LANCZOS)
    kernel = (kernel / kernel.sum()).reshape((-1, 1) if axis == 0 else (1, -1)).astype(np.float32)
    middle = _LANCZOS - 1
    anchor = (0, middle) if axis == 0 else (middle, 0)
    return np.asarray(cv2.filter2D(image, -1, kernel, anchor=anchor, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8)


def _continue_coarse(averages: FloatArray, reach: float) -> FloatArray:
    """Fill and fade the coarse grid (h, w, 4), averages and the share inside; `reach` in cells: (h, w, 3)."""
    filled = _fill(averages)
    face = _without_holes(averages[..., 3] > 0.5)
    away = cv2.distanceTransform(1 - face, cv2.DIST_L2, 5)
    depth = cv2.distanceTransform(cv2.copyMakeBorder(face, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 5)
    x, y, light, _ = cv2.split(filled)
    fade = smooth_step(1 - away / reach)
    dim = smooth_step(depth[1:-1, 1:-1] / (_LIGHT_MARGIN * reach))
    light = cv2.GaussianBlur(light, (0, 0), _LIGHT_BLUR * reach) * dim
    return np.asarray(cv2.merge([x * fade, y * fade, light]), dtype=np.float32)


def looked_up_at(displacement: FloatArray, corner: tuple[int, int]) -> FloatArray:
    """Return where displaced pixels are looked up.

    Parameters
    ----------
    displacement : ndarray of shape (h, w, 2), float32
        How far each pixel is from where it comes from, x and y.
    corner : tuple of int
        Where the first pixel lies in the picture that is looked up, x and y.

    Returns
    -------
    ndarray of shape (h, w, 2), float32
        Indices into that picture, x and y, as OpenCV's `remap` takes them.
    """
    (x, y), (height, width) = corner, displacement.shape[:2]
    steps = np.zeros(2 * width, dtype=np.float32)
    steps[::2] = np.arange(x, x + width)
    where = displacement.reshape(height, 2 * width) + steps  # rows of x, y, x, y are added to faster than pairs
    where[:, 1::2] += np.arange(y, y + height, dtype=np.float32)[:, None]
    return np.asarray(where.reshape(height, width, 2))


def _fill(averages: FloatArray) -> FloatArray:
    """Spread averages (h, w, 4), whose last is the share that is known, to where none is: halve the grid, double it."""
    levels = [averages]
    while min(levels[-1].shape[:2]) > 2 and levels[-1][..., 3].min() == 0:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), dtype=np.float32))
    cells = np.concatenate([level.reshape(-1, 4) for level in levels])  # of all at once: small arrays cost calls
    share = np.ascontiguousarray(cells[:, 3])
    # a cell with a sliver inside knows little: from a quarter on it is trusted
    own, others = np.minimum(1 / np.maximum(share, 1e-6), 4), np.maximum(1 - 4 * share, 0)
    known, unknown = cells * cv2.merge([own] * 4).reshape(-1, 4), cv2.merge([others] * 4).reshape(-1, 4)
    total, end = levels[-1].sum(axis=(0, 1)), len(cells)
    filled = (total / max(float(total[3]), 1e-6)).astype(np.float32).reshape(1, 1, 4)
    for level in reversed(levels):
        shape, start = level.shape, end - level.shape[0] * level.shape[1]
        guess = cv2.resize(filled, shape[1::-1], interpolation=cv2.INTER_LINEAR)
        filled = guess * unknown[start:end].reshape(shape) + known[start:end].reshape(shape)
        end = start
    return np.asarray(filled, dtype=np.float32)


def _without_holes(mask: BoolArray) -> NDArray[np.uint8]:
    """The mask, 0 and 1, with every region that does not touch the border filled: the holes of eyes and mouth."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    cv2.floodFill(padded, None, (0, 0), 2)
    return np.asarray(padded[1:-1, 1:-1] != 2).astype(np.uint8)
