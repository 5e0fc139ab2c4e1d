"""Samples are synthesised while a recogniser learns: right, counted, and the same whoever makes them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from affectface.affect import ActionUnits, Expression, ValenceArousal
from affectface.arrays import Image
from affectface.augment.making.config import Models
from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.on_the_fly.classical import ClassicalTransform, apply_classical, draw_classical
from affectface.augment.on_the_fly.fits import Fits
from affectface.augment.on_the_fly.manifest_samples import ManifestSamples
from affectface.augment.on_the_fly.synthesis import FAILED, KEPT, MADE, SynthesisConfig, SynthesisTransform, labels_of
from affectface.augment.on_the_fly.synthesised import Arrays, EpochKeys, SynthesisedSamples
from affectface.augment.on_the_fly.targets import ExpressionTargets
from affectface.augment.rows import Row
from affectface.augment.targets import Wish
from affectface.errors import DataSetError, ImageError
from affectface.landmarks import detect_faces
from affectface.landmarks.subset68 import landmarks68

BLANK = np.full((64, 64, 3), 128, dtype=np.uint8)


@pytest.fixture(scope="module")
def transform(models: Models) -> SynthesisTransform:
    return SynthesisTransform(models, seed=5)


def test_a_sample_becomes_another(transform: SynthesisTransform, face: Image) -> None:
    points = landmarks68(detect_faces(face)[0].landmarks)[:, :2]
    before = face.copy()
    given = {"image": face, "valence": 0.9, "arousal": 0.9, "expression": "anger", "action_units": {"4": 1.0}}
    given |= {"landmarks": points, "box": (30.0, 30.0, 100.0, 100.0), "name": "x"}
    made = transform(**given, key=(0, 1))
    assert made["synthesis"] == MADE
    assert made["name"] == "x"
    assert made["image"].shape == face.shape
    assert made["image"].dtype == np.uint8
    assert 0.5 < np.abs(made["image"].astype(int) - face).mean() < 30
    np.testing.assert_array_equal(face, before)
    assert np.hypot(made["valence"], made["arousal"]) <= 1
    assert (made["expression"], made["action_units"]) == ("", None)
    found = landmarks68(detect_faces(made["image"])[0].landmarks)[:, :2]
    assert np.median(np.abs(found - made["landmarks"])) < 0.7
    assert np.abs(np.array(made["box"][2:]) - np.ptp(found, axis=0)).max() < 40
    # the same again, whatever was made in between; another key, another target
    transform(image=face, key=(7, 7))
    again = transform(**given, key=(0, 1))
    np.testing.assert_array_equal(again["image"], made["image"])
    assert again["valence"] == made["valence"]
    assert transform(**given, key=(0, 2))["valence"] != made["valence"]
    others = transform(image=face, landmarks=points[:5], key=1)
    assert others["landmarks"] is None
    assert "box" not in others


def test_a_face_no_longer_smiles(models: Models, face: Image) -> None:
    sad = SynthesisTransform(models, SynthesisConfig(targets=ExpressionTargets({"sadness": 1.0}, 1.0)))
    made = sad(image=face, expression="happiness")
    assert made["expression"] == "sadness"
    assert (made["valence"], made["arousal"], made["action_units"]) == (None, None, None)
    before, after = (landmarks68(detect_faces(image)[0].landmarks) for image in (face, made["image"]))

    def width(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[48, :2] - points[54, :2]) / np.linalg.norm(points[36, :2] - points[45, :2]))

    assert width(after) < 0.85 * width(before)


def test_bad_faces_come_back_as_they_were_and_are_counted(models: Models, face: Image) -> None:
    transform = SynthesisTransform(models)
    for _ in range(2):
        sample = {"image": BLANK, "valence": 0.3, "arousal": -0.2, "expression": "sadness"}
        assert transform(**sample) == {**sample, "synthesis": FAILED}
    assert transform._fits.made == 1  # that there is no face is remembered too
    elsewhere = transform(image=face, box=(0.0, 0.0, 4.0, 4.0), valence=0.1)
    assert (elsewhere["synthesis"], elsewhere["valence"]) == (FAILED, 0.1)
    transform(image=face)
    assert transform.counts == {"FaceNotFoundError": 3, "made": 1}
    strict = SynthesisTransform(models)
    strict._making = type(strict._making)(size=None, most_seam=0.0, most_landmark_error=1e-6)
    refused = strict(image=face, valence=0.4)
    assert (refused["synthesis"], refused["valence"]) == (FAILED, 0.4)
    np.testing.assert_array_equal(refused["image"], face)
    assert strict.counts == {"misplaced face": 1}


def test_labels_are_all_replaced() -> None:
    assert labels_of(Wish(ValenceArousal(0.6, -0.4), 0.5)) == {
        "valence": 0.3, "arousal": -0.2, "expression": "", "action_units": None,
    }  # fmt: skip
    assert labels_of(Wish(Expression("fear"), 0.7))["expression"] == "fear"
    assert labels_of(Wish(ActionUnits({12: 0.8, "4": 1.0}), 0.5))["action_units"] == {"12": 0.4, "4": 0.5}


def test_fits_are_kept_within_bounds(models: Models, face: Image, tmp_path: Path) -> None:
    fits = Fits(models.face_model, most=2, folder=tmp_path)
    first = fits.of(face)
    assert first.fit is not None
    assert fits.of(face) is first
    assert fits.of(BLANK).reason.startswith("FaceNotFoundError")
    assert fits.made == 2
    fits.of(BLANK + 1)  # the first one goes from memory
    again = fits.of(face)
    assert fits.made == 3
    assert again is not first
    np.testing.assert_array_equal(again.fit.identity, first.fit.identity)
    np.testing.assert_array_equal(again.landmarks, first.landmarks)
    assert len(fits._kept) == 2
    other = pickle.loads(pickle.dumps(fits))  # as another process gets it
    assert not other._kept
    assert other.of(face).fit.error == first.fit.error
    assert other.made == 0
    for file in tmp_path.rglob("*.arrow"):
        file.write_bytes(file.read_bytes()[:-50])
    assert Fits(models.face_model, folder=tmp_path).of(face).fit.error == first.fit.error
    (tmp_path / "file").write_text("")
    with pytest.raises(DataSetError, match="cannot be written"):
        Fits(models.face_model, folder=tmp_path / "file").of(face)


class Numbers:
    """Ten samples without faces."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {
            "image": np.full((8, 8, 3), index, dtype=np.uint8),
            "valence": 0.0,
            "arousal": 0.0,
            "expression": "fear",
        }


class Blacken:
    def apply(self, sample: Any, rng: np.random.Generator) -> dict[str, Any]:
        return {**sample, "image": np.zeros_like(sample["image"]), "valence": float(rng.random()), "synthesis": MADE}


def test_a_share_is_replaced_anew_in_each_epoch() -> None:
    samples = SynthesisedSamples(Numbers(), Blacken(), chance=0.4, seed=3)
    epochs = []
    for epoch in range(200):
        samples.set_epoch(epoch)
        epochs.append([samples[index]["synthesis"] for index in range(10)])
    share = np.array(epochs)
    assert 0.36 < share.mean() < 0.44
    assert (share.mean(axis=0) > 0.25).all()
    assert samples[199, 3]["valence"] == samples[3]["valence"]
    assert [samples[5, i]["synthesis"] for i in range(10)] == epochs[5]
    assert samples[-1]["image"].max() in (0, 9)
    with pytest.raises(IndexError, match="sample 10 is asked for; there are 10"):
        samples[10]
    with pytest.raises(ValueError, match="chance is 2"):
        SynthesisedSamples(Numbers(), Blacken(), chance=2)
    assert len(samples) == 10
    never = SynthesisedSamples(Numbers(), Blacken(), chance=0)
    assert all(never[i]["synthesis"] == KEPT and never[i]["image"][0, 0, 0] == i for i in range(10))


def test_classical_changes_come_after_and_depend_on_nothing_else() -> None:
    both = SynthesisedSamples(Numbers(), Blacken(), chance=0.5, seed=1, then=ClassicalTransform())
    for index in range(10):
        kept = Numbers()[index]["image"] * (both[2, index]["synthesis"] == KEPT)
        wanted = apply_classical(kept, draw_classical(np.random.default_rng([1, 2, index, 1])))
        np.testing.assert_array_equal(both[2, index]["image"], wanted)


def test_items_of_any_form() -> None:
    def unpack(item: tuple[Image, int]) -> dict[str, Any]:
        return {"image": item[0], "expression": ("anger", "fear")[item[1]]}

    items = [(np.full((4, 4, 3), i, dtype=np.uint8), i % 2) for i in range(6)]
    samples = SynthesisedSamples(items, Blacken(), chance=0, unpack=unpack, pack=Arrays(("anger", "fear")))
    found = samples[0, 3]
    assert found["expression"] == 1
    assert np.isnan(found["affect"]).all()
    assert found["synthesis"] == KEPT
    assert Arrays()({"image": BLANK, "valence": 0.25, "arousal": -1.0, "expression": ""})["affect"].tolist() == [
        0.25,
        -1,
    ]


def test_keys_carry_the_epoch() -> None:
    keys = EpochKeys(5, seed=2)
    first, second = list(keys), list(keys)
    assert [epoch for epoch, _ in first + second] == [0] * 5 + [1] * 5
    assert sorted(index for _, index in second) == [0, 1, 2, 3, 4]
    assert [index for _, index in first] != [index for _, index in second]
    assert list(EpochKeys(5, seed=2, epoch=1)) == second
    assert list(EpochKeys(3, shuffle=False)) == [(0, 0), (0, 1), (0, 2)]


def test_rows_of_a_manifest_as_samples(face: Image, tmp_path: Path) -> None:
    photo = np.zeros((300, 400, 3), dtype=np.uint8)
    photo[60:220, 100:260] = face
    Pillow.fromarray(photo).save(tmp_path / "a.png")
    box, points = (130.0, 90.0, 100.0, 100.0), np.array([(130, 90), (230, 190)], dtype=np.float32)
    with write_manifest(tmp_path / "m.parquet") as table:
        table.add(Row("a.png", subject="p", split="train", valence=0.5, arousal=0.1, box=box, landmarks=points))
        table.add(Row("a.png", split="test", expression="fear"))
        table.add(Row("b.png", expression="anger"))
    samples = ManifestSamples(open_manifest(tmp_path / "m.parquet"), size=80, room=1.6)
    assert len(samples) == 2
    sample = samples[0]
    np.testing.assert_allclose(sample["image"], face.reshape(80, 2, 80, 2, 3).mean((1, 3)), atol=0.5)
    np.testing.assert_allclose(sample["box"], (15, 15, 50, 50))
    np.testing.assert_allclose(sample["landmarks"], [(15, 15), (65, 65)])
    assert (sample["valence"], sample["subject"], sample["expression"]) == (0.5, "p", "")
    assert [row.path for row in samples.rows()] == ["a.png", "b.png"]
    with pytest.raises(ImageError, match=r"b\.png"):
        samples[1]
    whole = ManifestSamples(open_manifest(tmp_path / "m.parquet"), size=100, splits=("test",))[0]
    assert whole["image"].shape == (100, 100, 3)
    assert whole["box"] is None
    with pytest.raises(DataSetError, match=r"no row in the splits that are used \(validation\)"):
        ManifestSamples(open_manifest(tmp_path / "m.parquet"), splits=("validation",))
