"""The embedded model as a template, and a drawn scanner in front of a person who is not it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from known_scans import Case
from scipy.spatial.transform import Rotation

from affectface.gallery.correspondence.hanging import Hanging, hanging_parts
from affectface.gallery.correspondence.reference import Reference, register_reference
from affectface.gallery.correspondence.template import RegistrationTemplate, registration_template
from affectface.gallery.synthetic.scanner import ScannerConfig, scanner_of
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model
from affectface.morphable.looking import Shown


@pytest.fixture(scope="session")
def model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="session")
def template(model: FaceModel) -> RegistrationTemplate:
    return registration_template(model)


@pytest.fixture(scope="session")
def hanging(template: RegistrationTemplate) -> Hanging:
    return hanging_parts(template)


@pytest.fixture(scope="session")
def person(model: FaceModel) -> np.ndarray:
    """All vertices of a face that no identity coefficients make: drawn ones, and 1 mm of smooth differences."""
    rng = np.random.default_rng(3)
    drawn = model.shape(rng.normal(size=60).astype(np.float32)).astype(np.float64)
    centres = drawn[rng.choice(len(drawn), 60, replace=False)]
    near = np.exp(-((drawn[:, None] - centres) ** 2).sum(-1) / (2 * 3.0**2))
    field = near @ rng.normal(size=(60, 3))
    return drawn + 0.1 * field / np.sqrt((field**2).sum(1).mean())


@pytest.fixture(scope="session")
def scanned(model: FaceModel, person: np.ndarray) -> Callable[..., Case]:
    """Scans of that person with an expression, the head turned and moved."""
    scanner = scanner_of(model, 1, ScannerConfig(points=24_000))

    def make(units: dict[str, float], frame: int) -> Case:
        rng = np.random.default_rng([11, frame])
        turn = Rotation.from_rotvec(rng.normal(0, 0.06, 3)).as_matrix()
        moved = person + model.deformation(model.expression_vector(units))
        truth = moved @ turn.T + rng.normal(0, 0.6, 3)
        found = scanner.scan(truth.astype(np.float32), rng)
        return Case(Shown(found.vertices, found.triangles, found.colour), truth)

    return make


@pytest.fixture(scope="session")
def neutral(scanned: Callable[..., Case]) -> Case:
    return scanned({}, 0)


@pytest.fixture(scope="session")
def reference(template: RegistrationTemplate, hanging: Hanging, neutral: Case) -> Reference:
    return register_reference(template, hanging, neutral.scan)
