"""The texture that belongs to a scan: named in its file, inside it, or lying beside it.

Only files inside the source folder are opened, wherever a name or a link points.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

from affectface.errors import ModelFileError
from affectface.morphable.mesh_reading import read_bytes

_IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")
_MOST_IMAGE = 1 << 28
_MOST_MATERIAL = 1 << 20
_HEAD = 1 << 16
_OBJ_LIBRARY = re.compile(rb"^[ \t]*mtllib[ \t]+(.+?)[ \t\r]*$", re.MULTILINE)
_MATERIAL_MAP = re.compile(rb"^[ \t]*map_K[da][ \t]+(.+?)[ \t\r]*$", re.MULTILINE)
_PLY_COMMENT = re.compile(rb"^comment TextureFile[ \t]+(.+?)[ \t\r]*$", re.MULTILINE)
_WRL_PICTURE = re.compile(rb'\b(?:url|filename)\s*\[?\s*"([^"\n]+)"')


def inside(root: Path, path: Path) -> Path | None:
    """Return where a path leads, if that is a file inside a folder; None otherwise. The folder is resolved already."""
    try:
        found = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return found if found.is_relative_to(root) and found.is_file() else None


def texture_of(data: bytes, path: Path, root: Path) -> bytes:
    """Return the image file that is the texture of a mesh.

    Parameters
    ----------
    data : bytes
        What is in the mesh's file.
    path : Path
        The file.
    root : Path
        The source folder, resolved.

    Returns
    -------
    bytes
        The image file; empty where there is none inside the source folder.

    Raises
    ------
    ModelFileError
        If there is one and it cannot be read.
    """
    if data[:4] == b"glTF":
        return _embedded(data)
    beside = (path.with_suffix(suffix) for suffix in (*_IMAGES, *(one.upper() for one in _IMAGES)))
    for candidate in (*_named(data, path, root), *beside):
        found = inside(root, candidate)
        if found is not None:
            return read_bytes(found, _MOST_IMAGE)
    return b""


def _named(data: bytes, path: Path, root: Path) -> list[Path]:
    """Return the pictures that a mesh's file names."""
    if data[:3] == b"ply":
        names = _PLY_COMMENT.findall(data[:_HEAD].partition(b"end_header")[0])
    elif data[:5] == b"#VRML":
        names = _WRL_PICTURE.findall(data)[:4]
    else:
        names = []
        for library in _OBJ_LIBRARY.findall(data[:_HEAD])[:4]:
            found = inside(root, path.parent / _text(library))
            if found is not None:
                maps = _MATERIAL_MAP.findall(read_bytes(found, _MOST_MATERIAL))
                names += [part for line in maps for part in (line, line.split()[-1])]  # options may stand before it
    # Names with folders of the machine that wrote them are looked for beside the mesh as well.
    texts = [_text(name).replace("\\", "/") for name in names]
    return [path.parent / part for text in texts for part in (text, text.rpartition("/")[2]) if part]


def _text(name: bytes) -> str:
    return name.decode("utf-8", errors="replace").strip().strip('"').replace("\0", "")


def _embedded(data: bytes) -> bytes:
    """Return the base colour picture inside a GLB; nothing where it has none."""
    try:
        size = struct.unpack_from("<I", data, 12)[0]
        scene = json.loads(data[20 : 20 + size])
        images = scene.get("images", [])
        number = 0
        for material in scene.get("materials", []):
            texture = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
            if texture is not None:
                number = scene["textures"][texture["index"]]["source"]
                break
        if not images:
            return b""
        view = scene["bufferViews"][images[number]["bufferView"]]
        start = 20 + size + 8 + view.get("byteOffset", 0)
        length = view["byteLength"]
        if not (0 <= start <= len(data) and 0 <= length <= len(data) - start):
            raise ValueError("outside of the file")
        return data[start : start + length]
    except Exception as error:  # a damaged scene can be wrong in any way
        raise ModelFileError(
            f"its embedded texture cannot be found ({type(error).__name__}); export it again"
        ) from None
