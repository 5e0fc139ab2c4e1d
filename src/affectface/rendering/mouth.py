"""Teeth, gums, tongue and the dark behind them, lit as the photo is.

A photo of closed lips holds no teeth, so their colour must come from somewhere: teeth are nearly as white as the white
of the eyes, and the same light falls on both. Towards the back and under the lips the mouth is dark.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray, Image, median
from affectface.regions import REGIONS
from affectface.rendering.shade import luminance, to_linear

_ALBEDO = {
    "teeth_upper": (0.98, 0.93, 0.83),
    "teeth_lower": (0.88, 0.82, 0.71),
    "gums": (0.50, 0.28, 0.26),
    "tongue": (0.60, 0.30, 0.28),
    "mouth_socket": (0.17, 0.05, 0.045),
}
"""Linear reflectance against a sclera of one; enamel and mucosa after everyday portraits."""

INTERIOR = ("mouth_socket", "gums", "tongue", "teeth_upper", "teeth_lower")
_REDDENING = (0.9, 1.2, 1.25)
"""Powers of the share of light for red, green and blue."""
_LIT_DEPTH, _FADE_DEPTH = 0.9, 1.1
"""Depth behind the lips, cm, to which light falls freely, and in which it then falls to a third."""
_WHITER = 1.3
"""A white surface over the bright part of a sclera, which is grey itself and under a lid. Measured on 24 people of all
skins: their teeth come out nearly as bright as in the photos of their real smiles, which were lit from the front."""
_FEW = 8
"""Pixels of teeth that say too little about the light."""
_LIT_TOOTH = 0.75
"""How bright a tooth in an open smile is, against white."""
_SKIN_SHARE = 1.6
"""A sclera in the shade of its lid says less than the skin: teeth get at least this share of the skin's light."""


def white_of_photo(image: Image, sclera: BoolArray, skin: FloatArray) -> FloatArray:
    """Estimate how the photo shows a white surface in the face.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The photo.
    sclera : ndarray of shape (H, W), bool
        Pixels of the whites of the eyes.
    skin : ndarray of shape (3,), float32
        Mean linear colour of the skin.

    Returns
    -------
    ndarray of shape (3,), float32
        Linear RGB of white.
    """
    pixels = to_linear(image[sclera])
    skin_light = float(luminance(skin))
    if len(pixels) < 10:
        return np.full(3, np.clip(1.3 * skin_light, 0.12, 0.9), dtype=np.float32)
    bright = pixels[luminance(pixels) >= np.percentile(luminance(pixels), 60)]
    white = median(bright, axis=0)
    light = max(_WHITER * float(luminance(white)), _SKIN_SHARE * skin_light, 0.05)
    tint = white / max(float(luminance(white)), 1e-4)
    tint = tint + 0.5 * (1 - tint)  # veins redden the sclera: half of its tint is the light's
    return np.asarray(np.clip(tint * light, 0, 1), dtype=np.float32)


def white_of_teeth(white: FloatArray, teeth: Image) -> FloatArray:
    """Return the colour of white in a photo that shows teeth: they are there in its own light.

    Parameters
    ----------
    white : ndarray of shape (3,), float32
        Linear RGB of white, by the eyes.
    teeth : ndarray of shape (N, 3), uint8
        The photo's pixels of teeth.

    Returns
    -------
    ndarray of shape (3,), float32
        Linear RGB of white, as bright as those teeth ask for if that is more.
    """
    if len(teeth) < _FEW:
        return white
    asked = float(np.percentile(luminance(to_linear(teeth)), 75)) / _LIT_TOOTH
    return np.asarray(np.clip(white * max(1.0, asked / float(luminance(white))), 0, 1), dtype=np.float32)


def mouth_albedo(regions: NDArray[np.uint8], *, teeth: bool = True) -> FloatArray:
    """Return the colour of the inside of the mouth in white light.

    Parameters
    ----------
    regions : ndarray of shape (h, w), uint8
        Index into `REGIONS`; anything else is black.
    teeth : bool
        Whether teeth have their colour, or that of the mouth behind them.

    Returns
    -------
    ndarray of shape (h, w, 3), float32
        Linear reflectance against white.
    """
    return np.asarray(_albedo_table(teeth)[regions])


@cache
def _albedo_table(teeth: bool) -> FloatArray:
    """The colour of each region (256, 3)."""
    albedo = np.zeros((256, 3), dtype=np.float32)
    for name, colour in _ALBEDO.items():
        hidden = name.startswith("teeth") and not teeth
        albedo[REGIONS.index(name)] = _ALBEDO["mouth_socket"] if hidden else colour
    return albedo


def light_in_mouth(facing: FloatArray, depth: FloatArray, opening: BoolArray, scale: float) -> FloatArray:
    """Return how much light falls on the inside of the mouth.

    Parameters
    ----------
    facing : ndarray of shape (h, w), float32
        How much the surface looks at the viewer, 0 to 1.
    depth : ndarray of shape (h, w), float32
        How far it lies behind the lips, cm.
    opening : ndarray of shape (h, w), bool
        Where the mouth is open.
    scale : float
        Pixels a centimetre.

    Returns
    -------
    ndarray of shape (h, w, 3), float32
        Share of the light outside, for red, green and blue: what is left in the dark was reflected by red skin.
    """
    gap = opening.astype(np.float32)
    near = cv2.GaussianBlur(gap, (0, 0), max(0.07 * scale, 0.6))
    below = cv2.GaussianBlur(gap, (0, 0), max(0.2 * scale, 0.8))
    shadow = round(0.12 * scale)  # light comes from above more often than not: the upper lip's shadow is longer
    if shadow:
        below = np.vstack([np.zeros((shadow, gap.shape[1]), np.float32), below[:-shadow]])[: len(gap)]
    open_to_light = np.clip(2.6 * near * (0.5 + 0.5 * below) - 0.2, 0, 1)
    inward = np.exp(-np.clip(depth - _LIT_DEPTH, 0, None) / _FADE_DEPTH)
    light = (0.6 + 0.4 * facing) * inward * open_to_light
    return np.asarray(cv2.merge([cv2.pow(light, power) for power in _REDDENING]), dtype=np.float32)
