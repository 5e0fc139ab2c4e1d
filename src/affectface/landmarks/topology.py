"""Named points and contours of the 478 landmarks.

Left and right are the person's own: in an unmirrored photo of somebody facing the camera, the person's right eye is on
the viewer's left. Contours run from the corner on the person's right to the one on the left, unless it says otherwise.
The numbering is that of MediaPipe's canonical face model; points 468 to 477 are the irises.
"""

from __future__ import annotations

LANDMARK_COUNT = 478
"""Landmarks of a face."""

MESH_COUNT = 468
"""Landmarks on the skin, which come first; the rest are the irises."""

FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The closed outline of the face, from the forehead's middle over the person's left temple to the chin and back."""

LIPS_OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
"""Upper edge of the upper lip, both mouth corners included."""

LIPS_OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
"""Lower edge of the lower lip, both mouth corners included."""

LIPS_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
"""Lower edge of the upper lip, where the mouth opens."""

LIPS_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Upper edge of the lower lip, where the mouth opens."""

LIPS = tuple(sorted({*LIPS_OUTER_UPPER, *LIPS_OUTER_LOWER, *LIPS_INNER_UPPER, *LIPS_INNER_LOWER}))
"""All edges of the lips, each landmark once."""

UPPER_LIP = (
    *(185, 40, 39, 37, 0, 267, 269, 270, 409, 184, 74, 73, 72, 11, 302, 303, 304, 408),
    *(183, 42, 41, 38, 12, 268, 271, 272, 407, 191, 80, 81, 82, 13, 312, 311, 310, 415),
)
"""All landmarks of the upper lip but the corners, four rows from its upper edge to its lower one."""

LOWER_LIP = (
    *(146, 91, 181, 84, 17, 314, 405, 321, 375, 77, 90, 180, 85, 16, 315, 404, 320, 307),
    *(96, 89, 179, 86, 15, 316, 403, 319, 325, 95, 88, 178, 87, 14, 317, 402, 318, 324),
)
"""All landmarks of the lower lip but the corners, four rows from its lower edge to its upper one."""

MOUTH_CORNERS = (61, 76, 62, 78, 291, 306, 292, 308)
"""Landmarks of the corners of the mouth, those of the person's right first, each from the outer one inwards."""

RIGHT_EYE_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
"""Edge of the right eye's upper lid, from the outer corner to the inner one."""

RIGHT_EYE_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
"""Edge of the right eye's lower lid, from the outer corner to the inner one."""

LEFT_EYE_UPPER = (362, 398, 384, 385, 386, 387, 388, 466, 263)
"""Edge of the left eye's upper lid, from the inner corner to the outer one."""

LEFT_EYE_LOWER = (362, 382, 381, 380, 374, 373, 390, 249, 263)
"""Edge of the left eye's lower lid, from the inner corner to the outer one."""

RIGHT_EYE_OUTER_CORNER, RIGHT_EYE_INNER_CORNER = 33, 133
LEFT_EYE_INNER_CORNER, LEFT_EYE_OUTER_CORNER = 362, 263

RIGHT_EYEBROW_UPPER = (70, 63, 105, 66, 107)
"""Upper edge of the right eyebrow, from the temple to the nose."""

RIGHT_EYEBROW_LOWER = (46, 53, 52, 65, 55)
"""Lower edge of the right eyebrow, from the temple to the nose."""

LEFT_EYEBROW_UPPER = (336, 296, 334, 293, 300)
"""Upper edge of the left eyebrow, from the nose to the temple."""

LEFT_EYEBROW_LOWER = (285, 295, 282, 283, 276)
"""Lower edge of the left eyebrow, from the nose to the temple."""

RIGHT_IRIS = (468, 469, 470, 471, 472)
"""Centre of the right iris, then its edge: on the viewer's right, above, on the viewer's left, below."""

LEFT_IRIS = (473, 474, 475, 476, 477)
"""Centre of the left iris, then its edge: on the viewer's right, above, on the viewer's left, below."""

NOSE_BRIDGE = (168, 6, 197, 195, 5, 4)
"""From between the eyes down to the tip."""

NOSE_TIP, CHIN_FRONT, CHIN, FOREHEAD, GLABELLA = 4, 175, 152, 10, 9
