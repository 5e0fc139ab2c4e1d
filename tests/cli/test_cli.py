"""The command line: options, files, exit codes. The portrait is a stand-in: what it draws is tested elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest
from typer.testing import CliRunner

import affectface
import affectface.cli.options
import affectface.synthesis.portrait
from affectface.affect import ActionUnits, Expression, ValenceArousal, word
from affectface.cli.app import app
from affectface.errors import FaceNotFoundError
from affectface.images import read_image
from affectface.metadata import read_provenance
from affectface.provenance import Provenance


class StandIn:
    """Draws every affect as the photo with other brightness, and remembers what it was asked."""

    asked: list[tuple[Any, float]]
    opened: list[dict[str, Any]]

    def __init__(self, image: Any) -> None:
        self.image = image
        self.face = SimpleNamespace(box=(8.0, 8.0, 24.0, 24.0))
        self.face_model = SimpleNamespace(name="stand-in")
        self.affect_model = SimpleNamespace(name="stand-in", support_of=lambda affect, intensity: None)

    @classmethod
    def open(cls, photo: Path, **options: Any) -> StandIn:
        image = read_image(photo)
        cls.opened.append(options)
        if image.max() == 0:
            raise FaceNotFoundError("no face was found in the photo: use another one")
        return cls(image)

    @classmethod
    def open_all(cls, photo: Path, **options: Any) -> list[StandIn]:
        return [cls.open(photo, **options)] * 2

    def provenance(self, asked: Any) -> Provenance:
        return Provenance(asked=dict(asked), models={"face model": "stand-in"})

    def express(self, affect: Any, *, intensity: float = 1.0, onto: Any = None) -> Any:
        self.asked.append((affect, intensity))
        return (self.image if onto is None else onto) // 2

    def animate(self, path: Any, *, fps: float, seconds: float) -> Any:
        for number in range(round(fps * seconds)):
            yield self.express(path.at(number / (fps * seconds)))

    def transition(self, start: Any, end: Any, *, fps: float, seconds: float) -> Any:
        for number in range(round(fps * seconds)):
            if start == Expression("fear") and number == 3:
                raise KeyboardInterrupt
            yield self.express(end)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    StandIn.asked, StandIn.opened = [], []
    monkeypatch.setattr(affectface.synthesis.portrait, "Portrait", StandIn)
    for verb in ("synth", "animate", "sheet", "fit"):
        module = sys.modules[f"affectface.cli.{verb}"]
        monkeypatch.setattr(module, "portrait_options", lambda *_, **__: {})
    return StandIn


@pytest.fixture
def photo(tmp_path: Path) -> str:
    PIL.Image.fromarray(np.full((32, 32, 3), 200, np.uint8)).save(tmp_path / "photo.png")
    PIL.Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(tmp_path / "faceless.png")
    return str(tmp_path / "photo.png")


def run(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output + repr(result.exception)
    return result


class TestSynth:
    def test_one_photo_and_one_affect_write_the_file(self, photo: str, tmp_path: Path) -> None:
        result = run("synth", photo, "-o", tmp_path / "out.png", "--expression", "anger", "--intensity", 0.5)
        assert result.stdout.strip() == str(tmp_path / "out.png")
        assert StandIn.asked == [(Expression("anger"), 0.5)]
        provenance = read_provenance(tmp_path / "out.png")
        assert provenance.asked["expression"] == "anger"
        assert provenance.asked["intensity"] == 0.5

    def test_several_affects_go_into_a_folder(self, photo: str, tmp_path: Path) -> None:
        run(
            *(
                "synth",
                photo,
                "-o",
                tmp_path / "out",
                "--expression",
                "all",
                "--expression",
                "awed",
                "--word",
                "At ease",
            ),
            *("--valence", -0.5, "--arousal", 0.25, "--au", "12=0.8,6L=0.5", "--sidecar"),
        )
        names = {file.name for file in (tmp_path / "out").glob("*.png")}
        expected = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "awed", "at_ease", "v-0.50_a+0.25"]
        assert names == {f"photo_{name}.png" for name in [*expected, "au_6L-0.5_12-0.8"]}
        assert {f"{name}.json" for name in names} == {file.name for file in (tmp_path / "out").glob("*.json")}
        affects = [affect for affect, _ in StandIn.asked]
        assert ValenceArousal(-0.5, 0.25) in affects
        assert word("AtEase") in affects
        assert ActionUnits({12: 0.8, "6L": 0.5}) in affects

    def test_photos_of_one_name_do_not_overwrite_each_other(self, photo: str, tmp_path: Path) -> None:
        run("synth", photo, photo, "-o", tmp_path / "out", "--expression", "anger")
        assert len(list((tmp_path / "out").iterdir())) == 2

    def test_all_faces_are_painted_one_after_the_other(self, photo: str, tmp_path: Path) -> None:
        run("synth", photo, "-o", tmp_path / "out.png", "--expression", "anger", "--face", "all")
        assert (read_image(tmp_path / "out.png") == 50).all()
        run("synth", photo, "-o", tmp_path / "out.png", "--expression", "anger", "--face", "1")
        assert StandIn.opened[-1]["face"] == 1

    def test_a_failing_photo_does_not_stop_the_others(self, photo: str, tmp_path: Path) -> None:
        bad = tmp_path / "faceless.png"
        arguments = ("synth", bad, photo, tmp_path / "no.png", "-o", tmp_path / "out", "--expression", "anger")
        result = run(*arguments, code=2)
        assert [line[:7] for line in result.stderr.splitlines()] == ["error: ", "error: "]
        assert (tmp_path / "out" / "photo_anger.png").exists()
        report = json.loads(run(*arguments, "--json", code=2).stdout)
        assert [row["error"] for row in report["failed"]] == ["FaceNotFoundError", "ImageError"]
        assert [row["affect"] for row in report["written"]] == ["anger"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "no affect is asked for"),
            (["--expression", "hapiness"], "did you mean happiness"),
            (["--valence", "0.5"], "belong together"),
            (["--valence", "2", "--arousal", "0"], "valence is 2.0"),
            (["--valence", "nan", "--arousal", "0"], "valence is nan"),
            (["--word", "qqqqq"], "unknown word"),
            (["--au", "11=1"], "cannot be shown"),
            (["--expression", "all"], "6 pictures do not go into one file"),
        ],
    )
    def test_bad_requests(self, photo: str, tmp_path: Path, arguments: list[str], message: str) -> None:
        result = run("synth", photo, "-o", tmp_path / "out.png", *arguments, code=2)
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1
        record = json.loads(run("synth", photo, "-o", tmp_path / "out.png", *arguments, "--json", code=2).stdout)
        assert message in record["message"]
        assert not (tmp_path / "out.png").exists()

    def test_a_mask_goes_with_its_photo(self, photo: str, tmp_path: Path) -> None:
        asked = ("--expression", "anger", "--occlusion-mask", "mask.png")
        run("synth", photo, "-o", tmp_path / "out.png", *asked)
        assert StandIn.opened[-1]["occlusion_mask"] == Path("mask.png")
        result = run("synth", photo, photo, "-o", tmp_path / "out", *asked, code=2)
        assert "mask.png: one mask does not fit 2 photos; give one photo at a time" in result.stderr
        run("animate", photo, "-o", tmp_path / "x.gif", "--to", "anger", "--seconds", "0.1", *asked[2:])
        assert StandIn.opened[-1]["occlusion_mask"] == Path("mask.png")
        film = run("animate", tmp_path / "x.mp4", "-o", tmp_path / "y.mp4", "--to", "anger", *asked[2:], code=2)
        assert "a mask is for one photo" in film.stderr

    @pytest.mark.parametrize("arguments", [["--face", "both"], ["--blend", "glue"], ["--intensity", "9"], ["--wrong"]])
    def test_bad_usage(self, photo: str, tmp_path: Path, arguments: list[str]) -> None:
        run("synth", photo, "-o", tmp_path / "out.png", "--expression", "anger", *arguments, code=2)

    def test_the_photo_is_not_overwritten(self, photo: str) -> None:
        assert "is the photo itself" in run("synth", photo, "-o", photo, "--expression", "fear", code=2).stderr


class TestAnimate:
    @pytest.mark.parametrize("name", ["x.mp4", "x.gif", "x.webp", "x"])
    def test_kinds(self, photo: str, tmp_path: Path, name: str) -> None:
        path = ["--path", "0,0 0.8,0.4 0,0", "--seconds", "0.4"]
        report = json.loads(run("animate", photo, "-o", tmp_path / name, *path, "--json", "--sidecar").stdout)
        assert report["frames"] == 10
        assert read_provenance(tmp_path / name).asked["path"][1] == [0.5, 0.8, 0.4]
        assert (tmp_path / f"{name}.json").exists()

    def test_a_table_gives_the_length(self, photo: str, tmp_path: Path) -> None:
        (tmp_path / "path.csv").write_text("t,valence,arousal\n2,0,0\n2.4,1,0\n", encoding="utf-8")
        arguments = ("animate", photo, "-o", tmp_path / "x", "--path", tmp_path / "path.csv", "--json")
        assert json.loads(run(*arguments).stdout)["frames"] == 10
        assert StandIn.asked[0][0] == ValenceArousal(0, 0)

    def test_from_and_to(self, photo: str, tmp_path: Path) -> None:
        run("animate", photo, "-o", tmp_path / "x", "--from", "anger", "--to", "awed", "--seconds", "0.2")
        assert read_provenance(tmp_path / "x").asked["to"] == "awed"

    def test_an_interruption_leaves_nothing(self, photo: str, tmp_path: Path) -> None:
        run("animate", photo, "-o", tmp_path / "x.mp4", "--from", "fear", "--to", "anger", code=130)
        assert not [file for file in tmp_path.iterdir() if "x" in file.name.partition(".")[0]]

    @pytest.mark.parametrize(
        "arguments", [[], ["--path", "0,0"], ["--path", "0,0 1,1", "--from", "fear"], ["--path", "missing.csv"]]
    )
    def test_bad_requests(self, photo: str, tmp_path: Path, arguments: list[str]) -> None:
        assert len(run("animate", photo, "-o", tmp_path / "x.mp4", *arguments, code=2).stderr.splitlines()) == 1


@pytest.mark.parametrize(("kind", "pictures"), [("expressions", 8), ("plane", 21), ("directions", 29)])
def test_sheet(photo: str, tmp_path: Path, kind: str, pictures: int) -> None:
    report = json.loads(run("sheet", photo, "-o", tmp_path / "x.png", "--kind", kind, "--json").stdout)
    asked_of_nobody = int(kind == "expressions")  # the photo itself comes first
    assert report["pictures"] == pictures == len(StandIn.asked) + asked_of_nobody
    assert min(read_image(tmp_path / "x.png").shape[:2]) > 700
    assert read_provenance(tmp_path / "x.png").asked["sheet"] == kind


def test_info(photo: str, tmp_path: Path) -> None:
    run("synth", photo, "-o", tmp_path / "out.png", "--expression", "anger")
    assert "synthetic" in run("info", tmp_path / "out.png").stdout
    assert json.loads(run("info", tmp_path / "out.png", "--json").stdout)["asked"]["expression"] == "anger"
    assert "says nothing" in run("info", photo, code=2).stderr


def test_assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFECTFACE_HOME", str(tmp_path))
    rows = json.loads(run("assets", "list", "--json").stdout)["assets"]
    assert {"embedded", "ict-facekit", "face-mesh"} <= {row["name"] for row in rows}
    assert all(row["licence"] and row["origin"] for row in rows)
    assert "MIT" in run("assets", "list").stdout
    assert "unknown asset" in run("assets", "get", "x", code=2).stderr
    assert "ships with affectface" in run("assets", "get", "embedded", code=2).stderr
    assert "no such file" in run("assets", "add", "ict-facekit", tmp_path / "x.npz", code=2).stderr
    url = ("--url", "http://127.0.0.1:9/x.npz")
    assert json.loads(run("assets", "get", "ict-facekit", *url, "--json", code=2).stdout)["error"] == "AssetError"


def test_help_is_quick_and_has_every_verb() -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "affectface", "--help"], capture_output=True, text=True, check=True
        )
        times.append(time.perf_counter() - start)
    assert min(times) < 2  # 0.3 s on an idle machine; the machine of a test is rarely idle
    for verb in ("synth", "animate", "sheet", "fit", "assets", "bench", "info"):
        assert verb in done.stdout


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'cv2', 'warp', 'av', 'scipy', 'PIL', 'onnxruntime'}"
    code = f"import sys, affectface.cli.app; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version() -> None:
    assert run("--version").stdout.strip() == f"affectface {affectface.__version__}"


def test_a_real_process_says_one_line_and_leaves_with_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "affectface", "info", str(tmp_path / "missing.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
