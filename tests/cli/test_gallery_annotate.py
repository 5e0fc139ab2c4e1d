"""`affectface gallery traces|agreement|label|annotate`: files in, files out, one line for what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from affectface.cli.app import app
from affectface.gallery.annotation.traces import Trace, read_traces, write_traces
from affectface.gallery.store import Sequence, create_gallery, open_gallery

TIMES = np.arange(0, 8, 0.04)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["gallery", *map(str, arguments)])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three annotators, of whom c answers 0.4 s late."""
    lags = {"a": 0.0, "b": 0.0, "c": 0.4}
    traces = [Trace(name, "s1", "valence", TIMES, 0.8 * np.sin(TIMES - lag)) for name, lag in lags.items()]
    write_traces(tmp_path / "all.csv", traces)
    return tmp_path / "all.csv"


def test_in_agree_label_and_out(tmp_path: Path, table: Path) -> None:
    folder = tmp_path / "traces"
    frames = tmp_path / "s1.txt"
    frames.write_text("valence,arousal\n" + "-5,0.25\n" * 120 + "-5,-5\n" * 120)
    imported = run("traces", "import", table, "-o", folder)
    assert (imported.exit_code, imported.output) == (0, f"{folder}: 3 traces added, 0 were there\n")
    assert run("traces", "import", frames, "-o", folder, "--annotator", "d", "--frame-rate", 30).exit_code == 0
    found = json.loads(run("agreement", folder, "--json").output)
    expected = [np.corrcoef(np.sin(TIMES), np.sin(TIMES - lag))[0, 1] for lag in (0.4, 0.0)]
    assert found["valence"]["annotators"]["a"]["correlation"] == pytest.approx(np.mean(expected), abs=5e-3)
    assert found["valence"]["annotators"]["c"]["correlation"] == pytest.approx(expected[0], abs=5e-3)
    assert found["valence"]["annotators"]["c"]["lag"] == pytest.approx(0.4 * 2 / 3, abs=0.03)
    assert found["arousal"]["mean"] is None
    text = run("agreement", folder).output
    assert "valence: mean correlation 0.9" in text
    assert "answers 0.27 s later than the mean" in text
    with create_gallery(tmp_path / "g.gallery", "strengths", unit_names=("jawOpen",)) as writer:
        writer.add(Sequence("s1", "p", "1", "t", 30.0, 240), [np.zeros((240, 1), np.float32)])
    labelled = run("label", tmp_path / "g.gallery", folder, "--align", "--json")
    assert json.loads(labelled.output)["frames"] == {"valence": 240, "arousal": 120}
    labels = open_gallery(tmp_path / "g.gallery").labels("s1")
    assert labels is not None
    assert labels.valence_disagreement[10:200].max() < 0.02
    np.testing.assert_array_equal(labels.arousal[[0, 119]], 0.25)
    assert np.isnan(labels.arousal[120:]).all()
    assert run("traces", "export", folder, "-o", tmp_path / "out.csv").exit_code == 0
    assert {trace.annotator for trace in read_traces(tmp_path / "out.csv")} == set("abcd")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["agreement", "none"], "is not there"),
        (["traces", "export", "none", "-o", "x.csv"], "is not there"),
        (["traces", "import", "one.txt"], "--annotator and a --frame-rate"),
        (["traces", "import", "none.csv"], "cannot be read"),
        (["label", "none", "all.csv"], "none"),
        (["annotate", "none", "--annotator", "a", "--no-browser"], "is not there"),
        (["annotate", ".", "--annotator", " "], "printable characters"),
        (["annotate", ".", "--annotator", "a\nb"], "printable characters"),
        (["annotate", ".", "--annotator", "a", "--no-browser"], "no video in it"),
    ],
)
def test_what_goes_wrong_is_one_line(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.count("\n") == 1


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("affectface.gallery.annotation.page.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = run("annotate", tmp_path, "--annotator", "a")
    assert result.exit_code == 2
    assert "pip install 'affectface[gallery]'" in result.output
