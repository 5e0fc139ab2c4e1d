"""VRML as text -> arrays: the surfaces of a scanner's .wrl file, versions 1.0 and 2.0 (VRML97, ISO/IEC 14772-1).

Of the format, what describes surfaces is read: ``IndexedFaceSet`` with its coordinates, texture coordinates and
colours, as BU-3DFE and BU-4DFE are published. Several sets become one surface. Nodes around them are passed over,
``Transform`` too: a scan keeps its own axes. A node that is used again (``USE``) is not followed, and no other file is
opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray

_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|#.*')
_PIECE = re.compile(
    r"\b(?P<node>Coordinate3?|TextureCoordinate2?|Color|IndexedFaceSet|Separator|Shape|Material)\s*\{"
    r"|\b(?P<field>point|color|coordIndex|texCoordIndex|textureCoordIndex|colorIndex)\s*\[(?P<numbers>[^\[\]{}]*)\]"
    r"|\b(?P<switch>ccw|colorPerVertex)\s+(?P<value>TRUE|FALSE)\b"
)
_PLACES = {
    ("Coordinate", "point"): ("points", 3),
    ("Coordinate3", "point"): ("points", 3),
    ("TextureCoordinate", "point"): ("uv", 2),
    ("TextureCoordinate2", "point"): ("uv", 2),
    ("Color", "color"): ("colour", 3),
}
"""Which field of which node gives what, and how many numbers a row of it has."""


@dataclass
class _FaceSet:
    """What has been read of one set of faces."""

    points: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    uv: NDArray[np.float64] | None = None
    colour: NDArray[np.float64] | None = None
    index: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)


def read_wrl(text: str) -> tuple[NDArray[np.float64], IntArray, FloatArray | None, FloatArray | None]:
    """Read the surfaces that a VRML file describes.

    Parameters
    ----------
    text : str
        The file's content.

    Returns
    -------
    vertices : ndarray of shape (V, 3), float64
        Positions, in the file's order.
    triangles : ndarray of shape (T, 3), int32
        Corners; polygons are cut into fans.
    colour : ndarray of shape (V, 3), float32, or None
        Colours of the vertices, where every vertex has one.
    uv : ndarray of shape (T, 3, 2), float32, or None
        Texture coordinates of the corners, v up, where every corner has them.

    Raises
    ------
    ValueError
        If there is no such surface, a number cannot be read, or an index is out of range.
    """
    lines = (_COMMENT.sub(lambda found: found[1] or " ", line) if "#" in line else line for line in text.splitlines())
    plain = "\n".join(lines)
    parts = [_surface(one) for one in _face_sets(plain, inside=not text.startswith("#VRML V1"))]
    if not parts:
        raise ValueError("no IndexedFaceSet with coordinates and coordIndex found")
    first = np.cumsum([0, *(len(part[0]) for part in parts)])
    vertices = np.concatenate([part[0] for part in parts])
    triangles = np.concatenate([part[1] + start for part, start in zip(parts, first, strict=False)])
    colours = [part[2] for part in parts if part[2] is not None]
    uvs = [part[3] for part in parts if part[3] is not None]
    return (
        vertices,
        triangles.astype(np.int32),
        np.concatenate(colours).astype(np.float32) if len(colours) == len(parts) else None,
        np.concatenate(uvs).astype(np.float32) if len(uvs) == len(parts) else None,
    )


def _face_sets(text: str, *, inside: bool) -> list[_FaceSet]:
    """Collect sets of faces: in version 2 their coordinates stand in them, in version 1 before them."""
    found: list[_FaceSet] = []
    current, node = _FaceSet(), ""
    for piece in _PIECE.finditer(text):
        if piece["node"]:
            node = piece["node"]
            if node == "IndexedFaceSet":
                before = _FaceSet() if inside else current
                current = _FaceSet(before.points, before.uv, before.colour)
                found.append(current)
        elif piece["switch"]:
            current.switches[piece["switch"]] = piece["value"] == "TRUE"
        elif piece["field"] in ("point", "color"):
            if (node, piece["field"]) in _PLACES:
                name, width = _PLACES[node, piece["field"]]
                setattr(current, name, _numbers(piece["numbers"], np.float64).reshape(-1, width))
        else:
            name = "texCoordIndex" if piece["field"] == "textureCoordIndex" else piece["field"]
            current.index[name] = _numbers(piece["numbers"], np.int64)
    return [one for one in found if len(one.points) and "coordIndex" in one.index]


def _numbers(text: str, kind: type) -> NDArray[Any]:
    """Return the numbers of a field."""
    return np.array(text.replace(",", " ").split(), dtype=kind)


def _surface(
    one: _FaceSet,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Return vertices, triangles, colours and texture coordinates of a set of faces."""
    points, index = one.points, one.index["coordIndex"]
    places = _fans(index)  # positions in coordIndex: the other indices stand beside it
    if not one.switches.get("ccw", True):
        places = places[:, ::-1]
    triangles = index[places]
    if triangles.size and (triangles.min() < 0 or triangles.max() >= len(points)):
        raise ValueError(f"coordIndex names vertices beyond the {len(points)} that are there")
    uv = None
    if one.uv is not None:
        corners = _beside(one.index.get("texCoordIndex", index), index, places, len(one.uv))
        uv = None if corners is None else one.uv[corners]
    colour = None
    if one.colour is not None and one.switches.get("colorPerVertex", True):
        corners = _beside(one.index.get("colorIndex", index), index, places, len(one.colour))
        if corners is not None:
            colour = np.full(points.shape, 0.5)
            colour[triangles] = one.colour[corners]
    return points, triangles, colour, uv


def _fans(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where in coordIndex the corners of the triangles (T, 3) stand; polygons end with -1."""
    if len(index) % 4 == 3:
        index = np.append(index, -1)  # the last end may be missing
    if len(index) % 4 == 0 and (index[3::4] == -1).all() and (index < 0).sum() == len(index) // 4:
        return np.arange(len(index)).reshape(-1, 4)[:, :3]
    ends = np.flatnonzero(index < 0)
    ends = ends if len(index) and index[-1] < 0 else np.append(ends, len(index))
    starts = np.concatenate([[0], ends[:-1] + 1])
    fans = [
        (start, corner, corner + 1)
        for start, end in zip(starts, ends, strict=True)
        for corner in range(start + 1, end - 1)
    ]
    return np.array(fans, dtype=np.int64).reshape(-1, 3)


def _beside(
    other: NDArray[np.int64], index: NDArray[np.int64], places: NDArray[np.int64], count: int
) -> NDArray[np.int64] | None:
    """Return the entries of another index at the corners; None where it does not run beside coordIndex."""
    if len(other) < len(index) - 1 or (places.size and places.max() >= len(other)):
        return None
    corners = other[places]
    return corners if not corners.size or (corners.min() >= 0 and corners.max() < count) else None
