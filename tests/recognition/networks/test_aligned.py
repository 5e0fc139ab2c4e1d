"""Gradients of upright faces: alike for mirror images, and however a face lies in its picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")

from affectface.augment.on_the_fly.mirrored import MIRRORS  # noqa: E402
from affectface.recognition.networks.aligned import (  # noqa: E402
    PARTS,
    PLACES,
    STILL,
    AlignedGradientNet,
    even_gradients,
    part_of,
    upright,
)
from affectface.recognition.networks.outputs import Outputs  # noqa: E402

SIDE = 192


def picture() -> np.ndarray:
    """Smooth blobs, so that turning it loses little."""
    rng = np.random.default_rng(0)
    return cv2.GaussianBlur(rng.uniform(-8, 8, (SIDE, SIDE, 3)).astype(np.float32), (0, 0), 6)


def landmarks() -> np.ndarray:
    """Somewhere in the face, but the still ones nearly where they are brought."""
    rng = np.random.default_rng(1)
    points = rng.uniform(-0.5, 0.8, (68, 2))
    points[list(STILL)] = np.array(PLACES) + rng.normal(size=(10, 2)) * 0.02
    return points.astype(np.float32)


def described(image: np.ndarray, points: np.ndarray) -> torch.Tensor:
    images = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
    return AlignedGradientNet(Outputs()).describe(images, torch.from_numpy(points.astype(np.float32))[None])[0]


def test_the_similarity_that_moved_the_points_is_found() -> None:
    angle, scale, shift = 0.3, 0.8, np.array([0.1, -0.2])
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.zeros((2, 68, 2), dtype=np.float32)
    points[:, list(STILL)] = np.array(PLACES) @ matrix.T + shift
    found, moved = upright(torch.from_numpy(points))
    np.testing.assert_allclose(found.numpy(), [matrix, matrix], atol=1e-6)
    np.testing.assert_allclose(moved.numpy(), [shift, shift], atol=1e-6)


def test_a_part_is_cut_where_it_is_said_to_be() -> None:
    x = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    image = torch.from_numpy(np.stack(np.meshgrid(x, x, indexing="xy")).astype(np.float32))[None]  # says its own places
    eye, zero = torch.eye(2)[None], torch.zeros(1, 2)
    for part in PARTS:
        cut = part_of(image, (eye, zero), part)[0].numpy()
        (columns, rows), (width, height) = part.size, part.half
        assert cut.shape == (2, rows, columns)
        np.testing.assert_allclose(cut[0, 0], width * ((np.arange(columns) + 0.5) / columns * 2 - 1), atol=1e-4)
        down = part.middle + height * ((np.arange(rows) + 0.5) / rows * 2 - 1)
        inside = np.abs(down) < 1 - 1 / SIDE
        np.testing.assert_allclose(cut[1, inside, 0], down[inside], atol=1e-4)


def test_a_mirror_image_is_described_alike() -> None:
    image, points = picture(), landmarks()
    mirrored = points[list(MIRRORS[68])] * np.array([-1, 1])
    one, other = described(image, points), described(image[:, ::-1], mirrored)
    torch.testing.assert_close(one, other, atol=2e-4, rtol=0)
    assert (
        one - described(image[:, ::-1], points)
    ).abs().max() > 0.01  # a mirrored picture with landmarks that are not


def test_a_turned_and_smaller_face_is_described_nearly_alike() -> None:
    image, points = picture(), landmarks()
    matrix = cv2.getRotationMatrix2D((SIDE / 2 - 0.5, SIDE / 2 - 0.5), 12, 0.9)
    turned = cv2.warpAffine(image, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    moved = points @ matrix[:, :2].T
    one, same, other = described(image, points), described(turned, moved), described(turned, points)
    blocks, rest = one[:-136], one[-136:]
    torch.testing.assert_close(same[-136:], rest, atol=1e-4, rtol=0)
    assert (same[:-136] - blocks).norm() < 0.35 * (other[:-136] - blocks).norm()


def test_a_part_has_about_length_one() -> None:
    found = even_gradients(torch.rand(2, 3, 72, 160))
    assert 0.8 < float(found.square().sum(dim=1).mean()) <= 1.01


def test_the_layer_is_told_all_that_is_described() -> None:
    network = AlignedGradientNet(Outputs())
    images, points = torch.rand(2, 3, 96, 96), torch.from_numpy(np.stack([landmarks()] * 2))
    assert network.describe(images, points).shape[1] == network.heads.valence_arousal.in_features
    with pytest.raises(ValueError, match=r"landmarks are None; shape \(2, 68, 2\) is needed"):
        network(images)
