"""A hand on the face is found where it is, and stays there; any other changes nothing."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_hand import DrawnHand, draw_hand

from affectface.affect import Expression
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.arrays import BoolArray, FloatArray, Image
from affectface.fitting.face_fit import interocular_distance
from affectface.landmarks.hand_landmarks import Hand
from affectface.morphable.library import load_named_face_model
from affectface.occlusion.hands import find_hands, hand_mask
from affectface.synthesis import source
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait

WRIST = (1.7, 2.1)
"""Where the wrist lies from the middle of the eyes, in inter-ocular distances, for a hand on the left cheek."""


def hand_at(photo: Image, landmarks: FloatArray, x: float, y: float) -> DrawnHand:
    """Draw a hand that points up and to the left, its wrist in inter-ocular distances from the middle of the eyes."""
    eyes = interocular_distance(landmarks)
    wrist = landmarks[[468, 473], :2].mean(axis=0) + eyes * np.array([x, y])
    return draw_hand(photo, (float(wrist[0]), float(wrist[1])), eyes / 63, -0.5)


@pytest.fixture(scope="module")
def held(photo: Image, landmarks: FloatArray) -> DrawnHand:
    return hand_at(photo, landmarks, *WRIST)


@pytest.fixture(scope="module")
def portrait(held: DrawnHand) -> Portrait:
    return Portrait.open(held.picture, face_model=load_named_face_model("embedded"))


def found_in(picture: Image, landmarks: FloatArray) -> BoolArray | None:
    """Return where hands are found in a picture; None for nowhere."""
    bounds = (0, 0, picture.shape[1], picture.shape[0])
    found = find_hands(picture, landmarks, interocular_distance(landmarks), bounds)
    if found is None:
        return None
    mask = np.zeros(picture.shape[:2], dtype=bool)
    height, width = found.alpha.shape
    mask[found.y : found.y + height, found.x : found.x + width] = found.alpha == 1
    return mask


def on_face(portrait: Portrait) -> BoolArray:
    """Return the hull of the face."""
    hull = cv2.convexHull(np.rint(portrait.face.landmarks[:, :2]).astype(np.int32))
    return cv2.fillConvexPoly(np.zeros(portrait.image.shape[:2], np.uint8), hull, 1) > 0


def test_the_hand_on_the_cheek_is_covered(held: DrawnHand, portrait: Portrait) -> None:
    mask = found_in(held.picture, portrait.face.landmarks)
    assert mask is not None
    there = held.mask & on_face(portrait)
    assert there.sum() > 0.1 * on_face(portrait).sum()
    assert (mask & there).sum() > 0.88 * there.sum()  # the landmarks of a drawn hand err by 4 mm
    besides = mask & on_face(portrait) & ~there
    assert besides.sum() < 0.35 * there.sum()


def test_the_hand_stays_while_the_face_moves(held: DrawnHand, portrait: Portrait) -> None:
    mask = found_in(held.picture, portrait.face.landmarks)
    assert mask is not None
    config = SynthesisConfig(occlusion=False)
    careless = Portrait.open(held.picture, face_model=portrait.face_model, config=config)
    for name in BASIC_EXPRESSIONS:
        drawn = portrait.express(Expression(name))
        np.testing.assert_array_equal(drawn[mask], held.picture[mask], err_msg=name)
        assert (drawn != held.picture)[~mask].any()
    dragged = careless.express(Expression("surprise"))
    assert (dragged != held.picture)[mask & on_face(portrait)].any(axis=-1).mean() > 0.5


def test_nothing_of_the_hand_is_left_on_the_skin(held: DrawnHand, portrait: Portrait) -> None:
    x, y = portrait.source.origin
    finer = portrait.source.finer[::2, ::2, :3]
    box = np.s_[y : y + finer.shape[0], x : x + finer.shape[1]]
    there = (held.mask & on_face(portrait))[box]
    assert (finer[there] != held.picture[box][there]).any(axis=-1).mean() > 0.93


def test_a_hand_holds_the_skin_beside_it(portrait: Portrait) -> None:
    held, eyes = portrait.source.held, portrait.source.eye_distance
    assert held is not None
    assert held.shape == portrait.source.image.shape[:2]
    assert {0, 1} < set(held[::3, ::3].ravel().tolist())
    free = np.asarray(cv2.distanceTransform((held < 1).astype(np.uint8), cv2.DIST_L2, 5))
    assert not held[free > 0.2 * eyes].any()
    assert held[(free > 0) & (free < 0.02 * eyes)].min() > 0.9


def test_lips_move_where_the_skin_is_held(portrait: Portrait) -> None:
    config = SynthesisConfig(shading=False, folds=0)
    everywhere = np.ones(portrait.source.image.shape[:2], np.float32)
    drawn = []
    for held in (None, everywhere):
        one = replace(portrait, config=config)
        vars(one)["source"] = replace(portrait.source, held=held, occlusion=None)
        drawn.append(one.express(Expression("surprise")))
    for landmark, moves in ((105, False), (17, True)):  # brow and lower lip
        x, y = portrait.face.landmarks[landmark, :2].astype(int)
        free, kept = (image[y - 1 : y + 2, x - 1 : x + 2] for image in drawn)
        photo = portrait.image[y - 1 : y + 2, x - 1 : x + 2]
        assert (free != photo).any()
        assert (kept != photo).any() == moves, landmark


def test_a_hand_beside_the_face_changes_nothing(
    photo: Image, landmarks: FloatArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = hand_at(photo, landmarks, 3.4, 2.4)
    model = load_named_face_model("embedded")
    drawn = Portrait.open(beside.picture, face_model=model).express(Expression("surprise"))
    asked = []
    monkeypatch.setattr(source, "find_hands", lambda *_: asked.append(1))
    never = Portrait.open(beside.picture, face_model=model).express(Expression("surprise"))
    assert asked
    np.testing.assert_array_equal(drawn, never)


def test_no_hand_and_a_small_face(photo: Image, landmarks: FloatArray, held: DrawnHand) -> None:
    assert found_in(photo, landmarks) is None
    small = cv2.resize(held.picture, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    assert found_in(np.asarray(small, dtype=np.uint8), (0.4 * landmarks).astype(np.float32)) is None


def test_hands_are_looked_for_only_where_that_is_wanted(photo: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("looked for hands")

    monkeypatch.setattr(source, "find_hands", fail)
    config = SynthesisConfig(occlusion=False)
    Portrait.open(photo, face_model=load_named_face_model("embedded"), config=config).express(Expression("anger"))


def test_the_widths_grow_with_the_hand(held: DrawnHand) -> None:
    def area(scale: float) -> int:
        points = np.column_stack([held.joints * scale, np.zeros(21)]).astype(np.float32)
        corner = np.floor(points[:, :2].min(axis=0) - 60 * scale).astype(int).tolist()
        size = round(400 * scale), round(400 * scale)
        return int(hand_mask(Hand(points, 1.0), (corner[0], corner[1]), size).sum())

    assert area(3.0) / area(1.0) == pytest.approx(9, rel=0.05)
