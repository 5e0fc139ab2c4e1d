"""The mirror image of the mirror image is the thing itself."""

import numpy as np

from affectface.morphable import FaceModel
from affectface.texturing.mirror import mirror_of


def test_twice_is_nothing(model: FaceModel) -> None:
    mirror = mirror_of(model)
    twice = mirror.of(mirror.of(model.vertices))
    away = np.linalg.norm(twice - model.vertices, axis=1)
    assert np.median(away) < 0.01
    assert np.percentile(away, 99) < 0.1


def test_it_lies_on_the_other_side(model: FaceModel) -> None:
    places = mirror_of(model).of(model.vertices)
    skin = np.unique(model.triangles[model.region("face")])
    flipped = model.vertices * [-1, 1, 1]
    assert np.percentile(np.linalg.norm(places - flipped, axis=1)[skin], 99) < 0.05
    left, right = (np.unique(model.triangles[model.region(eye)]) for eye in ("eye_left", "eye_right"))
    assert (model.vertices[left, 0] > 0).all()
    assert np.isin(mirror_of(model).corners[left], right).all()
