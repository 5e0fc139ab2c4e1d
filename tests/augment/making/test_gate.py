"""The gate: what passes, what does not, and that its quick refit tells what a fit tells."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from affectface.affect import Expression, ValenceArousal
from affectface.arrays import FloatArray, Image
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.gate import Gate, fault_of, look, solve_expression
from affectface.augment.making.making import Stage, prepare_stage
from affectface.augment.making.mouth import MOUTH, compare_mouth, mouth_of
from affectface.augment.making.plane import plane_of
from affectface.augment.making.seam import seam_score, steps_near
from affectface.augment.making.square import square_around
from affectface.evaluation.consistency import refit, yardstick
from affectface.fitting.dense_landmarks import LandmarkFit
from affectface.images import read_image
from affectface.landmarks import detect_faces

CONFIG = MakingConfig()
TARGETS = (Expression("happiness"), Expression("surprise"), ValenceArousal(-0.6, 0.3), ValenceArousal(0.2, -0.7))


@pytest.fixture(scope="module")
def stage(fitted: FittedPhoto, file: Path, models: Models) -> Stage:
    assert fitted.landmarks is not None
    assert fitted.fit is not None
    return prepare_stage(
        square_around(read_image(file), fitted.landmarks, fitted.fit, size=224, room=1.5), models, CONFIG
    )


@pytest.fixture(scope="module")
def gate(stage: Stage) -> Gate:
    assert stage.gate is not None
    return stage.gate


@pytest.fixture(scope="module")
def drawn(stage: Stage) -> list[tuple[FloatArray, Image]]:
    expressions = [stage.portrait.expression_for(target) for target in TARGETS]
    return [(expression, stage.portrait.draw(expression)) for expression in expressions]


def fault(gate: Gate, picture: Image, expression: FloatArray) -> str:
    seen = look(gate, picture, expression)
    return fault_of(gate, None if seen is None else seen[1], expression, CONFIG)


def test_good_pictures_pass(gate: Gate, drawn: list[tuple[FloatArray, Image]]) -> None:
    assert [fault(gate, picture, expression) for expression, picture in drawn] == [""] * len(TARGETS)


def test_another_affect_is_seen(gate: Gate, drawn: list[tuple[FloatArray, Image]]) -> None:
    for (expression, _), (_, other) in zip(drawn[:2], drawn[1::-1], strict=True):
        assert fault(gate, other, expression).startswith(("another expression: ", "misplaced face: "))


def test_a_face_that_is_painted_over_is_not_found(gate: Gate, drawn: list[tuple[FloatArray, Image]]) -> None:
    expression, picture = drawn[0]
    spoilt, landmarks = picture.copy(), gate.motion.landmarks[:, :2]
    (x0, y0), (x1, y1) = landmarks.min(axis=0).astype(int), landmarks.max(axis=0).astype(int)
    spoilt[y0:y1, x0:x1] = spoilt[y0:y1, x0:x1].mean(axis=(0, 1))
    assert fault(gate, spoilt, expression)


def test_a_part_laid_aside_is_seen(stage: Stage, gate: Gate, drawn: list[tuple[FloatArray, Image]]) -> None:
    expression, picture = drawn[0]
    patch = stage.portrait.patch(expression)
    assert patch is not None
    aside = max(1, round(0.06 * gate.eye_distance))
    rows, columns = patch.box
    spoilt = stage.portrait.image.copy()
    spoilt[rows.start + aside : rows.stop + aside, columns.start + aside : columns.stop + aside] = patch.pixels
    assert fault(gate, spoilt, expression).startswith("misplaced face: ")
    brighter = picture.copy()
    brighter[patch.box] = np.clip(brighter[patch.box].astype(int) + 45, 0, 255)
    assert fault(gate, brighter, expression).startswith("a seam: ")


def test_the_quick_refit_tells_what_a_fit_tells(
    stage: Stage, gate: Gate, models: Models, drawn: list[tuple[FloatArray, Image]]
) -> None:
    fit = stage.square.fit
    photo = LandmarkFit(fit.identity, fit.expression, fit.camera, fit.residual, fit.error)
    for expression, picture in drawn:
        seen = look(gate, picture, expression)
        assert seen is not None
        face = detect_faces(picture, max_faces=1)[0]
        slow = refit(models.face_model, photo, face.landmarks, picture.shape[:2])
        apart = gate.plane.length(seen[1].expression - slow)
        away = gate.plane.length(expression - stage.portrait.resting_expression)
        assert apart < 0.02 + 0.25 * away


def test_known_strengths_are_found(gate: Gate, models: Models) -> None:
    motion = gate.motion
    strengths = motion.start + models.face_model.expression_vector({"mouthSmile_L": 0.6, "mouthSmile_R": 0.6})
    found = solve_expression(gate, motion.moved.T @ (motion.moved @ (strengths - motion.start)).astype(float))
    assert gate.plane.length(found - strengths) < 0.2 * gate.plane.length(strengths - motion.start)
    nothing = solve_expression(gate, np.zeros(len(strengths)))
    assert gate.plane.length(nothing - motion.start) < 0.01


def test_points_of_the_plane_are_found_in_what_is_seen_of_them(stage: Stage, gate: Gate) -> None:
    for point in (ValenceArousal(0.7, 0.4), ValenceArousal(-0.5, -0.5), ValenceArousal(0, 0)):
        strengths = stage.portrait.expression_for(point)
        seen = 0.78 * (gate.motion.moved @ (strengths - gate.motion.start)).astype(np.float64)
        found = gate.points.point(gate.motion.moved.T @ seen, float(seen @ seen))
        np.testing.assert_allclose(found, (point.valence, point.arousal), atol=0.05)


def test_drawn_points_are_found(stage: Stage, gate: Gate) -> None:
    angles = np.arange(8) * np.pi / 4
    points = 0.8 * np.column_stack([np.cos(angles), np.sin(angles)])
    found = []
    for valence, arousal in points.tolist():
        strengths = stage.portrait.expression_for(ValenceArousal(valence, arousal))
        seen = look(gate, stage.portrait.draw(strengths), strengths)
        assert seen is not None
        found.append((seen[1].valence, seen[1].arousal))
    away = np.linalg.norm(found - points, axis=1)
    assert np.median(away) < 0.21
    assert all(np.corrcoef(points[:, i], np.array(found)[:, i])[0, 1] > 0.9 for i in (0, 1))


def test_lengths_of_the_plane_are_the_yardsticks(models: Models) -> None:
    plane, stick = plane_of(models), yardstick(models.face_model, models.affect_model)
    rng = np.random.default_rng(4)
    for _ in range(5):
        change = rng.uniform(0, 0.5, len(models.face_model.expression_names)).astype(np.float32)
        displacement = stick.displacement(change)
        assert plane.length(change) == pytest.approx(
            np.sqrt((displacement**2).sum() / (len(displacement) / 3)), rel=1e-3
        )


def lips_of(gate: Gate, picture: Image, expression: FloatArray) -> tuple[NDArray[np.uint8], FloatArray]:
    """The lips and all between them, 1, and where they are."""
    seen = look(gate, picture, expression)
    assert seen is not None
    points = seen[0][MOUTH, :2]
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(points).astype(np.int32)), 1)
    return cv2.dilate(mask, np.ones((3, 3), np.uint8)), points


def test_mouths_that_were_drawn_wrongly_are_seen(gate: Gate, drawn: list[tuple[FloatArray, Image]]) -> None:
    rng = np.random.default_rng(7)
    for expression, picture in drawn:
        mask, _ = lips_of(gate, picture, expression)
        wide = cv2.dilate(mask, np.ones((9, 9), np.uint8))
        skin = np.full_like(picture, picture[(wide - cv2.dilate(mask, np.ones((5, 5), np.uint8))) > 0].mean(axis=0))
        aside = np.roll(picture, max(2, round(0.07 * gate.eye_distance)), axis=1)
        noise = np.clip(picture + rng.normal(0, 40, picture.shape), 0, 255).astype(np.uint8)
        spoilt = {
            "black": (np.zeros_like(picture), mask),
            "skin": (skin, wide),
            "white": (np.full_like(picture, 230), mask),
            "aside": (aside, cv2.dilate(wide, np.ones((9, 9), np.uint8))),
            "noise": (noise, mask),
            "smeared": (cv2.GaussianBlur(picture, (0, 0), 0.08 * gate.eye_distance), wide),
        }
        for name, (other, where) in spoilt.items():
            found = fault(gate, np.where(where[..., None] > 0, other, picture), expression)
            assert "mouth" in found or "expression" in found or "face" in found, name


def test_what_stands_in_front_of_a_mouth_and_stays_is_no_fault(
    gate: Gate, drawn: list[tuple[FloatArray, Image]]
) -> None:
    landmarks = gate.motion.landmarks
    x, y = np.rint(landmarks[MOUTH, :2].mean(axis=0)).astype(int)
    half = round(0.15 * gate.eye_distance)
    hidden = np.s_[y - half : y + 3 * half, x - half : x + half]
    photo, (expression, picture) = gate.photo.copy(), drawn[1]
    photo[hidden] = (40, 60, 50)
    mouth = mouth_of(photo, landmarks, gate.eye_distance)
    picture = picture.copy()
    picture[hidden] = photo[hidden]
    error, _ = compare_mouth(mouth, picture, gate.motion.at(expression))
    assert error < CONFIG.most_mouth_error


def test_a_mouth_is_like_itself(gate: Gate) -> None:
    error, detail = compare_mouth(gate.mouth, gate.photo, gate.motion.landmarks)
    assert (error, detail) == (0, pytest.approx(1, abs=0.01))  # lips that were apart are looked for closed
    darker = np.clip(gate.photo.astype(int) - 30, 0, 255).astype(np.uint8)
    assert compare_mouth(gate.mouth, darker, gate.motion.landmarks)[0] > 0.5


def test_seams() -> None:
    rng = np.random.default_rng(0)
    photo = rng.integers(100, 120, (80, 80, 3)).astype(np.uint8)
    steps = steps_near(photo)
    assert seam_score(photo, steps, photo) == 0
    cut = photo.copy()
    cut[20:60, 20:60] += 80
    assert 55 < seam_score(photo, steps, cut) <= 80
    assert seam_score(photo, steps, cut, np.s_[20:60, 20:60]) == pytest.approx(seam_score(photo, steps, cut), abs=3)
    rows, columns = np.mgrid[-40:40, -40:40]
    soft = 80 * np.clip(1 - np.hypot(rows, columns) / 35, 0, 1) ** 2
    assert seam_score(photo, steps, (photo + soft[..., None]).astype(np.uint8)) < 5
