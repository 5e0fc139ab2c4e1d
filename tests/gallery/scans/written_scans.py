"""Small faces, and how scanners and their owners write them to disk."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from affectface.mesh import vertex_normals
from affectface.mesh_files import write_glb, write_obj


@dataclass(frozen=True)
class Sheet:
    """A bent sheet of a face's size, cm, and how it is written."""

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]

    @property
    def uv(self) -> NDArray[np.float32]:
        """Texture coordinates (V, 2), v up."""
        return ((self.vertices[:, :2] + 12) / 24).astype(np.float32)

    def moved(self, number: int) -> NDArray[np.float32]:
        """Return its vertices in a frame: something opens."""
        low = self.vertices[:, 1:2] < -2
        return self.vertices + low * np.array([0, -0.1 * number, 0], np.float32)

    def obj(self, path: Path, number: int, scale: float = 10, mtl: str = "") -> None:
        """Write a frame as OBJ."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_obj(path, scale * self.moved(number), self.triangles, self.uv, self.triangles)
        if mtl:
            path.write_text(f"mtllib {mtl}\n" + path.read_text())

    def wrl(self, path: Path, number: int, scale: float = 10, picture: str = "") -> None:
        """Write a frame as VRML 2.0, as BU-4DFE is said to be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        points, flat = (
            ", ".join(" ".join(f"{x:.6g}" for x in row) for row in array.tolist())
            for array in (scale * self.moved(number), self.uv)
        )
        corners = " ".join(f"{a} {b} {c} -1" for a, b, c in self.triangles.tolist())
        url = f'texture ImageTexture {{ url "{picture}" }}' if picture else ""
        path.write_text(
            f"#VRML V2.0 utf8\nShape {{ appearance Appearance {{ {url} }}\n geometry IndexedFaceSet {{\n"
            f"coord Coordinate {{ point [ {points} ] }} coordIndex [ {corners} ]\n"
            f"texCoord TextureCoordinate {{ point [ {flat} ] }} texCoordIndex [ {corners} ] }} }}\n"
        )

    def ply(self, path: Path, number: int, scale: float = 0.01) -> None:
        """Write a frame as binary PLY."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(self.vertices)}"]
        lines += [f"property float {axis}" for axis in "xyz"]
        lines += [f"element face {len(self.triangles)}", "property list uchar int vertex_indices", "end_header\n"]
        faces = np.empty(len(self.triangles), dtype=[("n", "u1"), ("corners", "<i4", 3)])
        faces["n"], faces["corners"] = 3, self.triangles
        path.write_bytes(
            "\n".join(lines).encode() + (scale * self.moved(number)).astype("<f4").tobytes() + faces.tobytes()
        )

    def glb(self, path: Path, number: int, texture: NDArray[np.uint8]) -> None:
        """Write a frame as GLB, metres."""
        path.parent.mkdir(parents=True, exist_ok=True)
        vertices = self.moved(number) / 100
        normals = vertex_normals(vertices, self.triangles)
        write_glb(path, vertices, normals, self.triangles, self.uv * (1, -1) + (0, 1), texture)


def make_sheet(side: int = 9) -> Sheet:
    x, y = np.meshgrid(np.linspace(-8, 8, side), np.linspace(-10, 10, side))
    vertices = np.stack([x, y, 8 - 0.08 * x**2 - 0.03 * y**2], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + side + 1, corner + side], axis=1)
    return Sheet(vertices, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32))


def picture(value: int = 0, kind: str = "JPEG") -> bytes:
    """Return an image file: red on the left, blue on the right, brighter with `value`."""
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, :8, 0] = image[:, 8:, 2] = 200
    image[..., 1] = value
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, kind)
    return file.getvalue()
