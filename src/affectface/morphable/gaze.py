"""How the eyeballs turn under the `eyeLook*` units."""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray

_ANGLES = {"In": (0.0, 22.0), "Out": (0.0, -22.0), "Up": (-18.0, 0.0), "Down": (20.0, 0.0)}
"""Down and inward, degrees at full strength: about half of what eyes can do, the range of gaze without the head."""


def gaze(unit: str, offsets: FloatArray, left: bool) -> FloatArray:
    """Return how points of an eyeball move under a unit at full strength.

    Parameters
    ----------
    unit : str
        Such as ``"eyeLookDown_L"``.
    offsets : ndarray of shape (N, 3), float32
        The points, from the eyeball's centre, cm.
    left : bool
        Whether it is the person's left eye.

    Returns
    -------
    ndarray of shape (N, 3), float32
        Their displacement, cm; 0 for units that are not this eye's.
    """
    if not unit.startswith("eyeLook") or unit.endswith("_L") != left:
        return np.zeros_like(offsets)
    down, inward = np.radians(_ANGLES[unit.removeprefix("eyeLook").partition("_")[0]])
    aside = -inward if left else inward
    # Number by number and in double precision: the same bits on every machine, which a checksum relies on.
    x, y, z = (offsets[:, axis].astype(np.float64) for axis in range(3))
    x, z = np.cos(aside) * x + np.sin(aside) * z, np.cos(aside) * z - np.sin(aside) * x
    y, z = np.cos(down) * y - np.sin(down) * z, np.sin(down) * y + np.cos(down) * z
    return np.asarray(np.stack([x, y, z], axis=1) - offsets, dtype=np.float32)
