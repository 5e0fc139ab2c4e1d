"""What each step sees: said by seed, epoch and step alone, so that a killed run can go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import default_collate

from affectface.arrays import FloatArray, Image
from affectface.augment.on_the_fly.samples import Change
from affectface.recognition.training.cutting import CutFaces

Augment = Callable[[Image, np.random.Generator], Image] | Change
"""Changes a face's picture as chance has it. A function leaves the label as it was; a `Change` makes another sample,
with labels and landmarks of its own, such as `affectface.augment.on_the_fly.synthesis.SynthesisTransform`."""


class FaceBatches(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Faces, or sequences of faces, as tensors, by keys that say everything chance depends on.

    Parameters
    ----------
    cut : CutFaces
        The faces.
    sequences : sequence of tuple of int, optional
        For networks that look at sequences, the rows of each.
    frames : int
        Frames of a sequence; shorter ones are filled with their last frame, without a label.
    augment : callable, optional
        Changes pictures in training; where landmarks come along a function must not move the face.
    seed : int
        Of the changes.

    Notes
    -----
    A key is (epoch, number); with it and the seed the changes of a picture are the same in every process and after
    every restart. Pictures are changed alike in all frames of a sequence, as far as the change asks chance as often.
    In batches, faces whose features are known, and that nothing changes, come as these `features`, without pictures.
    """

    def __init__(
        self,
        cut: CutFaces,
        *,
        sequences: Sequence[tuple[int, ...]] | None = None,
        frames: int = 1,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        self.cut, self.sequences, self.frames = cut, sequences, frames
        self.augment, self.seed = augment, seed

    def __len__(self) -> int:
        return len(self.cut.faces.rows) if self.sequences is None else len(self.sequences)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        epoch, number = key
        if self.sequences is None:
            return self._row(number, np.random.default_rng((self.seed, epoch, number)))
        rows = self.sequences[number]
        made = [self._row(row, np.random.default_rng((self.seed, epoch, number))) for row in rows]
        filling = dict(made[-1])
        filling |= {"affect": torch.full((2,), float("nan")), "expression": torch.tensor(-1), "row": torch.tensor(-1)}
        made += [filling] * (self.frames - len(rows))
        return {name: torch.stack([one[name] for one in made]) for name in made[0]}

    def __getitems__(self, keys: Sequence[tuple[int, int]]) -> dict[str, Tensor]:
        """Return a batch: faces whose features are known all at once, which takes a tenth of the time."""
        if self.cut.described is None or self.augment is not None or self.sequences is not None:
            batch: dict[str, Tensor] = default_collate([self[key] for key in keys])
            return batch
        faces, rows = self.cut.faces, [number for _, number in keys]
        return {
            "features": torch.from_numpy(np.asarray(self.cut.described[rows], dtype=np.float32)),
            "affect": torch.tensor([faces.affect(row) for row in rows], dtype=torch.float32),
            "expression": torch.tensor([faces.expression(row) for row in rows]),
            "row": torch.tensor(rows),
        }

    def _row(self, row: int, rng: np.random.Generator) -> dict[str, Tensor]:
        faces = self.cut.faces
        image, affect, expression = np.array(self.cut.images[row]), faces.affect(row), faces.expression(row)
        landmarks = None if self.cut.landmarks is None else np.array(self.cut.landmarks[row])
        if self.augment is not None:
            if callable(getattr(self.augment, "apply", None)):
                image, affect, expression, landmarks = self._changed(row, rng)
            else:
                image = self.augment(image, rng)  # type: ignore[operator]
            side = faces.side
            if image.shape != (side, side, 3) or image.dtype != np.uint8:
                raise ValueError(f"augment made {image.dtype} of shape {image.shape}; an image of its size is needed")
        tensors = {
            "images": torch.from_numpy(np.ascontiguousarray(image)),
            "affect": torch.tensor(affect, dtype=torch.float32),
            "expression": torch.tensor(expression),
            "row": torch.tensor(row),
        }
        if landmarks is not None:
            tensors["landmarks"] = torch.from_numpy(landmarks)
        return tensors

    def _changed(self, row: int, rng: np.random.Generator) -> tuple[Image, tuple[float, float], int, FloatArray | None]:
        """Another sample of a row: picture, valence and arousal, number of the class, landmarks from -1 to 1."""
        faces, half = self.cut.faces, np.float32(self.cut.faces.side / 2)
        said = faces.rows[row]
        sample: dict[str, Any] = {
            "image": np.array(self.cut.images[row]),
            "valence": said.valence,
            "arousal": said.arousal,
        }
        sample |= {"expression": said.expression, "action_units": said.action_units}
        if self.cut.landmarks is not None:
            sample["landmarks"] = (self.cut.landmarks[row] + 1) * half
        made = self.augment.apply(sample, rng)  # type: ignore[union-attr]
        nan = float("nan")
        affect = tuple(nan if made[name] is None else made[name] for name in ("valence", "arousal"))
        names = faces.outputs.classes
        number = names.index(made["expression"]) if made["expression"] in names else -1
        landmarks = None
        if self.cut.landmarks is not None:
            landmarks = np.asarray(made["landmarks"] / half - 1, dtype=np.float32)
        return made["image"], (affect[0], affect[1]), number, landmarks


def whole(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a batch as `FaceBatches` made it: what a DataLoader calls to put items together."""
    return batch


class EpochBatches:
    """The batches of one epoch, from a step on, for one of several devices.

    Parameters
    ----------
    rows : int
        Rows, or sequences, that there are.
    batch : int
        Rows of a step, over all devices.
    epoch : int
        Which epoch.
    first : int
        The first step of the epoch that is still to be made.
    seed : int
        Of the order.
    share : tuple of int
        Which device this is, and how many there are.

    Notes
    -----
    The last batch is filled from the start of the epoch, so that all are of one size and each row counts in every
    epoch: a CCC of a handful of rows is noise.
    """

    def __init__(
        self, rows: int, batch: int, *, epoch: int, first: int, seed: int, share: tuple[int, int] = (0, 1)
    ) -> None:
        self.rows, self.batch, self.epoch, self.first = rows, batch, epoch, first
        self.seed, self.share = seed, share

    def __len__(self) -> int:
        return steps_of(self.rows, self.batch) - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.rows)
        rank, devices = self.share
        for step in range(self.first, steps_of(self.rows, self.batch)):
            places = np.arange(step * self.batch, (step + 1) * self.batch) % self.rows
            yield [(self.epoch, int(row)) for row in order[places][rank::devices]]


def steps_of(rows: int, batch: int) -> int:
    """Return how many steps an epoch of so many `rows` has."""
    return -(-rows // batch)
