"""The example portrait, and where its face is."""

import pytest

from affectface.arrays import FloatArray, Image
from affectface.assets.example import example_photo
from affectface.images import read_image
from affectface.landmarks import detect_faces


@pytest.fixture(scope="module")
def photo() -> Image:
    return read_image(example_photo())


@pytest.fixture(scope="module")
def landmarks(photo: Image) -> FloatArray:
    return detect_faces(photo, max_faces=1)[0].landmarks
