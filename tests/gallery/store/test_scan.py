"""Scans come back one by one, and what they share is kept once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from affectface.errors import GalleryError
from affectface.gallery.store import Scan, Sequence, create_gallery, open_gallery, vertex_colours


def make_scan(seed: int, *, vertices: int = 6) -> Scan:
    rng = np.random.default_rng(seed)
    triangles = np.array([(i, i + 1, i + 2) for i in range(vertices - 2)], np.int32)
    return Scan(
        rng.standard_normal((vertices, 3)).astype(np.float32),
        triangles,
        rng.random((vertices, 3)).astype(np.float32),
        np.linspace(0, 1, 6 * len(triangles), dtype=np.float32).reshape(-1, 3, 2),
        rng.integers(0, 255, (5, 7, 3), dtype=np.uint8),
    )


def test_any_scan_comes_back_alone(tmp_path: Path) -> None:
    plain = Scan(make_scan(0).vertices, make_scan(0).triangles)
    scans = [make_scan(0), make_scan(1), None, plain, make_scan(3, vertices=9)]
    with create_gallery(tmp_path / "g", "scans") as writer:
        writer.add(Sequence("a", "s", "", "t", 30, 5), scans, left_out=["", "", "empty", "", ""])
    gallery = open_gallery(tmp_path / "g")
    for frame in (4, 0, 3, 1):
        found, wanted = gallery.scan("a", frame), scans[frame]
        assert wanted is not None
        for part in ("vertices", "triangles", "colour", "uv", "texture"):
            np.testing.assert_array_equal(getattr(found, part), getattr(wanted, part), err_msg=part)
    with pytest.raises(GalleryError, match="frame 2 of a was left out: empty"):
        gallery.scan("a", 2)
    with pytest.raises(GalleryError, match="no frame 5"):
        gallery.scan("a", 5)
    with pytest.raises(GalleryError, match="register it first"):
        gallery.values("a")
    assert gallery.verify() == []
    folder = tmp_path / "g/sequences/a/scans"
    # The first two and the fourth share their triangles; the first two share uv as well.
    assert (folder / "triangles.bin").stat().st_size == 12 * (4 + 7)
    assert (folder / "uv.bin").stat().st_size == 24 * (4 + 7)


def test_a_texture_file_is_kept_as_it_is(tmp_path: Path) -> None:
    import cv2

    picture = np.full((8, 8, 3), (200, 30, 60), np.uint8)
    data = bytes(cv2.imencode(".jpg", picture[..., ::-1])[1])
    scan = Scan(make_scan(0).vertices, make_scan(0).triangles, None, make_scan(0).uv, picture, data)
    with create_gallery(tmp_path / "g", "scans") as writer:
        writer.add(Sequence("a", "s", "", "t", 30, 1), [scan])
    assert (tmp_path / "g/sequences/a/scans/texture.bin").read_bytes() == data
    texture = open_gallery(tmp_path / "g").scan("a", 0).texture
    assert texture is not None
    assert np.abs(texture.astype(int) - picture).max() < 6


def test_vertex_colours_of_a_texture() -> None:
    """Left half red, right half blue; v is up: the lower row is black."""
    texture = np.zeros((4, 8, 3), np.uint8)
    texture[:2, :4, 0] = 255
    texture[:2, 4:, 2] = 255
    corners = np.array([[(0.1, 0.9), (0.9, 0.9), (0.1, 0.1)]], np.float32)
    vertices = np.concatenate([np.eye(3), [(9, 9, 9)]]).astype(np.float32)
    scan = Scan(vertices, np.array([(0, 1, 2)], np.int32), None, corners, texture)
    found = vertex_colours(scan)
    assert found is not None
    np.testing.assert_allclose(found, [(1, 0, 0), (0, 0, 1), (0, 0, 0), (0.5, 0.5, 0.5)], atol=1e-6)
    assert vertex_colours(Scan(vertices, scan.triangles)) is None


def test_scans_that_are_none() -> None:
    with pytest.raises(GalleryError, match="do not fit"):
        Scan(np.eye(3, dtype=np.float32), np.array([(0, 1, 3)], np.int32))
    with pytest.raises(ValueError, match="NaN"):
        Scan(np.full((3, 3), np.nan, np.float32), np.array([(0, 1, 2)], np.int32))
