"""The facial units: MakeHuman's ARKit-named shapes, widened by MakeHuman's own units and brought to strength.

Both face models must answer alike to the same coefficients, so each unit is scaled to move the face as far as the unit
of the same name of ICT-FaceKit does. What is compared is the root mean square displacement of the 468 landmarks, in
interocular distances (pupil to pupil): landmarks sample both topologies at the same places. `GAINS` holds the result,
and the table in `tools/bake_face_model.py` what it leads to.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, diags

from .makehuman import Archive, Array

UNITS = (
    "browDown_L", "browDown_R", "browInnerUp_L", "browInnerUp_R", "browOuterUp_L", "browOuterUp_R", "cheekPuff_L",
    "cheekPuff_R", "cheekSquint_L", "cheekSquint_R", "eyeBlink_L", "eyeBlink_R", "eyeLookDown_L", "eyeLookDown_R",
    "eyeLookIn_L", "eyeLookIn_R", "eyeLookOut_L", "eyeLookOut_R", "eyeLookUp_L", "eyeLookUp_R", "eyeSquint_L",
    "eyeSquint_R", "eyeWide_L", "eyeWide_R", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose",
    "mouthDimple_L", "mouthDimple_R", "mouthFrown_L", "mouthFrown_R", "mouthFunnel", "mouthLeft", "mouthLowerDown_L",
    "mouthLowerDown_R", "mouthPress_L", "mouthPress_R", "mouthPucker", "mouthRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmile_L", "mouthSmile_R", "mouthStretch_L",
    "mouthStretch_R", "mouthUpperUp_L", "mouthUpperUp_R", "noseSneer_L", "noseSneer_R", "tongueOut",
)  # fmt: skip
"""ICT-FaceKit's 53 names, and `tongueOut`."""

_SPLIT = {"browInnerUp": "browInnerUp", "cheekPuff": "cheekPuff"}
"""Units that ARKit has once and ICT-FaceKit has for each side."""

_MIXED: dict[str, dict[str, float]] = {
    "noseSneer": {"nose-{side}-elevation": 0.8, "eyebrows-{side}-down": 0.1},
    "browDown": {"eyebrows-{side}-down": 0.3},
    "browInnerUp": {"eyebrows-{side}-inner-up": 0.3},
    "browOuterUp": {"eyebrows-{side}-extern-up": 0.3},
    "eyeLookDown": {"eye-{side}-closure": 0.25},
}
"""MakeHuman's expression units mixed in, before the gain: they raise the nostril, knit and lift the brow."""

_WITH: dict[str, dict[str, float]] = {"mouthSmile": {"mouthLowerDown": 0.8}, "noseSneer": {"mouthUpperUp": 0.4}}
"""Units mixed into others, before the gain. MakeHuman's smile lifts the lower lip twice as far as ICT-FaceKit's, over
the teeth that a real smile shows; its sneer leaves the upper lip where it is."""

GAINS = {
    "browDown": 0.8, "browInnerUp": 2.2, "browOuterUp": 2.1, "cheekPuff": 1.3, "cheekSquint": 0.7, "eyeBlink": 0.74,
    "eyeLookIn": 2.4, "eyeLookOut": 2.4, "eyeLookUp": 1.1, "eyeSquint": 0.9, "eyeWide": 0.8, "jawForward": 1.2,
    "jawLeft": 1.06, "jawRight": 1.06, "mouthFrown": 0.85, "mouthFunnel": 1.33, "mouthLeft": 1.65,
    "mouthLowerDown": 1.5, "mouthPress": 0.5, "mouthPucker": 1.3, "mouthRight": 1.65, "mouthRollLower": 2.0,
    "mouthRollUpper": 1.05, "mouthShrugLower": 2.4, "mouthShrugUpper": 1.1, "mouthSmile": 0.94, "mouthStretch": 1.2,
    "mouthUpperUp": 1.55, "noseSneer": 1.1,
}  # fmt: skip
"""Strength of each unit; 1 where it is not named. Brows that are raised stay above their match, for weaker ones are not
seen; `eyeBlink` makes the lids just meet."""


_SMOOTHED = {"browDown": 12, "browInnerUp": 12, "browOuterUp": 25, "mouthShrugLower": 30}
"""Rounds of averaging with the neighbours: MakeHuman moves a few vertices of the brow, which bends hairs into hooks,
and lifts the lower lip off a chin that stays; in a face (AU 17) it is the chin that rises and takes the lip along."""


def _smoothed(shape: Array, faces: Array, rounds: int) -> Array:
    """Return a displacement (V, 3) averaged over the mesh with `faces` (F, 4), half of each vertex's own kept."""
    count = len(shape)
    ends = np.concatenate([np.stack([faces[:, i], faces[:, (i + 1) % 4]], axis=1) for i in range(4)])
    ones = np.ones(len(ends))
    edges = coo_matrix((ones, (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    edges = ((edges + edges.T) > 0).astype(float)
    average = diags(1 / np.maximum(edges.sum(axis=1).A1, 1)) @ edges
    for _ in range(rounds):
        shape = 0.5 * shape + 0.5 * (average @ shape)
    return shape


def unit_shapes(archive: Archive) -> dict[str, Array]:
    """Return the displacement (V, 3) of each of `UNITS` over the whole base mesh, cm, gains applied."""
    x = archive.base.vertices[:, 0]
    # A smooth step over the middle, 1.2 cm wide; the two halves add up to the whole.
    left = 1 / (1 + np.exp(-x / 0.3))
    shapes = {}
    for name in UNITS:
        stem, _, side = name.partition("_")
        long = {"L": "Left", "R": "Right", "": ""}[side]
        if stem in _SPLIT:
            shape = archive.unit(stem) * (left if side == "L" else 1 - left)[:, None]
        else:
            shape = archive.unit(stem + long)
        for pattern, amount in _MIXED.get(stem, {}).items():
            target = pattern.format(side=long.lower())
            shape = shape + amount * archive.target(f"expression/units/caucasian/{target}")
        for other, amount in _WITH.get(stem, {}).items():
            shape = shape + amount * archive.unit(other + long)
        if stem in _SMOOTHED:
            shape = _smoothed(shape, archive.base.quads, _SMOOTHED[stem])
        shapes[name] = shape * GAINS.get(stem, 1.0)
    return shapes
