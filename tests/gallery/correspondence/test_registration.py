"""Known faces, scanned by a drawn scanner, come back; spoilt scans do not come back unnoticed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from known_scans import SMILE, Case

from affectface.errors import GalleryError
from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.frames import Plates, Registered, plates_of, register_frame
from affectface.gallery.correspondence.hanging import Hanging
from affectface.gallery.correspondence.quality import stretched
from affectface.gallery.correspondence.reference import Reference, register_reference
from affectface.gallery.correspondence.scan_landmarks import find_landmarks
from affectface.gallery.correspondence.template import RegistrationTemplate
from affectface.morphable.looking import Shown

CONFIG = RegisterConfig()


@pytest.fixture(scope="module")
def smile(scanned: Callable[..., Case]) -> Case:
    return scanned(SMILE, 1)


@pytest.fixture(scope="module")
def plates(reference: Reference) -> Plates:
    return plates_of(reference, CONFIG)


@pytest.fixture(scope="module")
def registered(plates: Plates, hanging: Hanging, smile: Case) -> Registered:
    return register_frame(plates, hanging, smile.scan, CONFIG)


def millimetres(found: np.ndarray, truth: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return 10 * np.linalg.norm(found - truth, axis=1)[rows]


def test_a_neutral_face_comes_back(template: RegistrationTemplate, neutral: Case, reference: Reference) -> None:
    face = template.skin[template.face & reference.covered]
    truth = reference.motion.apply(neutral.truth)
    away = millimetres(reference.vertices, truth, face)
    assert away.mean() < 1.0
    assert np.percentile(away, 95) < 2.5
    assert millimetres(reference.vertices, truth, np.arange(len(truth))).mean() < 2.0
    # It is not the template that came back.
    assert millimetres(template.model.vertices, truth, face).mean() > 1.5


def test_a_smile_comes_back(
    template: RegistrationTemplate, neutral: Case, smile: Case, reference: Reference, registered: Registered
) -> None:
    assert not registered.left_out
    face = template.skin[template.face & reference.covered]
    truth, before = registered.motion.apply(smile.truth), reference.motion.apply(neutral.truth)
    assert millimetres(registered.vertices, truth, face).mean() < 1.0
    moved, wanted = registered.vertices - reference.vertices, truth - before
    assert millimetres(moved, wanted, face).mean() < 0.4 * millimetres(wanted, 0 * wanted, face).mean()
    assert registered.covered.sum() > 0.6 * len(template.skin)
    assert not registered.covered[template.model.triangles[template.model.region("gums")]].any()


def test_the_heads_motion_is_taken_out(reference: Reference, registered: Registered, smile: Case) -> None:
    template = reference.template
    forehead = template.skin[(template.vertices[:, 1] > template.landmark_places[151, 1]) & template.face]
    apart = millimetres(registered.vertices, reference.vertices, forehead)
    assert apart.mean() < 1.0
    assert np.linalg.norm(registered.motion.apply(smile.truth) - smile.truth, axis=1).mean() > 0.3


def test_flow_is_better_than_shape_alone(
    plates: Plates, hanging: Hanging, reference: Reference, neutral: Case, smile: Case, registered: Registered
) -> None:
    face = reference.template.skin[reference.template.face & reference.covered]

    def error(found: Registered) -> float:
        truth = found.motion.apply(smile.truth) - reference.motion.apply(neutral.truth)
        return float(millimetres(found.vertices - reference.vertices, truth, face).mean())

    plain = register_frame(plates, hanging, replace(smile.scan, colour=None), CONFIG)
    assert error(registered) < 0.8 * error(plain)


def test_facial_units_take_a_wide_smile_further(
    template: RegistrationTemplate, hanging: Hanging, reference: Reference, scanned: Callable[..., Case]
) -> None:
    """Half as strong again as a full smile, 3 mm of mean movement and 15 of the mouth's corners."""
    wide = scanned({unit: 1.5 * strength for unit, strength in SMILE.items()}, 2)
    face = template.skin[template.face & reference.covered]
    errors = {}
    for units in (True, False):
        config = RegisterConfig(units=units)
        found = register_frame(plates_of(reference, config), hanging, wide.scan, config)
        errors[units] = millimetres(found.vertices, found.motion.apply(wide.truth), face).mean()
    assert errors[True] < 1.2
    assert errors[True] < 0.7 * errors[False]


def test_given_landmarks_are_taken(hanging: Hanging, reference: Reference, smile: Case, neutral: Case) -> None:
    model = reference.template.model
    pair = [model.at_landmarks(case.truth.astype(np.float32)) for case in (neutral, smile)]
    for marks in pair:
        marks[np.arange(478) % 4 > 0] = np.nan
    config = RegisterConfig(method="uv-tps")
    made = plates_of(reference, config)
    found = register_frame(made, hanging, smile.scan, config, landmarks=(pair[0], pair[1]))
    assert not found.left_out
    face = reference.template.skin[reference.template.face & reference.covered]
    assert millimetres(found.vertices, found.motion.apply(smile.truth), face).mean() < 2.5


def test_half_a_face_is_left_out(plates: Plates, hanging: Hanging, smile: Case) -> None:
    kept = (smile.scan.vertices[:, 0] < np.median(smile.scan.vertices[:, 0]))[smile.scan.triangles].all(1)
    half = replace(smile.scan, triangles=smile.scan.triangles[kept])
    refused(plates, hanging, half, "covers|no face")


def test_another_scale_is_left_out(plates: Plates, hanging: Hanging, smile: Case) -> None:
    smaller = replace(smile.scan, vertices=0.8 * smile.scan.vertices)
    refused(plates, hanging, smaller, "eye corners|covers|no face|distance")


def test_a_squeezed_face_is_no_reference(template: RegistrationTemplate, hanging: Hanging, neutral: Case) -> None:
    scan = replace(neutral.scan, vertices=neutral.scan.vertices * np.float32([1, 0.7, 1]))
    with pytest.raises(GalleryError, match=r"it is 0\.7\d times as tall for its width"):
        register_reference(template, hanging, scan)


def test_proportions_of_people_pass_and_stretched_ones_do_not(template: RegistrationTemplate) -> None:
    config, rng = CONFIG.quality, np.random.default_rng(0)
    drawn = rng.normal(size=(40, len(template.identity)))
    people = [template.vertices + np.tensordot(one, template.identity, axes=1) for one in drawn]
    assert not any(stretched(template, skin, config) for skin in people)
    assert np.mean([bool(stretched(template, skin * [1, 0.75, 1], config)) for skin in people]) > 0.8
    assert "0.75 times as tall" in stretched(template, template.vertices * [1, 0.75, 1], config)
    assert not stretched(template, 1.3 * template.vertices, config)  # the eyes' distance says that


def test_another_object_is_left_out(plates: Plates, hanging: Hanging) -> None:
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=4, radius=9.0)
    refused(plates, hanging, Shown(np.array(ball.vertices), np.array(ball.faces, dtype=np.int32)), "no face")


def test_an_upside_down_face_is_left_out(plates: Plates, hanging: Hanging, smile: Case) -> None:
    turned = replace(smile.scan, vertices=smile.scan.vertices * [-1, -1, 1])
    refused(plates, hanging, turned, "no face|turned by 1[78]|covers|landmark error|distance")


def spoilt(scan: Shown, kind: str) -> Shown:
    vertices = np.array(scan.vertices)
    if kind == "nan":
        vertices[17] = np.nan
    if kind == "point":
        vertices[:] = 1.0
    return Shown(vertices, scan.triangles[:10] if kind == "few" else scan.triangles, scan.colour)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("nan", "1 of the scan's .* vertices are NaN or infinite"),
        ("few", "the scan has 10 triangles; 500 are needed"),
        ("point", "all vertices of the scan lie in one place"),
    ],
)
def test_broken_scans_are_refused(
    template: RegistrationTemplate, plates: Plates, hanging: Hanging, smile: Case, kind: str, message: str
) -> None:
    with pytest.raises(GalleryError, match=message):
        register_frame(plates, hanging, spoilt(smile.scan, kind), CONFIG)
    with pytest.raises(GalleryError, match=message):
        register_reference(template, hanging, spoilt(smile.scan, kind))


def refused(plates: Plates, hanging: Hanging, scan: Shown, why: str) -> None:
    """Check that a scan ends in a typed error, or is left out, for one of these reasons."""
    try:
        reason = register_frame(plates, hanging, scan, CONFIG).left_out
    except GalleryError as error:
        reason = str(error)
    assert re.search(why, reason), reason


def test_landmarks_are_found_with_a_hole_in_the_face(
    template: RegistrationTemplate, neutral: Case, reference: Reference
) -> None:
    nose = np.linalg.norm(neutral.scan.vertices - neutral.truth[template.model.landmarks68[30]], axis=1) < 0.8
    holed = replace(neutral.scan, triangles=neutral.scan.triangles[~nose[neutral.scan.triangles].any(1)])
    start = (reference.motion, reference.inside_out)
    found = find_landmarks(holed, template.landmark_places, start)
    truth = found.motion.apply(template.model.at_landmarks(neutral.truth.astype(np.float32)))
    away = np.linalg.norm(found.places - truth, axis=1)[template.landmarks]
    assert np.nanmedian(away) < 0.4
    assert np.isfinite(away).mean() > 0.9
