"""Teeth and gums as a parametric dental arch: fourteen crowns above, fourteen below.

Crown sizes are the usual ones of dental anatomy (Wheeler's tables: mesiodistal width, crown height and labiolingual
depth, in cm), shapes are simple: incisors broad and flat with a thin edge, canines pointed, premolars and molars with
cusps around a fissure. Coordinates: x to the person's left, y up, z out of the mouth; the origin is the edge point
between the two upper central incisors, on their labial side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .makehuman import Array

Kind = Literal["incisor", "canine", "premolar", "molar"]
_KINDS: tuple[Kind, ...] = ("incisor", "incisor", "canine", "premolar", "premolar", "molar", "molar")
_UPPER = {
    "width": (0.85, 0.66, 0.76, 0.70, 0.68, 1.00, 0.92),
    "height": (1.02, 0.88, 0.98, 0.84, 0.78, 0.72, 0.66),
    "depth": (0.62, 0.55, 0.72, 0.88, 0.88, 1.08, 1.05),
    "edge": (0.00, 0.06, 0.01, 0.12, 0.17, 0.22, 0.26),
}
_LOWER = {
    "width": (0.54, 0.59, 0.69, 0.70, 0.71, 1.08, 1.02),
    "height": (0.86, 0.88, 0.98, 0.84, 0.78, 0.72, 0.68),
    "depth": (0.52, 0.55, 0.68, 0.76, 0.80, 1.02, 1.00),
    "edge": (0.20, 0.20, 0.18, 0.19, 0.20, 0.22, 0.26),
}
_OVERJET = 0.22
_AROUND = 10
_GAP = 0.97
_HEIGHTS = np.array([-0.22, 0.0, 0.3, 0.62, 0.88, 1.0])
"""Rings of a crown: from inside the gum (negative) to the edge (1)."""


@dataclass(frozen=True)
class Part:
    """A triangle mesh: vertices (V, 3), triangles (T, 3) counter-clockwise from outside, texture coordinates (V, 2)."""

    vertices: Array
    triangles: np.ndarray
    uv: Array


def teeth(upper: bool) -> Part:
    """Return the fourteen crowns of one jaw."""
    parts = []
    for number, (place, out, along) in enumerate(_stations(upper)):
        index, mirrored = number % 7, number >= 7
        crown = _crown(_KINDS[index], *_size(upper, index))
        if mirrored:
            crown = Part(crown.vertices * (-1, 1, 1), crown.triangles[:, ::-1], crown.uv)
        frame = np.stack([along, [0, 1 if upper else -1, 0], out])
        local = crown.vertices - (0, 0, _size(upper, index)[2] / 2)
        turned = crown.triangles if upper else crown.triangles[:, ::-1]
        moved = local @ frame + place
        parts.append(Part(moved, turned, crown.uv))
    return join(parts)


def gums(upper: bool) -> Part:
    """Return the gum of one jaw: a ridge along the arch whose margins are scalloped around the crowns."""
    order = [*range(13, 6, -1), *range(7)]
    stations = _stations(upper)
    sign = 1 if upper else -1
    columns = []
    for number in order:
        place, out, along = stations[number]
        width, height, depth = _size(upper, number % 7)
        for share in (-0.5, -0.25, 0.0, 0.25):
            columns.append(_gum_profile(place + along * width * share, out, sign, height, depth, abs(share)))
    place, out, along = stations[6]
    width, height, depth = _size(upper, 6)
    columns.append(_gum_profile(place + along * width / 2, out, sign, height, depth, 0.5))
    grid = np.stack(columns)
    rows, across = grid.shape[:2]
    triangles = []
    for row in range(rows - 1):
        for column in range(across - 1):
            a = row * across + column
            triangles += [(a, a + across, a + across + 1), (a, a + across + 1, a + 1)]
    uv = np.stack(np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, across), indexing="ij"), axis=-1)
    faces = np.array(triangles, dtype=np.int32)
    return Part(grid.reshape(-1, 3), faces if upper else faces[:, ::-1], uv.reshape(-1, 2))


def join(parts: list[Part]) -> Part:
    """Return several meshes as one."""
    starts = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
    return Part(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=True)]),
        np.concatenate([part.uv for part in parts]),
    )


def _size(upper: bool, index: int) -> tuple[float, float, float]:
    """Return width, height and depth of a crown, counted from the middle."""
    table = _UPPER if upper else _LOWER
    return table["width"][index], table["height"][index], table["depth"][index]


def _stations(upper: bool) -> list[tuple[Array, Array, Array]]:
    """Return place (labial middle of the edge), outward and sideward direction of each crown: 7 left, 7 right."""
    x = np.linspace(0, 4, 4001)
    z = -(0.19 * x**2 + 0.036 * x**4)
    curve = np.stack([x, z], axis=1)
    if not upper:
        step = np.gradient(curve, axis=0)
        normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.linalg.norm(step, axis=1)[:, None]
        curve = curve - _OVERJET * normal
        curve[:, 0] -= curve[0, 0]
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))]
    table = _UPPER if upper else _LOWER
    middles = np.cumsum(table["width"]) - np.array(table["width"]) / 2
    left = []
    for middle, edge in zip(middles, table["edge"], strict=True):
        at = int(np.searchsorted(arc, middle))
        along = curve[at + 20] - curve[at - 20]
        along /= np.linalg.norm(along)
        place = np.array([curve[at, 0], edge, curve[at, 1]])
        left.append((place, np.array([-along[1], 0, along[0]]), np.array([along[0], 0, along[1]])))
    flip = np.array([-1, 1, 1])
    return left + [(place * flip, out * flip, -along * flip) for place, out, along in left]


def _crown(kind: Kind, width: float, height: float, depth: float) -> Part:
    """Return a crown whose edge is at y = 0 and whose gum is at y = height; labial side at z = depth / 2."""
    angle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False) + np.pi / _AROUND
    # A rounded square around: flat labial side, tight contacts.
    round_x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.62
    round_z = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.72
    rings = []
    for share in _HEIGHTS:
        down = np.clip(share, 0, 1)
        match kind:
            case "incisor":
                wide, deep = 0.80 + 0.20 * down**0.7, 1 - 0.80 * down**1.2
                wide -= 0.07 * (share == 1.0)
            case "canine":
                wide, deep = 0.80 + 0.2 * np.sin(np.pi * down * 0.62) - 0.42 * down**4, 1 - 0.68 * down**1.4
            case "premolar" | "molar":
                wide, deep = 0.86 + 0.14 * np.sin(np.pi * down * 0.7), 0.86 + 0.14 * np.sin(np.pi * down * 0.6)
                wide, deep = wide - 0.16 * (share == 1.0), deep - 0.2 * (share == 1.0)
        x, z = round_x * wide * width * _GAP / 2, round_z * deep * depth / 2
        # Front teeth thin out on the tongue's side: the labial side stays, bulging a little.
        z = z + (1 - deep) * depth / 2 + 0.035 * np.sin(np.pi * np.clip(share, 0, 1)) - 0.05 * max(0.0, -share) * 4
        y = np.full(_AROUND, height * (1 - share))
        if kind == "canine":
            y = y + 0.16 * down**3 * (np.abs(x) / (width / 2))
        elif kind in ("premolar", "molar") and share == 1.0:
            cusps = 2 if kind == "premolar" else 4
            y = y + (0.04 if cusps == 4 else 0.05) * np.cos(cusps * (angle - (np.pi / 2 if cusps == 2 else np.pi / 4)))
            y = 0.05 - y
        rings.append(np.stack([x, y, z], axis=1))
    middle = rings[-1].mean(0) + np.array([0, 0.10 if kind in ("premolar", "molar") else 0.0, 0])
    vertices = np.concatenate([*rings, middle[None]])
    triangles = []
    for ring in range(len(_HEIGHTS) - 1):
        for step in range(_AROUND):
            a, b = ring * _AROUND + step, ring * _AROUND + (step + 1) % _AROUND
            triangles += [(a, b + _AROUND, b), (a, a + _AROUND, b + _AROUND)]
    last = (len(_HEIGHTS) - 1) * _AROUND
    triangles += [(last + s, len(vertices) - 1, last + (s + 1) % _AROUND) for s in range(_AROUND)]
    uv = np.stack([vertices[:, 0] / width + 0.5, vertices[:, 1] / (1.3 * height)], axis=1)
    return Part(vertices, np.array(triangles, dtype=np.int32)[:, ::-1], uv)


def _gum_profile(place: Array, out: Array, sign: int, height: float, depth: float, off: float) -> Array:
    """Return a cut (7, 3) through the gum from the labial to the lingual margin; `off` 0.5 is between two crowns."""
    margin = height * (0.93 - 0.34 * (2 * off) ** 2)
    bulge = 0.06 - 0.10 * (2 * off) ** 2
    profile = [
        (margin, bulge * 0.2 - 0.03),
        (margin + 0.14, bulge + 0.03),
        (height + 0.35, 0.09),
        (height + 0.75, -0.10),
        (height + 0.70, -depth * 0.8),
        (height + 0.2, -depth - 0.08),
        (margin + 0.08, -depth + 0.02),
    ]
    return np.array([place + (0, sign * up, 0) + out * outward for up, outward in profile])
