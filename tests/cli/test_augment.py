"""``affectface augment`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affectface.augment.manifest import write_manifest
from affectface.augment.plan import open_plan
from affectface.augment.rows import Row
from affectface.cli.app import app


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    with write_manifest(tmp_path / "neutral.parquet") as writer:
        for i in range(6):
            writer.add(Row(f"{i}.jpg", subject=str(i), split="test" if i == 5 else "train", expression="neutral"))
    return tmp_path / "neutral.parquet"


def test_plan(manifest: Path) -> None:
    out = manifest.with_name("plan.parquet")
    arguments = ["augment", "plan", str(manifest), "-o", str(out), "--strategy", "expressions", "--count", "60"]
    done = CliRunner().invoke(app, [*arguments, "--expressions", "fear,contempt", "--seed", "3"])
    assert done.exit_code == 0, done.output
    assert "60 jobs, of 5 photos of 5 people" in done.output
    jobs = list(open_plan(out).jobs())
    assert {job.photo.split for job in jobs} == {"train"}
    done = CliRunner().invoke(app, [*arguments, "--split", "test", "--json"])
    assert json.loads(done.stdout)["splits"] == {"test": 60}


def test_labels_are_balanced(manifest: Path) -> None:
    with write_manifest(manifest.with_name("all.csv")) as writer:
        for i in range(10):
            writer.add(Row(f"{i}.jpg", split="train", expression="fear"))
    out = manifest.with_name("plan.parquet")
    arguments = ["augment", "plan", str(manifest), "-o", str(out), "--strategy", "expressions", "--count", "10"]
    arguments += ["--labels", str(manifest.with_name("all.csv")), "--expressions", "fear,anger", "--json"]
    done = CliRunner().invoke(app, arguments)
    assert json.loads(done.stdout)["targets"] == {"anger": 10}


def test_what_cannot_be_planned_is_said(manifest: Path) -> None:
    arguments = ["augment", "plan", str(manifest), "-o", str(manifest.with_name("plan.parquet"))]
    done = CliRunner().invoke(app, [*arguments, "--strategy", "plane"])
    assert done.exit_code == 2
    assert "count is missing" in done.output
    done = CliRunner().invoke(app, [*arguments, "--count", "1000000"])
    assert done.exit_code == 2
    assert "need more than" in done.output
