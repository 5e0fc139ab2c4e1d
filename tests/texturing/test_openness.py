"""A forehead sees the whole sky, the inside of the mouth nothing of it."""

import numpy as np

from affectface.landmarks.topology import FOREHEAD
from affectface.morphable import FaceModel
from affectface.texturing.mirror import mirror_of
from affectface.texturing.openness import openness


def test_open_and_hidden_places(model: FaceModel) -> None:
    share = openness(model)
    assert share.min() >= 0
    assert share.max() <= 1.001
    assert share[model.triangles[model.landmark_triangles[FOREHEAD]]].min() > 0.9
    assert np.median(share[np.unique(model.triangles[model.region("tongue")])]) < 0.05
    skin = np.unique(model.triangles[model.region("face")])
    assert np.abs(mirror_of(model).of(share[:, None])[:, 0] - share)[skin].mean() < 0.05
