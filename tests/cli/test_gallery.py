"""``affectface gallery``: from a table of photos to an affect model."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.affect import Expression
from affectface.arrays import Image
from affectface.assets.example import example_photo
from affectface.cli.app import app
from affectface.gallery.affect_model_files import load_affect_model
from affectface.images import read_image, write_image
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example portrait, neutral and surprised, as three people at different places."""
    folder = tmp_path_factory.mktemp("photos")
    portrait = Portrait.open(example_photo(), face_model=load_named_face_model("embedded"))
    images: dict[str, Image] = {name: portrait.express(Expression(name)) for name in ("neutral", "surprise")}
    lines = ["file,subject,expression"]
    for person in range(3):
        for name, image in images.items():
            moved = np.ascontiguousarray(np.roll(image, 7 * person, axis=1))
            write_image(folder / f"{person}_{name}.png", moved, portrait.provenance(Expression(name)))
            lines.append(f"{person}_{name}.png,{person},{name}")
    (folder / "table.csv").write_text("\n".join([*lines, "none.png,4,anger"]) + "\n")
    return folder


def test_photos_become_an_affect_model(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.npz"
    arguments = ["gallery", "learn", str(photos / "table.csv"), "-o", str(out), "--model", "embedded", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["people"] == {"surprise": 3}
    assert said["photos"] == 6
    assert said["left_out"][0] == "4: no neutral frame to compare with"
    assert "none.png" in said["left_out"][1]
    assert [file.name for file in tmp_path.iterdir()] == ["mine.npz"]
    strengths = load_affect_model(out).strengths(Expression("surprise"))
    assert strengths["jawOpen"] > 0.3
    assert strengths["browInnerUp_L"] > 0.1
    shown = tmp_path / "out.png"  # the learned model moves a photo as any other does
    options = ["--expression", "surprise", "--affect-model", str(out), "--model", "embedded"]
    made = CliRunner().invoke(app, ["synth", "example", "-o", str(shown), *options])
    assert made.exit_code == 0, made.output
    assert (read_image(shown) != read_image(example_photo())).any()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,subject\na.png,1\n", "expression, valence and arousal, or labels"),
        ("file,subject,expression\na.png,1,joy\n", "unknown expression 'joy'"),
        ("file,subject,valence,arousal\na.png,1,2,0\n", "valence is '2'"),
        ("file,subject,valence,arousal\na.png,1,x,0\n", "valence is 'x'"),
        ("file,subject,expression\na.png,1,anger\n", "none of 1 pictures could be fitted"),
        ("", "columns"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(table)
    done = CliRunner().invoke(app, ["gallery", "learn", str(tmp_path / "t.csv"), "-o", str(tmp_path / "m.npz")])
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]
