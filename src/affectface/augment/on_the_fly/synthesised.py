"""A data set of which a share is synthesised anew in every epoch, for torch's DataLoader or any other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from affectface.augment.on_the_fly.samples import Change, Sample
from affectface.augment.on_the_fly.synthesis import KEPT


class MapStyle(Protocol):
    """A data set as torch calls it map-style: it says how many items it has and gives each by its number."""

    def __len__(self) -> int:
        """Return how many items there are."""

    def __getitem__(self, index: int) -> Any:
        """Return an item."""


class SynthesisedSamples:
    """A map-style data set around another one, whose samples are replaced by chance.

    Parameters
    ----------
    samples : map-style data set
        Whose items are samples, see `affectface.augment.on_the_fly.samples`, or become samples by `unpack`.
    change : Change
        What makes another sample of a sample, such as `SynthesisTransform`.
    chance : float
        Share of the samples that are replaced.
    seed : int
        With the epoch and the index it decides all that is drawn.
    then : Change, optional
        What is done to all samples afterwards, such as `ClassicalTransform`.
    unpack, pack : callable, optional
        What makes a sample of an item, and of a sample what is given out; for worker processes that are spawned they
        must be functions of a module. `Arrays` makes what torch can put into batches.

    Notes
    -----
    Nothing of it needs torch: a `torch.utils.data.DataLoader` takes whatever has a length and items. Items depend on
    seed, epoch and index alone, however many workers there are. `set_epoch` reaches workers that start afterwards, as
    they do in each epoch; with `persistent_workers` let `EpochKeys` be the sampler, whose keys carry the epoch.
    """

    def __init__(
        self,
        samples: MapStyle,
        change: Change,
        *,
        chance: float = 0.5,
        seed: int = 0,
        then: Change | None = None,
        unpack: Callable[[Any], Sample] | None = None,
        pack: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        if not 0 <= chance <= 1:
            raise ValueError(f"chance is {chance}; a number in [0, 1] is needed")
        self.samples, self.change, self.chance, self.seed, self.then = samples, change, chance, seed, then
        self.unpack, self.pack = unpack, pack
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch begins."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: int | tuple[int, int]) -> Any:
        """Return a sample by its index, in the epoch that was set, or by epoch and index."""
        epoch, index = (self.epoch, key) if isinstance(key, int | np.integer) else key
        index = int(index) + (len(self) if index < 0 else 0)
        if not 0 <= index < len(self):
            raise IndexError(f"sample {key} is asked for; there are {len(self)}")
        item = self.samples[index]
        sample: Mapping[str, Any] = item if self.unpack is None else self.unpack(item)
        rng = np.random.default_rng([self.seed, int(epoch), index])
        drawn = rng.random() < self.chance
        made = self.change.apply(sample, rng) if drawn else {**sample, "synthesis": KEPT}
        if self.then is not None:
            # its own generator: whether a synthesis succeeds decides nothing else
            made = self.then.apply(made, np.random.default_rng([self.seed, int(epoch), index, 1]))
        return made if self.pack is None else self.pack(made)


class EpochKeys:
    """A sampler for torch's DataLoader whose keys carry the epoch; each time that it is gone through is an epoch.

    Parameters
    ----------
    count : int
        How many samples there are.
    shuffle : bool
        Whether each epoch has an order of its own.
    seed : int
        Of the orders.
    epoch : int
        The first epoch, where a training goes on.
    """

    def __init__(self, count: int, *, shuffle: bool = True, seed: int = 0, epoch: int = 0) -> None:
        self.count, self.shuffle, self.seed, self.epoch = count, shuffle, seed, epoch

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        order = np.arange(self.count)
        if self.shuffle:
            order = np.random.default_rng([self.seed, epoch]).permutation(self.count)
        for index in order.tolist():
            yield epoch, index


class Arrays:
    """Makes of a sample what torch can put into batches: arrays and numbers.

    Parameters
    ----------
    classes : tuple of str
        The expressions that are told apart, in the order of their numbers.
    """

    def __init__(self, classes: tuple[str, ...] = ()) -> None:
        self.classes = classes

    def __call__(self, sample: Sample) -> dict[str, Any]:
        """Return `image` (H, W, 3), uint8; `affect` (2,), float32, NaN without a label; `expression`, -1 without one.

        `synthesis` says what was done: see `affectface.augment.on_the_fly.synthesis`.
        """
        point = [np.nan if sample.get(name) is None else sample[name] for name in ("valence", "arousal")]
        name = sample.get("expression")
        return {
            "image": np.ascontiguousarray(sample["image"]),
            "affect": np.array(point, dtype=np.float32),
            "expression": self.classes.index(name) if name in self.classes else -1,
            "synthesis": int(sample.get("synthesis", KEPT)),
        }
