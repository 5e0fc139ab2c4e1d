"""Active appearance models: how a face's points move together, and how what they enclose looks (Cootes et al. 2001).

One person in one session, a few annotated frames and their mirror images: textures of sessions differ by beards,
make-up and light, and a model that knows one face is more accurate than one that knows all (Kollias et al. 2020,
section 3.3; Chew et al. 2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, check_array, check_image
from affectface.errors import GalleryError
from affectface.gallery.tracking.appearance import Look, look_at, reference_slopes, sampled
from affectface.gallery.tracking.points79 import MIRRORED79, OUTER_EYE_CORNERS
from affectface.gallery.tracking.shape_model import SIMILARITY, ShapeModel, build_shape_model
from affectface.gallery.tracking.warps import Shape, Warp, WarpKind, make_warp


@dataclass(frozen=True, kw_only=True)
class AppearanceConfig:
    """How an active appearance model is built."""

    look: Look = "edges"
    """What is compared. On drawn sessions edges gave three quarters of the error of `sift` in half of its time."""

    sizes: tuple[float, ...] = (15.0, 30.0, 60.0)
    """Distance of the outer eye corners at each level of the pyramid, pixels, coarse to fine."""

    warp: WarpKind = "affine"
    """How the reference is warped."""

    shape_kept: float = 0.99
    """Share of the shapes' variance that is kept."""

    appearance_kept: float = 0.95
    """Share of the appearances' variance that is kept."""

    prior: float = 3.0
    """How much shapes that were seen are preferred; 0: not at all. Between 1 and 3 it hardly matters."""


@dataclass(frozen=True, eq=False)
class Level:
    """A model at one level of the pyramid, with what fitting needs of it.

    Attributes
    ----------
    shapes : ShapeModel
        How the points move.
    warp : Warp
        From the reference to shapes.
    mean : ndarray of shape (P C,), float32
        Mean appearance.
    appearance : ndarray of shape (P C, M), float32
        Orthonormal components of appearance.
    descent : ndarray of shape (P C, K), float32
        How the mean appearance changes with the shape's parameters, without what components of appearance explain.
    hessian : ndarray of shape (K, K), float64
        Its squares.
    noise : float
        Variance of what the components do not explain in a frame that was not learned from.
    """

    shapes: ShapeModel
    warp: Warp
    mean: FloatArray
    appearance: FloatArray
    descent: FloatArray
    hessian: NDArray[np.float64]
    noise: float


@dataclass(frozen=True, eq=False)
class AppearanceModel:
    """An active appearance model.

    Attributes
    ----------
    config : AppearanceConfig
        How it was built.
    scale : float
        Pixels of a reference with an eye distance of 1 for one pixel of the images.
    levels : tuple of Level
        The pyramid, coarse to fine.
    """

    config: AppearanceConfig
    scale: float
    levels: tuple[Level, ...]


def build_appearance_model(
    images: Sequence[Image],
    points: Sequence[FloatArray],
    *,
    known: Sequence[BoolArray] | None = None,
    more_shapes: Sequence[FloatArray] = (),
    config: AppearanceConfig | None = None,
) -> AppearanceModel:
    """Learn from annotated frames and their mirror images.

    Parameters
    ----------
    images : sequence of ndarray of shape (H, W, 3), uint8
        Unrolled scans of one person in one session, or any images of one scale.
    points : sequence of ndarray of shape (79, 2)
        The points in each, pixels.
    known : sequence of ndarray of shape (H, W), bool, optional
        Where each shows something.
    more_shapes : sequence of ndarray of shape (79, 2)
        Shapes without images, such as those of a face model's expressions: a few frames do not show every movement.
    config : AppearanceConfig, optional
        How.

    Returns
    -------
    AppearanceModel
        The model.

    Raises
    ------
    GalleryError
        If there is no image, or points and images do not belong together.
    """
    config = config or AppearanceConfig()
    if not images or len(points) != len(images) or (known is not None and len(known) != len(images)):
        raise GalleryError(f"{len(images)} images and {len(points)} sets of points; one set an image is needed")
    count = len(MIRRORED79)
    frames: list[tuple[Image, BoolArray | None, Shape]] = []
    for number, (image, marks) in enumerate(zip(images, points, strict=True)):
        image = check_image(image, f"image {number}")
        shape = check_array(f"points {number}", marks, (count, 2), dtype=np.float64).astype(np.float64)
        mask = None if known is None else check_array(f"known {number}", known[number], image.shape[:2], dtype=bool)
        frames.append((image, mask, shape))
        frames.append(mirrored(image, mask, shape))
    extra = [check_array("more_shapes", one, (count, 2), dtype=np.float64).astype(np.float64) for one in more_shapes]
    extra += [_flipped(one, 0.0) for one in extra]
    a, b = OUTER_EYE_CORNERS
    eyes = float(np.mean([np.linalg.norm(shape[a] - shape[b]) for _, _, shape in frames]))
    if eyes < 8:
        raise GalleryError(f"the eyes' outer corners are {eyes:.1f} pixels apart; at least 8 are needed")
    levels = tuple(_level(frames, extra, size, eyes, config) for size in config.sizes)
    return AppearanceModel(config, 1 / eyes, levels)


def mirrored(image: Image, known: BoolArray | None, shape: Shape) -> tuple[Image, BoolArray | None, Shape]:
    """Return an image, its mask and its points as in a mirror."""
    flipped = np.ascontiguousarray(image[:, ::-1])
    return flipped, None if known is None else np.ascontiguousarray(known[:, ::-1]), _flipped(shape, image.shape[1])


def _flipped(shape: Shape, width: float) -> Shape:
    found: Shape = shape[list(MIRRORED79)] * [-1, 1] + [width, 0]
    return found


def _level(
    frames: Sequence[tuple[Image, BoolArray | None, Shape]],
    extra: Sequence[Shape],
    size: float,
    eyes: float,
    config: AppearanceConfig,
) -> Level:
    """Build one level."""
    every = [shape for _, _, shape in frames] + list(extra)
    shapes = build_shape_model(every, OUTER_EYE_CORNERS, size, kept=config.shape_kept)
    warp = make_warp(shapes.mean, config.warp)
    scale = size / eyes
    rows, masks = [], []
    for image, known, shape in frames:
        values, seen = sampled(look_at(image, known, scale, config.look), warp, shape * scale)
        rows.append(values)
        masks.append(seen)
    values, seen = np.stack(rows), np.stack(masks)
    mean = (values * seen).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    moved = ((values - mean) * seen).reshape(len(frames), -1)  # holes look like the mean
    appearance, noise = _components(moved, config.appearance_kept)
    descent = moving_mean(warp, shapes, mean)
    descent = descent - appearance @ (appearance.T @ descent)
    hessian = (descent.T @ descent).astype(np.float64)
    return Level(shapes, warp, mean.ravel(), appearance, np.asarray(descent, dtype=np.float32), hessian, noise)


def moving_mean(warp: Warp, shapes: ShapeModel, mean: FloatArray) -> FloatArray:
    """Return how a mean appearance (P, C) changes when the reference moves along each parameter, (P C, K)."""
    slopes = reference_slopes(warp.mask, mean)
    steps = np.stack([warp.weights @ column.reshape(-1, 2) for column in shapes.basis.T.astype(np.float32)], axis=2)
    return np.asarray(np.einsum("pcx,pxk->pck", slopes, steps).reshape(mean.size, -1), dtype=np.float32)


def _components(moved: FloatArray, kept: float) -> tuple[FloatArray, float]:
    """Return components (P C, M) of rows (N, P C), and the variance that is left of a row the others did not show.

    The rows are frames and, after each, its mirror image, which is left out together with it.
    """
    count = len(moved)
    left = [_left(np.delete(moved, (at, at + 1), axis=0), moved[at], kept) for at in range(0, count, 2) if count > 2]
    noise = float(np.mean(left)) if left else float((moved**2).mean())
    return _principal(moved, kept), max(noise, 1e-8)


def _left(others: FloatArray, row: FloatArray, kept: float) -> float:
    basis = _principal(others, kept)
    return float(((row - basis @ (basis.T @ row)) ** 2).mean())


def _principal(moved: FloatArray, kept: float) -> FloatArray:
    """Return the first principal components (P C, M) of rows (N, P C) with so much of their squares."""
    values, vectors = np.linalg.eigh((moved @ moved.T).astype(np.float64))
    values, vectors = values[::-1], vectors[:, ::-1]
    count = int(np.searchsorted(np.cumsum(values) / max(values.sum(), 1e-12), kept)) + 1
    count = min(count, int((values > 1e-6 * max(values[0], 1e-12)).sum()))
    return np.asarray(moved.T @ (vectors[:, :count] / np.sqrt(values[:count])), dtype=np.float32)


def shape_precision(level: Level, prior: float) -> NDArray[np.float64]:
    """Return how strongly each parameter (K,) is drawn to 0: not at all for the similarity."""
    found = np.zeros(SIMILARITY + len(level.shapes.variances))
    found[SIMILARITY:] = prior / level.shapes.variances
    return found
