"""A sample: an image with its labels, as a mapping; what a change of it is, and where its chance comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from affectface.arrays import Image, check_image

Sample: TypeAlias = Mapping[str, Any]
"""`image`, and of the labels what there is: `valence`, `arousal`, `expression`, `action_units`, `box`, `landmarks`, as
in `affectface.augment.rows.Row`. Other entries are passed on as they are."""

Key: TypeAlias = int | Sequence[int]
"""What tells samples apart, such as (epoch, index); with the seed it decides all that is drawn."""


class Change(Protocol):
    """Makes another sample of a sample."""

    def apply(self, sample: Sample, rng: np.random.Generator) -> dict[str, Any]:
        """Return the changed sample; all that is drawn is drawn from `rng`, and the sample given is left as it is."""


class Chance:
    """Where a change that is called without a generator has its chance from.

    Parameters
    ----------
    seed : int
        Decides all that is drawn.

    Notes
    -----
    A key gives the same whatever was drawn before and in whichever process. Without keys one generator goes on from
    call to call; a process that was forked would repeat what its siblings draw, and so starts from the system's chance.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._process = os.getpid()
        self._going_on = np.random.default_rng(seed)

    def at(self, key: Key | None) -> np.random.Generator:
        """Return the generator for a key, or the one that goes on."""
        if key is not None:
            numbers = [key] if isinstance(key, int | np.integer) else list(key)
            return np.random.default_rng([self.seed, *(int(number) for number in numbers)])
        if self._process != os.getpid():
            self._process, self._going_on = os.getpid(), np.random.default_rng()
        return self._going_on


def image_of(sample: Sample) -> Image:
    """Return a sample's image, or raise a ValueError that says what is wrong with it."""
    if "image" not in sample:
        raise ValueError(f"the sample has {', '.join(map(str, sample)) or 'nothing'}; an image is needed")
    return check_image(sample["image"])


class Sometimes:
    """A change that is made by chance, and otherwise not.

    Parameters
    ----------
    change : Change
        The change.
    chance : float
        Chance that it is made.
    """

    def __init__(self, change: Change, chance: float) -> None:
        if not 0 <= chance <= 1:
            raise ValueError(f"chance is {chance}; a number in [0, 1] is needed")
        self.change, self.chance = change, chance

    def apply(self, sample: Sample, rng: np.random.Generator) -> dict[str, Any]:
        """Return the sample changed, or as it is."""
        return self.change.apply(sample, rng) if rng.random() < self.chance else dict(sample)


class InTurn:
    """Changes that are made one after the other.

    Parameters
    ----------
    changes : sequence of Change
        The changes.
    """

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = tuple(changes)

    def apply(self, sample: Sample, rng: np.random.Generator) -> dict[str, Any]:
        """Return the sample changed by all of them; each draws from a generator of its own."""
        made = dict(sample)
        for change, own in zip(self.changes, rng.spawn(len(self.changes)), strict=True):
            made = change.apply(made, own)
        return made
