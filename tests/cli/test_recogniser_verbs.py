"""The verbs of recognisers, from a manifest to scores."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.cli.app import app
from affectface.recognition import packages


def run(*words: Any) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from affectface.augment.manifest import write_manifest
    from affectface.augment.rows import Row

    folder = tmp_path_factory.mktemp("data")
    with write_manifest(folder / "m.csv") as table:
        for person in range(6):
            for number in range(4):
                valence = (number - 1.5) / 2 + person / 50
                image = np.full((32, 32, 3), 128 + 60 * valence, dtype=np.uint8)
                cv2.imwrite(str(folder / f"{person}_{number}.png"), image)
                split = ("train", "train", "train", "validation", "test", "test")[person]
                name = "happiness" if valence > 0 else "sadness"
                table.add(
                    Row(
                        f"{person}_{number}.png",
                        f"p{person}",
                        split,
                        valence=valence,
                        arousal=-valence,
                        expression=name,
                    )
                )
    return folder / "m.csv"


def test_what_is_missing_is_said_in_one_line(manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name == "torch" else object())
    for words in (
        ("train", manifest, "-o", tmp_path),
        ("predict", "r", manifest, "-o", "p.csv"),
        ("score", "r", manifest),
    ):
        done = run(*words)
        assert done.exit_code == 2
        assert done.stderr == (
            "error: recognisers need torch, which is not installed; pip install 'affectface[augment,train]'\n"
        )


def test_from_a_manifest_to_scores(manifest: Path, tmp_path: Path) -> None:
    for package in ("torch", "lightning", "safetensors"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'affectface[train]'")
    made = tmp_path / "r"
    options = ("--classes", "happiness,sadness", "--side", 32, "--epochs", 2, "--batch", 6, "--balance", "--best")
    done = run("train", manifest, "-o", made, *options)
    assert done.exit_code == 0, done.stderr
    assert "12 rows of 3 people; loss" in done.stdout
    assert (made / "curves.csv").read_text(encoding="utf-8").startswith("epoch,step,loss,valence_ccc,")
    assert (made / "curves.png").stat().st_size > 10_000
    # started again, it is done
    again = run("train", manifest, "-o", made, *options, "--json")
    assert len(json.loads(again.stdout)["history"]) == 2

    done = run("predict", made, manifest, "-o", tmp_path / "p.csv", "--split", "test")
    assert done.exit_code == 0, done.stderr
    with (tmp_path / "p.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["path"] for row in rows] == [f"{person}_{number}.png" for person in (4, 5) for number in range(4)]
    assert float(rows[0]["p_happiness"]) + float(rows[0]["p_sadness"]) == pytest.approx(1, abs=1e-5)

    done = run("score", made, manifest, "--resamples", 100)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("8 rows of 2 people, none of whom it learned from")
    assert "valence CCC" in done.stdout
    figures = json.loads(run("score", made, manifest, "--resamples", 100, "--json").stdout)
    assert figures["intervals"]["macro_f1"]["units"] == 2
    truth = np.array([(number - 1.5) / 2 + person / 50 for person in (4, 5) for number in range(4)])
    said = np.array([float(row["valence"]) for row in rows])
    assert figures["valence_arousal"]["valence"]["mse"] == pytest.approx(np.mean((truth - said) ** 2), rel=1e-3)


def test_faces_are_synthesised_while_it_learns(tmp_path: Path) -> None:
    for package in ("torch", "lightning", "safetensors"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'affectface[train]'")
    from affectface.assets.example import example_photo
    from affectface.augment.manifest import write_manifest
    from affectface.augment.rows import Row

    shutil.copy(example_photo(), tmp_path / "a.jpg")
    with write_manifest(tmp_path / "m.csv") as table:
        for name in ("happiness", "neutral"):
            table.add(Row("a.jpg", "p", "train", expression=name, box=(180.0, 60.0, 90.0, 120.0)))
    options = ("--network", "gradients", "--classes", "neutral,happiness", "--no-affect", "--validation", "")
    options += ("--epochs", 4, "--batch", 2, "--model", "embedded")
    done = run("train", tmp_path / "m.csv", "-o", tmp_path / "r", *options, "--synthesise", 0.5, "--classical")
    assert done.exit_code == 0, done.stderr
    made = next(line for line in done.stdout.splitlines() if line.endswith(" made"))
    assert 0 < int(made.split()[1]) < 8
    assert list((tmp_path / "r" / "fits").rglob("*.arrow"))
    other = run("train", tmp_path / "m.csv", "-o", tmp_path / "plain", *options)
    assert other.exit_code == 0, other.stderr
    assert "synthesised: " not in other.stdout
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("r", "plain")]
    assert weights[0] != weights[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--network", "vgg19"), "network is 'vgg19'; there are vgg-face, "),
        (("--classes", "happiness,joyful"), "unknown expression"),
        (("--no-affect",), "outputs are none"),
        (("--split", "tests"), "no row of the split 'tests' is there"),
        (("--split", ""), "people are in training and validation, such as"),
        (("--weights", "w.pth", "--layout", "vgg-face-dag"), "w.pth: layout vgg-face-dag is not of a CompactNet"),
        (("--weights", "w.pth"), "weights have the layout None; one of vgg-face-caffe"),
    ],
)
def test_senseless_wishes_are_one_line(words: tuple[str, ...], message: str, manifest: Path, tmp_path: Path) -> None:
    for package in ("torch", "lightning", "safetensors"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'affectface[train]'")
    done = run("train", manifest, "-o", tmp_path, *words)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_people_of_the_training_are_refused(manifest: Path, tmp_path: Path) -> None:
    for package in ("torch", "lightning", "safetensors"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'affectface[train]'")
    assert run("train", manifest, "-o", tmp_path, "--side", 32, "--epochs", 1, "--validation", "").exit_code == 0
    done = run("score", tmp_path, manifest, "--split", "train")
    assert done.exit_code == 2
    assert "3 of 3 people of the test were in the training" in done.stderr
