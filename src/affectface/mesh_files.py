"""Meshes out: Wavefront OBJ and binary glTF. Both have y up, as the face models do; glTF wants metres."""

from __future__ import annotations

import io
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, IntArray
from affectface.errors import ImageError
from affectface.files import atomic_path

_FLOAT, _UINT32 = 5126, 5125
_VERTICES, _INDICES = 34962, 34963


def write_obj(
    path: str | os.PathLike[str],
    vertices: FloatArray,
    triangles: IntArray,
    uv: FloatArray,
    uv_triangles: IntArray,
    *,
    comment: str = "",
) -> None:
    """Write a mesh as OBJ, atomically.

    Parameters
    ----------
    path : path-like
        The file.
    vertices : ndarray of shape (V, 3)
        Positions, in any unit.
    triangles : ndarray of shape (T, 3)
        Counter-clockwise corners.
    uv : ndarray of shape (U, 2)
        Texture coordinates, v up.
    uv_triangles : ndarray of shape (T, 3)
        The corners in `uv`.
    comment : str
        What stands in the first line.
    """
    corners = np.stack([triangles, uv_triangles], axis=2).reshape(len(triangles), 6) + 1
    lines = [f"# {' '.join(comment.split())}"]
    lines += [f"v {x:.6g} {y:.6g} {z:.6g}" for x, y, z in vertices.tolist()]
    lines += [f"vt {u:.6g} {v:.6g}" for u, v in uv.tolist()]
    lines += [f"f {a}/{b} {c}/{d} {e}/{f}" for a, b, c, d, e, f in corners.tolist()]
    _write(path, ("\n".join(lines) + "\n").encode())


def write_glb(
    path: str | os.PathLike[str],
    vertices: FloatArray,
    normals: FloatArray,
    triangles: IntArray,
    uv: FloatArray,
    texture: Image,
    *,
    extras: Mapping[str, Any] | None = None,
) -> None:
    """Write a textured mesh as binary glTF 2.0, atomically.

    Parameters
    ----------
    path : path-like
        The file.
    vertices : ndarray of shape (V, 3)
        Positions, metres.
    normals : ndarray of shape (V, 3)
        Unit normals.
    triangles : ndarray of shape (T, 3)
        Counter-clockwise corners.
    uv : ndarray of shape (V, 2)
        Texture coordinates, v down, as glTF has them.
    texture : ndarray of shape (H, W, 3), uint8
        The picture on the mesh. It is shown as it is: the photo's own light is in it already.
    extras : mapping, optional
        What else the file says, in JSON's types.
    """
    picture = io.BytesIO()
    PIL.Image.fromarray(texture).save(picture, "PNG")
    parts: list[tuple[NDArray[Any] | bytes, int | None]] = [
        (vertices.astype("<f4"), _VERTICES),
        (normals.astype("<f4"), _VERTICES),
        (uv.astype("<f4"), _VERTICES),
        (triangles.astype("<u4"), _INDICES),
        (picture.getvalue(), None),
    ]
    body, views = bytearray(), []
    for data, target in parts:
        raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
        views.append(
            {"buffer": 0, "byteOffset": len(body), "byteLength": len(raw)} | ({"target": target} if target else {})
        )
        body += raw + bytes(-len(raw) % 4)
    count = len(vertices)
    bounds = {"min": vertices.min(0).astype("f4").tolist(), "max": vertices.max(0).astype("f4").tolist()}
    scene = {
        "asset": {"version": "2.0", "generator": "affectface", "extras": dict(extras or {})},
        "extensionsUsed": ["KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "face"}],
        "meshes": [
            {"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0}]}
        ],
        "materials": [
            {
                "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0},
                "extensions": {"KHR_materials_unlit": {}},
            }
        ],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"wrapS": 33071, "wrapT": 33071}],
        "images": [{"bufferView": 4, "mimeType": "image/png"}],
        "accessors": [
            {"bufferView": 0, "componentType": _FLOAT, "count": count, "type": "VEC3", **bounds},
            {"bufferView": 1, "componentType": _FLOAT, "count": count, "type": "VEC3"},
            {"bufferView": 2, "componentType": _FLOAT, "count": count, "type": "VEC2"},
            {"bufferView": 3, "componentType": _UINT32, "count": 3 * len(triangles), "type": "SCALAR"},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": len(body)}],
    }
    head = json.dumps(scene, allow_nan=False).encode()
    head += b" " * (-len(head) % 4)
    total = 12 + 8 + len(head) + 8 + len(body)
    _write(
        path,
        struct.pack("<4sIIII", b"glTF", 2, total, len(head), 0x4E4F534A)  # "JSON"
        + head
        + struct.pack("<II", len(body), 0x004E4942)  # "BIN"
        + bytes(body),
    )


def _write(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file atomically."""
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ImageError(f"{Path(path)}: cannot be written ({error.strerror})") from None
