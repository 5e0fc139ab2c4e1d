"""The figures show what they say: labels where they lie, classes as large as they are, faces that move."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from affectface.affect import Expression
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.plots import faces
from affectface.gallery.plots.faces import draw_face, shape_of
from affectface.gallery.plots.plot import plot_figures
from affectface.gallery.store import Gallery, Sequence, create_gallery, make_labels, open_gallery
from affectface.gallery.surface import Basis, surface_of
from affectface.images import read_image
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model


@pytest.fixture(scope="module")
def face_model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_TILE", 120)
    monkeypatch.setattr(faces, "_MOST", 4)
    monkeypatch.setattr(faces, "_OVER_THE_PLANE", np.linspace(-0.8, 0.8, 5))


@pytest.fixture(scope="module")
def model() -> AffectModel:
    """A few classes at the right, one of them with many frames."""
    units = ("mouthSmile_L", "mouthSmile_R", "jawOpen")
    points = np.array([[0, 0], [0.5, 0.0], [0.8, 0.0], [0.4, 0.5]], dtype=np.float32)
    return AffectModel(
        name="right",
        unit_names=units,
        points=points,
        point_strengths=np.array([[0, 0, 0], [0.5, 0.5, 0], [0.9, 0.9, 0.1], [0.3, 0.3, 0.8]], dtype=np.float32),
        support=np.array([500, 40, 10, 20], dtype=np.int32),
        expression_names=("happiness", "surprise"),
        expression_strengths=np.array([[0.8, 0.8, 0.1], [0, 0, 0.9]], dtype=np.float32),
        expression_support=np.array([12, 0], dtype=np.int32),
    )


def labelled_gallery(path: Path) -> Gallery:
    rng = np.random.default_rng(0)
    points = np.clip(rng.normal((0.4, 0.1), 0.15, (300, 2)), -1, 1).astype(np.float32)
    with create_gallery(path, "strengths", unit_names=("jawOpen",), topology="embedded") as writer:
        writer.add(
            Sequence("a", "a", "", "", 25.0, 300),
            [np.zeros((300, 1), dtype=np.float32)],
            labels=make_labels(300, valence=points[:, 0], arousal=points[:, 1]),
        )
    return open_gallery(path)


def painted(path: Path, x: tuple[float, float], y: tuple[float, float]) -> float:
    """Share of coloured pixels in a part of a picture, from its left bottom corner."""
    image = read_image(path).astype(int)
    height, width = image.shape[:2]
    rows = slice(int((1 - y[1]) * height), int((1 - y[0]) * height))
    part = image[rows, int(x[0] * width) : int(x[1] * width)]
    return float((np.ptp(part, axis=2) > 25).mean())


def test_all_figures_of_a_gallery(model: AffectModel, face_model: FaceModel, tmp_path: Path) -> None:
    gallery = labelled_gallery(tmp_path / "x.gallery")
    written = plot_figures(model, face_model, tmp_path / "figures", gallery=gallery)
    names = ["histogram", "classes", "support", "mean_faces", "expressions", "components"]
    assert [file.stem for file in written] == names
    left, right = (0.15, 0.4), (0.55, 0.75)
    assert painted(written[0], right, (0.4, 0.7)) > 0.1  # labels are at the right
    assert painted(written[0], left, (0.4, 0.7)) < 0.05
    assert painted(written[2], right, (0.4, 0.7)) > 0.2
    assert painted(written[2], left, (0.7, 0.85)) < 0.05  # nothing stands behind the upper left
    assert painted(written[3], right, (0.4, 0.6)) > 0.02
    assert painted(written[3], left, (0.6, 0.9)) < 0.01
    again = plot_figures(model, face_model, tmp_path / "again", gallery=gallery)
    assert [file.read_bytes() for file in written] == [file.read_bytes() for file in again]


def test_a_model_of_components_is_drawn_on_its_own_mesh(model: AffectModel, face_model: FaceModel) -> None:
    units = face_model.expression[[face_model.expression_names.index(name) for name in model.unit_names]]
    on_surface = replace(model, unit_names=("a", "b", "c"), basis=Basis(surface_of(face_model), units))
    wanted = shape_of(model, face_model, Expression("happiness"))
    np.testing.assert_allclose(shape_of(on_surface, face_model, Expression("happiness")), wanted, atol=1e-5)
    still, moved = (draw_face(face_model, vertices) for vertices in (face_model.vertices, wanted))
    assert (np.abs(still.astype(int) - moved).max(axis=2) > 30).mean() > 0.01


def test_a_model_of_tables_has_classes_and_no_support(face_model: FaceModel, tmp_path: Path) -> None:
    model = load_named_affect_model()
    model = replace(
        model,
        expression_names=model.expression_names[:2],
        expression_strengths=model.expression_strengths[:2],
        expression_spread=None,
        expression_support=None,
    )
    found = plot_figures(replace(model, support=0 * model.support), face_model, tmp_path)
    assert [file.stem for file in found] == ["classes", "mean_faces", "expressions", "components"]
