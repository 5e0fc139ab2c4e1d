"""What a mask says is in front of the face stays as it is."""

from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from affectface.affect import Expression
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.arrays import BoolArray, FloatArray, Image
from affectface.errors import ImageError
from affectface.fitting.face_fit import interocular_distance
from affectface.morphable.library import load_named_face_model
from affectface.occlusion.mask import masked_occlusion, read_occlusion_mask
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def hand(photo: Image, landmarks: FloatArray) -> BoolArray:
    """Fingers over the left half of the mouth and the cheek."""
    mask = np.zeros(photo.shape[:2], np.uint8)
    corner, eyes = landmarks[291, :2], interocular_distance(landmarks)
    for lower in (-0.1, 0.05, 0.2):
        start, end = corner + eyes * np.array([-0.3, lower]), corner + eyes * np.array([0.7, lower + 0.3])
        cv2.line(mask, np.rint(start).astype(int), np.rint(end).astype(int), 1, round(0.13 * eyes))
    return mask > 0


@pytest.fixture(scope="module")
def held(photo: Image, hand: BoolArray) -> Image:
    picture = photo.copy()
    picture[hand] = (150, 90, 60)
    return picture


@pytest.mark.parametrize("blend", ["warp", "poisson"])
def test_a_hand_over_the_mouth_stays_bit_for_bit(held: Image, hand: BoolArray, blend: str) -> None:
    model, config = load_named_face_model("embedded"), SynthesisConfig(blend=blend)  # type: ignore[arg-type]
    portrait = Portrait.open(held, face_model=model, config=config, occlusion_mask=hand)
    for name in (*BASIC_EXPRESSIONS, "closed_anger"):
        drawn = portrait.express(Expression(name))
        np.testing.assert_array_equal(drawn[hand], held[hand], err_msg=name)
        assert (drawn != held).any()
    unmasked = Portrait.open(held, face_model=model, config=config).express(Expression("surprise"))
    assert (unmasked[hand] != held[hand]).any(axis=-1).mean() > 0.2


def test_nothing_of_the_hand_is_left_on_the_skin(held: Image, hand: BoolArray) -> None:
    portrait = Portrait.open(held, face_model=load_named_face_model("embedded"), occlusion_mask=hand)
    finer, (x, y) = portrait.source.finer[::2, ::2, :3], portrait.source.origin
    under = finer[hand[y : y + finer.shape[0], x : x + finer.shape[1]]]
    assert np.abs(under.astype(int) - (150, 90, 60)).max(axis=-1).min() > 10
    seen = portrait.source.teeth_seen
    if seen is not None:
        assert not seen[:, hand[y : y + finer.shape[0], x : x + finer.shape[1]]].any()


def test_the_mask_counts_without_looking_for_hair(held: Image, hand: BoolArray) -> None:
    config = SynthesisConfig(occlusion=False)
    portrait = Portrait.open(
        held, face_model=load_named_face_model("embedded"), config=config, occlusion_mask=hand.astype(np.uint8)
    )
    drawn = portrait.express(Expression("happiness"))
    np.testing.assert_array_equal(drawn[hand], held[hand])


def test_an_empty_mask_changes_nothing(photo: Image) -> None:
    model = load_named_face_model("embedded")
    empty = np.zeros(photo.shape[:2], dtype=bool)
    with_it, without = (
        Portrait.open(photo, face_model=model, occlusion_mask=mask).express(Expression("fear"))
        for mask in (empty, None)
    )
    np.testing.assert_array_equal(with_it, without)


def test_every_face_of_a_photo_knows_the_mask(held: Image, hand: BoolArray) -> None:
    portraits = Portrait.open_all(held, face_model=load_named_face_model("embedded"), occlusion_mask=hand)
    assert all(portrait.occlusion_mask is not None for portrait in portraits)


def test_a_file_is_read_as_what_is_white_in_it(photo: Image, hand: BoolArray, tmp_path: Path) -> None:
    PIL.Image.fromarray((hand * 255).astype(np.uint8)).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_occlusion_mask(tmp_path / "mask.png", photo), hand)


def test_a_mask_is_not_kept(photo: Image) -> None:
    mine = np.zeros(photo.shape[:2], dtype=bool)
    read = read_occlusion_mask(mine, photo)
    mine[:] = True
    assert not read.any()


def test_wrong_masks(photo: Image, tmp_path: Path) -> None:
    for name, size, grey in (("small", (9, 7), 0), ("white", photo.shape[1::-1], 255)):
        PIL.Image.new("L", size, grey).save(tmp_path / f"{name}.png")
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    with pytest.raises(ImageError, match=r"small\.png: the mask has 9 x 7 px and the photo 512 x 512; make it"):
        Portrait.open(photo, occlusion_mask=tmp_path / "small.png")
    with pytest.raises(ImageError, match=r"white\.png: the mask is white everywhere; paint"):
        Portrait.open_all(photo, occlusion_mask=str(tmp_path / "white.png"))
    with pytest.raises(ImageError, match="not an image of a known kind"):
        read_occlusion_mask(tmp_path / "text.png", photo)
    with pytest.raises(ImageError, match="cannot be read"):
        read_occlusion_mask(tmp_path / "missing.png", photo)
    with pytest.raises(ValueError, match=r"occlusion_mask has shape \(3, 4\); \(512, 512\) is needed"):
        Portrait.open(photo, occlusion_mask=np.zeros((3, 4), dtype=bool))


def test_a_mask_at_the_border_of_the_region() -> None:
    mask = np.zeros((40, 50), dtype=bool)
    mask[30:, 45:] = True
    found = masked_occlusion(mask, 60.0)
    assert found is not None
    assert found.alpha.shape == found.rim.shape == (40 - found.y, 50 - found.x)
    np.testing.assert_array_equal(found.alpha[mask[found.y :, found.x :]], 1)
    assert masked_occlusion(np.zeros((4, 4), dtype=bool), 60.0) is None
