"""Drawings for annotators: each colour of a scan's texture where it belongs."""

from __future__ import annotations

import numpy as np

from affectface.gallery.annotation.face_drawing import BACKGROUND, SIZE, draw_scan, front_camera

VERTICES = np.array([[-5, -5, 0], [5, -5, 0], [5, 5, 0], [-5, 5, 0]], np.float32)
TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


def test_a_texture_is_drawn_the_right_way_round() -> None:
    texture = np.zeros((40, 40, 3), np.uint8)
    texture[:20, :20], texture[:20, 20:] = (200, 0, 0), (0, 200, 0)  # above: left, right
    texture[20:, :20], texture[20:, 20:] = (0, 0, 200), (200, 200, 0)
    camera = front_camera(VERTICES)
    image = draw_scan(camera, VERTICES, TRIANGLES, uv=CORNERS[TRIANGLES], texture=texture)
    near, far = SIZE // 2 - 100, SIZE // 2 + 100
    assert image[near, near].tolist() == [200, 0, 0]
    assert image[near, far].tolist() == [0, 200, 0]
    assert image[far, near].tolist() == [0, 0, 200]
    assert image[far, far].tolist() == [200, 200, 0]
    assert image[2, 2].tolist() == list(BACKGROUND)


def test_without_a_texture_colours_and_without_both_plaster() -> None:
    camera = front_camera(VERTICES)
    blue = draw_scan(camera, VERTICES, TRIANGLES, colour=np.tile(np.float32([0, 0, 1]), (4, 1)))
    assert blue[SIZE // 2, SIZE // 2].tolist() == [0, 0, 255]
    plaster = draw_scan(camera, VERTICES, TRIANGLES)[SIZE // 2, SIZE // 2].astype(int)
    assert plaster.min() > 90
    assert np.ptp(plaster) < 60
