"""torch's DataLoader: the same samples from no worker, and from workers that are forked or spawned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from affectface.arrays import Image
from affectface.augment.making.config import Models
from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.on_the_fly.classical import ClassicalTransform
from affectface.augment.on_the_fly.manifest_samples import ManifestSamples
from affectface.augment.on_the_fly.synthesis import FAILED, KEPT, MADE, SynthesisConfig, SynthesisTransform
from affectface.augment.on_the_fly.synthesised import Arrays, EpochKeys, SynthesisedSamples
from affectface.augment.rows import Row

pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")

from torch.utils.data import DataLoader

Make = Callable[[], SynthesisedSamples]


@pytest.fixture(scope="module")
def make(models: Models, face: Image, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Six pictures, one of them without a face; the fits are kept on the disk."""
    folder = tmp_path_factory.mktemp("data")
    with write_manifest(folder / "m.parquet") as table:
        for number in range(6):
            picture = np.roll(face, number, axis=1) if number != 2 else np.zeros_like(face)
            Pillow.fromarray(picture).save(folder / f"{number}.png")
            table.add(Row(f"{number}.png", valence=0.0, arousal=0.0, expression="neutral"))

    def samples() -> SynthesisedSamples:
        transform = SynthesisTransform(models, SynthesisConfig(fits=folder / "fits"))
        of = ManifestSamples(open_manifest(folder / "m.parquet"), size=128)
        return SynthesisedSamples(
            of, transform, chance=0.7, seed=1, then=ClassicalTransform(), pack=Arrays(("neutral",))
        )

    return samples


def gone_through(samples: SynthesisedSamples, epochs: int, **options: Any) -> list[dict[str, Any]]:
    loader = DataLoader(samples, batch_size=3, sampler=EpochKeys(6, seed=4), **options)  # type: ignore[arg-type]
    return [batch for _ in range(epochs) for batch in loader]


def test_workers_change_nothing(make: Make) -> None:
    alone = gone_through(
        make(), 2
    )  # the networks and kernels of this process are in use now, as they are in a training
    for options in (
        {"num_workers": 2, "multiprocessing_context": "fork", "persistent_workers": True},
        {"num_workers": 1, "multiprocessing_context": "spawn"},
    ):
        batches = gone_through(make(), 2, **options)
        assert len(batches) == len(alone) == 4
        for one, other in zip(alone, batches, strict=True):
            for name in one:
                np.testing.assert_array_equal(one[name].numpy(), other[name].numpy(), err_msg=f"{name} of {options}")
    done = np.concatenate([batch["synthesis"].numpy() for batch in alone])
    assert set(done.tolist()) == {KEPT, MADE, FAILED}
    labels = np.concatenate([batch["affect"].numpy() for batch in alone])
    assert (labels[done != MADE] == 0).all()
    assert (np.abs(labels[done == MADE]).max(axis=1) > 0).all()
    assert not np.array_equal(alone[0]["image"].numpy(), alone[2]["image"].numpy())


def test_the_epoch_that_was_set_reaches_workers(make: Make) -> None:
    samples = make()
    loader = DataLoader(samples, batch_size=6, num_workers=1, multiprocessing_context="fork")  # type: ignore[arg-type]
    for epoch in (0, 3):
        samples.set_epoch(epoch)
        (batch,) = loader
        for index in range(6):
            np.testing.assert_array_equal(batch["image"][index].numpy(), samples[epoch, index]["image"])
