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
