"""Drawing the same mesh over and over: buffers and prepared kernels, which are kept from one picture to the next.

A picture of a small face is drawn in less time than it takes to allocate what it is drawn with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import cv2
import numpy as np

from affectface.arrays import FloatArray
from affectface.camera import Camera
from affectface.device import Buffer, buffer, prepare_kernel, put, runs_of_rows, warp_runtime
from affectface.rendering.drawn_mesh import DrawnMesh, view_of
from affectface.rendering.rasterise import Raster

Canvas = TypeVar("Canvas")
_DEPTH_ROOM = 10.0
"""How much nearer and farther than they were vertices may come, cm, for their order to be known."""


@dataclass(frozen=True, eq=False)
class Canvases(Generic[Canvas]):
    """Canvases that nobody is drawing on, so that threads do not draw on each other's.

    What makes them is told each time: what is kept here would keep its owner, and both would wait for the collector.
    """

    _free: dict[tuple[Any, ...], list[Canvas]] = field(default_factory=dict, repr=False)

    @contextmanager
    def one(self, make: Callable[..., Canvas], *like: Any) -> Iterator[Canvas]:
        """Lend a canvas, made by `make` of the arguments that follow, for as long as the block lasts."""
        free = self._free.setdefault(like, [])
        try:
            canvas = free.pop()
        except IndexError:
            canvas = make(*like)
        try:
            yield canvas
        finally:
            free.append(canvas)


@dataclass(frozen=True, eq=False)
class MeshCanvas:
    """What a mesh is placed and drawn with.

    Attributes
    ----------
    shift : Buffer
        What is added to the projected points (D, 2), pixels: to be written before `place`.
    points : Buffer
        Where the mesh's vertices are (D, 3): x and y in pixels, depth in cm.
    normals : Buffer
        Their unit normals (D, 3) in camera space.
    values : Buffer
        Four numbers a vertex (D, 4), which are interpolated: to be written before `draw`.
    drawn : Buffer
        The values that were drawn (N, 4), row by row.
    """

    shift: Buffer
    points: Buffer
    normals: Buffer
    values: Buffer
    drawn: Buffer
    _device: str
    _vertices: Buffer
    _local: Buffer
    _depth: Buffer
    _label: Buffer
    _place: Any
    _draw: Any
    _interpolate: Any
    _kept: tuple[Any, ...]
    """What the kernels point to."""

    def place(self) -> None:
        """Place the vertices, after the whole model's and `shift` were written."""
        for written in (self._vertices, self.shift):
            written.send()
        self._place.launch()
        for result in (self.points, self.normals):
            result.fetch()

    def draw(self, corner: tuple[int, int], size: tuple[int, int]) -> Raster:
        """Draw a rectangle of what was placed, with its values as they are now.

        Parameters
        ----------
        corner : tuple of int
            x and y of its first pixel.
        size : tuple of int
            Its height and width, no more pixels than the canvas has.

        Returns
        -------
        Raster
            Valid until the next drawing.
        """
        pixels = size[0] * size[1]
        away = (-corner[0], -corner[1], 0, 0)
        cv2.add(self.points.host[None], away, dst=self._local.host[None])  # type: ignore[call-overload]
        self._depth.host[:pixels] = 0xFFFFFFFFFFFFFFFF
        for written in (self._local, self._depth, self.values):
            written.send()
        for index, value in ((5, size[1]), (6, size[0])):
            self._draw.set_param_at_index(index, value)
        self._draw.launch()
        dim, run = runs_of_rows(size, self._device)
        self._interpolate.set_dim(dim)
        self._interpolate.set_param_at_index(5, size[1])
        self._interpolate.set_param_at_index(6, run)
        self._interpolate.launch()
        for result in (self._label, self.drawn):
            result.fetch()
        return Raster(self._label.host[:pixels].reshape(size), self.drawn.host[:pixels].reshape(*size, 4))


def mesh_canvas(
    mesh: DrawnMesh, camera: Camera, old: FloatArray, vertices: Buffer, pixels: int, device: str
) -> MeshCanvas:
    """Return a canvas for a mesh.

    Parameters
    ----------
    mesh : DrawnMesh
        The mesh.
    camera : Camera
        Who looks at it.
    old : ndarray of shape (D, 3), float32
        Where its vertices were, pixels and cm: their order is known as far as they come not much nearer or farther.
    vertices : Buffer
        The whole model's vertices (V, 3), cm: what is to be drawn is written there before `place`.
    pixels : int
        How many pixels a picture has at most.
    device : str
        Where the kernels run.

    Returns
    -------
    MeshCanvas
        The canvas.
    """
    warp = warp_runtime()
    from affectface.rendering import kernels

    count, single = len(mesh.index), np.float32
    shift = buffer((count, 2), single, warp.vec2, device)
    points, normals, local = (buffer((count, 3), single, warp.vec3, device) for _ in range(3))
    values = buffer((count, 4), single, warp.vec4, device)
    depth = buffer(pixels, np.uint64, warp.uint64, device)
    label = buffer(pixels, np.uint8, warp.uint8, device)
    drawn = buffer((pixels, 4), single, warp.vec4, device)
    where = [vertices.on_device, *mesh.on(device), shift.on_device, view_of(camera)]
    placing = prepare_kernel(kernels.place_vertices, count, [*where, points.on_device, normals.on_device], device)
    triangles = put(mesh.triangles, warp.vec3i, device)
    labels = put(mesh.labels, warp.uint8, device)
    near, far = float(old[:, 2].min()) - _DEPTH_ROOM, float(old[:, 2].max()) + _DEPTH_ROOM
    inputs = [local.on_device, triangles, near, far, False, 1, 1, depth.on_device]
    drawing = prepare_kernel(kernels.draw_triangles, len(mesh.triangles), inputs, device)
    inputs = [depth.on_device, local.on_device, triangles, labels, values.on_device, 1, 1]
    inputs += [label.on_device, drawn.on_device]
    between = prepare_kernel(kernels.interpolate, (1, 1), inputs, device)
    kept = (*where, triangles, labels)
    how = (device, vertices, local, depth, label, placing, drawing, between, kept)
    return MeshCanvas(shift, points, normals, values, drawn, *how)
