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


@pytest.fixture
def manifest(folder: Path, tmp_path: Path) -> Path:
    out = tmp_path / "manifest.csv"
    done = CliRunner().invoke(app, ["dataset", "import", "image-folder", str(folder), "-o", str(out)])
    assert done.exit_code == 0, done.output
    return out


def test_stats(manifest: Path, tmp_path: Path) -> None:
    arguments = ["dataset", "stats", str(manifest), "--plot", str(tmp_path / "plot.png")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "4 rows, 4 files, 2 people" in done.output
    assert (tmp_path / "plot.png").is_file()
    record = json.loads(CliRunner().invoke(app, ["dataset", "stats", str(manifest), "--json"]).stdout)
    assert record["expressions"] == {"neutral": 2, "happiness": 2}


def test_split_and_folds(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "split.parquet"
    arguments = ["dataset", "split", str(manifest), "-o", str(out), "--validation", "0", "--test", "0.3"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    splits = {(row.subject, row.split) for row in open_manifest(out).rows()}
    assert len(splits) == 2
    assert {split for _, split in splits} == {"train", "test"}
    done = CliRunner().invoke(app, ["dataset", "split", str(manifest), "-o", str(out), "--folds", "3", "--json"])
    assert done.exit_code == 2
    assert "shows 2 people; 3 parts need at least as many" in json.loads(done.stdout)["message"]


def test_a_manifest_elsewhere_needs_its_root(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "split.csv"
    done = CliRunner().invoke(app, ["dataset", "split", str(manifest), "-o", str(out), "--folds", "2"])
    assert done.exit_code == 2
    assert "write it there, or give --root" in done.output
    arguments = ["dataset", "split", str(manifest), "-o", str(out), "--folds", "2", "--root", str(tmp_path)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    opened = open_manifest(out, root=tmp_path)
    assert all(opened.file(row).is_file() for row in opened.rows())


def test_neutral_says_what_was_left_out(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "neutral.csv"
    done = CliRunner().invoke(app, ["dataset", "neutral", str(manifest), "-o", str(out), "--model", "embedded"])
    assert done.exit_code == 0, done.output
    assert "0 neutral rows, of 2 that are labelled so, of 4" in done.output
    assert "left out 2: FaceNotFoundError" in done.output


def test_age_without_a_network(manifest: Path, tmp_path: Path) -> None:
    arguments = ["dataset", "age", str(manifest), "-o", str(tmp_path / "a.csv"), "--estimator", "none.onnx"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "none.onnx: no such file; give an ONNX file that estimates ages" in done.output
    done = CliRunner().invoke(app, [*arguments, "--groups", "30,20"])
    assert done.exit_code == 2
    assert "ascending ages" in done.output
