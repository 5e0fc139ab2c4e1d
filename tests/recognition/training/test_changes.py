"""Augmentations are told apart by what they are and how they are set, and by nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from affectface.augment.on_the_fly.classical import ClassicalConfig, ClassicalTransform, change_classically
from affectface.augment.on_the_fly.samples import InTurn, Sometimes
from affectface.recognition.training.changes import mark_of_change


@dataclass(frozen=True)
class Setting:
    chances: Any = field(default_factory=lambda: np.ones(3))
    fits: Path | None = None


class Change:
    def __init__(self, setting: Setting) -> None:
        self.setting, self.counts = setting, Counter[str]()

    def apply(self, sample: Any, rng: Any) -> dict[str, Any]:
        return dict(sample)


def test_what_makes_other_pictures_has_another_mark() -> None:
    plain = ClassicalTransform()
    changes: list[Any] = [
        change_classically,
        plain,
        ClassicalTransform(ClassicalConfig(degrees=5)),
        Sometimes(plain, 0.5),
        Sometimes(plain, 0.25),
        InTurn([plain]),
        InTurn([plain, plain]),
        Change(Setting()),
        Change(Setting(np.array([1.0, 1.0, 2.0]))),
        Change(Setting({"anger": 0.5})),
        Change(Setting({"anger": 1.0})),
    ]
    assert len({mark_of_change(change) for change in changes}) == len(changes)
    assert mark_of_change(None) is None


def test_what_makes_the_same_pictures_has_the_same_mark() -> None:
    assert mark_of_change(Sometimes(ClassicalTransform(seed=3), 0.5)) == mark_of_change(
        Sometimes(ClassicalTransform(), 0.5)
    )
    one, other = Change(Setting()), Change(Setting(fits=Path("elsewhere")))
    one.counts["made"] += 7
    assert mark_of_change(one) == mark_of_change(other)
