"""A gallery becomes an affect model that shows what the gallery shows."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affectface.affect import Expression, ValenceArousal
from affectface.errors import GalleryError, TopologyMismatchError
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.affect_model_files import load_affect_model, save_affect_model
from affectface.gallery.building.build import Built, build_affect_model
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.driving import expression_of
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.store import Gallery, Sequence, Template, create_gallery, make_labels, open_gallery
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model

UNITS = ("jawOpen", "mouthSmile_L", "mouthSmile_R", "ownUnit")
SMILE = np.array([0.1, 0.6, 0.5, 0.2], np.float32)
Make = Callable[..., Gallery]


def built(gallery: Gallery, tmp_path: Path, **options: object) -> Built:
    face_model = options.pop("face_model", None)
    return build_affect_model(
        gallery,
        "mine",
        scratch=tmp_path / "scratch",
        base=load_named_affect_model(),
        face_model=face_model,  # type: ignore[arg-type]
        config=BuildConfig(**options),  # type: ignore[arg-type]
    )


def smiling(make_gallery: Make, people: int = 6) -> Gallery:
    """Everybody has a face of their own, and smiles a little more or less than the mean."""
    rng = np.random.default_rng(0)
    strength = rng.permutation(np.linspace(0.5, 1.5, people))
    rows = []
    for person in range(people):
        own = rng.normal(0, 0.3, 4)
        values = np.array([own, own + strength[person] * SMILE])
        rows.append((f"p{person}", values, {"expression": ("neutral", "happiness")}))
    return make_gallery(rows)


def test_the_mean_difference_to_ones_own_neutral_face_is_learned(make_gallery: Make, tmp_path: Path) -> None:
    found = built(smiling(make_gallery), tmp_path)
    shown = found.model.strengths(Expression("happiness"))
    np.testing.assert_allclose([shown[unit] for unit in UNITS], SMILE, atol=1e-5)
    varied = found.model.variation(Expression("happiness"))
    spread = np.std(np.linspace(0.5, 1.5, 6), ddof=1)
    np.testing.assert_allclose([varied[unit] for unit in UNITS], spread * SMILE, atol=1e-5)
    assert found.people == {"happiness": 6}
    assert found.model.support_of(Expression("happiness")).frames == 6
    assert found.model.support_of(Expression("anger")).frames == 0
    assert not found.left_out


def test_what_is_not_shown_stays_as_it_was(make_gallery: Make, tmp_path: Path) -> None:
    base, model = load_named_affect_model(), built(smiling(make_gallery), tmp_path).model
    for affect in (Expression("anger"), ValenceArousal(0.6, -0.3)):
        assert model.strengths(affect) == pytest.approx(base.strengths(affect), abs=1e-5)
    assert set(base.unit_names) <= set(model.unit_names)
    assert model.judges == base.judges
    assert model.provenance["rest"]["plane"]
    assert "happiness" not in model.provenance["rest"]["expressions"]


def test_what_cannot_be_learned_is_said(make_gallery: Make, tmp_path: Path) -> None:
    rows = [(f"p{k}", np.zeros((2, 4)), {"expression": ("neutral", "anger" if k else "fear")}) for k in range(4)]
    rows.append(("stranger", np.zeros((1, 4)), {"expression": ("fear",)}))
    gallery = make_gallery(rows)
    assert built(gallery, tmp_path).left_out == (
        "stranger: no neutral frame to compare with",
        "fear: 1 people show it and 3 are needed",
    )
    with pytest.raises(GalleryError, match="nothing can be learned: stranger: no neutral"):
        built(gallery, tmp_path, fewest_people=4)


def test_the_plane_is_learned_with_its_support(make_gallery: Make, tmp_path: Path) -> None:
    rng, rows = np.random.default_rng(1), []
    for person in range(5):
        points = np.concatenate([np.zeros((1, 2)), rng.uniform(-0.7, 0.7, (80, 2))]).astype(np.float32)
        values = np.stack([np.maximum(points[:, 1], 0), points[:, 0], points[:, 0], 0 * points[:, 0]], axis=1)
        rows.append((f"p{person}", values + rng.normal(0, 1, 4), {"valence": points[:, 0], "arousal": points[:, 1]}))
    found = built(make_gallery(rows), tmp_path, classes=30)
    assert found.classes == 30
    assert found.model.support.sum() == 405
    for valence, arousal in ((0.4, 0.3), (-0.5, 0.1), (0.1, -0.4)):
        shown = found.model.strengths(ValenceArousal(valence, arousal))
        assert shown.get("mouthSmile_L", 0) == pytest.approx(valence, abs=0.1)
        assert shown.get("jawOpen", 0) == pytest.approx(max(arousal, 0), abs=0.12)
    assert found.model.strengths(ValenceArousal(0, 0)) == {}
    assert found.model.provenance["people"] == 5
    assert found.model.provenance["classes"] == 30


@pytest.fixture(scope="module")
def face_model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="module")
def meshes(face_model: FaceModel, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Four people who show the shipped model's affects, each a little more or less."""
    path, rng, model = tmp_path_factory.mktemp("galleries") / "meshes.gallery", np.random.default_rng(0), shipped()
    points = np.array([[0, 0], *(0.7 * np.stack([np.cos(a), np.sin(a)], -1) for a in np.arange(8) * np.pi / 4)])
    with create_gallery(
        path, "meshes", template=Template("embedded", face_model.vertices, face_model.triangles), topology="embedded"
    ) as writer:
        for person, strength in enumerate((0.8, 0.9, 1.1, 1.2)):
            neutral = face_model.shape(rng.standard_normal(100).astype(np.float32))
            frames = [neutral + strength * shown_at(face_model, model, *point) for point in points]
            writer.add(
                Sequence(f"p{person}", f"p{person}", "", "", 25.0, len(points)),
                [np.array(frames, dtype=np.float32)],
                labels=make_labels(
                    len(points),
                    valence=points[:, 0].astype(np.float32),
                    arousal=points[:, 1].astype(np.float32),
                    expression=("neutral", *[""] * 8),
                ),
            )
    return open_gallery(path)


def shipped() -> AffectModel:
    return load_named_affect_model()


def shown_at(face_model: FaceModel, model: AffectModel, valence: float, arousal: float) -> np.ndarray:
    return face_model.deformation(expression_of(model, face_model, ValenceArousal(valence, arousal), 1.0))


@pytest.mark.parametrize("basis", ["units", "pca", "sparse"])
def test_meshes_come_back_on_any_basis(meshes: Gallery, face_model: FaceModel, tmp_path: Path, basis: str) -> None:
    found = built(meshes, tmp_path, face_model=face_model, basis=basis, components=6, classes=8, fewest_labels=4)
    assert found.moved > 1
    assert found.lost < (0.35 if basis == "sparse" else 0.2) * found.moved
    save_affect_model(found.model, tmp_path / "model.npz")
    model = load_affect_model(tmp_path / "model.npz")
    assert (model.basis is None) == (basis == "units")
    face = np.unique(face_model.triangles[face_model.region("face")])
    for valence, arousal in ((0.7, 0.0), (0.0, 0.7), (-0.7, 0.0)):
        wanted = shown_at(face_model, shipped(), valence, arousal)[face]
        off = np.linalg.norm(shown_at(face_model, model, valence, arousal)[face] - wanted, axis=1)
        assert off.mean() < 0.25 * np.linalg.norm(wanted, axis=1).mean(), (valence, arousal)
    assert model.support_of(ValenceArousal(0.7, 0.0)).frames >= 4


def test_components_of_a_sample_of_the_frames(meshes: Gallery, face_model: FaceModel, tmp_path: Path) -> None:
    options: dict[str, object] = {"basis": "pca", "components": 5, "source": "frames", "sample": 20, "classes": 8}
    one, again, other = (
        built(meshes, tmp_path, face_model=face_model, fewest_labels=4, seed=seed, **options) for seed in (1, 1, 2)
    )
    assert one.model.basis is not None
    assert again.model.basis is not None
    assert other.model.basis is not None
    np.testing.assert_array_equal(one.model.basis.displacements, again.model.basis.displacements)
    assert (one.model.basis.displacements != other.model.basis.displacements).any()
    assert one.lost < 0.2 * one.moved


def test_a_face_model_of_another_mesh_is_refused(meshes: Gallery, face_model: FaceModel, tmp_path: Path) -> None:
    from dataclasses import replace

    other = replace(face_model, triangles=face_model.triangles[:, ::-1].copy())
    with pytest.raises(TopologyMismatchError, match="give --model, one with the gallery's triangles"):
        built(meshes, tmp_path, face_model=other)
    with pytest.raises(GalleryError, match="the face model that they belong to is needed"):
        built(meshes, tmp_path)


KILLED = """
import os, signal, sys
from affectface.cli.app import app
from affectface.gallery.building import state

left = int(sys.argv.pop(1))
state._EVERY = state.Work.__dataclass_fields__["every"].default = 0.0
state.Work.__init__.__defaults__ = (0.0, 0.0)
replace = os.replace

def dies(source, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)

os.replace = dies
app()
"""


def test_killed_at_any_file_that_it_writes_the_model_is_the_same(small: Gallery, tmp_path: Path) -> None:
    def run(left: int, out: Path) -> int:
        command = [sys.executable, "-c", KILLED, str(left), "gallery", "build", str(small.path), "-o", str(out)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert run(10**6, tmp_path / "whole" / "model.npz") == 0
    out = tmp_path / "model.npz"
    for left in (3, 9, 8):  # the last dies where the model itself is moved to its place
        assert run(left, out) == -signal.SIGKILL
        assert not out.exists()
        assert (tmp_path / ".model.building" / "sums.npz").exists()
    assert run(10**6, out) == 0
    assert out.read_bytes() == (tmp_path / "whole" / "model.npz").read_bytes()
    assert not (tmp_path / ".model.building").exists()
    assert os.path.getsize(out) < 1 << 20
