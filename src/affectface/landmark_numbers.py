"""Which of the 478 landmarks stand for the points of other annotations."""

from __future__ import annotations

# In iBUG's order, which counts from the viewer's left. The jaw is the face mesh's outline and, in a turned face, sticks
# to the skin where iBUG's slides along the visible contour.
LANDMARKS68 = (
    # 0-16: the jaw, from the person's right ear over the chin to the left ear
    *(127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356),
    # 17-21: right eyebrow, from the temple to the nose
    *(70, 63, 105, 66, 107),
    # 22-26: left eyebrow, from the nose to the temple
    *(336, 296, 334, 293, 300),
    # 27-30: bridge of the nose, downwards
    *(168, 197, 5, 4),
    # 31-35: below the nose, right nostril to left nostril
    *(98, 97, 2, 326, 327),
    # 36-41: right eye: outer corner, two on the upper lid, inner corner, two on the lower lid
    *(33, 160, 158, 133, 153, 144),
    # 42-47: left eye: inner corner, two on the upper lid, outer corner, two on the lower lid
    *(362, 385, 387, 263, 373, 380),
    # 48-54: upper edge of the upper lip, right corner to left corner
    *(61, 39, 37, 0, 267, 269, 291),
    # 55-59: lower edge of the lower lip, left to right
    *(405, 314, 17, 84, 181),
    # 60-64: lower edge of the upper lip, right corner to left corner
    *(78, 81, 13, 311, 308),
    # 65-67: upper edge of the lower lip, left to right
    *(402, 14, 178),
)
"""The landmark that stands for each of the 68 points of the iBUG annotation (Sagonas et al. 2013)."""
