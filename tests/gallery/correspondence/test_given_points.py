"""A drawn sequence through `track` and `register --points`: annotated points are better than the landmarker's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from known_scans import SMILE, Case
from typer.testing import CliRunner

from affectface.cli.gallery import gallery as cli
from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.frames import plates_of, register_frame
from affectface.gallery.correspondence.galleries import register_gallery
from affectface.gallery.correspondence.hanging import Hanging
from affectface.gallery.correspondence.reference import Reference
from affectface.gallery.correspondence.rigid import robust_motion
from affectface.gallery.correspondence.scan_landmarks import find_landmarks
from affectface.gallery.store import Gallery, Scan, Sequence, create_gallery, make_labels, open_gallery
from affectface.gallery.tracking import POINTS79
from affectface.gallery.tracking.point_table import PointTable, read_points, writing_points
from affectface.morphable import FaceModel

INNER = list(POINTS79[17:])
"""Without the jaw's outline, along which the landmarker slides by 2 cm."""


@pytest.fixture(scope="module")
def cases(scanned: Callable[..., Case], neutral: Case) -> list[Case]:
    """Two frames to annotate, and one to track."""
    return [neutral, scanned(SMILE, 1), scanned({name: 0.5 * strength for name, strength in SMILE.items()}, 2)]


@pytest.fixture(scope="module")
def truth(model: FaceModel, cases: list[Case]) -> list[np.ndarray]:
    found = np.full((len(cases), 478, 3), np.nan, dtype=np.float32)
    for marks, case in zip(found, cases, strict=True):
        marks[list(POINTS79)] = model.at_landmarks(case.truth.astype(np.float32))[list(POINTS79)]
    return list(found)


@pytest.fixture(scope="module")
def scans(cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    return written(cases, tmp_path_factory.mktemp("tracked") / "scans.gallery", ("", "", ""))


def written(cases: list[Case], path: Path, left_out: tuple[str, ...]) -> Gallery:
    with create_gallery(path, "scans") as writer:
        drawn = [
            None if reason else Scan(one.scan.vertices, one.scan.triangles, one.scan.colour)
            for reason, one in zip(left_out, cases, strict=True)
        ]
        labels = make_labels(len(cases), expression=("neutral", "", ""))
        writer.add(Sequence("a", "p", "1", "t", 25, len(cases)), drawn, labels=labels, left_out=list(left_out))
    return open_gallery(path)


@pytest.fixture(scope="module")
def table(scans: Gallery, truth: list[np.ndarray]) -> PointTable:
    folder = scans.path.parent
    with writing_points(folder / "annotated.csv") as add:
        for frame in (0, 1):
            add(("a", frame), truth[frame])
    words = ["track", str(scans.path), "--annotated", str(folder / "annotated.csv"), "--model", "embedded"]
    result = CliRunner().invoke(cli, [*words, "-o", str(folder / "points.csv")])
    assert result.exit_code == 0, result.stderr
    assert "3 of 3 frames of 1 sessions tracked" in result.stdout
    return read_points(folder / "points.csv", scans)


def test_a_frame_is_tracked_better_than_the_landmarker_sees_it(
    table: PointTable, truth: list[np.ndarray], cases: list[Case], reference: Reference
) -> None:
    tracked = table.at(("a", 2))
    assert tracked is not None
    start = reference.motion, reference.inside_out
    seen = find_landmarks(cases[2].scan, reference.template.landmark_places, start)
    ours, theirs = (
        10 * np.linalg.norm(found - truth[2], axis=1)[INNER] for found in (tracked, seen.motion.undo(seen.places))
    )
    assert np.isfinite(ours).sum() > 50
    assert np.nanmean(ours) < 1.2
    assert np.nanmean(ours) < 0.5 * np.nanmean(theirs)
    annotated = table.at(("a", 0))
    assert annotated is not None
    np.testing.assert_allclose(annotated, truth[0], atol=6e-5)


def test_registration_is_better_with_points(
    scans: Gallery, table: PointTable, cases: list[Case], reference: Reference, hanging: Hanging
) -> None:
    config = RegisterConfig(method="uv-tps")
    out = scans.path.parent / "meshes.gallery"
    two = written(cases, scans.path.parent / "two.gallery", ("", "takes time", ""))
    register_gallery(two, out, "embedded", config=config, points=table, workers=0)
    given = open_gallery(out)
    assert given.left_out("a") == ("", "takes time", "")
    sought = register_frame(plates_of(reference, config), hanging, cases[2].scan, config)
    face = reference.template.skin[reference.template.face & reference.covered]

    def error(vertices: np.ndarray) -> float:
        found, truth = vertices[face].astype(np.float64), cases[2].truth[face]
        return float(10 * np.linalg.norm(robust_motion(truth, found, scale=0.15).apply(truth) - found, axis=1).mean())

    assert error(given.values("a")[2]) < 0.9 * error(sought.vertices)
