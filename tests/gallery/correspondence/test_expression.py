"""What units say of a frame: known strengths and a known motion come back, and what is wrong is not followed."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from affectface.gallery.correspondence.expression import explained, fit_expression
from affectface.gallery.correspondence.scan_surface import scan_surface
from affectface.gallery.correspondence.template import RegistrationTemplate

SHOWN = {"mouthSmile_L": 0.9, "mouthSmile_R": 0.7, "jawOpen": 0.3}


@pytest.fixture(scope="module")
def displaced(template: RegistrationTemplate) -> np.ndarray:
    """The mean face's skin with a smile, the head turned by a degree and a millimetre away."""
    smile = np.zeros(len(template.units))
    for name, strength in SHOWN.items():
        smile[template.model.expression_names.index(name)] = strength
    turn = Rotation.from_rotvec([0.01, 0.015, 0]).as_matrix()
    middle = template.vertices[template.face].mean(axis=0)
    moved = template.vertices + np.tensordot(smile, template.units, axes=1)
    return (moved - middle) @ turn.T + middle + [0.05, 0.1, 0]


def away(template: RegistrationTemplate, found: np.ndarray, wanted: np.ndarray) -> float:
    """The mean distance on the face, mm."""
    return float(10 * np.linalg.norm(found - wanted, axis=1)[template.face].mean())


def test_places_of_skin_are_explained_and_outliers_are_not(
    template: RegistrationTemplate, displaced: np.ndarray
) -> None:
    rest = template.vertices
    everywhere = np.ones(len(rest))
    assert away(template, displaced, rest) > 1.5
    assert away(template, rest + explained(template, rest, displaced, everywhere), displaced) < 0.1
    rng = np.random.default_rng(0)
    wrong = displaced.copy()
    wrong[rng.choice(len(rest), len(rest) // 5, replace=False)] += 1.0
    assert away(template, rest + explained(template, rest, wrong, everywhere), displaced) < 0.2
    unseen = np.where(rest[:, 0] > 0, 1.0, 0.0)  # of half of a face the other half is known as far as units know it
    wrong = np.where(unseen[:, None] > 0, displaced, rest + 1.0)
    assert away(template, rest + explained(template, rest, wrong, unseen), displaced) < 0.8


def test_shape_and_landmarks_are_fitted(template: RegistrationTemplate, displaced: np.ndarray) -> None:
    rest, at = template.vertices, template.at_landmarks
    surface = scan_surface(displaced.astype(np.float32), template.triangles)
    marks, sure = at @ displaced, np.ones(at.shape[0])
    assert away(template, rest + fit_expression(template, rest, surface, marks, sure), displaced) < 0.2
    unknown = np.full_like(marks, np.nan)
    alone = away(template, rest + fit_expression(template, rest, surface, unknown, sure), displaced)
    assert alone < 0.5  # by shape alone
    marks[::4] += 1.5
    assert away(template, rest + fit_expression(template, rest, surface, marks, sure), displaced) < 0.3


def test_without_units_nothing_is_said(template: RegistrationTemplate, displaced: np.ndarray) -> None:
    from dataclasses import replace

    model = replace(template.model, expression=template.model.expression[:0], expression_names=())
    bare = replace(template, model=model)
    surface = scan_surface(displaced.astype(np.float32), template.triangles)
    marks = template.at_landmarks @ displaced
    assert not fit_expression(bare, template.vertices, surface, marks, np.ones(len(marks))).any()
    assert not explained(bare, template.vertices, displaced, np.ones(len(displaced))).any()
