"""Classical augmentations: pictures move as they should, and labels with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affectface.assets.example import example_photo
from affectface.augment.on_the_fly.classical import (
    Classical,
    ClassicalConfig,
    ClassicalTransform,
    apply_classical,
    change_classically,
    classical_landmarks,
    draw_classical,
)
from affectface.augment.on_the_fly.mirrored import MIRRORS, mirrored_action_units, mirrored_landmarks
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.landmarks.subset68 import landmarks68

NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)


def test_simple_changes_are_what_their_names_say() -> None:
    np.testing.assert_array_equal(apply_classical(NOISE, Classical()), NOISE)
    np.testing.assert_array_equal(apply_classical(NOISE, Classical(flipped=True)), NOISE[:, ::-1])
    np.testing.assert_array_equal(apply_classical(NOISE, Classical(degrees=90)), np.rot90(NOISE))
    np.testing.assert_array_equal(apply_classical(NOISE, Classical(degrees=90, flipped=True)), np.rot90(NOISE)[:, ::-1])
    brighter = np.clip(NOISE.astype(int) + 51, 0, 255)
    np.testing.assert_array_equal(apply_classical(NOISE, Classical(brightness=0.2)), brighter)
    grey = apply_classical(NOISE, Classical(saturation=0))
    assert (grey.max(axis=2) - grey.min(axis=2)).max() == 0
    twice = apply_classical(np.full((1, 1, 3), (120, 100, 100), dtype=np.uint8), Classical(saturation=2))
    np.testing.assert_array_equal(twice[0, 0], [134, 94, 94])  # grey is 105.98


def test_a_crop_of_what_was_enlarged() -> None:
    photo = read_image(example_photo())[:300, :300]
    for corner in ((0.0, 0.0), (1.0, 0.0), (0.3, 0.8)):
        crop = apply_classical(photo, Classical(enlarged=1.5, corner=corner))
        assert crop.shape == photo.shape
        x0, y0 = (round(100 * share) for share in corner)  # the same 200 pixels of the photo, shrunk again
        again = crop.reshape(300, 300, 3)[1::3, 1::3][:66, :66].astype(int)  # centres at 1.5 / 1.5 = 1 + 2 k
        wanted = photo[y0 : y0 + 200, x0 : x0 + 200].astype(int)
        between = (wanted[:-1, :-1] + wanted[1:, :-1] + wanted[:-1, 1:] + wanted[1:, 1:]) / 4
        assert np.abs(again - between[::2, ::2][:66, :66]).mean() < 1.5


def test_a_padded_crop_keeps_the_size_of_faces() -> None:
    """Recognisers learn from changed pictures and are tested on whole ones."""
    config = ClassicalConfig(degrees=0, flip=0, brightness=0, saturation=(1, 1), padded=True)
    corners = np.array([(10, 10), (30, 24)], dtype=np.float32)
    shifts = []
    for seed in range(200):
        moved = classical_landmarks(corners, draw_classical(np.random.default_rng(seed), config), (40, 40))
        np.testing.assert_allclose(moved[1] - moved[0], corners[1] - corners[0], atol=1e-4)
        shifts.append(moved[0] - corners[0])
    most = 40 * (256 / 224 - 1) / 2
    assert np.abs(shifts).max() <= most + 1e-4
    np.testing.assert_allclose(np.ptp(shifts, axis=0), 2 * most, rtol=0.1)
    np.testing.assert_array_equal(apply_classical(NOISE, Classical(shift=(0.25, -0.1)))[:36, 10:], NOISE[4:, :30])


@pytest.mark.parametrize("seed", range(6))
def test_landmarks_and_box_stay_on_what_they_mark(seed: int) -> None:
    rng = np.random.default_rng(seed)
    change = replace(draw_classical(rng), brightness=0.0, saturation=1.0)
    points = rng.uniform(60, 140, (5, 2)).astype(np.float32).round() + 0.5
    moved = classical_landmarks(points, change, (200, 200))
    order = MIRRORS[5] if change.flipped else np.arange(5)
    for index, source in enumerate(order):
        image = np.zeros((200, 200, 3), dtype=np.uint8)
        x, y = points[source].astype(int)
        image[y - 2 : y + 3, x - 2 : x + 3] = 255
        weight = apply_classical(image, change)[..., 0].astype(float)
        rows, columns = np.mgrid[:200, :200] + 0.5
        centre = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
        np.testing.assert_allclose(moved[index], centre, atol=0.04)  # OpenCV takes 32nds of a pixel
    image = np.zeros((200, 200, 3), dtype=np.uint8)
    image[70:110, 60:110] = 255
    config = ClassicalConfig(brightness=0, saturation=(1, 1))
    made = ClassicalTransform(config).apply({"image": image, "box": (60.0, 70.0, 50.0, 40.0)}, rng)
    y, x = np.nonzero(made["image"][..., 0] > 127)
    left, top, width, height = made["box"]
    bounds = (x.min(), y.min(), x.max() + 1, y.max() + 1)
    np.testing.assert_allclose((left, top, left + width, top + height), bounds, atol=1.5)


def test_the_mirror_of_landmarks_is_what_is_found_in_the_mirrored_photo() -> None:
    photo = read_image(example_photo())
    found = landmarks68(detect_faces(photo)[0].landmarks)[:, :2]
    mirrored = landmarks68(detect_faces(np.ascontiguousarray(photo[:, ::-1]))[0].landmarks)[:, :2]
    face = np.ptp(found[:, 0])
    wanted = mirrored_landmarks(found, photo.shape[1])
    assert np.abs(wanted - mirrored).max() < 0.05 * face  # the nearest other point is 0.02 away, most are farther
    assert np.median(np.abs(wanted - mirrored)) < 0.006 * face
    for count, kept in ((66, [*range(60), 61, 62, 63, 65, 66, 67]), (51, [*range(17, 68)])):
        np.testing.assert_array_equal(mirrored_landmarks(found[kept], photo.shape[1]), wanted[kept])
        assert len(MIRRORS[count]) == count
    for mirror in MIRRORS.values():
        np.testing.assert_array_equal(mirror[mirror], np.arange(len(mirror)))
    with pytest.raises(ValueError, match=r"cannot be mirrored; \(N, 2\), N one of 68, 66, 51, 49, 5, is"):
        mirrored_landmarks(found[:23], 100)


def test_left_and_right_change_places() -> None:
    units = {"12L": 0.8, "12R": 0.1, "4": 0.5, "61": 1.0, "55": 0.3, "30L": 0.2}
    mirrored = mirrored_action_units(units)
    assert mirrored == {"12R": 0.8, "12L": 0.1, "4": 0.5, "62": 1.0, "56": 0.3, "30R": 0.2}
    assert mirrored_action_units(mirrored) == units
    sample = {"image": NOISE, "action_units": units, "valence": 0.4, "expression": "anger", "name": "x"}
    made = ClassicalTransform(ClassicalConfig(flip=1)).apply(sample, np.random.default_rng(0))
    assert made["action_units"] == mirrored
    assert {name: made[name] for name in ("valence", "expression", "name")} == {
        name: sample[name] for name in ("valence", "expression", "name")
    }
    kept = ClassicalTransform(ClassicalConfig(flip=0)).apply(sample, np.random.default_rng(0))
    assert kept["action_units"] == units


def test_landmarks_of_unknown_numbering() -> None:
    sample = {"image": NOISE, "landmarks": np.full((189, 2), 20, dtype=np.float32)}
    assert ClassicalTransform(ClassicalConfig(flip=1)).apply(sample, np.random.default_rng(0))["landmarks"] is None
    kept = ClassicalTransform(ClassicalConfig(flip=0)).apply(sample, np.random.default_rng(0))["landmarks"]
    assert kept.shape == (189, 2)


def test_chance_is_the_seed_and_the_key() -> None:
    one, two = ClassicalTransform(seed=1), ClassicalTransform(seed=1)
    np.testing.assert_array_equal(one(image=NOISE)["image"], two(image=NOISE)["image"])
    assert not np.array_equal(one(image=NOISE)["image"], one(image=NOISE)["image"])
    keyed = two(image=NOISE, key=(3, 4))["image"]
    np.testing.assert_array_equal(one(image=NOISE, key=(3, 4))["image"], keyed)
    assert not np.array_equal(one(image=NOISE, key=(3, 5))["image"], keyed)
    assert not np.array_equal(ClassicalTransform(seed=2)(image=NOISE, key=(3, 4))["image"], keyed)
    before = NOISE.copy()
    made = change_classically(NOISE, np.random.default_rng(0))
    assert made.shape == NOISE.shape
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(NOISE, before)


def test_what_is_drawn_fills_the_ranges() -> None:
    drawn = [draw_classical(np.random.default_rng(seed)) for seed in range(400)]
    degrees = [change.degrees for change in drawn]
    assert -10 <= min(degrees) < -9
    assert 9 < max(degrees) <= 10
    assert 160 < sum(change.flipped for change in drawn) < 240
    assert 0.5 <= min(change.saturation for change in drawn) < 0.55
    assert 0.12 < max(change.brightness for change in drawn) <= 32 / 255


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="degrees must be in"):
        ClassicalConfig(degrees=-1)
    with pytest.raises(ValueError, match=r"enlarged must be in \[1, 4\]"):
        ClassicalConfig(enlarged=0.5)
    with pytest.raises(ValueError, match="the sample has valence; an image is needed"):
        ClassicalTransform()(valence=0.1)
    with pytest.raises(ValueError, match=r"uint8 of shape \(H, W, 3\)"):
        ClassicalTransform()(image=NOISE.astype(np.float32))
