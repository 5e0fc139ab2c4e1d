"""Meshes that are written can be read by others."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import ImageError
from affectface.mesh_files import write_glb, write_obj

trimesh = pytest.importorskip("trimesh")

VERTICES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
TRIANGLES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
UV = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)


def test_obj(tmp_path: Path) -> None:
    write_obj(tmp_path / "x.obj", VERTICES, TRIANGLES, UV, TRIANGLES, comment="two\nlines")
    mesh = trimesh.load(tmp_path / "x.obj", process=False)
    assert mesh.volume == pytest.approx(1 / 6)
    assert (tmp_path / "x.obj").read_text().startswith("# two lines\nv 0 0 0\n")


def test_glb(tmp_path: Path) -> None:
    texture = np.full((7, 5, 3), 99, np.uint8)
    write_glb(tmp_path / "x.glb", VERTICES, VERTICES, TRIANGLES, UV, texture, extras={"synthetic": True})
    data = (tmp_path / "x.glb").read_bytes()
    magic, version, length, size, kind = struct.unpack("<4sIIII", data[:20])
    assert (magic, version, length, kind) == (b"glTF", 2, len(data), 0x4E4F534A)
    assert json.loads(data[20 : 20 + size])["asset"]["extras"] == {"synthetic": True}
    mesh = trimesh.load(tmp_path / "x.glb", force="mesh", process=False)
    assert mesh.volume == pytest.approx(1 / 6)
    assert mesh.visual.material.baseColorTexture.size == (5, 7)


def test_an_impossible_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match="cannot be written"):
        write_obj(tmp_path / "file" / "x.obj", VERTICES, TRIANGLES, UV, TRIANGLES)
