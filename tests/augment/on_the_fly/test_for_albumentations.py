"""Changes of samples inside albumentations' pipelines, where that package is installed; it is no dependency."""

from __future__ import annotations

import os
import pickle
from importlib.util import find_spec

import numpy as np
import pytest

from affectface.arrays import Image
from affectface.augment.making.config import Models
from affectface.augment.on_the_fly.classical import ClassicalConfig, ClassicalTransform
from affectface.augment.on_the_fly.synthesis import MADE, SynthesisTransform
from affectface.errors import MissingPackageError

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it would ask a server for its latest version

from affectface.augment.on_the_fly.for_albumentations import ForAlbumentations

installed = pytest.mark.skipif(find_spec("albumentations") is None, reason="albumentations is not installed")
NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)


@pytest.mark.skipif(find_spec("albumentations") is not None, reason="albumentations is installed")
def test_without_it_one_is_told() -> None:
    with pytest.raises(MissingPackageError, match="pip install albumentations"):
        ForAlbumentations(ClassicalTransform())


@installed
def test_synthesis_in_a_pipeline(models: Models, face: Image) -> None:
    import albumentations as A

    def pipeline() -> A.Compose:
        return A.Compose(
            [A.HorizontalFlip(p=0.5), ForAlbumentations(SynthesisTransform(models), p=1), A.Blur(p=1)], seed=7
        )

    one, other = pipeline(), pipeline()
    made = one(image=face, valence=0.1, arousal=0.2, expression="anger", name="x")
    assert made["synthesis"] == MADE
    assert (made["name"], made["expression"]) == ("x", "")
    assert made["valence"] != 0.1
    np.testing.assert_array_equal(made["image"], other(image=face, valence=0.0)["image"])
    assert not np.array_equal(one(image=face)["image"], made["image"])


@installed
def test_it_is_used_as_often_as_asked_and_travels() -> None:
    import albumentations as A

    flip = ClassicalTransform(ClassicalConfig(degrees=0, flip=1, enlarged=1, brightness=0, saturation=(1, 1)))
    pipeline = A.Compose([A.OneOf([ForAlbumentations(flip, p=1), A.NoOp(p=1)], p=1)], seed=1, strict=True)
    done = [pipeline(image=NOISE, action_units={"12L": 1.0}) for _ in range(60)]
    mirrored = [one["action_units"] == {"12R": 1.0} for one in done]
    assert 15 < sum(mirrored) < 45
    for one, flipped in zip(done, mirrored, strict=True):
        np.testing.assert_array_equal(one["image"], NOISE[:, ::-1] if flipped else NOISE)
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again(image=NOISE)["image"], pipeline(image=NOISE)["image"])
    rare = ForAlbumentations(flip, p=0.0)
    assert rare(image=NOISE, force_apply=False)["image"] is NOISE
    assert "ForAlbumentations" in repr(ForAlbumentations(flip))
    with pytest.raises(ValueError, match="name them"):
        rare(NOISE)
