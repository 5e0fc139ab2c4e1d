"""The 79 points that are tracked, and how they change places in a mirror.

Kollias et al. (2020), section 3.3, and the data set that they use (Cheng et al., "4DFAB", CVPR 2018) annotate 79 points
and do not say which. Here they are the 68 of iBUG (Sagonas et al. 2013) and eleven that we chose on skin between them,
each the landmark of the 478 that is named: the middle of the forehead and of the root of the nose, the chin below the
lip, and on both sides the wing of the nose, the cheekbone, the middle of the cheek, and the forehead above the brow.
"""

from __future__ import annotations

from affectface.landmark_numbers import LANDMARKS68

_BETWEEN = (151, 9, 199, 129, 358, 50, 280, 205, 425, 104, 333)
"""Forehead, root of the nose, chin; then right and left: wing, cheekbone, cheek, forehead."""

POINTS79 = (*LANDMARKS68, *_BETWEEN)
"""The landmark of the 478 that each of the 79 points is."""

_MIRRORED68 = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *(27, 28, 29, 30),
    *(35, 34, 33, 32, 31),
    *(45, 44, 43, 42, 47, 46),
    *(39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48),
    *(59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60),
    *(67, 66, 65),
)

MIRRORED79 = (*_MIRRORED68, 68, 69, 70, 72, 71, 74, 73, 76, 75, 78, 77)
"""Which point each of the 79 becomes in a mirror."""

OUTER_EYE_CORNERS = (36, 45)
"""The two points whose distance is the inter-ocular one."""
