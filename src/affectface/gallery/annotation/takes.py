"""What was said in takes: each replaces what was said about the same stretch before, and the last can be taken back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affectface.errors import AnnotationError

Sample = tuple[float, float | None]
"""A moment, seconds, and what was said then; None: nothing from here on."""


@dataclass
class _Take:
    name: str
    clear_from: float | None = None
    said: list[Sample] = field(default_factory=list)
    undone: bool = False


class Takes:
    """The takes of one trace, in the order in which they began.

    A take is either what an annotator said while the sequence ran once, or the clearing of everything from a moment on.
    """

    def __init__(self) -> None:
        self._takes: dict[str, _Take] = {}

    @property
    def last(self) -> str | None:
        """Name of the take that can be taken back."""
        return next(iter(self.standing[::-1]), None)

    @property
    def standing(self) -> list[str]:
        """Names of the takes that are not taken back, in order."""
        return [take.name for take in self._takes.values() if not take.undone]

    def has(self, name: str) -> bool:
        """Return whether a take has begun."""
        return name in self._takes

    def count(self, name: str) -> int:
        """Return how many samples a take has."""
        return len(self._takes[name].said) if name in self._takes else 0

    def new(self, name: str, first: int, samples: list[Sample]) -> list[Sample]:
        """Return those samples of a take, the first of which has the number `first`, that it does not have yet.

        Raises
        ------
        AnnotationError
            If samples between those it has and these are missing, or the times do not rise.
        """
        have = self.count(name)
        if first > have:
            raise AnnotationError(f"take {name!r} has {have} samples and goes on at {first}; send those between")
        if name in self._takes and self._takes[name].clear_from is not None:
            raise AnnotationError(f"take {name!r} is a clearing; give what is said another name")
        fresh = samples[have - first :]
        before = [self._takes[name].said[-1]] if have else []
        times = [time for time, _ in before + fresh]
        if any(late <= early for early, late in itertools.pairwise(times)):
            raise AnnotationError(f"take {name!r}: its times do not rise; send each moment once")
        return fresh

    def say(self, name: str, samples: list[Sample]) -> None:
        """Add samples to a take, which begins with the first."""
        if samples:
            self._takes.setdefault(name, _Take(name)).said.extend(samples)

    def clear(self, name: str, time: float) -> None:
        """Clear everything from a moment on; a take of its own, which can be taken back."""
        self._takes.setdefault(name, _Take(name, clear_from=time))

    def undo(self, name: str) -> bool:
        """Take back the last take; return whether anything changed (a second request changes nothing).

        Raises
        ------
        AnnotationError
            If it is not the last.
        """
        if name in self._takes and self._takes[name].undone:
            return False
        if name != self.last:
            raise AnnotationError(f"take {name!r} is not the last one, which is {self.last!r}; undo that first")
        self._takes[name].undone = True
        return True

    def result(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return times and values (N,) of what stands; NaN where nothing was said."""
        times, values = np.zeros(0), np.zeros(0)
        for take in self._takes.values():
            if take.undone:
                continue
            if take.clear_from is not None:
                kept = times < take.clear_from
                times, values = times[kept], values[kept]
                continue
            said = np.array([(time, np.nan if value is None else value) for time, value in take.said])
            before, after = times < said[0, 0], times > said[-1, 0]
            times = np.concatenate([times[before], said[:, 0], times[after]])
            values = np.concatenate([values[before], said[:, 1], values[after]])
        return times, values
