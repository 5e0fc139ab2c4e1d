"""A face that is given to the command line is not looked for."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affectface.assets.example import example_photo
from affectface.cli.app import app
from affectface.images import read_image
from affectface.landmarks import detect_faces, landmarks68
from affectface.landmarks.point_files import write_landmark_file


def test_fit_with_points_or_another_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    out, good, bad = (tmp_path / name for name in ("fit.json", "good.pts", "bad.ljson"))
    points = landmarks68(detect_faces(read_image(example_photo()), max_faces=1)[0].landmarks)[:, :2]
    write_landmark_file(good, points)
    write_landmark_file(bad, points[:5])

    def fit(*arguments: object) -> tuple[int, str]:
        asked = ["fit", "example", "-o", str(out), "--model", "embedded", *map(str, arguments)]
        result = CliRunner().invoke(app, asked)
        return result.exit_code, result.output + result.stderr

    assert fit("--landmarks", good)[0] == 0
    assert json.loads(out.read_text(encoding="utf-8"))["error"] < 0.02
    for arguments, says in (
        (("--landmarks", bad), "has 5 points; the 68"),
        (("--detector", "dlib"), "pip install dlib-bin"),
        (("--detector", "dlib", "--landmarks", good), "not both"),
    ):
        code, output = fit(*arguments)
        assert code == 2
        assert says in output
