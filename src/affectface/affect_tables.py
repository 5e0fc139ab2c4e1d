"""Published figures about facial actions and affect, each table with the name of its source.

Numbers of different sources are never mixed in one table. What the project worked out itself is called derived.
"""

from __future__ import annotations

from typing import NamedTuple

BASIC_EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
"""The six basic expressions, in the order of Kollias 2020."""

COMPOUND_EXPRESSIONS = (
    "happily_surprised",
    "happily_disgusted",
    "sadly_fearful",
    "sadly_angry",
    "sadly_surprised",
    "sadly_disgusted",
    "fearfully_angry",
    "fearfully_surprised",
    "fearfully_disgusted",
    "angrily_surprised",
    "angrily_disgusted",
    "disgustedly_surprised",
    "appalled",
    "hatred",
    "awed",
)
"""The fifteen compound expressions of Du, Tao and Martinez (2014)."""

VARIANTS = {"closed_anger": "anger"}
"""Other ways of showing a basic expression: anger that presses its lips instead of baring its teeth."""

NEUTRAL_NAME = "neutral"
"""The expression that is none."""

EXPRESSIONS = (NEUTRAL_NAME, *BASIC_EXPRESSIONS, *VARIANTS, "contempt", *COMPOUND_EXPRESSIONS)
"""Every expression that can be asked for by name."""


class FacialActions(NamedTuple):
    """The action units of one expression: those nearly everyone shows, and those that some show.

    Attributes
    ----------
    prototypical : tuple of int
        Action units that more than 70 % of the subjects used.
    variants : dict of int to float
        Further action units, and the share of subjects that used each.
    """

    prototypical: tuple[int, ...]
    variants: dict[int, float]


DU_2014: dict[str, FacialActions] = {
    "happiness": FacialActions((12, 25), {6: 0.51}),
    "sadness": FacialActions((4, 15), {1: 0.60, 6: 0.50, 11: 0.26, 17: 0.67}),
    "fear": FacialActions((1, 4, 20, 25), {2: 0.57, 5: 0.63, 26: 0.33}),
    "anger": FacialActions((4, 7, 24), {10: 0.26, 17: 0.52, 23: 0.29}),
    "surprise": FacialActions((1, 2, 25, 26), {5: 0.66}),
    "disgust": FacialActions((9, 10, 17), {4: 0.31, 24: 0.26}),
    "happily_surprised": FacialActions((1, 2, 12, 25), {5: 0.64, 26: 0.67}),
    "happily_disgusted": FacialActions((10, 12, 25), {4: 0.32, 6: 0.61, 9: 0.59}),
    "sadly_fearful": FacialActions((1, 4, 20, 25), {2: 0.46, 5: 0.24, 6: 0.34, 15: 0.30}),
    "sadly_angry": FacialActions((4, 15), {6: 0.26, 7: 0.48, 11: 0.20, 17: 0.50}),
    "sadly_surprised": FacialActions((1, 4, 25, 26), {2: 0.27, 6: 0.31}),
    "sadly_disgusted": FacialActions((4, 10), {1: 0.49, 6: 0.61, 9: 0.20, 11: 0.35, 15: 0.54, 17: 0.47, 25: 0.43}),
    "fearfully_angry": FacialActions((4, 20, 25), {5: 0.40, 7: 0.39, 10: 0.30, 11: 0.33}),
    "fearfully_surprised": FacialActions((1, 2, 5, 20, 25), {4: 0.47, 10: 0.35, 11: 0.22, 26: 0.51}),
    "fearfully_disgusted": FacialActions((1, 4, 10, 20, 25), {2: 0.64, 5: 0.50, 6: 0.26, 9: 0.28, 15: 0.33}),
    "angrily_surprised": FacialActions((4, 25, 26), {5: 0.35, 7: 0.50, 10: 0.34}),
    "angrily_disgusted": FacialActions((4, 10, 17), {7: 0.60, 9: 0.57, 24: 0.36}),
    "disgustedly_surprised": FacialActions((1, 2, 5, 10), {4: 0.45, 9: 0.37, 17: 0.66, 24: 0.33}),
    "appalled": FacialActions((4, 10), {6: 0.25, 9: 0.56, 17: 0.67, 24: 0.36}),
    "hatred": FacialActions((4, 10), {7: 0.57, 9: 0.27, 17: 0.63, 24: 0.37}),
    "awed": FacialActions((1, 2, 5, 25), {4: 0.21, 20: 0.62, 26: 0.56}),
}
"""Du, Tao & Martinez (2014), Compound facial expressions of emotion, PNAS 111(15), Table 1.

The action units are from a public transcription of the table; the shares of the variants were not checked against it.
"""

FACS_1978: dict[str, tuple[int, ...]] = {
    "happiness": (6, 12, 25),
    "sadness": (1, 4, 15),
    "disgust": (4, 10, 17),
    "anger": (4, 5, 7, 24),
    "surprise": (1, 2, 5, 26),
    "fear": (1, 2, 4, 5, 20, 25),
}
"""Ekman & Friesen (1978), Facial Action Coding System, Table 11-1: the most intense variant, as quoted by others."""

EMFACS: dict[str, tuple[int, ...]] = {
    "happiness": (6, 12),
    "sadness": (1, 4, 15),
    "surprise": (1, 2, 5, 26),
    "fear": (1, 2, 4, 5, 7, 20, 26),
    "anger": (4, 5, 7, 23),
    "disgust": (9, 15, 16),
    "contempt": (12, 14),
}
"""The short list of EMFACS as commonly given. Contempt is shown on one side only. Disgust and contempt: unchecked."""

CK_2010: dict[str, tuple[int, ...]] = {
    "happiness": (6, 12, 25),
    "sadness": (1, 2, 4, 15, 17),
    "surprise": (1, 2, 5, 25, 27),
    "fear": (1, 4, 7, 20),
    "anger": (4, 5, 15, 17),
    "disgust": (1, 4, 15, 17),
}
"""Lucey et al. (2010), The Extended Cohn-Kanade Dataset: the examples of Figure 1, from a public transcription."""

PAD_EXPRESSIONS: dict[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "anger": (-0.51, 0.59),
    "disgust": (-0.60, 0.35),
    "fear": (-0.64, 0.60),
    "happiness": (0.81, 0.51),
    "sadness": (-0.63, -0.27),
    "surprise": (0.40, 0.67),
    "contempt": (-0.23, 0.31),
    "hatred": (-0.56, 0.59),
    "awed": (0.18, 0.40),
}
"""(valence, arousal) of angry, disgusted, fearful, happy, sad, surprised, contempt, hate and awed.

Russell & Mehrabian (1977), J. Res. Personality 11, 273-294; hate and awed from a single transcription. Surprise is
pleasant in this table; AffectNet-style annotations put it near valence 0.
"""

_COMPONENTS = {
    "happily": "happiness",
    "sadly": "sadness",
    "fearfully": "fear",
    "angrily": "anger",
    "disgustedly": "disgust",
    "surprised": "surprise",
    "disgusted": "disgust",
    "fearful": "fear",
    "angry": "anger",
}


def expression_point(name: str) -> tuple[float, float]:
    """Return where an expression lies in the valence-arousal plane.

    Parameters
    ----------
    name : str
        One of `EXPRESSIONS`.

    Returns
    -------
    tuple of float
        Valence and arousal, in [-1, 1].

    Notes
    -----
    The points are those of `PAD_EXPRESSIONS`. A compound expression that has none lies halfway between its two
    components, appalled between anger and disgust (derived, not published).
    """
    name = VARIANTS.get(name, name)
    if name in PAD_EXPRESSIONS:
        return PAD_EXPRESSIONS[name]
    first, second = ("anger", "disgust") if name == "appalled" else (_COMPONENTS[part] for part in name.split("_"))
    (v1, a1), (v2, a2) = PAD_EXPRESSIONS[first], PAD_EXPRESSIONS[second]
    return (v1 + v2) / 2, (a1 + a2) / 2
