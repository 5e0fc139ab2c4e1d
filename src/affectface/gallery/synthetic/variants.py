"""People's own ways of showing an expression: the published variants, as often as they were seen.

Half of the people follow the shares of Du, Tao & Martinez (2014); the others the set of another source: FACS 1978,
EMFACS, or an example of CK+ (Lucey 2010). How the sources are mixed is the project's choice.
"""

from __future__ import annotations

import numpy as np

from affectface.affect_tables import CK_2010, DU_2014, EMFACS, FACS_1978, VARIANTS
from affectface.gallery.prototypes import EXPRESSION_RECIPES, Recipe, compound_recipe
from affectface.gallery.synthetic.actions import columns_of

_DU_SHARE = 0.5
_PROTOTYPICAL = 0.85
"""Share of people who show a prototypical action unit: the table says more than 70 %."""
_STRENGTH = 0.6
"""Strength of an action unit that the main recipe lacks."""


def main_recipe(expression: str) -> Recipe:
    """Return the action units and strengths of an expression as everybody is directed to show it."""
    return EXPRESSION_RECIPES[expression] if expression in EXPRESSION_RECIPES else compound_recipe(expression)


def own_recipe(expression: str, rng: np.random.Generator) -> Recipe:
    """Return one person's own way of showing an expression.

    Parameters
    ----------
    expression : str
        Its name; one of `EXPRESSIONS` but neutral.
    rng : Generator
        The person's source of randomness for this expression.

    Returns
    -------
    dict
        Action units and strengths. Those of the main recipe keep their strength.
    """
    main = main_recipe(expression)
    if expression in VARIANTS or expression not in DU_2014:
        return dict(main)  # no variants are published: contempt, and what is a variant itself
    others = [table[expression] for table in (FACS_1978, EMFACS, CK_2010) if expression in table]
    if others and rng.random() >= _DU_SHARE:
        shown: tuple[int, ...] = others[int(rng.integers(len(others)))]
    else:
        actions = DU_2014[expression]
        kept = [au for au in actions.prototypical if rng.random() < _PROTOTYPICAL]
        added = [au for au, share in actions.variants.items() if rng.random() < share]
        shown = tuple(kept + added) or actions.prototypical
    return {au: main.get(au, _STRENGTH) for au in sorted(set(shown)) if columns_of(au)}
