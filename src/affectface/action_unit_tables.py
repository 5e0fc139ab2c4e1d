"""FACS action units and the facial units (blendshapes) of the face models.

After two agreeing public tables: the AU reference of py-feat, and M. Ozel's "ARKit to FACS cheat sheet" (industry, not
peer reviewed). Units have ARKit's names with `_L` and `_R` for the person's own left and right. Strengths other than 1,
and companions of the unit in those tables (the lid in AU 6, the brow in AU 9, the rolled lips in AU 23 and 24), are
derived: set by eye on photographs after the descriptions in FACS. A strength below 0 pulls against the unit: in AU 4
the brows' inner ends go down farthest, where the units of both face models lower the whole brow as it is, and a brow
whose inner end is high would look sad.
"""

from __future__ import annotations

_PAIRED: dict[int, dict[str, float]] = {
    1: {"browInnerUp": 1.2},
    2: {"browOuterUp": 1.15},
    4: {"browDown": 1.3, "browInnerUp": -0.5},
    5: {"eyeWide": 1.25},
    6: {"cheekSquint": 1.0, "eyeSquint": 0.35},
    7: {"eyeSquint": 1.0},
    9: {"noseSneer": 1.0, "browDown": 0.35},
    10: {"mouthUpperUp": 1.0, "noseSneer": 0.15},
    12: {"mouthSmile": 1.2},
    14: {"mouthDimple": 1.0},
    15: {"mouthFrown": 1.3},
    16: {"mouthLowerDown": 1.0},
    20: {"mouthStretch": 1.0},
    34: {"cheekPuff": 1.0},
    43: {"eyeBlink": 1.0},
    44: {"eyeSquint": 1.0},
    45: {"eyeBlink": 1.0},
    46: {"eyeBlink": 1.0},
}
"""Action units that a person can show on one side; the strength of each unit, for either side."""

_SINGLE: dict[int, dict[str, float]] = {
    8: {"mouthClose": 1.0},
    17: {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.35},
    18: {"mouthPucker": 1.0},
    19: {"tongueOut": 1.0},
    22: {"mouthFunnel": 1.0},
    23: {"mouthPress_L": 0.6, "mouthPress_R": 0.6, "mouthRollUpper": 0.3, "mouthRollLower": 0.35},
    24: {"mouthPress_L": 1.15, "mouthPress_R": 1.15, "mouthRollUpper": 0.5, "mouthRollLower": 0.6},
    25: {
        "jawOpen": 0.18,
        "mouthLowerDown_L": 0.3,
        "mouthLowerDown_R": 0.3,
        "mouthUpperUp_L": 0.25,
        "mouthUpperUp_R": 0.25,
    },
    26: {"jawOpen": 0.6},
    27: {"jawOpen": 1.0},
    28: {"mouthRollUpper": 1.0, "mouthRollLower": 1.0},
    29: {"jawForward": 1.0},
    61: {"eyeLookOut_L": 1.0, "eyeLookIn_R": 1.0},
    62: {"eyeLookIn_L": 1.0, "eyeLookOut_R": 1.0},
    63: {"eyeLookUp_L": 1.0, "eyeLookUp_R": 1.0},
    64: {"eyeLookDown_L": 1.0, "eyeLookDown_R": 1.0},
}
"""Action units of the whole face. 61 and 62 turn both eyes to the person's left and right."""

ACTION_UNIT_SHAPES: dict[str, dict[str, float]] = {
    **{f"{au}": {f"{unit}_{s}": w for s in "LR" for unit, w in units.items()} for au, units in _PAIRED.items()},
    **{f"{au}{s}": {f"{unit}_{s}": w for unit, w in units.items()} for au, units in _PAIRED.items() for s in "LR"},
    **{f"{au}": units for au, units in _SINGLE.items()},
    "30L": {"jawLeft": 1.0},
    "30R": {"jawRight": 1.0},
}
"""Facial units and strengths of each action unit at its maximum; keys such as `12`, `12L`, `12R`."""

UNSHAPED_ACTION_UNITS = (11, 13, 21, 38, 39)
"""Action units of FACS that no facial unit expresses."""
