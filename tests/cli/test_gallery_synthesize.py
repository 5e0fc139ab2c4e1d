"""``affectface gallery synthesize``."""

import json
from pathlib import Path

from typer.testing import CliRunner

from affectface.cli.app import app
from affectface.gallery.store import open_gallery


def run(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["gallery", "synthesize", *map(str, words)])
    return result.exit_code, result.stdout, result.stderr


def test_it_says_what_it_made(tmp_path: Path) -> None:
    code, out, _ = run("-o", tmp_path / "x.gallery", "--people", 1, "--seed", 7)
    assert code == 0
    assert out.startswith(f"{tmp_path / 'x.gallery'}: 1 simulated people, 42 sequences, ")
    assert open_gallery(tmp_path / "x.gallery").source["synthetic"]["seed"] == 7
    code, out, _ = run("-o", tmp_path / "x.gallery", "--people", 1, "--seed", 7, "--json")
    assert json.loads(out)["sequences"] == 42  # nothing is made twice


def test_another_gallery_is_not_overwritten(tmp_path: Path) -> None:
    assert run("-o", tmp_path / "x.gallery", "--people", 1)[0] == 0
    code, _, error = run("-o", tmp_path / "x.gallery", "--people", 1, "--seed", 2)
    assert code == 2
    assert "another source" in error
    assert run("-o", tmp_path / "y.gallery", "--people", 0)[0] == 2


def test_meshes_of_too_many_people_are_refused_at_once(tmp_path: Path) -> None:
    code, _, error = run("-o", tmp_path / "m.gallery", "--people", 100_000, "--form", "meshes", "--model", "embedded")
    assert code == 2
    assert "GB are free; ask for fewer people, or for strengths" in " ".join(error.split())


def test_scans_are_made_for_ingest(tmp_path: Path) -> None:
    words = ("-o", tmp_path / "set", "--people", 1, "--form", "scans", "--only", "own/fear", "--frames", 2)
    code, out, _ = run(*words, "--model", "embedded")
    assert code == 0
    assert out.startswith(f"{tmp_path / 'set'}: 1 simulated people, 2 scans; next: affectface gallery ingest ")
    command = (
        " ".join(out.split()).partition("next: affectface ")[2].replace("NAME.gallery", str(tmp_path / "x.gallery"))
    )
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 0, result.stderr
    gallery = open_gallery(tmp_path / "x.gallery")
    assert (gallery.form, gallery.sequences[0].frame_rate, gallery.sequences[0].frames) == ("scans", 25.0, 2)
    labels = gallery.labels(gallery.sequences[0].name)
    assert labels is not None
    assert labels.expression == ("neutral", "fear")
    assert json.loads(run(*words, "--model", "embedded", "--json")[1])["frames"] == 2
    code, _, error = run(*words[:-3], "own/nothing", "--model", "embedded")
    assert code == 2
    assert "nobody shows 'own/nothing'" in error
