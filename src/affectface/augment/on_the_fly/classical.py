"""The classical augmentations of Kollias 2020's study on BU-3DFE: turned, mirrored, cropped, brighter, more colourful.

Section 6.2 names them ("small rotations, left and right flipping, first resize and then random crop to original
dimensions, random brightness and saturation") without any numbers. Ours are those that were usual where the paper's
networks were trained: 256 to 224 pixels for the crop as in AlexNet, and the brightness and saturation of TensorFlow's
own preprocessing for Inception; ten degrees are our reading of small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, Image, check_image
from affectface.augment.on_the_fly.mirrored import MIRRORS, mirrored_action_units, mirrored_landmarks
from affectface.augment.on_the_fly.samples import Chance, Key, Sample, image_of

_GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class ClassicalConfig:
    """How far pictures are changed; a change whose range has no width is left out."""

    degrees: float = 10.0
    """Largest rotation to either side."""
    flip: float = 0.5
    """Chance of being mirrored."""
    enlarged: float = 256 / 224
    """Side after resizing, over the side that is cropped from it."""
    padded: bool = False
    """Whether the larger side is reached by repeating the border, not by resizing: faces keep the size that they have
    where a recogniser is tested on whole pictures."""
    brightness: float = 32 / 255
    """Most that is added to all channels, or taken away; 1 is from black to white."""
    saturation: tuple[float, float] = (0.5, 1.5)
    """Least and largest factor of the colours' distance from grey."""

    def __post_init__(self) -> None:
        if not 0 <= self.degrees <= 180 or not 0 <= self.flip <= 1 or not 0 <= self.brightness <= 1:
            raise ValueError("degrees must be in [0, 180], flip and brightness in [0, 1]")
        if not 1 <= self.enlarged <= 4 or not 0 <= self.saturation[0] <= self.saturation[1] <= 10:
            raise ValueError("enlarged must be in [1, 4], saturation ascend from 0 or more to 10 at most")


_AS_LARGE = ClassicalConfig(padded=True)


@dataclass(frozen=True)
class Classical:
    """One change, drawn.

    Attributes
    ----------
    degrees : float
        Rotation about the picture's centre, counter-clockwise as it is seen.
    flipped : bool
        Whether the picture is mirrored, after that.
    enlarged : float
        Factor by which it is resized, after that.
    corner : tuple of float
        Where the crop lies in what is too much then: 0 is left or top, 1 right or bottom.
    shift : tuple of float
        How far it is moved to the right and down, in widths and heights, after that.
    brightness : float
        What is added; 1 is from black to white.
    saturation : float
        Factor of the colours' distance from grey.
    """

    degrees: float = 0.0
    flipped: bool = False
    enlarged: float = 1.0
    corner: tuple[float, float] = (0.5, 0.5)
    shift: tuple[float, float] = (0.0, 0.0)
    brightness: float = 0.0
    saturation: float = 1.0


def draw_classical(rng: np.random.Generator, config: ClassicalConfig | None = None) -> Classical:
    """Draw a change; a generator in the same state gives the same, whatever the picture."""
    config = config or ClassicalConfig()
    degrees, flipped = float(rng.uniform(-config.degrees, config.degrees)), bool(rng.random() < config.flip)
    x, y = float(rng.random()), float(rng.random())
    spare = config.enlarged - 1
    return Classical(
        degrees=degrees,
        flipped=flipped,
        enlarged=1.0 if config.padded else config.enlarged,
        corner=(x, y),
        shift=((0.5 - x) * spare, (0.5 - y) * spare) if config.padded else (0.0, 0.0),
        brightness=float(rng.uniform(-config.brightness, config.brightness)),
        saturation=float(rng.uniform(*config.saturation)),
    )


def apply_classical(image: Image, change: Classical) -> Image:
    """Change a picture.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The picture.
    change : Classical
        The change.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The picture, of the same size; where it was turned in from outside its edge is repeated.
    """
    image = check_image(image)
    height, width = image.shape[:2]
    moved = image
    matrix = _matrix(change, height, width)
    if not np.array_equal(matrix, np.eye(2, 3)):
        # OpenCV counts from the first pixel's centre, half a pixel off
        centred = matrix.copy()
        centred[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
        moved = np.asarray(
            cv2.warpAffine(image, centred, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        )
    if change.saturation == 1 and change.brightness == 0:
        return moved.copy() if moved is image else moved
    colours = moved.astype(np.float32)
    grey = (colours @ _GREY)[..., None]
    changed = grey + np.float32(change.saturation) * (colours - grey) + np.float32(255 * change.brightness)
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)


def classical_landmarks(landmarks: FloatArray, change: Classical, size: tuple[int, int]) -> FloatArray:
    """Return where landmarks are in a changed picture.

    Parameters
    ----------
    landmarks : ndarray of shape (N, 2), float32
        Landmarks, pixels.
    change : Classical
        The change.
    size : tuple of int
        Height and width of the picture, pixels.

    Returns
    -------
    ndarray of shape (N, 2), float32
        The landmarks, numbered again where the picture was mirrored.

    Raises
    ------
    ValueError
        If the picture was mirrored and it is not known which points are mirror images of each other.
    """
    points = np.asarray(landmarks, dtype=np.float32)
    if change.flipped:
        mirrored = mirrored_landmarks(points, size[1])
        points = np.column_stack([size[1] - mirrored[:, 0], mirrored[:, 1]])  # numbered again, at the same place
    matrix = _matrix(change, *size)
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)


def _matrix(change: Classical, height: int, width: int) -> NDArray[np.float64]:
    """Where a point of the picture goes, (2, 3): turned about the centre, mirrored, resized, cropped."""
    angle = np.radians(change.degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if change.flipped:
        turn[0] *= -1
    centre, linear = np.array([width, height]) / 2, turn * change.enlarged
    spare = (change.enlarged - 1) * np.array([width, height])
    shift = centre * change.enlarged - spare * change.corner + np.array([width, height]) * change.shift
    return np.column_stack([linear, shift - linear @ centre])


class ClassicalTransform:
    """The classical augmentations as a callable in albumentations' style, whose labels follow.

    Parameters
    ----------
    config : ClassicalConfig, optional
        How far pictures are changed.
    seed : int
        Decides all that is drawn.
    """

    def __init__(self, config: ClassicalConfig | None = None, *, seed: int = 0) -> None:
        self.config = config or ClassicalConfig()
        self._chance = Chance(seed)

    def __call__(self, *, key: Key | None = None, **sample: Any) -> dict[str, Any]:
        """Return a sample that is given as keywords, `image=..., landmarks=...`, changed."""
        return self.apply(sample, self._chance.at(key))

    def apply(self, sample: Sample, rng: np.random.Generator) -> dict[str, Any]:
        """Return a sample changed.

        Parameters
        ----------
        sample : mapping
            `image`; `landmarks`, `box` and `action_units` follow it, all else stays.
        rng : numpy.random.Generator
            Draws the change.

        Returns
        -------
        dict
            The sample; its box is the upright one around the old one's corners. A mirrored picture's landmarks are None
            where it is not known which of them are mirror images of each other.
        """
        image, change = image_of(sample), draw_classical(rng, self.config)
        made = {**sample, "image": apply_classical(image, change)}
        if sample.get("landmarks") is not None:
            known = not change.flipped or len(sample["landmarks"]) in MIRRORS
            made["landmarks"] = classical_landmarks(sample["landmarks"], change, image.shape[:2]) if known else None
        if sample.get("box") is not None:
            made["box"] = _moved_box(sample["box"], change, image.shape[:2])
        if change.flipped and sample.get("action_units"):
            made["action_units"] = mirrored_action_units(sample["action_units"])
        return made


def change_classically(image: Image, rng: np.random.Generator) -> Image:
    """Return a picture changed as `ClassicalConfig` has it, its face as large: what a training's augmentation is."""
    return apply_classical(image, draw_classical(rng, _AS_LARGE))


def _moved_box(box: Any, change: Classical, size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, across, down = (float(side) for side in box)
    corners = np.array([(x, y) for x in (left, left + across) for y in (top, top + down)])
    matrix = _matrix(change, *size)
    moved = corners @ matrix[:, :2].T + matrix[:, 2]
    (x0, y0), (x1, y1) = moved.min(axis=0).tolist(), moved.max(axis=0).tolist()
    return x0, y0, x1 - x0, y1 - y0
