"""Drawn scans as PLY files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from affectface.files import atomic_path
from affectface.gallery.synthetic.scanner import DrawnScan

_MILLIMETRES = 10.0
_POINT = [("place", "<f4", 3), ("colour", "u1", 3)]
_TRIANGLE = [("corners", "u1"), ("points", "<i4", 3)]


def write_scan_ply(path: Path, scan: DrawnScan) -> None:
    """Write a scan as a binary PLY file with colours of vertices, in millimetres, atomically.

    Parameters
    ----------
    path : Path
        The file.
    scan : DrawnScan
        The scan.
    """
    points = np.empty(len(scan.vertices), dtype=_POINT)
    points["place"] = _MILLIMETRES * scan.vertices
    points["colour"] = np.rint(255 * scan.colour)
    triangles = np.empty(len(scan.triangles), dtype=_TRIANGLE)
    triangles["corners"], triangles["points"] = 3, scan.triangles
    lines = ["ply", "format binary_little_endian 1.0", "comment a simulated person", f"element vertex {len(points)}"]
    lines += [f"property float {axis}" for axis in "xyz"]
    lines += [f"property uchar {colour}" for colour in ("red", "green", "blue")]
    lines += [f"element face {len(triangles)}", "property list uchar int vertex_indices", "end_header", ""]
    with atomic_path(path) as temporary:
        temporary.write_bytes("\n".join(lines).encode() + points.tobytes() + triangles.tobytes())
