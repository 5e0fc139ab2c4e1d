"""Wavefront OBJ as text -> arrays: vertices in their order, polygons as fans, texture coordinates by corner.

Of the format, what describes one surface is read: ``v`` (with colours after the coordinates, as scanners write them),
``vt`` and ``f`` with all four ways to write a corner and with negative indices. All else is passed over, names of other
files too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray

_ABSENT = np.iinfo(np.int32).min


def read_obj(text: str) -> tuple[NDArray[np.float64], IntArray, FloatArray | None, FloatArray | None]:
    """Read the surface that an OBJ describes.

    Parameters
    ----------
    text : str
        The file's content.

    Returns
    -------
    vertices : ndarray of shape (V, 3), float64
        Positions.
    triangles : ndarray of shape (T, 3), int32
        Corners, counted from 0.
    colour : ndarray of shape (V, 3), float32, or None
        The three numbers after the coordinates, where every vertex has them.
    uv : ndarray of shape (T, 3, 2), float32, or None
        Texture coordinates of the corners, where every corner has them.

    Raises
    ------
    ValueError
        If a number cannot be read, or an index is out of range.
    """
    lines: dict[str, list[str]] = {"v": [], "vt": [], "f": []}
    before: list[tuple[int, int]] = []  # how many v and vt came before a face, from which negative indices count
    for line in text.replace("\\\n", " ").splitlines():
        key, _, rest = line.strip().partition(" ")
        if key in lines:
            lines[key].append(rest)
            if key == "f":
                before.append((len(lines["v"]), len(lines["vt"])))
    if not lines["v"] or not lines["f"]:
        raise ValueError(f"{len(lines['v'])} vertices and {len(lines['f'])} faces found")
    points = np.loadtxt(lines["v"], dtype=np.float64, ndmin=2)
    colour = points[:, -3:].astype(np.float32) if points.shape[1] in (6, 7) else None
    corners = _alike(lines["f"])
    if corners is None:
        corners = _one_by_one(lines["f"], before)
    uv = None
    if lines["vt"] and (corners[..., 1] != _ABSENT).all():
        uv = np.loadtxt(lines["vt"], dtype=np.float32, ndmin=2)[:, :2][corners[..., 1]]
    return points[:, :3], np.ascontiguousarray(corners[..., 0], np.int32), colour, uv


def _alike(faces: list[str]) -> NDArray[np.int64] | None:
    """Read faces whose corners are all written the same way, at once: corners (T, 3, 2) of v and vt; None if not so."""
    first = faces[0].split()
    parts = first[0].count("/") + 1 if first else 0
    slashes = sum(face.count("/") for face in faces)
    if any("//" in face for face in faces) or slashes != max(parts - 1, 0) * len(first) * len(faces):
        return None
    try:
        table = np.loadtxt([face.replace("/", " ") for face in faces], dtype=np.int64, ndmin=2)
    except ValueError:  # triangles beside quads, for one
        return None
    if table.shape != (len(faces), len(first) * parts) or len(first) < 3 or table.min() < 1:
        return None
    table = table.reshape(len(faces), len(first), parts) - 1
    both = table[..., :2] if parts > 1 else np.stack([table[..., 0], np.full_like(table[..., 0], _ABSENT)], axis=-1)
    return np.concatenate([both[:, [0, side, side + 1]] for side in range(1, len(first) - 1)])


def _one_by_one(faces: list[str], before: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Read faces in any way of writing: corners (T, 3, 2) of v and vt."""
    triangles = []
    for face, counts in zip(faces, before, strict=True):
        polygon = []
        for corner in face.partition("#")[0].split():
            words = [*corner.split("/"), ""][:2]
            numbers = [int(word) if word else _ABSENT for word in words]
            if 0 in numbers or numbers[0] == _ABSENT:
                raise ValueError(f"corner {corner!r}; indices count from 1")
            polygon.append(
                [n - 1 if n > 0 else n if n == _ABSENT else n + c for n, c in zip(numbers, counts, strict=True)]
            )
        triangles += [[polygon[0], polygon[side], polygon[side + 1]] for side in range(1, len(polygon) - 1)]
    return np.array(triangles, dtype=np.int64).reshape(-1, 3, 2)
