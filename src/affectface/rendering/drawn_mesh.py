"""A part of a face model in the form that is drawn: few vertices, their triangles, and the triangles around each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.camera import MODEL_TO_CAMERA, Camera
from affectface.device import put, run_kernel, warp_runtime


@dataclass(frozen=True, eq=False)
class DrawnMesh:
    """Triangles that are drawn together, on their own vertices.

    Attributes
    ----------
    index : ndarray of shape (D,), int32
        The whole model's vertices that are used.
    triangles : ndarray of shape (T, 3), int32
        Indices into `index`.
    labels : ndarray of shape (T,), uint8
        What each triangle belongs to.
    ring_start : ndarray of shape (D + 1,), int32
        Where each vertex's entries of `ring` begin.
    ring : ndarray of shape (3 T, 2), int32
        The other two corners of each triangle around a vertex, in order, as the whole model's vertices.
    """

    index: IntArray
    triangles: IntArray
    labels: NDArray[np.uint8]
    ring_start: IntArray
    ring: IntArray
    _put: dict[str, tuple[Any, Any, Any]] = field(default_factory=dict, repr=False)

    def on(self, device: str) -> tuple[Any, Any, Any]:
        """Return index, starts of the rings and rings on a device, put there once."""
        if device not in self._put:
            warp = warp_runtime()
            kinds = (self.index, warp.int32), (self.ring_start, warp.int32), (self.ring, warp.vec2i)
            self._put[device] = tuple(put(array, kind, device) for array, kind in kinds)
        return self._put[device]


def drawn_mesh(triangles: IntArray, labels: NDArray[np.uint8]) -> DrawnMesh:
    """Prepare triangles for drawing.

    Parameters
    ----------
    triangles : ndarray of shape (T, 3), int32
        Indices into a whole model's vertices.
    labels : ndarray of shape (T,), uint8
        What each triangle belongs to; 255 is taken.

    Returns
    -------
    DrawnMesh
        The same triangles on their own vertices.
    """
    index, own = np.unique(triangles, return_inverse=True)
    own = own.reshape(triangles.shape)
    corner = own.ravel()
    others = np.stack([np.roll(triangles, -1, axis=1), np.roll(triangles, -2, axis=1)], axis=-1).reshape(-1, 2)
    order = np.argsort(corner, kind="stable")
    starts = np.zeros(len(index) + 1, dtype=np.int32)
    np.cumsum(np.bincount(corner, minlength=len(index)), out=starts[1:])
    return DrawnMesh(
        index.astype(np.int32), own.astype(np.int32), labels.astype(np.uint8), starts, others[order].astype(np.int32)
    )


def place(
    mesh: DrawnMesh, vertices: FloatArray, camera: Camera, shift: FloatArray, device: str = "cpu"
) -> tuple[FloatArray, FloatArray]:
    """Project a mesh's vertices and find their normals.

    Parameters
    ----------
    mesh : DrawnMesh
        The mesh.
    vertices : ndarray of shape (V, 3), float32
        The whole model's vertices, cm.
    camera : Camera
        The camera.
    shift : ndarray of shape (D, 2), float32
        What is added to the projected points, pixels.
    device : str
        Where the kernel runs.

    Returns
    -------
    points : ndarray of shape (D, 3), float32
        x and y in pixels, depth in cm.
    normals : ndarray of shape (D, 3), float32
        Unit normals in camera space, each triangle counted by its area.
    """
    warp = warp_runtime()
    from affectface.rendering import kernels

    count = len(mesh.index)
    points = warp.empty(count, dtype=warp.vec3, device=device)
    normals = warp.empty(count, dtype=warp.vec3, device=device)
    run_kernel(
        kernels.place_vertices,
        count,
        [
            put(vertices, warp.vec3, device),
            *mesh.on(device),
            put(shift, warp.vec2, device),
            view_of(camera),
            points,
            normals,
        ],
        device,
    )
    return points.numpy(), normals.numpy()


def view_of(camera: Camera) -> Any:
    """Return a camera as the kernels take it."""
    warp = warp_runtime()
    from affectface.rendering import kernels

    view = kernels.View()
    view.turn = warp.mat33((MODEL_TO_CAMERA @ camera.rotation).astype(np.float32).ravel().tolist())
    view.translation = warp.vec3(*map(float, camera.translation))
    view.focal = float(camera.focal)
    view.centre = warp.vec2(*map(float, camera.centre))
    return view
