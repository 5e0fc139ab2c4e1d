"""Expressions go with faces: what is learned is what was there, and no more of it than people can show."""

from pathlib import Path

import numpy as np
import pytest

from affectface.affect import Expression
from affectface.errors import ModelFileError
from affectface.gallery.affect_model_files import load_affect_model, save_affect_model
from affectface.gallery.building.build import build_affect_model
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.own_face import FaceRegression, regress_on_faces, rest_of
from affectface.gallery.store import Sequence, create_gallery, make_labels, open_gallery
from affectface.morphable.library import load_named_face_model

PEOPLE = 40


def crowd(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Faces (68, 3) that differ in three ways, and how much each has of the first."""
    ways = rng.normal(size=(3, 68, 3))
    much = rng.normal(size=(PEOPLE, 3)) * (3, 2, 1)
    much -= much.mean(axis=0)
    faces = np.einsum("nk,kpc->npc", much, ways).astype(np.float32)
    return {f"p{person:02}": face for person, face in enumerate(faces)}, much[:, 0]


def test_half_of_a_law_is_believed() -> None:
    faces, much = crowd(np.random.default_rng(0))
    law = np.array([0.1, -0.05, 0.0])
    strengths = {one: 0.5 + amount * law for one, amount in zip(faces, much, strict=True)}
    found = regress_on_faces(faces, [(strengths, 3), ({}, 3)])
    assert found is not None
    for one, amount in zip(faces, much, strict=True):
        change = found.changes_for(faces[one])
        if abs(amount) < 4:  # not beyond what is believed
            np.testing.assert_allclose(change[0], 0.5 * amount * law, atol=0.02)
        np.testing.assert_array_equal(change[1], 0)
    np.testing.assert_allclose(found.changes_for(found.mean), 0, atol=1e-6)
    far = found.mean + 100 * (faces["p00"] - found.mean)
    assert np.abs(found.changes_for(far)).max() < 1


def test_without_a_law_little_is_learned_and_of_few_people_nothing() -> None:
    rng = np.random.default_rng(1)
    faces, _ = crowd(rng)
    noise = {one: rng.normal(0, 0.1, 3) for one in faces}
    found = regress_on_faces(faces, [(noise, 3)])
    assert found is not None
    assert np.mean([np.abs(found.changes_for(face)).mean() for face in faces.values()]) < 0.03
    few = dict(list(faces.items())[:10])
    assert regress_on_faces(few, [(noise, 3)]) is None
    assert regress_on_faces(faces, [({}, 3)]) is None
    same = dict.fromkeys(faces, faces["p00"])
    assert regress_on_faces(same, [(noise, 3)]) is None


def test_a_face_at_rest_does_not_depend_on_where_it_is() -> None:
    model = load_named_face_model("embedded")
    identity = np.zeros(len(model.identity), np.float32)
    np.testing.assert_array_equal(rest_of(model, identity), 0)
    identity[:3] = 2, -1, 1
    np.testing.assert_allclose(rest_of(model, identity).mean(axis=0), 0, atol=1e-5)
    assert np.abs(rest_of(model, identity)).max() > 0.1


def test_a_gallery_that_knows_faces_builds_a_model_that_does(tmp_path: Path) -> None:
    faces, much = crowd(np.random.default_rng(2))
    with create_gallery(tmp_path / "g", "strengths", unit_names=("mouthSmile_L", "mouthSmile_R")) as writer:
        for (one, face), amount in zip(faces.items(), much, strict=True):
            values = np.array([[0.1, 0.1], [0.6 + 0.1 * amount, 0.6]], np.float32)
            labels = make_labels(2, expression=("neutral", "happiness"))
            writer.add(Sequence(one, one, "", "", 1.0, 2), [values], labels=labels, face=face)
    gallery = open_gallery(tmp_path / "g")
    assert gallery.verify() == []
    np.testing.assert_array_equal(gallery.face("p03"), faces["p03"])
    base = load_named_affect_model()
    built = build_affect_model(gallery, "mine", scratch=tmp_path / "s", base=base).model
    save_affect_model(built, tmp_path / "m.npz")
    model = load_affect_model(tmp_path / "m.npz")
    smile = Expression("happiness")
    for one in ("p01", "p02", "p05"):
        own = model.for_face(faces[one]).strengths(smile)
        amount = float(much[int(one[1:])])
        assert own["mouthSmile_L"] - model.strengths(smile)["mouthSmile_L"] == pytest.approx(0.05 * amount, abs=0.02)
        assert own["mouthSmile_R"] == pytest.approx(0.5, abs=0.01)
        assert model.for_face(faces[one]).strengths(Expression("anger")) == model.strengths(Expression("anger"))
    assert base.for_face(faces["p01"]) is base
    (tmp_path / "g" / "sequences" / "p03" / "face.npy").write_bytes(b"x")
    assert any("face.npy" in line for line in gallery.verify())


def test_a_damaged_regression_is_refused() -> None:
    with pytest.raises(ModelFileError, match="regression on faces: directions"):
        FaceRegression(np.zeros((68, 3), np.float32), np.zeros((2, 67, 3), np.float32), np.zeros((1, 2, 3), np.float32))
