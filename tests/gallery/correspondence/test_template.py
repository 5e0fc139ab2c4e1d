from __future__ import annotations

import numpy as np
import pytest

from affectface.gallery.correspondence.elastic import elastic_surface
from affectface.gallery.correspondence.hanging import Hanging, follow
from affectface.gallery.correspondence.nicp import drawn_to_landmarks
from affectface.gallery.correspondence.template import RegistrationTemplate


def test_landmarks_lie_where_the_model_has_them(template: RegistrationTemplate) -> None:
    found = template.at_landmarks @ template.vertices
    assert np.abs(found - template.landmark_places[template.landmarks]).max() < 1e-4
    assert len(template.landmarks) > 400
    assert not set(template.landmarks) & {127, 234, 356, 468, 477}


def test_the_face_is_part_of_the_skin(template: RegistrationTemplate) -> None:
    assert 0.3 < template.face.mean() < 0.9
    assert template.vertices[template.face, 2].min() > template.vertices[:, 2].min() + 3


def test_moving_or_tilting_costs_no_bending(template: RegistrationTemplate) -> None:
    constant = np.ones(len(template.skin))
    assert abs(constant @ template.bending @ constant) < 1e-6
    x = template.vertices[:, 0]
    bumpy = np.random.default_rng(0).normal(0, x.std(), len(x))
    assert x @ template.bending @ x < 1e-3 * (bumpy @ template.bending @ bumpy)


def test_the_elastic_surface_is_the_minimum_that_it_says(template: RegistrationTemplate) -> None:
    rng = np.random.default_rng(0)
    weight = template.areas * (rng.uniform(size=len(template.skin)) > 0.3)
    target = template.vertices + rng.normal(0, 0.1, template.vertices.shape)
    marks = template.at_landmarks @ template.vertices + rng.normal(0, 0.1, (len(template.landmarks), 3))
    surface = elastic_surface(template, template.vertices, weight, 0.3, pull=0.2, hold=0.01)
    found = surface.towards(target, marks)

    def cost(points: np.ndarray) -> float:
        moved = points - template.vertices
        bent = float((moved * (template.bending @ moved)).sum())
        pulled = float(((template.at_landmarks @ points - marks) ** 2).sum())
        held = 0.01 * float((moved**2).sum())
        return float((weight[:, None] * (points - target) ** 2).sum()) + 0.3 * bent + 0.2 * pulled + held

    least = cost(found)
    for _ in range(5):
        assert cost(found + rng.normal(0, 1e-3, found.shape)) > least
        smooth = 0.02 * np.sin(template.vertices @ rng.normal(0, 0.3, (3, 3)))
        assert cost(found + smooth) > least


def test_a_wrong_landmark_does_not_pull_a_plate(template: RegistrationTemplate) -> None:
    none = np.zeros(len(template.skin))
    surface = elastic_surface(template, template.vertices, none, 0.5, pull=0.5)
    marks = template.at_landmarks @ template.vertices + [0.3, 0, 0]
    marks[40] += [0, 8, 0]
    marks[41] = np.nan
    found = drawn_to_landmarks(surface, marks, np.ones(len(marks)))
    moved = (found - template.vertices)[template.face]
    assert np.median(moved[:, 0]) == pytest.approx(0.3, abs=0.01)
    assert np.abs(moved[:, 1]).max() < 0.5


def test_what_hangs_stays_if_the_skin_stays(template: RegistrationTemplate, hanging: Hanging) -> None:
    rest = template.model.vertices.astype(np.float64)
    assert np.abs(follow(hanging, rest, template.vertices, same_person=True) - rest).max() < 1e-6
    assert len(hanging.attached) + sum(map(len, hanging.loose)) + len(template.skin) == len(rest)


def test_what_hangs_moves_with_the_whole_skin(template: RegistrationTemplate, hanging: Hanging) -> None:
    rest = template.model.vertices.astype(np.float64)
    shifted = follow(hanging, rest, template.vertices + np.array([1.0, -2, 0.5]), same_person=False)
    assert np.abs(shifted - rest - [1.0, -2, 0.5]).max() < 1e-6
    larger = follow(hanging, rest, 1.1 * template.vertices, same_person=False)
    teeth = np.unique(template.model.triangles[template.model.region("teeth_upper")])
    assert np.ptp(larger[teeth], axis=0) == pytest.approx(1.1 * np.ptp(rest[teeth], axis=0), rel=0.06)


def test_eyeballs_stay_and_teeth_keep_their_size_in_an_expression(
    template: RegistrationTemplate, hanging: Hanging
) -> None:
    model, rest = template.model, template.model.vertices.astype(np.float64)
    units = {"jawOpen": 0.8, "eyeBlink_L": 1.0, "eyeBlink_R": 1.0}
    opened = rest + model.deformation(model.expression_vector(units))
    found = follow(hanging, rest, opened[template.skin], same_person=True)
    eyes = np.unique(model.triangles[model.region("eye_left", "eye_right")])
    assert np.array_equal(found[eyes], rest[eyes])
    for part, eye in zip(hanging.loose, hanging.eyes, strict=True):
        if not eye and len(part) > 2:
            before, after = (np.linalg.norm(points[part] - points[part].mean(0), axis=1) for points in (rest, found))
            assert np.allclose(before, after)
