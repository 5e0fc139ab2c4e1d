"""Points come back from files as they were, and other files are refused in one line."""

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectface.errors import LandmarkFileError
from affectface.landmarks.point_files import read_landmark_file, write_landmark_file

POINTS = np.random.default_rng(0).uniform(0, 900, (68, 2)).astype(np.float32)


@pytest.mark.parametrize("name", ["a.pts", "a.ljson", "A.PTS"])
def test_there_and_back(tmp_path: Path, name: str) -> None:
    write_landmark_file(tmp_path / name, POINTS)
    np.testing.assert_allclose(read_landmark_file(tmp_path / name), POINTS, atol=1e-3)


def test_pts_counts_pixels_from_one(tmp_path: Path) -> None:
    file = tmp_path / "a.pts"
    file.write_text("version: 1\r\nn_points:  2\r\n{\r\n1.0 1.0\r\n10.5 20\r\n}\r\n")
    np.testing.assert_allclose(read_landmark_file(file), [[0.5, 0.5], [10.0, 19.5]])


@pytest.mark.parametrize(
    "content",
    [
        {"version": 1, "groups": [{"label": "a", "connectivity": [], "landmarks": [{"point": [2, 1]}]},
                                  {"label": "b", "connectivity": [], "landmarks": [{"point": [4.5, 3]}]}]},
        {"version": 2, "labels": [], "landmarks": {"connectivity": [], "points": [[2, 1], [4.5, 3]]}},
        {"version": 3, "groups": {"PTS": {"labels": [], "landmarks": {"points": [[2, 1], [4.5, 3]]}}}},
    ],
)  # fmt: skip
def test_every_version_of_ljson(tmp_path: Path, content: dict) -> None:
    (tmp_path / "a.ljson").write_text(json.dumps(content))
    np.testing.assert_allclose(read_landmark_file(tmp_path / "a.ljson"), [[1.5, 2.5], [3.5, 5.0]])


def test_missing_points(tmp_path: Path) -> None:
    points = POINTS.copy()
    points[3] = np.nan
    write_landmark_file(tmp_path / "a.ljson", points)
    assert "null" in (tmp_path / "a.ljson").read_text()
    np.testing.assert_array_equal(np.isnan(read_landmark_file(tmp_path / "a.ljson")), np.isnan(points))
    with pytest.raises(LandmarkFileError, match="no missing points"):
        write_landmark_file(tmp_path / "a.pts", points)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.pts", "1 2\n3 4\n", "no points between braces"),
        ("a.pts", "n_points: 3\n{\n1 2\n}", "announces 3 points and has 1"),
        ("a.pts", "{\n1 x\n}", "not two numbers"),
        ("a.pts", "{\n1\n}", "not two numbers"),
        ("a.pts", "{\n}", "has 0 points"),
        ("a.pts", "{\n1e30 0\n}", "in no image"),
        ("a.pts", "{\ninf 0\n}", "in no image"),
        ("a.ljson", "[" * 100_000, "not an .ljson"),
        ("a.ljson", "{}", "not an .ljson"),
        ("a.ljson", '{"version": 9}', "version 9; 1, 2 and 3"),
        ("a.ljson", '{"version": 2, "landmarks": {"points": [[1, 2, 3]]}}', "not in a plane"),
        ("a.ljson", '{"version": 2, "landmarks": {"points": [["a", 2]]}}', "not an .ljson"),
        ("a.txt", "", "unknown suffix"),
    ],
)
def test_other_files(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LandmarkFileError, match=says):
        read_landmark_file(tmp_path / name)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(LandmarkFileError, match="cannot be read"):
        read_landmark_file(tmp_path / "a.pts")
    (tmp_path / "a.pts").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LandmarkFileError, match="not a text file"):
        read_landmark_file(tmp_path / "a.pts")
    with pytest.raises(LandmarkFileError, match="unknown suffix"):
        write_landmark_file(tmp_path / "a.csv", POINTS)
    with pytest.raises(ValueError, match="points has shape"):
        write_landmark_file(tmp_path / "a.pts", POINTS[0])


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["a.pts", "a.ljson"]))
def test_nothing_else_ever_happens(tmp_path_factory: pytest.TempPathFactory, text: str, name: str) -> None:
    file = tmp_path_factory.mktemp("fuzz") / name
    file.write_text(text, encoding="utf-8", errors="ignore")
    with suppress(LandmarkFileError):
        read_landmark_file(file)
