"""``affectface gallery build`` and ``info``, and what ``synth`` says of a target far from data."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.cli.app import app
from affectface.gallery.affect_model_files import load_affect_model
from affectface.gallery.plots import faces
from affectface.gallery.store import Sequence, Template, create_gallery, make_labels

UNITS = ("jawOpen", "mouthSmile_L", "mouthSmile_R", "browInnerUp_L")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people who are pleased, more and less."""
    path, rng = tmp_path_factory.mktemp("galleries") / "pleased.gallery", np.random.default_rng(0)
    with create_gallery(path, "strengths", unit_names=UNITS, topology="embedded") as writer:
        for person in range(4):
            points = np.concatenate([np.zeros((2, 2)), rng.uniform((0.2, -0.2), (0.8, 0.4), (40, 2))])
            values = rng.normal(0, 0.2, 4) + points @ np.array([[0.1, 0.8, 0.8, 0.0], [0.5, 0.0, 0.0, 0.4]])
            labels = make_labels(42, valence=points[:, 0].astype("f4"), arousal=points[:, 1].astype("f4"))
            writer.add(Sequence(f"p{person}", f"p{person}", "", "", 25.0, 42), [values.astype("f4")], labels=labels)
    return path


def test_a_gallery_becomes_an_affect_model(gallery: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.npz"
    done = CliRunner().invoke(app, ["gallery", "build", str(gallery), "-o", str(out), "--classes", "12", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["classes"] == 12
    assert [file.name for file in tmp_path.iterdir()] == ["mine.npz"]
    assert load_affect_model(out).support.sum() == 168
    said = CliRunner().invoke(app, ["gallery", "info", str(out)])
    assert "frames in classes: 168" in said.stdout
    assert "name: pleased.gallery" in said.stdout
    again = CliRunner().invoke(
        app, ["gallery", "build", str(gallery), "-o", str(tmp_path / "b.npz"), "--classes", "12"]
    )
    assert "12 classes of the plane from 168 frames; the rest is the shipped model's" in again.stdout


def test_info_counts_what_a_gallery_holds(gallery: Path) -> None:
    said = CliRunner().invoke(app, ["gallery", "info", str(gallery), "--json"])
    found = json.loads(said.stdout)
    assert (found["people"], found["sequences"], found["frames"], found["with_valence_arousal"]) == (4, 4, 168, 168)
    assert found["units"] == 4


def test_a_target_far_from_data_says_so(gallery: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.npz"
    assert CliRunner().invoke(app, ["gallery", "build", str(gallery), "-o", str(out)]).exit_code == 0

    def notes(*asked: str) -> str:
        options = ["--affect-model", str(out), "--model", "embedded", "-o", str(tmp_path / "p.png")]
        done = CliRunner().invoke(app, ["synth", "example", *options, *asked])
        assert done.exit_code == 0, done.output
        return done.stderr

    assert notes("--valence", "0.5", "--arousal", "0.1") == ""
    far = notes("--valence", "-0.7", "--arousal", "0.1")
    assert "note: v-0.70_a+0.10: no frame of the affect model's gallery lies near it" in far
    assert "note: fear: no frame of the affect model's gallery shows it" in notes("--expression", "fear")
    assert notes("--au", "12=0.5") == ""


def test_meshes_of_an_unknown_face_model_say_what_to_give(tmp_path: Path) -> None:
    triangle = Template("somebody", np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], dtype=np.int32))
    with create_gallery(tmp_path / "x.gallery", "meshes", template=triangle) as writer:
        writer.add(
            Sequence("a", "a", "", "", 25.0, 2),
            [np.zeros((2, 3, 3), dtype=np.float32)],
            labels=make_labels(2, expression=("neutral", "anger")),
        )
    done = CliRunner().invoke(app, ["gallery", "build", str(tmp_path / "x.gallery"), "-o", str(tmp_path / "m.npz")])
    assert done.exit_code == 2
    assert "meshes are of 'somebody'; give --model, a face model with the same triangles" in done.stderr
    done = CliRunner().invoke(
        app,
        ["gallery", "build", str(tmp_path / "x.gallery"), "-o", str(tmp_path / "m.npz"), "--model", "embedded"],
    )
    assert done.exit_code == 2
    assert "give --model, one with the gallery's triangles" in done.stderr


def test_a_gallery_is_plotted(gallery: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_TILE", 40)
    monkeypatch.setattr(faces, "_MOST", 3)
    monkeypatch.setattr(faces, "_OVER_THE_PLANE", np.linspace(-0.8, 0.8, 3))
    arguments = ["gallery", "plot", str(gallery), "-o", str(tmp_path / "f"), "--model", "embedded", "--classes", "5"]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    files = [Path(file) for file in json.loads(done.stdout)["files"]]
    assert [file.name for file in files][:2] == ["histogram.png", "classes.png"]
    assert sorted(tmp_path.glob("f/*")) == sorted(files)
