"""The whole way from a photo to an affect, on the example portrait: what must hold whatever the picture looks like."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affectface.affect import ActionUnits, Affect, AffectPath, Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.arrays import Image
from affectface.assets.example import example_photo
from affectface.errors import ExtremePoseError, FaceNotFoundError, FaceTooSmallError
from affectface.fitting.face_fit import interocular_distance
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.landmarks.topology import LIPS_INNER_LOWER, LIPS_INNER_UPPER
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def photo() -> Image:
    return read_image(example_photo())


@pytest.fixture(scope="module")
def portrait(photo: Image) -> Portrait:
    return Portrait.open(photo, face_model=load_named_face_model("embedded"), config=SynthesisConfig())


@pytest.fixture(scope="module")
def keeping(photo: Image) -> Portrait:
    config = SynthesisConfig(keep_expression=True)
    return Portrait.open(photo, face_model=load_named_face_model("embedded"), config=config)


def landmarks_of(image: Image) -> np.ndarray:
    return detect_faces(image)[0].landmarks


@pytest.mark.parametrize(
    "affect", [ValenceArousal(0, 0), Expression("neutral"), ActionUnits({12: 0.0})], ids=["point", "name", "units"]
)
def test_zero_affect_is_the_photo_bit_for_bit(keeping: Portrait, affect: Affect) -> None:
    np.testing.assert_array_equal(keeping.express(affect), keeping.image)


def test_a_smile_made_neutral_has_closed_lips(portrait: Portrait) -> None:
    """The example shows its teeth; how far its lips are apart is looked for in the picture."""
    gaps = [
        np.linalg.norm(found[list(LIPS_INNER_LOWER), :2] - found[list(LIPS_INNER_UPPER), :2], axis=1).max()
        for found in (portrait.face.landmarks, landmarks_of(portrait.neutral()))
    ]
    eyes = interocular_distance(portrait.face.landmarks)
    assert gaps[0] > 0.1 * eyes
    assert gaps[1] < 0.02 * eyes


def test_lips_that_are_closed_move_towards_each_other(portrait: Portrait, keeping: Portrait) -> None:
    landmarks = portrait.face.landmarks
    closed = portrait.with_lips_closed(landmarks) - landmarks
    assert closed.shape == (478, 3)
    assert not closed[:, 2].any()
    assert closed[LIPS_INNER_UPPER[5], 1] > 0 > closed[LIPS_INNER_LOWER[5], 1]
    assert np.abs(closed[[33, 263, 152]]).max() < 0.1, "eyes and chin stay"
    np.testing.assert_array_equal(keeping.with_lips_closed(landmarks), landmarks)


def test_zero_intensity_is_the_photo_bit_for_bit(keeping: Portrait) -> None:
    np.testing.assert_array_equal(keeping.express(Expression("anger"), intensity=0), keeping.image)


def test_a_photo_made_neutral_is_found_neutral(portrait: Portrait) -> None:
    again = Portrait.open(portrait.neutral(), face_model=portrait.face_model)
    assert np.abs(again.fit.expression - again.resting_expression).sum() < 0.35 * max(
        1.0, np.abs(portrait.fit.expression - portrait.resting_expression).sum()
    )


@pytest.mark.parametrize("name", BASIC_EXPRESSIONS)
def test_the_same_twice_is_the_same_bytes(portrait: Portrait, photo: Image, name: str) -> None:
    other = Portrait.open(photo, face_model=portrait.face_model)
    np.testing.assert_array_equal(portrait.express(Expression(name)), other.express(Expression(name)))


def test_what_was_drawn_before_does_not_matter(portrait: Portrait) -> None:
    first = portrait.express(Expression("fear"))
    portrait.express(Expression("happiness"))
    np.testing.assert_array_equal(portrait.express(Expression("fear")), first)


@pytest.mark.parametrize("name", BASIC_EXPRESSIONS)
def test_pixels_away_from_the_face_are_untouched(portrait: Portrait, name: str) -> None:
    changed = (portrait.express(Expression(name)) != portrait.image).any(axis=-1)
    assert changed.any()
    x0, y0, x1, y1 = portrait.face.box
    room = interocular_distance(portrait.face.landmarks)
    rows, columns = np.nonzero(changed)
    assert columns.min() > x0 - room
    assert columns.max() < x1 + room
    assert rows.min() > y0 - room
    assert rows.max() < y1 + 1.3 * room


def test_the_photo_is_not_written_to(portrait: Portrait, photo: Image) -> None:
    before = portrait.image.copy()
    portrait.express(Expression("surprise"))
    np.testing.assert_array_equal(portrait.image, before)
    np.testing.assert_array_equal(portrait.image, photo)


@pytest.mark.parametrize(
    ("name", "pair"),
    [("surprise", (13, 14)), ("fear", (13, 14)), ("surprise", (105, 159)), ("happiness", (61, 291))],
    ids=["surprise opens the mouth", "fear parts the lips", "surprise lifts the brow", "happiness widens the mouth"],
)
def test_landmarks_move_more_with_more_intensity(portrait: Portrait, name: str, pair: tuple[int, int]) -> None:
    eyes = interocular_distance(portrait.face.landmarks)
    distances = []
    for intensity in (0.0, 0.25, 0.5, 0.75, 1.0):
        found = landmarks_of(portrait.express(Expression(name), intensity=intensity))
        distances.append(float(np.linalg.norm(found[pair[0], :2] - found[pair[1], :2])) / eyes)
    assert np.all(np.diff(distances) > -0.006), distances  # the landmarker's own noise
    assert distances[-1] > distances[0] + 0.03, distances


def test_a_clip_starts_where_its_path_does_and_never_jumps(portrait: Portrait) -> None:
    frames = list(portrait.animate(AffectPath([(0, 0), (0.8, 0.4)]), fps=10, seconds=1.2))
    assert len(frames) == 12
    np.testing.assert_array_equal(frames[0], portrait.express(ValenceArousal(0, 0)))
    np.testing.assert_array_equal(frames[-1], portrait.express(ValenceArousal(0.8, 0.4)))
    steps = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(frames)]
    assert max(steps) < 4 * np.median(steps) + 0.05


def test_a_transition_has_both_ends(portrait: Portrait) -> None:
    frames = list(portrait.transition(Expression("anger"), Expression("happiness"), fps=5, seconds=1))
    np.testing.assert_array_equal(frames[0], portrait.express(Expression("anger")))
    np.testing.assert_array_equal(frames[-1], portrait.express(Expression("happiness")))


def test_poisson_blending_keeps_what_lies_outside(photo: Image) -> None:
    config = SynthesisConfig(blend="poisson")
    portrait = Portrait.open(photo, face_model=load_named_face_model("embedded"), config=config)
    drawn = portrait.express(Expression("happiness"))
    changed = (drawn != photo).any(axis=-1)
    assert changed.any()
    assert not changed[:, :60].any()
    assert not changed[-60:].any()


def test_without_teeth_the_mouth_is_darker(portrait: Portrait, photo: Image) -> None:
    without = Portrait.open(photo, face_model=portrait.face_model, config=SynthesisConfig(teeth=False))
    affect = ActionUnits({26: 0.7, 10: 0.8, 16: 0.6})
    changed = (portrait.express(affect) != without.express(affect)).any(axis=-1)
    assert changed.any()
    assert without.express(affect)[changed].mean() < portrait.express(affect)[changed].mean()


def test_a_black_and_white_photo_stays_one(photo: Image) -> None:
    grey = np.repeat(photo.mean(axis=-1, keepdims=True).astype(np.uint8), 3, axis=-1)
    portrait = Portrait.open(grey, face_model=load_named_face_model("embedded"))
    drawn = portrait.express(Expression("surprise")).astype(int)
    assert (drawn != grey).any()
    assert (drawn.max(axis=-1) - drawn.min(axis=-1)).max() <= 1


def test_every_face_of_a_group_photo(photo: Image) -> None:
    group = np.hstack([photo, photo[:, ::-1]])
    portraits = Portrait.open_all(group, face_model=load_named_face_model("embedded"))
    assert len(portraits) == 2
    picture = group
    for portrait in portraits:
        picture = portrait.express(Expression("surprise"), onto=picture)
    changed = (picture != group).any(axis=-1)
    assert changed[:, :512].any()
    assert changed[:, 512:].any()


def test_a_photo_without_a_face_is_refused() -> None:
    with pytest.raises(FaceNotFoundError, match="no face was found in the photo of 64 x 48 px"):
        Portrait.open(np.full((48, 64, 3), 128, np.uint8))


def test_a_face_that_is_not_there_is_refused(photo: Image) -> None:
    with pytest.raises(FaceNotFoundError, match="face 3 is asked for, but the photo has 1"):
        Portrait.open(photo, face=3)


def test_a_face_too_small_is_refused(portrait: Portrait) -> None:
    from affectface.fitting.dense_landmarks import fit_landmarks

    tiny = portrait.face.landmarks * (4 / interocular_distance(portrait.face.landmarks))
    with pytest.raises(FaceTooSmallError, match="eyes are 4 px apart; 12 px are needed"):
        fit_landmarks(portrait.face_model, tiny, (40, 40))


def test_a_profile_is_refused(portrait: Portrait) -> None:
    from affectface.fitting.dense_landmarks import fit_landmarks

    x, y, depth = portrait.face.landmarks.T
    turned = np.stack([0.1 * x + depth, y, -x], axis=1).astype(np.float32)
    with pytest.raises(ExtremePoseError, match="degrees away from the camera"):
        fit_landmarks(portrait.face_model, turned, (512, 512))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(valence=st.floats(-1, 1), arousal=st.floats(-1, 1))
def test_any_point_of_the_plane_can_be_drawn(portrait: Portrait, valence: float, arousal: float) -> None:
    drawn = portrait.express(ValenceArousal(valence, arousal))
    assert drawn.shape == portrait.image.shape
    assert drawn.dtype == np.uint8


def test_the_teeth_of_a_small_smile_say_how_bright_teeth_are() -> None:
    small = cv2.resize(read_image(example_photo()), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    portrait = Portrait.open(np.asarray(small, dtype=np.uint8), face_model=load_named_face_model("embedded"))
    assert portrait.source.eye_distance < 40
    assert portrait.source.white.min() > 0.8
