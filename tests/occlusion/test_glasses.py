"""Glasses stay where they are. They are drawn on the example portrait, whose own pixels are known."""

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from affectface.affect import Expression
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.arrays import BoolArray, FloatArray, Image
from affectface.fitting.face_fit import interocular_distance
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable.library import load_named_face_model
from affectface.occlusion.glasses import find_glasses
from affectface.occlusion.occlusion import Occlusion
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait

Lenses = Literal["clear", "dark", "half"]
STYLES: dict[str, tuple[Lenses, tuple[int, int, int], float, bool]] = {
    "black plastic": ("clear", (25, 22, 22), 0.036, False),
    "thin metal": ("clear", (70, 70, 76), 0.014, True),
    "brown": ("clear", (84, 52, 34), 0.03, True),
    "half-rimmed": ("half", (30, 28, 30), 0.03, False),
    "sunglasses": ("dark", (22, 22, 24), 0.03, False),
}
BARE = (4, 50, 280, 151, 159, 386, 13)
"""Nose, cheeks, forehead, upper lids, lips."""


def outline(round_: bool) -> FloatArray:
    """Return the outline of a lens (N, 2), from -1 to 1."""
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    power = 1.0 if round_ else 0.45
    across, down = np.cos(angle), np.sin(angle)
    return np.stack([np.sign(across) * np.abs(across) ** power, np.sign(down) * np.abs(down) ** power], axis=-1)


def put_on(photo: Image, landmarks: FloatArray, style: str, *, bridge: bool = True) -> tuple[Image, BoolArray]:
    """Return the photo with glasses drawn on it, and where their frame is."""
    lenses, colour, thickness, round_ = STYLES[style]
    eyes, fine = interocular_distance(landmarks), 4
    right, left = landmarks[33, :2], landmarks[263, :2]
    across = (left - right) / np.linalg.norm(left - right)
    down = np.array([-across[1], across[0]])
    size = photo.shape[1] * fine, photo.shape[0] * fine
    frame, glass = np.zeros(size[::-1], np.uint8), np.zeros(size[::-1], np.uint8)
    wide = max(1, round(thickness * eyes * fine))

    def place(shape: FloatArray) -> FloatArray:
        points = (right + left) / 2 + eyes * (shape[:, :1] * across + shape[:, 1:] * down)
        return np.rint(points * fine).astype(np.int32)

    for side in (-1, 1):
        lens = outline(round_) * (0.26, 0.23 if round_ else 0.2) + (side * 0.36, 0.03)
        cv2.fillPoly(glass, [place(lens)], 255)
        if lenses == "half":
            above = lens[lens[:, 1] < 0.0]
            cv2.polylines(frame, [place(above[np.argsort(above[:, 0])])], False, 255, wide)
        else:
            cv2.polylines(frame, [place(lens)], True, 255, wide)
        cv2.polylines(frame, [place(np.array([(side * 0.61, -0.05), (side * 0.75, -0.05)]))], False, 255, wide)
    if bridge:
        cv2.polylines(frame, [place(np.array([(-0.12, -0.05), (0, -0.08), (0.12, -0.05)]))], False, 255, wide)
    covered, shown = (
        cv2.resize(mask, photo.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None] / 255 for mask in (frame, glass)
    )
    dark = 0.92 if lenses == "dark" else 0.0
    picture = photo * (1 - dark * shown) + dark * shown * np.array(colour)
    picture = picture * (1 - covered) + covered * np.array(colour)
    solid = covered[..., 0] > 0.6
    return np.rint(picture).astype(np.uint8), solid | (shown[..., 0] > 0.6) if lenses == "dark" else solid


def found_in(photo: Image, landmarks: FloatArray) -> Occlusion | None:
    return find_glasses(photo, landmarks, interocular_distance(landmarks))


def whole(occlusion: Occlusion, size: tuple[int, ...]) -> FloatArray:
    """Return an occlusion's alpha on the whole picture (H, W)."""
    result = np.zeros(size[:2], dtype=np.float32)
    height, width = occlusion.alpha.shape
    result[occlusion.y : occlusion.y + height, occlusion.x : occlusion.x + width] = occlusion.alpha
    return result


def test_a_face_without_glasses_has_none(photo: Image, landmarks: FloatArray) -> None:
    assert found_in(photo, landmarks) is None


def test_nobody_of_many_is_given_glasses(shared_faces: Path) -> None:
    looked = 0
    for file in sorted((shared_faces / "london").glob("*/*.jpg"))[::6]:
        picture = read_image(file)
        assert found_in(picture, detect_faces(picture, max_faces=1)[0].landmarks) is None, file.name
        looked += 1
    assert looked > 10


@pytest.mark.parametrize("style", STYLES)
def test_the_frame_is_found_and_the_face_is_not(photo: Image, landmarks: FloatArray, style: str) -> None:
    worn, frame = put_on(photo, landmarks, style)
    found = found_in(worn, landmarks)
    assert found is not None
    alpha = whole(found, photo.shape)
    assert (alpha[frame] > 0.5).mean() > 0.88
    near = cv2.dilate(frame.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert ((alpha > 0.5) & ~near).sum() < 0.2 * (alpha > 0.5).sum()
    for bare in BARE:
        x, y = landmarks[bare, :2].astype(int)
        if not near[y, x]:
            assert alpha[y, x] < 0.4, bare


@pytest.mark.parametrize("style", ["black plastic", "thin metal", "sunglasses"])
def test_the_frame_is_the_photos_whatever_the_face_does(photo: Image, landmarks: FloatArray, style: str) -> None:
    worn, frame = put_on(photo, landmarks, style)
    model = load_named_face_model("embedded")
    portrait = Portrait.open(worn, face_model=model)
    assert portrait.source.occlusion is not None
    x, y = portrait.source.origin
    stays = np.zeros(frame.shape, dtype=bool)
    alpha = whole(portrait.source.occlusion, portrait.source.image.shape)
    stays[y : y + alpha.shape[0], x : x + alpha.shape[1]] = alpha >= 1
    assert (stays & frame).sum() > 0.75 * frame.sum()
    moving = Portrait.open(worn, face_model=model, config=SynthesisConfig(occlusion=False))
    for name in BASIC_EXPRESSIONS:
        drawn = portrait.express(Expression(name))
        np.testing.assert_array_equal(drawn[stays], worn[stays], err_msg=name)
    changed = (moving.express(Expression("surprise")) != worn).any(axis=-1)
    assert changed[stays & frame].mean() > 0.05  # without, the frame is dragged along


def test_eyes_move_behind_clear_lenses_and_not_behind_dark_ones(photo: Image, landmarks: FloatArray) -> None:
    model = load_named_face_model("embedded")
    x, y = landmarks[386, :2].astype(int)  # the middle of an upper lid
    around = np.s_[y - 4 : y + 5, x - 4 : x + 5]
    for style, moves in (("black plastic", True), ("sunglasses", False)):
        worn, _ = put_on(photo, landmarks, style)
        drawn = Portrait.open(worn, face_model=model).express(Expression("surprise"))
        assert (drawn[around] != worn[around]).any() == moves, style


def test_lenses_without_a_bridge_are_no_glasses(photo: Image, landmarks: FloatArray) -> None:
    worn, _ = put_on(photo, landmarks, "black plastic", bridge=False)
    assert found_in(worn, landmarks) is None


@pytest.mark.parametrize("degrees", [-25, 20])
def test_a_tilted_head(photo: Image, landmarks: FloatArray, degrees: float) -> None:
    worn, frame = put_on(photo, landmarks, "black plastic")
    turn = cv2.getRotationMatrix2D(tuple(landmarks[168, :2].tolist()), degrees, 1)
    size = photo.shape[1::-1]
    tilted = np.asarray(cv2.warpAffine(worn, turn, size), dtype=np.uint8)
    where = cv2.warpAffine(frame.astype(np.float32), turn, size) > 0.6
    points = landmarks.copy()
    points[:, :2] = landmarks[:, :2] @ turn[:, :2].T + turn[:, 2]
    found = found_in(tilted, points)
    assert found is not None
    assert (whole(found, photo.shape)[where] > 0.5).mean() > 0.85


@pytest.mark.parametrize("size", [30, 160, 900])
def test_faces_of_any_size(photo: Image, landmarks: FloatArray, size: int) -> None:
    worn, _ = put_on(photo, landmarks, "black plastic")
    scale = np.float32(size / photo.shape[0])
    resized = np.asarray(cv2.resize(worn, (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    found = found_in(resized, landmarks * scale)
    if found is not None:
        assert found.alpha.shape == found.rim.shape
        assert np.isfinite(found.alpha).all()


def test_a_face_cut_by_the_border(photo: Image, landmarks: FloatArray) -> None:
    worn, _ = put_on(photo, landmarks, "black plastic")
    x, y = landmarks[168, :2].astype(int)
    cut = np.ascontiguousarray(worn[y - 5 :, x:])
    found_in(cut, landmarks - np.array([x, y - 5, 0], dtype=np.float32))
