"""Whether a mesh is in correspondence with the others: the same vertices, joined by the same triangles."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectface.arrays import FloatArray, IntArray
from affectface.errors import MeshSetError
from affectface.morphable.building.mesh_set import MeshSource, try_source

_LOOKED_AT = 7
"""Of how many meshes the topology is asked, before all are read: one in correspondence is that of most."""


@dataclass(frozen=True, eq=False)
class Topology:
    """What all meshes must share.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float32
        Those of the mesh it was taken of, in its own unit: they set the axes of the model.
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise seen from outside.
    uv : ndarray of shape (T, 3, 2), float32, or None
        Texture coordinates of the triangles' corners.
    origin : str
        Where it comes from, for messages.
    """

    vertices: FloatArray
    triangles: IntArray
    uv: FloatArray | None
    origin: str


def topology_of(sources: Sequence[MeshSource]) -> Topology:
    """Return the topology that most of some meshes have.

    Parameters
    ----------
    sources : sequence of MeshSource
        The meshes; a few of them, spread over all, are read.

    Returns
    -------
    Topology
        That of the first mesh that has it.

    Raises
    ------
    MeshSetError
        If none of them has triangles.
    """
    picked = np.unique(np.linspace(0, len(sources) - 1, _LOOKED_AT).round().astype(int))
    found: list[tuple[bytes, Topology]] = []
    unread = ""
    for source in (sources[i] for i in picked):
        mesh = try_source(source)
        if isinstance(mesh, str):
            unread = unread or mesh
            continue
        if mesh[1] is None or not np.isfinite(mesh[0]).all():
            continue
        vertices, triangles, uv = mesh
        if triangles is not None and len(triangles) and triangles.min() >= 0 and triangles.max() < len(vertices):
            key = len(vertices).to_bytes(8) + _canonical(triangles).tobytes()
            found.append((key, Topology(vertices, triangles, uv, source.name)))
    if not found:
        looked = f"none of {len(picked)} meshes looked at can be read and has triangles"
        if unread:
            raise MeshSetError(f"{looked}: {unread}")
        raise MeshSetError(f"{looked}; give --like MODEL or --reference MESH with the same vertices")
    most = Counter(key for key, _ in found).most_common(1)[0][0]
    return next(topology for key, topology in found if key == most)


def reference_topology(path: str | os.PathLike[str]) -> Topology:
    """Return the topology of a mesh.

    Parameters
    ----------
    path : path-like
        An OBJ, PLY or GLB file.

    Returns
    -------
    Topology
        Its own.
    """
    from affectface.morphable.mesh_reading import read_mesh

    mesh = read_mesh(path)
    return Topology(mesh.vertices.astype(np.float32), mesh.triangles, mesh.uv, Path(path).name)


def why_not_in_correspondence(vertices: FloatArray, triangles: IntArray | None, topology: Topology) -> str | None:
    """Return why a mesh is not in correspondence with the others, None where it is.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3)
        Its vertices.
    triangles : ndarray of shape (T, 3) or None
        Its triangles, in any order; None where its file has none.
    topology : Topology
        What is wanted.

    Returns
    -------
    str or None
        The reason, as half a sentence.
    """
    wanted = topology.triangles
    if len(vertices) != len(topology.vertices):
        return f"it has {len(vertices)} vertices; {topology.origin} has {len(topology.vertices)}"
    if not np.isfinite(vertices).all():
        return f"{int((~np.isfinite(vertices).all(1)).sum())} of its vertices are NaN or infinite"
    spread = vertices.astype(np.float64).std(axis=0)
    if spread.max() > 1e6 or np.sort(spread)[1] < 1e-6 * max(spread.max(), 1e-12) or spread.max() == 0:
        return "its vertices lie on one line or in one place, or are astronomically far apart"
    if triangles is None or np.array_equal(triangles, wanted):
        return None
    if len(triangles) != len(wanted):
        return f"it has {len(triangles)} triangles; {topology.origin} has {len(wanted)}"
    canonical = _canonical(wanted)
    if np.array_equal(_canonical(triangles), canonical):
        return None
    if np.array_equal(_canonical(triangles[:, ::-1]), canonical):
        return "its triangles are flipped: they go round the other way"
    return f"its triangles join other vertices than those of {topology.origin}"


def _canonical(triangles: IntArray) -> IntArray:
    """Return triangles (T, 3) that begin with their smallest corner, sorted."""
    first = triangles.argmin(1)
    rolled = np.take_along_axis(triangles, (first[:, None] + np.arange(3)) % 3, axis=1)
    return np.ascontiguousarray(rolled[np.lexsort(rolled.T[::-1])], dtype=np.int32)
