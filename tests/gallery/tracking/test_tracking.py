"""Active appearance models on unrolled faces whose points are known."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_session import Frame, Session, errors, eye_distance

from affectface.errors import GalleryError
from affectface.gallery.tracking import (
    MIRRORED79,
    POINTS79,
    AppearanceConfig,
    AppearanceModel,
    build_appearance_model,
    expression_shapes,
    landmarks_on_scan,
    track,
)
from affectface.gallery.tracking.active_appearance import mirrored, moving_mean
from affectface.gallery.tracking.appearance import reference_slopes
from affectface.gallery.tracking.project_out import fit_points
from affectface.gallery.tracking.shape_model import build_shape_model
from affectface.gallery.tracking.warps import make_warp
from affectface.landmarks import detect_faces

CORNERS = (36, 45)


def built(frames: list[Frame], more: list[np.ndarray] | None = None, **config: object) -> AppearanceModel:
    return build_appearance_model(
        [frame.image for frame in frames],
        [frame.points for frame in frames],
        known=[frame.known for frame in frames],
        more_shapes=more or [],
        config=AppearanceConfig(**config),  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def session() -> Session:
    return Session(1)


@pytest.fixture(scope="module")
def annotated(session: Session) -> list[Frame]:
    return [session.frame({name: 1.0}) for name in ("neutral", "smile", "surprise")]


@pytest.fixture(scope="module")
def model(session: Session, annotated: list[Frame]) -> AppearanceModel:
    return built(annotated, expression_shapes(session.model, session.unrolled, annotated[0].points))


def test_a_mirror_mirrors(session: Session) -> None:
    assert len(set(POINTS79)) == len(MIRRORED79) == 79
    assert sorted(MIRRORED79) == list(range(79))
    assert [MIRRORED79[at] for at in MIRRORED79] == list(range(79))
    places = session.model.at_landmarks(session.model.vertices)[list(POINTS79)]
    away = np.linalg.norm(places[list(MIRRORED79)] * [-1, 1, 1] - places, axis=1)
    assert away.max() < 0.4  # cm; the mean face is nearly symmetric
    frame = session.frame({"smile": 1.0})
    twice = mirrored(*mirrored(frame.image, frame.known, frame.points.astype(float)))
    np.testing.assert_array_equal(twice[0], frame.image)
    np.testing.assert_allclose(twice[2], frame.points, atol=1e-4)


@pytest.mark.parametrize("kind", ["affine", "tps"])
def test_warps_keep_what_they_must(annotated: list[Frame], kind: str) -> None:
    shapes = build_shape_model([frame.points for frame in annotated], CORNERS, 40.0)
    warp = make_warp(shapes.mean, kind)  # type: ignore[arg-type]
    row, column = np.nonzero(warp.mask)
    pixels = np.stack([column, row], axis=1) + 0.5
    np.testing.assert_allclose(warp.places(shapes.mean), pixels, atol=0.02)
    turn, shift = np.array([[1.2, 0.3], [-0.2, 0.9]]), np.array([5.0, -3.0])
    np.testing.assert_allclose(warp.places(shapes.mean @ turn + shift), pixels @ turn + shift, atol=0.05)
    moved = shapes.mean + np.array([0.3, -0.2])
    np.testing.assert_allclose(warp.composed(shapes.mean @ turn + shift, moved), moved @ turn + shift, atol=1e-6)
    smiling = shapes.shape(shapes.parameters(annotated[1].points))
    np.testing.assert_allclose(warp.composed(smiling, shapes.mean), smiling, atol=1e-9)


def test_shapes_come_back_whatever_their_place(annotated: list[Frame]) -> None:
    shapes = build_shape_model([frame.points for frame in annotated], CORNERS, 40.0, kept=1.0)
    np.testing.assert_allclose(shapes.basis.T @ shapes.basis, np.eye(shapes.basis.shape[1]), atol=1e-9)
    assert np.linalg.norm(shapes.mean[36] - shapes.mean[45]) == pytest.approx(40.0)
    turned = 1.3 * shapes.mean @ np.array([[np.cos(0.2), np.sin(0.2)], [-np.sin(0.2), np.cos(0.2)]]) + [30, -4]
    np.testing.assert_allclose(shapes.shape(shapes.parameters(turned)), turned, atol=1e-9)
    scaled = annotated[1].points * 40.0 / eye_distance(annotated[1].points)
    away = np.linalg.norm(shapes.shape(shapes.parameters(scaled)) - scaled, axis=1)
    assert away.max() < 0.3


def test_slopes_are_those_of_finite_differences(annotated: list[Frame]) -> None:
    shapes = build_shape_model([frame.points for frame in annotated], CORNERS, 60.0)
    warp = make_warp(shapes.mean)

    def appearance(places: np.ndarray) -> np.ndarray:
        x, y = places[:, 0] / 9, places[:, 1] / 11
        return np.stack([np.sin(x) * np.cos(y), np.cos(0.7 * x + y)], axis=1).astype(np.float64)

    pixels = warp.weights.astype(np.float64) @ shapes.mean
    found = moving_mean(warp, shapes, appearance(pixels).astype(np.float32)).reshape(len(pixels), 2, -1)
    number = np.cumsum(warp.mask.ravel()).reshape(warp.mask.shape)
    assert number[-1, -1] == len(pixels)
    inner = np.array(
        [warp.mask[y - 1 : y + 2, x - 1 : x + 2].all() for y, x in zip(*np.nonzero(warp.mask), strict=True)]
    )
    for column in range(shapes.basis.shape[1]):
        step = 1e-3 * shapes.basis[:, column].reshape(-1, 2)
        ahead, back = (appearance(warp.weights.astype(np.float64) @ (shapes.mean + sign * step)) for sign in (1, -1))
        numeric = (ahead - back) / 2e-3
        np.testing.assert_allclose(found[inner, :, column], numeric[inner], atol=6e-3 * np.abs(numeric).max() + 1e-6)
    flat = reference_slopes(warp.mask, np.ones((len(pixels), 1), np.float32))
    assert not flat.any()


def test_a_persons_model_tracks_better_than_a_landmarker_and_a_generic_one(
    session: Session, model: AppearanceModel
) -> None:
    others = [Session(100 + person).frame({name: 1.0}) for person in range(3) for name in ("neutral", "smile")]
    generic = built(others, expression_shapes(session.model, session.unrolled, others[0].points))
    for name, most in (("smile", 0.9), ("sadness", 1.0)):
        frames = session.sequence(name, 5)
        start = frames[0].points + 0.03 * eye_distance(frames[0].points)
        own, other = (track(one, [(f.image, f.known) for f in frames], start) for one in (model, generic))
        assert errors(own.points, frames).mean() < most
        assert errors(own.points, frames).mean() < 0.7 * errors(other.points, frames).mean()
        assert own.confidence.min() > 0.5
        assert own.confidence.mean() > other.confidence.mean()
        seen = [detect_faces(frame.image, max_faces=1)[0].landmarks[list(POINTS79), :2] for frame in frames[:2]]
        assert errors(np.stack(seen), frames[:2]).mean() > 2 * most


def test_it_comes_back_from_afar(session: Session, model: AppearanceModel) -> None:
    rng = np.random.default_rng(0)
    frame = session.frame({"smile": 0.7})
    eyes = eye_distance(frame.points)
    for size, share in ((0.05, 1.0), (0.12, 0.8)):
        good = 0
        for _ in range(5):
            angle = rng.uniform(0, 2 * np.pi)
            start = frame.points + size * eyes * np.array([np.cos(angle), np.sin(angle)])
            found = fit_points(model, frame.image, start, known=frame.known)
            good += errors(found.points[None], [frame])[0] < 1.0
        assert good >= 5 * share, size


def test_failure_is_seen_and_begun_anew(session: Session, model: AppearanceModel) -> None:
    frames = session.sequence("smile", 4)
    stranger = Session(50).frame({"neutral": 1.0})
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, frames[0].image.shape, dtype=np.uint8)
    shown = [frames[0], frames[1], Frame(noise, frames[1].known, frames[1].points), frames[2], stranger, frames[3]]
    asked: list[int] = []

    def landmarker(number: int, image: np.ndarray) -> np.ndarray | None:
        asked.append(number)
        return None if number == 2 else shown[number].points + 2

    found = track(model, [(frame.image, frame.known) for frame in shown], landmarker=landmarker)
    assert (found.confidence[[0, 1, 3, 5]] > 0.5).all()
    assert (found.confidence[[2, 4]] < 0.5).all()
    assert found.restarted[0]
    assert {0, 2, 4} <= set(asked)
    assert errors(found.points[[0, 1, 3, 5]], frames).max() < 1.5
    holes = frames[2].known.copy()
    holes[60:90, 100:130] = False
    holed = Frame(np.where(holes[..., None], frames[2].image, 0).astype(np.uint8), holes, frames[2].points)
    again = track(model, [(holed.image, holed.known)], frames[2].points + 2)
    assert errors(again.points, [holed])[0] < 1.5
    away = track(model, [(frames[0].image, frames[0].known)], frames[0].points + 5000)
    assert away.confidence[0] < 0.5


def test_points_return_to_the_scan() -> None:
    row, column = np.mgrid[:40, :60] + 0.5
    places = np.stack([column, row, column + row], axis=2).astype(np.float32)
    known = np.ones((40, 60), bool)
    known[:, 40:] = False
    points = np.random.default_rng(0).uniform([1, 1], [59, 39], (79, 2))
    found = landmarks_on_scan(points, places, known)
    assert found.shape == (478, 3)
    tracked = found[list(POINTS79)]
    inside = points[:, 0] < 39.5
    np.testing.assert_allclose(tracked[inside, :2], points[inside], atol=1e-4)
    assert np.isnan(tracked[points[:, 0] > 40.5]).all()
    assert np.isnan(np.delete(found, list(POINTS79), axis=0)).all()


def test_what_cannot_be_learned_from(annotated: list[Frame]) -> None:
    frame = annotated[0]
    with pytest.raises(GalleryError, match="one set an image"):
        build_appearance_model([], [])
    with pytest.raises(GalleryError, match="at least 8"):
        build_appearance_model([frame.image], [frame.points * 0.05])
    with pytest.raises(ValueError, match="points 0"):
        build_appearance_model([frame.image], [frame.points[:68]])
    alone = build_appearance_model([frame.image], [frame.points])
    with pytest.raises(GalleryError, match="nothing to begin from"):
        track(alone, [(frame.image, None)])
    with pytest.raises(GalleryError, match="no frame"):
        track(alone, [])
