"""A face of a sample shows something else: the callable that makes new samples while a recogniser learns."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from affectface.affect import ActionUnits, Affect, AffectPath, Expression, ValenceArousal
from affectface.arrays import Image
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.making import Stage, draw_affect, prepare_stage
from affectface.augment.making.shown import Shown
from affectface.augment.making.square import whole_photo
from affectface.augment.on_the_fly.fits import Box, Fits
from affectface.augment.on_the_fly.samples import Chance, Key, Sample, image_of
from affectface.augment.on_the_fly.targets import PlaneTargets, Targets
from affectface.augment.targets import Wish
from affectface.errors import AffectFaceError, FaceNotFoundError

KEPT, MADE, FAILED = 0, 1, 2
"""What a sample's entry `synthesis` says: it is as it was, it was synthesised, or it should have been but could not."""


@dataclass(frozen=True, kw_only=True)
class SynthesisConfig:
    """How samples are synthesised."""

    targets: Targets = field(default_factory=PlaneTargets)
    """What is drawn to be shown."""
    variation: bool = True
    """Whether the affect is shown as one of many people would."""
    gate: bool = True
    """Whether each picture is looked at again, and the sample left as it was if the picture does not show what was
    asked; see `affectface.augment.making.gate`."""
    fits: str | Path | None = None
    """Folder in which fits are kept for all processes and later runs; needs pyarrow."""
    most_fits: int = 4096
    """Fits that each process keeps in memory, 13 kB each."""
    most_ready: int = 16
    """Faces that each process keeps ready to be drawn, which takes a seventh of the time: 7 MB each at 224 pixels."""

    def __post_init__(self) -> None:
        if self.most_fits < 1 or self.most_ready < 1:
            raise ValueError(f"most_fits is {self.most_fits}, most_ready {self.most_ready}; at least 1 is needed")


class SynthesisTransform:
    """Synthesis as a callable in albumentations' style: an image and its labels in, another image and labels out.

    Parameters
    ----------
    models : Models
        Face model and affect model.
    config : SynthesisConfig, optional
        How samples are synthesised.
    seed : int
        Decides all that is drawn.

    Attributes
    ----------
    counts : Counter
        In this process: `made`, and by their reasons the samples that were left as they were.
    """

    def __init__(self, models: Models, config: SynthesisConfig | None = None, *, seed: int = 0) -> None:
        self.config = config or SynthesisConfig()
        self.counts: Counter[str] = Counter()
        self._models, self._chance = models, Chance(seed)
        folder = None if self.config.fits is None else Path(self.config.fits)
        self._fits = Fits(models.face_model, most=self.config.most_fits, folder=folder)
        self._making = MakingConfig(size=None, gate=self.config.gate, variation=self.config.variation)
        self._ready: OrderedDict[str, Stage] = OrderedDict()

    def __call__(self, *, key: Key | None = None, **sample: Any) -> dict[str, Any]:
        """Return a synthesis of a sample that is given as keywords, `image=..., valence=...`."""
        return self.apply(sample, self._chance.at(key))

    def apply(self, sample: Sample, rng: np.random.Generator) -> dict[str, Any]:
        """Return a synthesis of a sample.

        Parameters
        ----------
        sample : mapping
            `image`; `box`, if there is one, says which face is meant.
        rng : numpy.random.Generator
            Draws what is shown, and as which of many people.

        Returns
        -------
        dict
            The sample with another image of the same size, and `valence`, `arousal`, `expression` and `action_units`
            those of what is shown: what the target does not say is None, or an empty name. `landmarks` and `box` follow
            where they are given: 68 landmarks; any others are None. `synthesis` is `MADE`; where no face is found or
            fitted, or the picture does not show what was asked, it is `FAILED` and all else as it was.
        """
        image, box = image_of(sample), sample.get("box")
        wish, variation = self.config.targets.draw(rng), int(rng.integers(2**63))
        fitted = self._fits.of(image, None if box is None else _box(box))
        if fitted.reason:
            return self._failed(sample, fitted.reason.partition(":")[0])
        try:
            stage = self._stage(image, fitted)
            picture, shown = draw_affect(stage, _affect(wish), intensity=wish.intensity, seed=variation)
        except (AffectFaceError, np.linalg.LinAlgError) as error:
            return self._failed(sample, type(error).__name__)
        if shown.fault:
            return self._failed(sample, shown.fault.partition(":")[0])
        self.counts["made"] += 1
        return {**sample, "image": picture, **labels_of(wish), **_places(sample, shown), "synthesis": MADE}

    def _failed(self, sample: Sample, reason: str) -> dict[str, Any]:
        self.counts[reason] += 1
        return {**sample, "synthesis": FAILED}

    def _stage(self, image: Image, fitted: FittedPhoto) -> Stage:
        """A face that is ready to be drawn."""
        stage = self._ready.get(fitted.sha256)
        if stage is None:
            if fitted.fit is None or fitted.landmarks is None:
                raise FaceNotFoundError(fitted.reason)
            stage = prepare_stage(whole_photo(image, fitted.landmarks, fitted.fit), self._models, self._making)
            self._ready[fitted.sha256] = stage
            if len(self._ready) > self.config.most_ready:
                self._ready.popitem(last=False)
        self._ready.move_to_end(fitted.sha256)
        return stage

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs: all but what this one keeps."""
        return {**vars(self), "_ready": OrderedDict(), "counts": Counter()}


def labels_of(wish: Wish) -> dict[str, Any]:
    """Return the labels of a picture that shows a wish; all four, so that none of the old ones is left."""
    labels: dict[str, Any] = {"valence": None, "arousal": None, "expression": "", "action_units": None}
    match wish.target:
        case ValenceArousal(valence=v, arousal=a):
            labels["valence"], labels["arousal"] = (float(np.clip(x * wish.intensity, -1, 1)) for x in (v, a))
        case Expression(name=name):
            labels["expression"] = name
        case ActionUnits(strengths=strengths):
            labels["action_units"] = {unit: min(1.0, strength * wish.intensity) for unit, strength in strengths}
    return labels


def _affect(wish: Wish) -> Affect:
    if isinstance(wish.target, AffectPath):
        raise ValueError("a path was drawn as the target of a picture; points, expressions or action units are needed")
    return wish.target


def _places(sample: Sample, shown: Shown) -> dict[str, Any]:
    """Landmarks and box of what is shown, as far as the sample has them."""
    places: dict[str, Any] = {}
    if sample.get("box") is not None:
        places["box"] = shown.box
    if sample.get("landmarks") is not None:
        places["landmarks"] = shown.landmarks68 if np.shape(sample["landmarks"]) == (68, 2) else None
    return places


def _box(box: Any) -> Box:
    left, top, width, height = (float(side) for side in box)
    return left, top, width, height
