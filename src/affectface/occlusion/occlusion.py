"""What is in front of a face stays where it is, and the skin moves under it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from affectface.arrays import BoolArray, FloatArray, Image

_OTHER = np.float32(0.01)
"""Weight of what is not skin among the pixels that tell what the skin behind something looks like."""


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What is in front of the face.

    Attributes
    ----------
    x, y : int
        Where the mask's first pixel lies in the face region.
    alpha : ndarray of shape (h, w), float32
        How much each pixel belongs to it, 0 to 1.
    rim : ndarray of shape (h, w), float32
        1 where it or its shadow hides skin, so that what is seen there must not be shown elsewhere; otherwise 0.
    """

    x: int
    y: int
    alpha: FloatArray
    rim: FloatArray

    def hides(self, size: tuple[int, ...]) -> BoolArray:
        """Return which pixels (h, w) of the face region it hides, its rim included."""
        hidden = np.zeros(size[:2], dtype=np.bool_)
        height, width = self.rim.shape
        hidden[self.y : self.y + height, self.x : self.x + width] = (self.rim > 0) | (self.alpha > 0)
        return hidden


def together(*found: Occlusion | None) -> Occlusion | None:
    """Return several things in front of a face as one.

    Parameters
    ----------
    *found : Occlusion or None
        Each of them, in the same face region; None for what was not found.

    Returns
    -------
    Occlusion or None
        All of them; None if nothing was found.
    """
    those = [one for one in found if one is not None]
    if len(those) < 2:
        return those[0] if those else None
    x0, y0 = min(one.x for one in those), min(one.y for one in those)
    width = max(one.x + one.alpha.shape[1] for one in those) - x0
    height = max(one.y + one.alpha.shape[0] for one in those) - y0
    alpha, rim = np.zeros((2, height, width), dtype=np.float32)
    for one in those:
        box = np.s_[one.y - y0 : one.y - y0 + one.alpha.shape[0], one.x - x0 : one.x - x0 + one.alpha.shape[1]]
        np.maximum(alpha[box], one.alpha, out=alpha[box])
        np.maximum(rim[box], one.rim, out=rim[box])
    return Occlusion(x0, y0, alpha, rim)


def room_around(height: int) -> int:
    """Return how much skin around something of a height is looked at for what is behind it, pixels.

    Parameters
    ----------
    height : int
        The height, pixels.

    Returns
    -------
    int
        The room that an occlusion's arrays should have around it, where the face region has it.
    """
    return 8 + height // 4


def without_occlusion(image: Image, occlusion: Occlusion, other: BoolArray | None = None) -> Image:
    """Return the face region with plain skin where something hides it, for the skin that comes out from under it.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3), uint8
        The face region.
    occlusion : Occlusion
        What is in front of it.
    other : ndarray of shape (h, w), bool, optional
        What is not skin, such as eyes and lashes, and is continued only where nothing else is known.

    Returns
    -------
    ndarray of shape (h, w, 3), uint8
        The region; its own pixels outside the rim.
    """
    left, top, width, height = cv2.boundingRect((occlusion.rim > 0).astype(np.uint8))
    if not width:
        return image
    room = room_around(height)
    rows = slice(max(top - room, 0), min(top + height + room, len(occlusion.rim)))
    columns = slice(max(left - room, 0), min(left + width + room, occlusion.rim.shape[1]))
    rim = occlusion.rim[rows, columns]
    box = np.s_[
        occlusion.y + rows.start : occlusion.y + rows.stop, occlusion.x + columns.start : occlusion.x + columns.stop
    ]
    hidden, part = rim > 0, image[box]
    known = 1 - rim  # hair above it too: skin gets darker towards the hair that shades it
    if other is not None:
        known = np.where(other[box], np.minimum(known, _OTHER), known)
    levels = [np.dstack([part * known[..., None], known]).astype(np.float32)]
    while min(levels[-1].shape[:2]) > 2:
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), dtype=np.float32))
    filled = levels[-1]
    for level in reversed(levels[:-1]):  # where nothing is known, the coarser level says what is around
        guess = cv2.resize(filled, level.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        filled = (level + guess * (0.05 / np.maximum(guess[..., 3:], 1e-6)) * (1 - level[..., 3:])).astype(np.float32)
    skin = filled[..., :3] / np.maximum(filled[..., 3:], 1e-6)
    result = image.copy()
    result[box][hidden] = np.clip(skin[hidden] + 0.5, 0, 255).astype(np.uint8)
    return result


def lay_over(
    pixels: Image, photo: Image, displacement: FloatArray, occlusion: Occlusion, corner: tuple[int, int]
) -> None:
    """Lay what the photo has in front of the face over a drawn window of its face region, in place.

    Parameters
    ----------
    pixels, photo : ndarray of shape (h, w, 3), uint8
        The window as it was drawn, and as the photo has it.
    displacement : ndarray of shape (h, w, 2), float32
        How far from itself each pixel was looked up, pixels: those of the rim that did not move are the photo's.
    occlusion : Occlusion
        What is in front of it.
    corner : tuple of int
        Where the window's first pixel lies in the face region, x and y.
    """
    x, y = occlusion.x - corner[0], occlusion.y - corner[1]
    height, width = occlusion.alpha.shape
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, pixels.shape[1]), min(y + height, pixels.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    inside = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
    across, down = cv2.split(displacement[y0:y1, x0:x1])
    still = np.maximum(1 - cv2.magnitude(across, down), 0)
    alpha = np.maximum(occlusion.rim[inside] * still, occlusion.alpha[inside])
    under, over = pixels[y0:y1, x0:x1], photo[y0:y1, x0:x1]
    pixels[y0:y1, x0:x1] = cv2.blendLinear(over, under, alpha, 1 - alpha)
