"""Meshes on top of each other: generalised Procrustes analysis (Gower 1975), in passes over meshes on disk.

Each mesh is moved, turned and, for `similarity`, scaled so that it lies best on the mean of all; that mean is computed
anew until it stays (Kollias 2020, section 3.4.1; LSFM, Booth et al. 2016, does the same). The rotation is the closed
form of Kabsch (1976), reflections excluded.

Scaling makes every mesh as large as the mean of their sizes, so that a model of centimetres stays one. Size is the
centroid size, the root of the summed squares of the vertices' distances from their centre; equal sizes need no
iteration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import MeshSetError
from affectface.morphable.building.progress import Advance
from affectface.morphable.building.scratch import MeshScratch

Alignment = Literal["similarity", "rigid", "none"]
Array64 = NDArray[np.float64]

_TOLERANCE = 1e-6
_PASSES = 20


@dataclass(frozen=True, eq=False)
class AlignedMeshes:
    """Meshes on disk, and how each is turned, scaled and moved when it is read.

    Attributes
    ----------
    scratch : MeshScratch
        The meshes as they were.
    rows : ndarray of shape (N,), int32
        Which of them take part.
    linear : ndarray of shape (N, 3, 3), float64
        Scale times rotation.
    shift : ndarray of shape (N, 3), float64
        What is added after that, cm.
    block_bytes : int
        How much is read at once.
    """

    scratch: MeshScratch
    rows: IntArray
    linear: Array64
    shift: Array64
    block_bytes: int

    def __len__(self) -> int:
        return len(self.rows)

    def subset(self, keep: IntArray) -> AlignedMeshes:
        """Return the meshes at these places (K,) of `rows`."""
        return replace(self, rows=self.rows[keep], linear=self.linear[keep], shift=self.shift[keep])

    def moved(self, linear: Array64, shift: Array64) -> AlignedMeshes:
        """Return the meshes after one more turn (3, 3) and shift (3,) of them all."""
        return replace(self, linear=linear @ self.linear, shift=self.shift @ linear.T + shift)

    def blocks(self) -> Iterator[tuple[slice, Array64]]:
        """Give some whole meshes at a time: their places, and their vertices (B, V, 3)."""
        step = max(1, self.block_bytes // (24 * self.scratch.vertices))
        for start in range(0, len(self), step):
            part = slice(start, min(start + step, len(self)))
            yield part, self._read(part, 0, self.scratch.vertices)

    def strips(self) -> Iterator[tuple[slice, Array64]]:
        """Give some vertices of all meshes at a time: their places, and the vertices (N, S, 3)."""
        step = max(1, self.block_bytes // (24 * len(self)))
        for start in range(0, self.scratch.vertices, step):
            part = slice(start, min(start + step, self.scratch.vertices))
            yield part, self._read(slice(0, len(self)), part.start, part.stop)

    def _read(self, part: slice, start: int, stop: int) -> Array64:
        """Return aligned vertices."""
        raw = self.scratch.read(self.rows[part], start, stop)
        found = np.empty(raw.shape)
        for mesh, linear, shift, place in zip(raw, self.linear[part], self.shift[part], found, strict=True):
            np.dot(mesh.astype(np.float64), linear.T, out=place)
            place += shift
        return found


def unaligned(scratch: MeshScratch, rows: IntArray, scale: float, block_bytes: int) -> AlignedMeshes:
    """Return meshes as they are, but for their unit.

    Parameters
    ----------
    scratch : MeshScratch
        The meshes.
    rows : ndarray of shape (N,), int32
        Which take part.
    scale : float
        The length of their unit, cm.
    block_bytes : int
        How much is read at once.

    Returns
    -------
    AlignedMeshes
        The meshes, in cm.
    """
    linear = np.tile(scale * np.eye(3), (len(rows), 1, 1))
    return AlignedMeshes(scratch, rows, linear, np.zeros((len(rows), 3)), block_bytes)


def generalised_procrustes(
    meshes: AlignedMeshes, first: Array64, alignment: Alignment, advance: Advance
) -> tuple[AlignedMeshes, Array64]:
    """Align meshes to their own mean.

    Parameters
    ----------
    meshes : AlignedMeshes
        The meshes, however they lie.
    first : ndarray of shape (V, 3), float64
        A mesh to begin with; its axes stay those of the mean.
    alignment : str
        `similarity`, `rigid` or `none`.
    advance : callable
        Told of each pass.

    Returns
    -------
    meshes : AlignedMeshes
        The aligned meshes.
    mean : ndarray of shape (V, 3), float64
        Their mean, cm.

    Raises
    ------
    MeshSetError
        If the mean does not come to rest, as with meshes that are not in correspondence.
    """
    if alignment == "none":
        return meshes, mean_of(meshes)
    meshes = _centred(meshes, same_size=alignment == "similarity")
    mean = first - first.mean(0)
    for number in range(_PASSES):
        turns = np.empty_like(meshes.linear)
        total = np.zeros_like(mean)
        for part, block in meshes.blocks():
            turns[part] = best_rotations(block, mean)
            for mesh, turn in zip(block, turns[part], strict=True):
                total += mesh @ turn.T
        meshes = replace(meshes, linear=turns @ meshes.linear, shift=np.einsum("nij,nj->ni", turns, meshes.shift))
        total /= len(meshes)
        # The mean must not turn away, pass by pass, from the axes it began with.
        back = best_rotations(total[None], first - first.mean(0))[0]
        meshes, total = meshes.moved(back, np.zeros(3)), total @ back.T
        change = float(np.sqrt(((total - mean) ** 2).sum() / (total**2).sum()))
        mean = total
        advance(1)
        if number and change < _TOLERANCE:
            return meshes, mean
    raise MeshSetError(f"the meshes do not come to rest on each other in {_PASSES} passes; are they in correspondence?")


def mean_of(meshes: AlignedMeshes) -> Array64:
    """Return the mean (V, 3), cm, of meshes."""
    total = np.zeros((meshes.scratch.vertices, 3))
    for _, block in meshes.blocks():
        total += block.sum(0)
    return total / len(meshes)


def best_rotations(points: Array64, target: Array64, *, mirrored: bool = False) -> Array64:
    """Return the rotations (B, 3, 3) that bring centred points (B, V, 3) closest to a target (V, 3) or (B, V, 3).

    Parameters
    ----------
    points : ndarray of shape (B, V, 3), float64
        Points, or differences from their centre.
    target : ndarray of shape (V, 3) or (B, V, 3), float64
        Where they should go; a target times weights is as good.
    mirrored : bool
        Whether the best orthogonal matrix is given instead, even if it is a reflection.

    Returns
    -------
    ndarray of shape (B, 3, 3), float64
        Matrices that act on columns.
    """
    covariance = np.matmul(np.swapaxes(target, -1, -2), points)
    u, _, vt = np.linalg.svd(covariance)
    if not mirrored:
        u[..., -1] *= np.linalg.det(u @ vt)[..., None]
    return np.asarray(u @ vt, dtype=np.float64)


def turned_onto(meshes: AlignedMeshes, mean: Array64) -> AlignedMeshes:
    """Return meshes, each centred and turned so that it lies best on a mean (V, 3)."""
    meshes = _centred(meshes, same_size=False)
    turns = np.empty_like(meshes.linear)
    for part, block in meshes.blocks():
        turns[part] = best_rotations(block, mean - mean.mean(0))
    return replace(meshes, linear=turns @ meshes.linear, shift=np.einsum("nij,nj->ni", turns, meshes.shift))


def rigid_onto(mean: Array64, target: FloatArray) -> tuple[Array64, Array64]:
    """Return the rotation (3, 3) and shift (3,) that lay points (V, 3) best on a target (V, 3)."""
    to = target.astype(np.float64)
    rotation = best_rotations((mean - mean.mean(0))[None], to - to.mean(0))[0]
    return rotation, to.mean(0) - rotation @ mean.mean(0)


def _centred(meshes: AlignedMeshes, *, same_size: bool) -> AlignedMeshes:
    """Return meshes whose centres are the origin, all of the mean size if asked."""
    centre, size = np.empty_like(meshes.shift), np.empty(len(meshes))
    for part, block in meshes.blocks():
        centre[part] = block.mean(1)
        size[part] = np.sqrt(((block - centre[part, None]) ** 2).sum((1, 2)))
    scale = size.mean() / size if same_size else np.ones(len(meshes))
    linear = scale[:, None, None] * meshes.linear
    return replace(meshes, linear=linear, shift=scale[:, None] * (meshes.shift - centre))
