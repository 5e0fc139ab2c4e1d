"""What an evaluation asks for: expressions and directions of the plane at several strengths, and their file names.

Any tool's pictures can be evaluated when their names end as ours do: `PHOTO_EXPRESSION.png`,
`PHOTO_EXPRESSION_0.50.png` or `PHOTO_v+0.500_a-0.250.png`, where PHOTO is the photo's own name without its ending.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from affectface.affect import BASIC_EXPRESSIONS, DIRECTIONS, Affect, Expression, ValenceArousal
from affectface.errors import TargetError

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
"""The strengths of the protocol of Darne, Quan & Luo (2025)."""

EXPRESSIONS = (*BASIC_EXPRESSIONS, "neutral")
"""The expressions that are evaluated, in the order of a recogniser's probabilities."""

_NEAREST = 1.5
"""Degrees between a file name's point and the direction that it is taken for: names are rounded."""
_EXPRESSION = re.compile(
    rf"(?P<photo>.+)_(?P<name>{'|'.join(EXPRESSIONS)})(?:_(?P<strength>\d*\.?\d+))?", re.IGNORECASE
)
_POINT = re.compile(r"(?P<photo>.+)_v(?P<valence>[+-]?\d*\.?\d+)_a(?P<arousal>[+-]?\d*\.?\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """One picture that is asked for: an expression or a direction of the plane, at a strength.

    Attributes
    ----------
    label : str
        An expression, or one of the 28 directions of `affectface.affect.DIRECTIONS`.
    strength : float
        How much of it, 0 to 1.
    """

    label: str
    strength: float

    def __post_init__(self) -> None:
        if self.label not in EXPRESSIONS and self.label not in DIRECTIONS:
            raise TargetError(f"{self.label!r} is neither an expression nor a direction that is evaluated")
        if not 0 <= self.strength <= 1:
            raise TargetError(f"the strength of {self.label} is {self.strength}; a number from 0 to 1 is needed")

    @property
    def is_direction(self) -> bool:
        """Whether a direction of the plane is asked for."""
        return self.label in DIRECTIONS

    @property
    def affect(self) -> Affect:
        """What to synthesise, at full strength."""
        return ValenceArousal.from_angle(DIRECTIONS[self.label]) if self.is_direction else Expression(self.label)

    @property
    def file_name(self) -> str:
        """The end of the picture's name, without the ending."""
        if self.label == "neutral":
            return "neutral"
        if not self.is_direction:
            return f"{self.label}_{self.strength:.2f}"
        point = ValenceArousal.from_angle(DIRECTIONS[self.label], self.strength)
        return f"v{point.valence:+.3f}_a{point.arousal:+.3f}"


def expression_targets(strengths: tuple[float, ...] = STRENGTHS) -> tuple[Target, ...]:
    """Return neutral, and the six basic expressions at each strength."""
    return (Target("neutral", 1.0), *(Target(name, s) for name in BASIC_EXPRESSIONS for s in strengths))


def direction_targets(strengths: tuple[float, ...] = STRENGTHS) -> tuple[Target, ...]:
    """Return the 28 directions at each strength."""
    return tuple(Target(name, s) for name in DIRECTIONS for s in strengths)


def parse_file_name(stem: str) -> tuple[str, Target] | None:
    """Return the photo's name and what was asked for, from the name of a picture.

    Parameters
    ----------
    stem : str
        The file's name without its ending.

    Returns
    -------
    tuple of str and Target, or None
        None where the name is of another form, or its point lies in none of the 28 directions.
    """
    if found := _EXPRESSION.fullmatch(stem):
        strength = float(found["strength"] or 1)
        return (found["photo"], Target(found["name"].lower(), strength)) if strength <= 1 else None
    if found := _POINT.fullmatch(stem):
        valence, arousal = float(found["valence"]), float(found["arousal"])
        if not (0 < valence**2 + arousal**2 <= 1.01):
            return None
        point = ValenceArousal(max(-1.0, min(valence, 1.0)), max(-1.0, min(arousal, 1.0)))
        away = {name: abs((point.angle - angle + 180) % 360 - 180) for name, angle in DIRECTIONS.items()}
        nearest = min(away, key=away.__getitem__)
        if away[nearest] <= _NEAREST:
            return found["photo"], Target(nearest, min(round(point.strength, 2), 1.0))
    return None
