"""Models of unknown axes, unit, parts and texture get landmarks where those of the known model are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from affectface.errors import FaceNotFoundError, ModelFileError
from affectface.fitting.embedded_landmarks import drawn_landmarks
from affectface.fitting.fit import fit_face
from affectface.morphable import FaceModel
from affectface.morphable.importers import PublishedModel
from affectface.morphable.importers.importing import as_face_model
from affectface.morphable.importers.parts import find_parts, pieces
from affectface.morphable.importers.placing import place
from affectface.morphable.importers.unwrapping import unwrap
from affectface.morphable.portrait_drawing import draw_mean_face, portrait_camera


def stripped(model: FaceModel, turn: np.ndarray, scale: float) -> PublishedModel:
    """The model without landmarks, regions and texture, turned and scaled."""
    by = scale * turn.T
    return PublishedModel(
        name="stripped",
        kind="test",
        vertices=(model.vertices @ by).astype(np.float64),
        triangles=np.ascontiguousarray(model.triangles[:, ::-1]),
        identity=(model.identity[:3] @ by).astype(np.float32),
        expression=(model.expression @ by).astype(np.float32),
        expression_names=model.expression_names,
    )


def test_everything_is_found_again(embedded: FaceModel) -> None:
    turn = Rotation.from_euler("x", 180, degrees=True).as_matrix()
    found = as_face_model(stripped(embedded, turn, 10), drawn_landmarks)
    model = found.model
    np.testing.assert_allclose(model.vertices, embedded.vertices, atol=0.15)
    np.testing.assert_allclose(model.identity, embedded.identity[:3], atol=1e-3)
    assert max(found.view_errors.values()) < 0.03
    assert any("0.1 cm" in note for note in found.notes)
    both = (model.landmark_triangles >= 0) & (embedded.landmark_triangles >= 0)
    assert both.sum() >= 470
    apart = np.linalg.norm(model.at_landmarks(model.vertices) - embedded.at_landmarks(embedded.vertices), axis=1)
    assert np.median(apart[both]) < 0.1  # cm
    assert np.percentile(apart[both], 95) < 0.5
    for eye in ("eye_left", "eye_right"):
        assert model.region(eye).sum() == embedded.region(eye).sum()
    camera = portrait_camera(embedded, 20, size=512)
    drawing = draw_mean_face(embedded, camera, 512).image
    fit = fit_face(model, drawing, drawn_landmarks(drawing))
    assert fit.error < 0.03


def test_no_face(embedded: FaceModel) -> None:
    def blind(image: np.ndarray) -> np.ndarray:
        raise FaceNotFoundError("none")

    with pytest.raises(ModelFileError, match="from any of 24 sides"):
        place(stripped(embedded, np.eye(3), 1), blind)


def test_the_unit_of_the_format_counts_where_it_is_likely(embedded: FaceModel) -> None:
    model = replace(stripped(embedded, np.eye(3), 1.02), unit=1.0)
    assert "unit" not in " ".join(place(model, drawn_landmarks).notes)
    model = replace(model, unit=55.0)
    assert "1 cm" in " ".join(place(model, drawn_landmarks).notes)


def test_a_face_turned_a_little_is_put_straight(embedded: FaceModel) -> None:
    straight = stripped(embedded, np.eye(3), 1)
    assert not [note for note in place(straight, drawn_landmarks).notes if "symmetric" in note or "x = 0" in note]
    turned = stripped(embedded, Rotation.from_euler("yz", [-3, 2], degrees=True).as_matrix(), 1)
    turned = replace(turned, vertices=turned.vertices + np.array([0.7, 0, 0]))
    found = place(turned, drawn_landmarks).model.vertices
    np.testing.assert_allclose(found[:, 0], straight.vertices[:, 0], atol=0.05)


def test_texture_coordinates_have_a_seam() -> None:
    angle = np.linspace(-np.pi, np.pi, 40, endpoint=False)
    tube = np.concatenate([np.stack([8 * np.sin(angle), np.full(40, y), 8 * np.cos(angle)], 1) for y in (-5.0, 5.0)])
    row = np.arange(40)
    triangles = np.concatenate(
        [np.stack([row, (row + 1) % 40, row + 40], 1), np.stack([(row + 1) % 40, (row + 1) % 40 + 40, row + 40], 1)]
    ).astype(np.int32)
    uv, corners = unwrap(tube, triangles, 6.0)
    assert (uv >= 0).all()
    assert (uv <= 1).all()
    assert np.ptp(uv[corners][..., 0], axis=1).max() < 0.05  # no triangle crosses the picture
    assert len(uv) == len(tube) + 2  # two vertices on the cut are there twice


def test_pieces_and_parts() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], dtype=float)
    vertices = np.concatenate([square, square, square + 50])
    triangles = np.array([[0, 1, 2], [4, 6, 7], [8, 9, 10]], dtype=np.int32)
    np.testing.assert_array_equal(pieces(vertices, triangles), [0, 0, 1])  # a seam does not part a sheet
    landmarks = np.zeros((478, 3), dtype=np.float32)
    np.testing.assert_array_equal(find_parts(vertices[:8], triangles[:2], landmarks), [0, 0])
