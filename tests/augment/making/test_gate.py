"""The gate: what passes, what does not, and that its quick refit tells what a fit tells."""

from pathlib import Path

import numpy as np
import pytest

from affectface.affect import Expression, ValenceArousal
from affectface.arrays import FloatArray, Image
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.fitted_photo import FittedPhoto
from affectface.augment.making.gate import Gate, fault_of, look, plane_of, solve_expression
from affectface.augment.making.making import Stage, prepare_stage
from affectface.augment.making.seam import seam_score
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
        away = gate.plane.length(expression - gate.resting)
        assert apart < 0.02 + 0.25 * away


def test_known_strengths_are_found(gate: Gate, models: Models) -> None:
    strengths = gate.motion.start + models.face_model.expression_vector({"mouthSmile_L": 0.6, "mouthSmile_R": 0.6})
    movement = (gate.motion.at(strengths) - gate.motion.landmarks)[gate.motion.index, :2]
    found = solve_expression(gate, movement)
    assert gate.plane.length(found - strengths) < 0.2 * gate.plane.length(strengths - gate.motion.start)
    assert gate.plane.length(solve_expression(gate, np.zeros_like(movement)) - gate.motion.start) < 0.01


def test_the_plane_is_the_yardsticks(models: Models) -> None:
    plane, stick = plane_of(models), yardstick(models.face_model, models.affect_model)
    rng = np.random.default_rng(4)
    for _ in range(5):
        change = rng.uniform(0, 0.5, len(models.face_model.expression_names)).astype(np.float32)
        displacement = stick.displacement(change)
        np.testing.assert_allclose(plane.point(change), stick.valence_arousal(displacement), atol=2e-3)
        assert plane.length(change) == pytest.approx(
            np.sqrt((displacement**2).sum() / (len(displacement) / 3)), rel=1e-3
        )


def test_seams() -> None:
    rng = np.random.default_rng(0)
    photo = rng.integers(100, 120, (80, 80, 3)).astype(np.uint8)
    assert seam_score(photo, photo) == 0
    cut = photo.copy()
    cut[20:60, 20:60] += 80
    assert 55 < seam_score(photo, cut) <= 80
    assert seam_score(photo, cut, np.s_[20:60, 20:60]) == pytest.approx(seam_score(photo, cut), abs=3)
    rows, columns = np.mgrid[-40:40, -40:40]
    soft = 80 * np.clip(1 - np.hypot(rows, columns) / 35, 0, 1) ** 2
    assert seam_score(photo, (photo + soft[..., None]).astype(np.uint8)) < 5
