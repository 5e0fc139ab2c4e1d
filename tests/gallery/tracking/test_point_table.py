"""Tables of points: what is written comes back, and what is damaged is refused by its row."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.cli.gallery import gallery as cli
from affectface.errors import GalleryError
from affectface.gallery.store import Gallery, Scan, Sequence, create_gallery, open_gallery
from affectface.gallery.tracking import POINTS79
from affectface.gallery.tracking.galleries import track_gallery
from affectface.gallery.tracking.point_table import read_points, writing_points

HEADER = "sequence,frame,point,x,y,z\n"


@pytest.fixture
def scans(tmp_path: Path) -> Gallery:
    scan = Scan(np.eye(3, dtype=np.float32), np.array([(0, 1, 2)], dtype=np.int32))
    with create_gallery(tmp_path / "s.gallery", "scans") as writer:
        writer.add(Sequence("a, b", "p", "1", "t", 25, 3), [scan] * 3)
    return open_gallery(tmp_path / "s.gallery")


def test_what_is_written_comes_back(scans: Gallery, tmp_path: Path) -> None:
    points = np.random.default_rng(1).normal(0, 30, (2, 478, 3)).astype(np.float32)
    points[0, 1::2] = np.nan
    points[1, 7, 2] = np.nan
    file = tmp_path / "p.csv"
    for _ in range(2):
        with writing_points(file) as add:
            add(("a, b", 2), points[0])
            add(("a, b", 0), points[1])
    table = read_points(file, scans)
    points[1, 7] = np.nan
    np.testing.assert_allclose(table.at(("a, b", 2)), points[0], atol=6e-5)
    np.testing.assert_allclose(table.at(("a, b", 0)), points[1], atol=6e-5)
    assert table.at(("a, b", 1)) is None


def test_the_79_have_numbers_of_their_own(scans: Gallery, tmp_path: Path) -> None:
    rows = '"a, b",1,t36,1,2,3\n"a, b",1,17,nan,2,3\n"a, b",1,18,,,\n"a, b",0,477,4,5,6\n"a, b",1,0,7,8,9\n'
    (tmp_path / "p.csv").write_text(HEADER + rows)
    found = read_points(tmp_path / "p.csv", scans).at(("a, b", 1))
    assert found is not None
    assert np.flatnonzero(np.isfinite(found).all(axis=1)).tolist() == sorted([0, POINTS79[36]])
    assert found[POINTS79[36]].tolist() == [1, 2, 3]


def test_an_interrupted_table_is_not_there(tmp_path: Path) -> None:
    def interrupted() -> None:
        with writing_points(tmp_path / "p.csv") as add:
            add(("a", 0), np.zeros((478, 3), np.float32))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no point with coordinates"),
        (HEADER, "has no point with coordinates"),
        (HEADER + '"a, b",0,1,,,\n', "has no point with coordinates"),
        ("sequence,frame,point,x,y\na,0,1,2,3\n", "no column z"),
        ("x,x\n1,2\n", "different names are needed"),
        (HEADER + '"a, b",0,1,2,3\n', "row 2 has 5 cells; 6 are needed"),
        (HEADER + '"a, b",-1,1,2,3,4\n', "row 2: frame '-1'"),
        (HEADER + '"a, b",' + "9" * 5000 + ",1,2,3,4\n", "row 2: frame '9999"),
        (HEADER + '"a, b",0,478,2,3,4\n', "row 2: point '478'; 0 to 477, or t0 to t78"),
        (HEADER + '"a, b",0,t79,2,3,4\n', "row 2: point 't79'"),
        (HEADER + '"a, b",0,1,two,3,4\n', "row 2: x, y and z are not three numbers"),
        (HEADER + '"a, b",0,1,inf,3,4\n', "row 2: a coordinate of inf cm"),
        (HEADER + '"a, b",3,1,2,3,4\n', "row 2: frame 3 of 'a, b' is not in s.gallery"),
        (HEADER + "c,0,1,2,3,4\n", "row 2: frame 0 of 'c' is not in s.gallery"),
        (HEADER + '"a, b",0,1,2,3,4\n"a, b",1,1,2,3,4\n"a, b",0,1,2,3,4\n', "row 4: point 1 of frame 0 of .* twice"),
        (HEADER + f'"a, b",0,t36,2,3,4\n"a, b",0,{POINTS79[36]},2,3,4\n', "row 3: point 33 .* occurs twice"),
    ],
)
def test_damaged_tables_are_refused(scans: Gallery, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(GalleryError, match=re.escape(message) if ".*" not in message else message):
        read_points(tmp_path / "p.csv", scans)


def test_binary_and_missing_files_are_refused(scans: Gallery, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(b"\xff\xfe\x00\x80")
    for name in ("p.csv", "none.csv"):
        with pytest.raises(GalleryError, match="not a readable table"):
            read_points(tmp_path / name, scans)
    result = CliRunner().invoke(
        cli, ["register", str(scans.path), "-o", str(tmp_path / "m.gallery"), "--points", str(tmp_path / "none.csv")]
    )
    assert result.exit_code == 2
    assert "not a readable table" in result.stderr
    assert not (tmp_path / "m.gallery").exists()


def test_annotated_frames_need_all_points(scans: Gallery, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + '"a, b",0,t0,1,2,3\n')
    table = read_points(tmp_path / "p.csv", scans)
    with pytest.raises(GalleryError, match="frame 0 of 'a, b' has 1 of the 79 points"):
        track_gallery(scans, tmp_path / "out.csv", "embedded", annotated=table)
    assert not (tmp_path / "out.csv").exists()


def test_scans_that_show_no_face_are_told(scans: Gallery, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["track", str(scans.path), "-o", str(tmp_path / "out.csv"), "--model", "embedded"])
    assert result.exit_code == 0, result.stderr
    assert "0 of 3 frames of 0 sessions tracked" in result.stdout
    assert "3 without points: no model of p: the scan has 1 triangles" in result.stdout
    assert (tmp_path / "out.csv").read_text() == HEADER
