"""`affectface experiment`: what it lists, and what it refuses."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affectface.cli.app import app

runner = CliRunner()


def test_all_experiments_are_listed() -> None:
    found = runner.invoke(app, ["experiment", "list"])
    assert found.exit_code == 0
    names = [line.split()[0] for line in found.output.splitlines()]
    assert names[:2] == ["kollias-table2", "kollias-table3"]
    assert "lindt-heat-maps" in names


def test_one_experiment_tells_its_arms_and_data() -> None:
    found = runner.invoke(app, ["experiment", "list", "kollias-table9"])
    assert "real+classical" in found.output
    assert "--data bu-3dfe/synthetic=MANIFEST" in found.output
    said = json.loads(runner.invoke(app, ["experiment", "list", "kollias-table9", "--json"]).output)
    assert said["kollias-table9"]["data"] == {"bu-3dfe": ["real", "stargan", "ganimation", "synthetic"]}


def test_an_unknown_experiment_and_a_report_without_a_run_are_refused(tmp_path: Path) -> None:
    found = runner.invoke(app, ["experiment", "list", "table9"])
    assert found.exit_code == 2
    assert "no experiment; there are" in found.stderr
    found = runner.invoke(app, ["experiment", "report", "kollias-table9", "-o", str(tmp_path)])
    assert found.exit_code == 2
    assert "affectface experiment run kollias-table9 comes first" in found.stderr


@pytest.mark.parametrize("given", ["raf-db=x.parquet", "bu-3dfe", "bu-3dfe/caae=x.parquet"])
def test_data_that_an_experiment_does_not_take_are_refused(tmp_path: Path, given: str) -> None:
    if find_spec("torch") is None:
        pytest.skip("torch is not installed")
    found = runner.invoke(app, ["experiment", "run", "kollias-table9", "-o", str(tmp_path), "--data", given])
    assert found.exit_code == 2
    assert "is nothing that kollias-table9 takes: bu-3dfe/real=FILE" in found.stderr


def test_without_torch_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectface.recognition.packages.find_spec", lambda name: None)
    found = runner.invoke(app, ["experiment", "run", "kollias-table9", "-o", str(tmp_path)])
    assert found.exit_code == 2
    assert "pip install 'affectface[augment,train]'" in found.stderr
