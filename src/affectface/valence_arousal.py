"""A point in the valence-arousal plane."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from affectface.errors import TargetError


@dataclass(frozen=True)
class ValenceArousal:
    """A point in the plane of valence (unpleasant to pleasant) and arousal (calm to excited); (0, 0) is neutral.

    Attributes
    ----------
    valence : float
        In [-1, 1].
    arousal : float
        In [-1, 1].
    """

    valence: float
    arousal: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "valence", check_number("valence", self.valence, -1, 1))
        object.__setattr__(self, "arousal", check_number("arousal", self.arousal, -1, 1))

    @classmethod
    def from_angle(cls, degrees: float, strength: float = 1.0) -> ValenceArousal:
        """Return the point in a direction of the plane.

        Parameters
        ----------
        degrees : float
            The direction: 0 is positive valence, 90 positive arousal.
        strength : float
            The distance from neutral, in [0, 1].

        Returns
        -------
        ValenceArousal
            The point.
        """
        angle = math.radians(check_number("angle", degrees, -math.inf, math.inf))
        strength = check_number("strength", strength, 0, 1)
        return cls(strength * math.cos(angle), strength * math.sin(angle))

    @property
    def strength(self) -> float:
        """The distance from neutral: at most 1 on the disc, up to 1.41 in the corners of the plane."""
        return math.hypot(self.valence, self.arousal)

    @property
    def angle(self) -> float:
        """The direction in degrees, in [0, 360); 0 at neutral."""
        # a tiny negative angle modulo 360 rounds to 360 itself
        return math.degrees(math.atan2(self.arousal, self.valence)) % 360.0 % 360.0

    def scaled(self, factor: float) -> ValenceArousal:
        """Return the point in the same direction with its strength times `factor`, stopping at the edge of the plane.

        Parameters
        ----------
        factor : float
            At least 0.

        Returns
        -------
        ValenceArousal
            The point.
        """
        factor = check_number("factor", factor, 0, math.inf)
        reach = max(abs(self.valence), abs(self.arousal))
        factor = min(factor, 1 / reach) if reach else 0.0
        # the quotient can round to just above 1
        return ValenceArousal(*(min(1.0, max(-1.0, factor * x)) for x in (self.valence, self.arousal)))


def check_number(name: str, value: Any, low: float, high: float) -> float:
    """Return `value` as a float inside [low, high], or say what is wrong with it."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and low <= number <= high):
        needed = "a finite number" if low == -math.inf else f"a number of at least {low:g}"
        needed = f"a number in [{low:g}, {high:g}]" if math.isfinite(high) else needed
        raise TargetError(f"{name} is {quoted(value)}; {needed} is needed")
    return number + 0.0  # -0.0 becomes 0.0, so that equal points look equal in records


def quoted(value: Any) -> str:
    """Return `value` for a message, on one line and not too long."""
    text = repr(value) if isinstance(value, str) else " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
