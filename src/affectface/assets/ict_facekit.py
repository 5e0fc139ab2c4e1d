"""Where ICT-FaceKit light is published, and which of its files are needed.

The published files are 155 OBJ and JSON files; a packed form holds the same numbers, rounded to half precision. One
fingerprint of the converted model, in the registry, checks both, and the added file too. It was taken of the packed
form, whose own checksum stands here.
"""

from __future__ import annotations

import os

REPOSITORY = "https://raw.githubusercontent.com/ICT-VGL/ICT-FaceKit/da5f95a/FaceXModel"
"""The native files, at the commit that the packed form was made of."""

PACKED_SHA256 = "ae597e3b03094c28d33f144cb71d7e6b08a1653af5ac3eda62bd1fa20a01559f"
"""Checksum of the packed `.npz`."""

IDENTITIES = 100

_SIDED = """
browDown browInnerUp browOuterUp cheekPuff cheekSquint eyeBlink eyeLookDown eyeLookIn eyeLookOut eyeLookUp eyeSquint
eyeWide mouthDimple mouthFrown mouthLowerDown mouthPress mouthSmile mouthStretch mouthUpperUp noseSneer
"""
_WHOLE = """
jawForward jawLeft jawOpen jawRight mouthClose mouthFunnel mouthLeft mouthPucker mouthRight mouthRollLower
mouthRollUpper mouthShrugLower mouthShrugUpper
"""

EXPRESSION_UNITS = tuple(sorted([f"{unit}_{side}" for unit in _SIDED.split() for side in "LR"] + _WHOLE.split()))
"""The 53 expression shapes that are used; the repository has some more, such as the width of the pupils."""


def native_files() -> list[str]:
    """Return the names of the files that are needed of the repository's folder."""
    shapes = [f"identity{number:03d}.obj" for number in range(IDENTITIES)]
    shapes += [f"{unit}.obj" for unit in EXPRESSION_UNITS]
    return ["vertex_indices.json", "generic_neutral_mesh.obj", *shapes]


def ict_address() -> str:
    """Return where to download from: the environment's AFFECTFACE_ICT_URL (a mirror), or the project's repository."""
    return os.environ.get("AFFECTFACE_ICT_URL") or REPOSITORY
