"""``affectface dataset`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from typer.testing import CliRunner

from affectface.augment.manifest import open_manifest
from affectface.cli.app import app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two people's photos in folders that are their expressions."""
    for person in ("anna", "bert"):
        for shown in ("neutral", "happy"):
            file = tmp_path / "photos" / person / shown / "1.png"
            file.parent.mkdir(parents=True)
            PIL.Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file)
    return tmp_path / "photos"


def test_import(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "manifest.csv"
    done = CliRunner().invoke(app, ["dataset", "import", "image-folder", str(folder), "-o", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"] == 4
    manifest = open_manifest(out)
    assert all(manifest.file(row).is_file() for row in manifest.rows())


def test_import_of_nothing_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["dataset", "import", "disfa", str(tmp_path), "-o", str(tmp_path / "m.csv")])
    assert done.exit_code == 2
    assert "nothing of DISFA" in done.output
    assert done.output.count("\n") == 1


def test_unknown_data_set(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["dataset", "import", "imagenet", str(tmp_path), "-o", str(tmp_path / "m.csv")])
    assert done.exit_code == 2
    assert "'imagenet' is no data set that is known; there are affectnet, " in done.output


def test_list() -> None:
    done = CliRunner().invoke(app, ["dataset", "import", "--list"])
    assert done.exit_code == 0, done.output
    assert "RAF-DB" in done.output
    assert "from memory" in done.output
