"""The face model that is textured."""

import pytest

from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model


@pytest.fixture(scope="session")
def model() -> FaceModel:
    return load_named_face_model("embedded")
