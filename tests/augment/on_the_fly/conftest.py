"""A small face, cut from the example portrait."""

import numpy as np
import pytest

from affectface.arrays import Image
from affectface.assets.example import example_photo
from affectface.augment.face_square import cut_square
from affectface.augment.making.config import Models
from affectface.gallery.library import load_named_affect_model
from affectface.images import read_image
from affectface.morphable.library import load_named_face_model

FACE = (180.0, 60.0, 90.0, 120.0)


@pytest.fixture(scope="session")
def models() -> Models:
    return Models(load_named_face_model("embedded"), load_named_affect_model(None))


@pytest.fixture(scope="session")
def face() -> Image:
    return np.ascontiguousarray(cut_square(read_image(example_photo()), FACE, 160, 1.6).image)
