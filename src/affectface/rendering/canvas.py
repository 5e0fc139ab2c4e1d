"""Drawing the same mesh over and over: buffers and prepared kernels, which are kept from one picture to the next.

A picture of a small face is drawn in less time than it takes to allocate what it is drawn with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from affectface.arrays import FloatArray
from affectface.camera import Camera
from affectface.device import Buffer, buffer, prepare_kernel, put, runs_of_rows, warp_runtime
from affectface.rendering.drawn_mesh import DrawnMesh, view_of
from affectface.rendering.rasterise import Raster

Canvas = TypeVar("Canvas")


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
    vertices : Buffer
        The whole model's vertices (V, 3), cm: what is to be drawn is written here.
    shift : Buffer
        What is added to the projected points (D, 2), pixels.
    points : Buffer
        Where the mesh's vertices are (D, 3): x and y in pixels, depth in cm.
    values : Buffer
        Four numbers a vertex (D, 4), which are interpolated.
    """

    vertices: Buffer
    shift: Buffer
    points: Buffer
    values: Buffer
    _device: str
    _local: Buffer
    _depth: Buffer
    _label: Buffer
    _drawn: Buffer
    _place: Any
    _draw: Any
    _interpolate: Any
    _kept: tuple[Any, ...]
    """What the kernels point to."""

    def place(self) -> None:
        """Place the vertices, after `vertices` and `shift` were written."""
        for written in (self.vertices, self.shift, self.values):
            written.send()
        self._place.launch()
        for result in (self.points, self.values):
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
        local, depth = self._local.host, self.points.host[:, 2]
        np.subtract(self.points.host, np.array([*corner, 0], dtype=np.float32), out=local)
        near, far = float(depth.min()), float(depth.max())
        self._depth.host[:pixels] = 0xFFFFFFFFFFFFFFFF
        for written in (self._local, self._depth, self.values):
            written.send()
        for index, value in ((2, near), (3, max(far, near + 1e-3)), (5, size[1]), (6, size[0])):
            self._draw.set_param_at_index(index, value)
        self._draw.launch()
        dim, run = runs_of_rows(size, self._device)
        self._interpolate.set_dim(dim)
        self._interpolate.set_param_at_index(5, size[1])
        self._interpolate.set_param_at_index(6, run)
        self._interpolate.launch()
        for result in (self._label, self._drawn):
            result.fetch()
        return Raster(self._label.host[:pixels].reshape(size), self._drawn.host[:pixels].reshape(*size, 4))


@dataclass(frozen=True, eq=False)
class Lit:
    """How the light on a mesh was, so that its change can be told.

    Attributes
    ----------
    light : ndarray of shape (D,), float32
        The luminance on the vertices.
    lighting : ndarray of shape (9,), float32
        Harmonics of the luminance.
    least : float
        The luminance in the darkest shadow.
    bounds : tuple of float
        The least and the largest ratio of new and old luminance.
    share : float
        Factor on the logarithm of that ratio; with 0 the light does not change.
    """

    light: FloatArray
    lighting: FloatArray
    least: float
    bounds: tuple[float, float]
    share: float


def mesh_canvas(
    mesh: DrawnMesh, camera: Camera, old: FloatArray, room: tuple[int, int], lit: Lit | None, device: str
) -> MeshCanvas:
    """Return a canvas for a mesh.

    Parameters
    ----------
    mesh : DrawnMesh
        The mesh.
    camera : Camera
        Who looks at it.
    old : ndarray of shape (D, 3), float32
        Where its vertices were, pixels.
    room : tuple of int
        How many vertices the whole model has, and how many pixels a picture has at most.
    lit : Lit or None
        With it `place` writes three values: how far back each vertex was, x and y, and the logarithm of the change of
        its pixels. Without it, four: the first two, how much the vertex looks at the camera, and its depth, cm.
    device : str
        Where the kernels run.

    Returns
    -------
    MeshCanvas
        The canvas.
    """
    warp = warp_runtime()
    from affectface.rendering import kernels

    count, (vertices, pixels), single = len(mesh.index), room, np.float32
    on_vertices = buffer((vertices, 3), single, warp.vec3, device)
    shift = buffer((count, 2), single, warp.vec2, device)
    points, local = (buffer((count, 3), single, warp.vec3, device) for _ in range(2))
    values = buffer((count, 4), single, warp.vec4, device)
    depth = buffer(pixels, np.uint64, warp.uint64, device)
    label = buffer(pixels, np.uint8, warp.uint8, device)
    drawn = buffer((pixels, 4), single, warp.vec4, device)
    old_points = put(old, warp.vec3, device)
    where = [on_vertices.on_device, *mesh.on(device), shift.on_device, view_of(camera), old_points]
    results = [points.on_device, values.on_device]
    before: list[Any] = []
    if lit is None:
        placing = prepare_kernel(kernels.place_facing, count, [*where, *results], device)
    else:
        before = [put(lit.light, warp.float32, device), _light(lit)]
        placing = prepare_kernel(kernels.place_lit, count, [*where, *before, *results], device)
    triangles = put(mesh.triangles, warp.vec3i, device)
    labels = put(mesh.labels, warp.uint8, device)
    inputs = [local.on_device, triangles, 0.0, 1.0, False, 1, 1, depth.on_device]
    drawing = prepare_kernel(kernels.draw_triangles, len(mesh.triangles), inputs, device)
    inputs = [depth.on_device, local.on_device, triangles, labels, values.on_device, 1, 1]
    inputs += [label.on_device, drawn.on_device]
    between = prepare_kernel(kernels.interpolate, (1, 1), inputs, device)
    kept = (*where, *before, triangles, labels)
    return MeshCanvas(
        on_vertices, shift, points, values, device, local, depth, label, drawn, placing, drawing, between, kept
    )


def _light(lit: Lit) -> Any:
    """The light as the kernel takes it."""
    warp = warp_runtime()
    from affectface.rendering import kernels

    h = [float(value) for value in lit.lighting]
    light = kernels.Light()
    light.ambient, light.upright, light.aslant = h[0], h[6], h[8]
    light.along, light.mixed = warp.vec3(*h[1:4]), warp.vec3(h[4], h[5], h[7])
    light.least, (light.darkest, light.brightest), light.share = lit.least, lit.bounds, lit.share
    return light
