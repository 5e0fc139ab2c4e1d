"""What a synthetic gallery is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields

_MOST_PEOPLE = 100_000


@dataclass(frozen=True, kw_only=True)
class SynthesisPlan:
    """How many people show how much. Everything else follows from the seed.

    Attributes
    ----------
    people : int
        How many people.
    seed : int
        Source of all randomness: equal plans give equal galleries, whatever the order in which people are made.
    compounds : int
        Compound expressions that each person shows, of the fifteen; every expression is shown by as many people as
        any other, give or take one.
    words : int
        Words for affects that each person shows, of the 28 directions, each at a level of its own.
    directions : int
        Further directions of the plane that each person shows: the words leave gaps of up to 48 degrees.
    frame_rate : float
        Frames per second.
    """

    people: int = 300
    seed: int = 1
    compounds: int = 5
    words: int = 10
    directions: int = 6
    frame_rate: float = 25.0

    def __post_init__(self) -> None:
        limits = {
            "people": (1, _MOST_PEOPLE),
            "seed": (0, 2**63 - 1),
            "compounds": (0, 15),
            "words": (0, 28),
            "directions": (0, 100),
            "frame_rate": (5, 240),
        }
        for field in fields(self):
            low, high = limits[field.name]
            value = getattr(self, field.name)
            if not low <= value <= high:
                raise ValueError(f"{field.name} is {value}; {low} to {high} is needed")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which part of a plan is made; all of it, if nothing is said.

    Attributes
    ----------
    only : tuple of str
        Patterns of sessions and tasks, such as `directed/*` or `*/happiness`; a sequence that fits one is made.
    frames : int, optional
        How many frames of each sequence, at most: the first, the strongest, the last, and others between them.
    """

    only: tuple[str, ...] = ()
    frames: int | None = None

    def __post_init__(self) -> None:
        if self.frames is not None and self.frames < 2:
            raise ValueError(f"frames is {self.frames}; at least 2 are needed, the first of which is at rest")
