"""``affectface model import|info|render``: files, one line, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import affectface.fitting.embedded_landmarks
from affectface.assets import asset_path
from affectface.cli.app import app
from affectface.errors import ModelFileError
from affectface.images import read_image
from affectface.morphable import load_face_model


@pytest.fixture
def run() -> Any:
    return lambda *words: CliRunner().invoke(app, ["model", *map(str, words)])


def test_import(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    embedded = load_face_model(asset_path("embedded"))

    def stand_in(path: Path, **options: Any) -> Any:
        asked.append(options)
        if path.name == "bad":
            raise ModelFileError(f"{path}: it wants 'os.system'\nnothing was executed")
        return SimpleNamespace(
            model=embedded, kind="LSFM", licence="its own", view_errors={0: 0.01, 25: 0.02}, notes=("turned",)
        )

    monkeypatch.setattr(affectface.fitting.embedded_landmarks, "import_model", stand_in)
    out = tmp_path / "m.npz"
    done = run("import", "x.mat", "-o", out, "--name", "mine", "--format", "lsfm", "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert (result["format"], result["view_errors"], result["notes"]) == ("LSFM", {"0": 0.01, "25": 0.02}, ["turned"])
    assert asked == [{"format": "lsfm", "bases": None, "name": "mine"}]
    assert load_face_model(out).name == "embedded"
    assert "1.0, 2.0 %" in run("import", "x.mat", "-o", out).stdout
    done = run("import", "bad", "-o", out)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    (tmp_path / "file").touch()
    done = run("import", "x.mat", "-o", tmp_path / "file" / "m.npz")
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)


def test_info(run: Any) -> None:
    done = run("info", asset_path("embedded"), "--json")
    found = json.loads(done.stdout)
    assert (found["identities"], found["expressions"], found["landmarks"]) == (100, 54, 478)
    assert max(found["view_errors"].values()) < 0.03
    assert found["components_for_variance"]["50%"] < found["components_for_variance"]["99%"]
    assert "licence" in run("info", asset_path("embedded")).stdout
    assert run("info", "none.npz").exit_code == 2


def test_render(run: Any, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    done = run("render", asset_path("embedded"), "-o", out, "--components", 1, "--units", 2, "--size", 64)
    assert done.exit_code == 0, done.output
    image = read_image(out)
    assert image.shape[:2] == (2 * (64 + 22), 4 * 64)
    assert np.abs(image[:64, :64].astype(int) - image[:64, 64:128]).mean() > 5  # another view
    assert run("render", asset_path("embedded"), "-o", tmp_path / "x.nothing").exit_code == 2
