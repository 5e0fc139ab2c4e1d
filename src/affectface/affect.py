"""What can be asked for: a point or a path in the valence-arousal plane, an expression, action units, a word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from affectface.action_unit_tables import ACTION_UNIT_SHAPES
from affectface.affect_path import AffectPath
from affectface.affect_tables import BASIC_EXPRESSIONS, COMPOUND_EXPRESSIONS, EXPRESSIONS, expression_point
from affectface.affect_words import DIRECTIONS, PAD_WORDS, WORDS
from affectface.errors import TargetError
from affectface.valence_arousal import ValenceArousal, check_number, quoted

__all__ = [
    "BASIC_EXPRESSIONS",
    "COMPOUND_EXPRESSIONS",
    "DIRECTIONS",
    "EXPRESSIONS",
    "WORDS",
    "ActionUnits",
    "Affect",
    "AffectPath",
    "Expression",
    "ValenceArousal",
    "word",
]


@dataclass(frozen=True)
class Expression:
    """An expression with a name, one of `EXPRESSIONS`.

    Attributes
    ----------
    name : str
        The name, such as `happiness` or `happily_surprised`; case, spaces and hyphens do not matter when asking.
    """

    name: str

    def __post_init__(self) -> None:
        name = str(self.name).strip().lower().replace(" ", "_").replace("-", "_")
        if name not in EXPRESSIONS:
            raise TargetError(f"unknown expression {quoted(self.name)}; {_suggest(name, EXPRESSIONS)}")
        object.__setattr__(self, "name", name)

    @property
    def point(self) -> ValenceArousal:
        """Where the expression lies in the valence-arousal plane, after `affectface.affect_tables`."""
        return ValenceArousal(*expression_point(self.name))


@dataclass(frozen=True, init=False, repr=False)
class ActionUnits:
    """A set of facial action units (FACS) with strengths.

    Attributes
    ----------
    strengths : tuple of (str, float)
        Action unit, such as `12`, `12L` or `12R`, and its strength in [0, 1], in the order of the numbers.

    Examples
    --------
    >>> ActionUnits({12: 0.9, "6L": 0.6}).strengths
    (('6L', 0.6), ('12', 0.9))
    """

    strengths: tuple[tuple[str, float], ...]

    def __init__(self, strengths: Mapping[int | str, float]) -> None:
        values: dict[str, float] = {}
        for key, strength in strengths.items():
            name = str(key).strip().upper().removeprefix("AU").lstrip("0")
            if name not in ACTION_UNIT_SHAPES:
                raise TargetError(_unknown_action_unit(key, name))
            if name in values:
                raise TargetError(f"action unit {name} is asked for twice; give it once")
            values[name] = check_number(f"strength of action unit {name}", strength, 0, 1)
        if not values:
            raise TargetError("no action unit is given; give some such as 12=0.8,6=0.5")
        object.__setattr__(self, "strengths", tuple(sorted(values.items(), key=lambda item: _order(item[0]))))

    def __repr__(self) -> str:
        return f"ActionUnits({dict(self.strengths)})"

    @classmethod
    def parse(cls, text: str) -> ActionUnits:
        """Return the action units of a text such as `12=0.8,6=0.5`.

        Parameters
        ----------
        text : str
            Pairs `number=strength`, with commas between them; `12L` and `12R` are one-sided.

        Returns
        -------
        ActionUnits
            The action units.
        """
        values: dict[int | str, float] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, strength = (piece.strip() for piece in part.partition("="))
            if not equals:
                raise TargetError(f"{quoted(part)} is not an action unit with its strength; write it like 12=0.8")
            if name in values:
                raise TargetError(f"action unit {name} is asked for twice; give it once")
            values[name] = check_number(f"strength of action unit {name}", strength, 0, 1)
        return cls(values)

    def units(self) -> dict[str, float]:
        """Return the facial units (ARKit names with `_L` and `_R`) that show these action units, and their strengths.

        Where action units share a unit, the stronger counts: opening the jaw (26) does not add to parting the lips.
        Where one pulls against the other, as frowning (4) against raising the inner brow (1), the difference is left.
        """
        pulls: dict[str, list[float]] = {}
        for name, strength in self.strengths:
            for unit, weight in ACTION_UNIT_SHAPES[name].items():
                pulls.setdefault(unit, [0.0]).append(strength * weight)
        return {unit: max(values) + min(values) for unit, values in pulls.items()}


Affect: TypeAlias = ValenceArousal | Expression | ActionUnits
"""What one image can be asked to show."""


def word(name: str) -> ValenceArousal:
    """Return the point that a word for an affect has in the valence-arousal plane.

    Parameters
    ----------
    name : str
        One of `WORDS`, such as `Serene`; case, spaces, hyphens and underscores do not matter.

    Returns
    -------
    ValenceArousal
        The point: on the unit circle for the 28 directions, inside it for the words that were rated.

    Notes
    -----
    A word that is both, such as `happy`, is taken as a direction.
    """
    keys = {_squeeze(entry): entry for entry in WORDS}
    entry = keys.get(_squeeze(name))
    if entry is None:
        close = [keys[key] for key in difflib.get_close_matches(_squeeze(name), list(keys), n=4, cutoff=0.5)]
        hint = f"did you mean {', '.join(close)}?" if close else f"some that are known: {', '.join(DIRECTIONS)}"
        raise TargetError(f"unknown word {quoted(name)}; {hint}")
    if entry in DIRECTIONS:
        return ValenceArousal.from_angle(DIRECTIONS[entry])
    return ValenceArousal(*PAD_WORDS[entry])


def _suggest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message that names the nearest known names, or all of them."""
    close = difflib.get_close_matches(name, list(known), n=4, cutoff=0.5)
    return f"did you mean {', '.join(close)}?" if close else f"known are {', '.join(known)}"


def _squeeze(name: str) -> str:
    """Return a word without what does not matter in it."""
    return "".join(character for character in str(name).lower() if character not in " -_\t")


def _order(name: str) -> tuple[int, str]:
    """Return the sorting key of an action unit such as `12L`."""
    return int(name.rstrip("LR")), name[-1]


def _unknown_action_unit(key: object, name: str) -> str:
    """Return the message for an action unit that cannot be shown."""
    known = sorted({_order(entry)[0] for entry in ACTION_UNIT_SHAPES})
    if name == "30":
        return "action unit 30 moves the jaw to one side; ask for 30L or 30R"
    if name[:-1] in ACTION_UNIT_SHAPES and name[-1] in "LR":
        return f"action unit {name[:-1]} has no sides; ask for {name[:-1]}"
    return f"action unit {quoted(key)} cannot be shown; known are {', '.join(map(str, known))}"
