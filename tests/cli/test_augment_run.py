"""``affectface augment run``, ``status``, ``verify`` and ``replay`` on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from affectface.affect import Expression
from affectface.assets.example import example_photo
from affectface.augment.plan import Job, write_plan
from affectface.augment.rows import Row
from affectface.cli.app import app


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["augment", *map(str, arguments)])


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    shutil.copy(example_photo(), folder / f"a{example_photo().suffix}")
    with write_plan(folder / "plan.parquet", {}) as writer:
        for name in (f"a{example_photo().suffix}", "missing.jpg"):
            for expression in ("happiness", "surprise"):
                writer.add(Job(0, Row(name, split="train"), Expression(expression), 0.9, None, None, 7))
    done = call("run", folder / "plan.parquet", "-o", folder / "out", "--workers", 1, "--size", 96, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["jobs"], said["made"], said["without"]) == (4, 2, {"ImageError": 2})
    return folder / "out"


def test_a_second_call_has_nothing_to_do(out: Path) -> None:
    done = call("run", out.with_name("plan.parquet"), "-o", out, "--workers", 1, "--size", 96)
    assert done.exit_code == 0
    assert "2 of 4 made" in done.output
    assert "2 not: ImageError" in done.output


def test_another_size_is_another_run(out: Path) -> None:
    done = call("run", out.with_name("plan.parquet"), "-o", out, "--workers", 1)
    assert done.exit_code == 2
    assert "size is 96 there and 224 here; give another folder" in done.output
    done = call("run", out.with_name("plan.parquet"), "-o", out, "--size", 3)
    assert done.exit_code == 2
    assert "size is 3" in done.output


def test_devices(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectface.device.cuda_is_there", lambda: False)
    arguments = ("run", out.with_name("plan.parquet"), "-o", out, "--workers", 1, "--size", 96, "--device")
    assert call(*arguments, "auto").exit_code == 0
    done = call(*arguments, "cuda")
    assert done.exit_code == 2
    assert done.output == "error: no CUDA device is here, and cuda was asked for; take cpu, or a machine that has one\n"
    monkeypatch.setattr("affectface.device.cuda_is_there", lambda: True)
    assert "belongs to a run on cpu, and cuda gives other bytes" in call(*arguments, "auto").output


def test_status(out: Path) -> None:
    done = call("status", out)
    assert "2 of 4 made" in done.output
    assert ": ended" in done.output
    assert json.loads(call("status", out, "--json").stdout)["state"] == "ended"
    done = call("status", out.parent)
    assert done.exit_code == 2
    assert "is no run; affectface augment run makes one" in done.output


def test_verify(out: Path, tmp_path: Path) -> None:
    done = call("verify", out)
    assert done.exit_code == 0
    assert "right. Each of 4 jobs once: 2 made, 2 with a reason" in done.output
    assert "as they were written on cpu" in done.output
    shutil.copytree(out, tmp_path / "out")
    (tmp_path / "out" / "shards" / "part-00000.tar").unlink()
    done = call("verify", tmp_path / "out", "--json")
    assert done.exit_code == 2
    assert "remove records/part-00000.parquet and run again" in json.loads(done.stdout)["faults"][0]


def test_replay(out: Path, tmp_path: Path) -> None:
    done = call("replay", out, "--jobs", "1,3")
    assert done.exit_code == 0, done.output
    assert "2 of 2 jobs give the same again" in done.output
    done = call("replay", out, "--sample", 4, "--root", tmp_path, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["same"] == 2  # those whose photo was missing at first
    for wrong in (["--jobs", "a"], [], ["--jobs", "1", "--sample", "2"], ["--jobs", "4"]):
        assert call("replay", out, *wrong).exit_code == 2


def test_card(out: Path, tmp_path: Path) -> None:
    text = (out / "DATACARD.md").read_text(encoding="utf-8")  # written at the end of the run
    assert "| planned | 4 |" in text
    assert "| not made: ImageError | 2 |" in text
    assert "nothing is said about before" in text
    assert "| size | 96 |" in text
    assert str(out.parent) not in text
    assert (out / "datacard.png").is_file()
    source = out.with_name("source.csv")
    source.write_text("path,subject,expression,source\na.png,p,neutral,mine\nb.png,q,fear,mine\n")
    done = call("card", out, "--source", source, "--licence", "mine=CC BY 4.0", "--date", "2026-11-21")
    assert done.exit_code == 0, done.output
    text = (out / "DATACARD.md").read_text(encoding="utf-8")
    assert "| mine |  | CC BY 4.0 | 2 | 0 |" in text
    assert "| surprise | 0 | 1 | 1 |" in text
    assert "synthesised by affectface on 2026-11-21" in text
    assert call("verify", out).exit_code == 0
    again = ("run", out.with_name("plan.parquet"), "-o", out, "--workers", 1, "--size", 96)
    assert call(*again).exit_code == 0
    assert (out / "DATACARD.md").read_text(encoding="utf-8") == text
    (out / "DATACARD.md").unlink()
    assert call(*again, "--licence", "other=CC0").exit_code == 0
    text = (out / "DATACARD.md").read_text(encoding="utf-8")
    assert "synthesised by affectface on 2026-11-21" in text
    assert json.loads((out / "card.json").read_text())["licences"] == {"mine": "CC BY 4.0", "other": "CC0"}
    assert "NAME=TEXT" in call(*again, "--licence", "other").output
    assert "NAME=TEXT" in call("card", out, "--licence", "mine").output
    shutil.copytree(out, tmp_path / "out")
    (tmp_path / "out" / "SHA256SUMS").unlink()
    assert "is not done; affectface augment run goes on" in call("card", tmp_path / "out").output
