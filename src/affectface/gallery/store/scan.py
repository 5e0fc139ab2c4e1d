"""One unregistered mesh as a scanner left it, and the colour of its vertices."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from affectface.arrays import FloatArray, Image, IntArray, check_array, check_image, read_only
from affectface.errors import GalleryError


@dataclass(frozen=True, eq=False)
class Scan:
    """One scan.

    Attributes
    ----------
    vertices : ndarray of shape (V, 3), float32, cm
        Positions; the axes are the scanner's.
    triangles : ndarray of shape (T, 3), int32
        Corners.
    colour : ndarray of shape (V, 3), float32, or None
        Colour of the vertices, sRGB in [0, 1].
    uv : ndarray of shape (T, 3, 2), float32, or None
        Texture coordinates of each triangle's corners, v up.
    texture : ndarray of shape (H, W, 3), uint8, or None
        The picture that `uv` points into.
    texture_file : bytes
        The texture as its file has it, where there is one: a gallery keeps it instead of encoding the picture again.
    """

    vertices: FloatArray
    triangles: IntArray
    colour: FloatArray | None = None
    uv: FloatArray | None = None
    texture: Image | None = None
    texture_file: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        vertices = check_array("vertices", self.vertices, (None, 3))
        triangles = check_array("triangles", self.triangles, (None, 3), dtype=np.int32)
        if not len(triangles) or triangles.min() < 0 or triangles.max() >= len(vertices):
            raise GalleryError(f"a scan of {len(vertices)} vertices whose {len(triangles)} triangles do not fit them")
        object.__setattr__(self, "vertices", read_only(vertices))
        object.__setattr__(self, "triangles", read_only(triangles))
        if self.colour is not None:
            object.__setattr__(self, "colour", read_only(check_array("colour", self.colour, vertices.shape)))
        if self.uv is not None:
            object.__setattr__(self, "uv", read_only(check_array("uv", self.uv, (len(triangles), 3, 2))))
        if self.texture is not None:
            object.__setattr__(self, "texture", read_only(check_image(self.texture, "texture")))


def vertex_colours(scan: Scan) -> FloatArray | None:
    """Return the colour of each vertex of a scan.

    Parameters
    ----------
    scan : Scan
        The scan.

    Returns
    -------
    ndarray of shape (V, 3), float32, or None
        sRGB in [0, 1]: of the texture where there is one, bilinear between pixel centres and the mean of the corners
        that meet in a vertex; the scan's own colours otherwise. Vertices without a triangle are grey. None where the
        scan has neither.
    """
    if scan.texture is None or scan.uv is None:
        return scan.colour
    height, width = scan.texture.shape[:2]
    flat = scan.uv.reshape(-1, 2).astype(np.float64)
    x = np.clip(flat[:, 0] * width - 0.5, 0, width - 1)
    y = np.clip((1 - flat[:, 1]) * height - 0.5, 0, height - 1)
    left, top = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (x - left)[:, None], (y - top)[:, None]
    upper = scan.texture[top, left] * (1 - across) + scan.texture[top, right] * across
    lower = scan.texture[below, left] * (1 - across) + scan.texture[below, right] * across
    found = (upper * (1 - down) + lower * down) / 255
    corners = scan.triangles.ravel()
    count = np.bincount(corners, minlength=len(scan.vertices))
    sums = [np.bincount(corners, found[:, channel], minlength=len(scan.vertices)) for channel in range(3)]
    mean = np.stack(sums, axis=1) / np.maximum(count, 1)[:, None]
    return np.where(count[:, None] > 0, mean, 0.5).astype(np.float32)
