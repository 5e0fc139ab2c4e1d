"""Where one face lies on another: on itself exactly, whatever it was turned, scaled or renumbered."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from affectface.errors import TopologyMismatchError
from affectface.gallery.surface import Surface, surface_of
from affectface.gallery.transfer.matching import match_faces
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


def moved_surface(model: FaceModel, turn: np.ndarray, scale: float) -> Surface:
    surface = surface_of(model)
    return replace(surface, vertices=(scale * surface.vertices @ turn.T + 3).astype(np.float32))


def test_a_face_lies_on_itself(model: FaceModel) -> None:
    match = match_faces(surface_of(model), model)
    there = np.einsum("mc,mcd->md", match.weights, model.vertices[match.corners])
    assert np.linalg.norm(there - model.vertices[match.vertices], axis=1).max() < 0.03
    np.testing.assert_allclose(match.linear, np.eye(3), atol=1e-6)
    assert match.trust.min() > 0.99


def test_displacements_turn_and_scale_with_the_face(model: FaceModel) -> None:
    turn = Rotation.from_euler("yx", [50, 20], degrees=True).as_matrix()
    match = match_faces(moved_surface(model, turn, 2.0), model)
    smile = model.expression[[model.expression_names.index("mouthSmile_L")]]
    found = match.moved((2.0 * smile @ turn.T).astype(np.float32))
    off = np.linalg.norm(found - smile[:, match.vertices], axis=-1)
    assert off.mean() < 0.002
    assert np.quantile(off, 0.99) < 0.05  # cm; the unit moves up to 2 cm


def test_lips_keep_their_own_displacements(model: FaceModel) -> None:
    """Upper and lower lip touch, and move apart: a match that mixed them would show it."""
    match = match_faces(surface_of(model), model)
    jaw = model.expression[[model.expression_names.index("jawOpen")]]
    off = np.linalg.norm(match.moved(jaw)[0] - jaw[0, match.vertices], axis=1)
    assert off.max() < 0.3
    assert (off > 0.1).mean() < 0.01


def test_what_the_surface_lacks_is_not_trusted(model: FaceModel) -> None:
    surface = surface_of(model)
    upper = surface.vertices[surface.triangles].mean(axis=1)[:, 1] > -4
    match = match_faces(replace(surface, skin=surface.skin & upper), model)
    chin = model.vertices[match.vertices, 1] < -5.5
    assert chin.any()
    assert match.trust[chin].max() == 0


def test_faces_without_landmarks_in_common_are_refused(model: FaceModel) -> None:
    bare = replace(surface_of(model), landmark_triangles=np.full(478, -1, dtype=np.int32))
    with pytest.raises(TopologyMismatchError, match="0 landmarks in common; 30 are needed"):
        match_faces(bare, model)
