"""Whole galleries: which reference, what is left out, and the same bytes after any interruption."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.cli.gallery import gallery
from affectface.errors import GalleryError
from affectface.gallery.correspondence import working
from affectface.gallery.correspondence.choosing import sessions_of
from affectface.gallery.correspondence.config import RegisterConfig
from affectface.gallery.correspondence.frames import Registered
from affectface.gallery.correspondence.galleries import RegisteredGallery, register_gallery
from affectface.gallery.correspondence.quality import FrameQuality
from affectface.gallery.correspondence.rigid import Motion
from affectface.gallery.store import Gallery, Scan, Sequence, create_gallery, make_labels, open_gallery
from affectface.gallery.tracking.point_table import PointTable, read_points, writing_points
from affectface.morphable import FaceModel

TRIANGLE = np.array([(0, 1, 2)], dtype=np.int32)

Marks = np.ndarray | None


def scan(number: float) -> Scan:
    return Scan(np.eye(3, dtype=np.float32) * np.float32(number), TRIANGLE)


@pytest.fixture
def scans(tmp_path: Path) -> Gallery:
    with create_gallery(tmp_path / "scans.gallery", "scans") as writer:
        for name, subject, numbers in (("a1", "a", (1, 2, 3)), ("a2", "a", (4, 5)), ("b1", "b", (-6, 7))):
            neutral = ("", "neutral", "")[: len(numbers)] if name == "a1" else None
            labels = make_labels(len(numbers), expression=neutral)
            left_out = ["" if name != "a2" or frame else "no file" for frame in range(len(numbers))]
            frames = [None if reason else scan(number) for reason, number in zip(left_out, numbers, strict=True)]
            sequence = Sequence(name, subject, "1", "t", 25, len(numbers))
            writer.add(sequence, frames, left_out=left_out, labels=labels)
    return open_gallery(tmp_path / "scans.gallery")


@dataclass
class Steps:
    """What the steps, which are only played here, were asked for."""

    references: list[float]
    frames: list[float]
    marks: list[float | None] = field(default_factory=list)
    pairs: list[tuple[float, float] | None] = field(default_factory=list)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, model: FaceModel) -> Steps:
    made = Steps([], [])

    def reference(
        _template: object, _hanging: object, mesh: working.Shown, _config: RegisterConfig, *, landmarks: Marks
    ) -> float:
        number = float(mesh.vertices[0, 0])
        made.references.append(number)
        made.marks.append(None if landmarks is None else float(landmarks[0, 0]))
        if number < 0:
            raise GalleryError("the neutral face cannot be registered: it is negative; it is not")
        return number

    def frame(
        plates: float,
        _hanging: object,
        mesh: working.Shown,
        _config: RegisterConfig,
        *,
        landmarks: tuple[np.ndarray, np.ndarray] | None,
    ) -> Registered:
        number = float(mesh.vertices[0, 0])
        made.frames.append(number)
        made.pairs.append(None if landmarks is None else (float(landmarks[0][0, 0]), float(landmarks[1][0, 0])))
        vertices = np.full(model.vertices.shape, 10 * plates + number, np.float32)
        quality = FrameQuality(number, 1, 0, 2, 0.9, 9)
        none = Motion(np.eye(3), np.zeros(3))
        return Registered(vertices, np.ones(len(vertices), bool), none, quality, "too odd" if number == 3 else "")

    monkeypatch.setattr(working, "register_reference", reference)
    monkeypatch.setattr(working, "plates_of", lambda made, _config: made)
    monkeypatch.setattr(working, "register_frame", frame)
    return made


def registered(
    scans: Gallery,
    out: Path,
    advance: Callable[[int], None] = lambda _: None,
    points: PointTable | None = None,
) -> RegisteredGallery:
    return register_gallery(scans, out, "embedded", points=points, workers=0, advance=advance)


def test_the_reference_is_a_neutral_frame_of_the_session(scans: Gallery) -> None:
    first, second = sessions_of(scans)
    assert (first.subject, first.sequences, first.candidates) == ("a", ("a1", "a2"), (("a1", 1),))
    assert second.candidates == (("b1", 0),)


def test_a_gallery_is_registered(scans: Gallery, steps: Steps, tmp_path: Path) -> None:
    done: list[int] = []
    found = registered(scans, tmp_path / "out.gallery", done.append)
    assert (found.sequences, found.frames, sum(done)) == (3, 7, 7)
    assert steps.references == [2, -6]
    out = open_gallery(tmp_path / "out.gallery")
    assert out.form == "meshes"
    assert out.topology == "embedded"
    assert out.values("a1")[:, 0, 0].tolist() == [21, 22, 23]
    assert out.left_out("a1") == ("", "", "too odd")
    assert out.left_out("a2") == ("no file", "")
    assert out.values("a2")[1, 0, 0] == 25
    assert np.isnan(out.values("a2")[0]).all()
    assert all(reason.startswith("no reference: the neutral face") for reason in out.left_out("b1"))
    assert out.quality("a1")["covered"] == pytest.approx(0.9)
    labels = out.labels("a1")
    assert labels is not None
    assert labels.expression[1] == "neutral"
    assert not out.verify()
    assert not [name for name in os.listdir(tmp_path) if "registering" in name]


@pytest.mark.parametrize("after", range(6))
def test_an_interruption_changes_no_byte(scans: Gallery, steps: Steps, tmp_path: Path, after: int) -> None:
    registered(scans, tmp_path / "whole.gallery")
    steps.frames.clear()
    left = [after]

    def interrupt(_frames: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registered(scans, tmp_path / "out.gallery", interrupt)
    registered(scans, tmp_path / "out.gallery")
    assert sorted(steps.frames) == [1, 2, 3, 5]  # no frame twice
    assert not different(tmp_path / "whole.gallery", tmp_path / "out.gallery")


def test_a_damaged_leftover_is_made_again(scans: Gallery, steps: Steps, tmp_path: Path) -> None:
    def interrupt(_frames: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        registered(scans, tmp_path / "out.gallery", interrupt)
    (leftover,) = (tmp_path / ".out.registering" / "a1").iterdir()
    leftover.write_bytes(b"PK\x03\x04")
    registered(scans, tmp_path / "out.gallery")
    assert open_gallery(tmp_path / "out.gallery").values("a1")[0, 0, 0] == 21


def test_known_points_go_to_their_frames(scans: Gallery, steps: Steps, tmp_path: Path) -> None:
    table = pointed(scans, tmp_path, {("a1", 1): 11, ("a1", 2): 12, ("a2", 1): 21})
    registered(scans, tmp_path / "out.gallery", points=table)
    assert steps.marks == [11, None]
    assert steps.pairs == [None, (11, 11), (11, 12), (11, 21)]


def test_a_few_points_are_too_few(scans: Gallery, steps: Steps, tmp_path: Path) -> None:
    table = pointed(scans, tmp_path, {("a1", 1): 11, ("a1", 2): 12}, count=5)
    registered(scans, tmp_path / "out.gallery", points=table)
    assert steps.pairs == [None] * 4


def test_other_points_are_another_registration(scans: Gallery, steps: Steps, tmp_path: Path) -> None:
    def interrupt(_frames: int) -> None:
        raise KeyboardInterrupt

    one = pointed(scans, tmp_path, {("a1", 1): 11})
    for _ in range(2):  # kept for the same points
        with pytest.raises(KeyboardInterrupt):
            registered(scans, tmp_path / "out.gallery", interrupt, one)
    assert steps.frames == [1]
    other = pointed(scans, tmp_path, {("a1", 1): 12})
    with pytest.raises(GalleryError, match=r"out\.gallery"):
        registered(scans, tmp_path / "out.gallery", points=other)
    registered(scans, tmp_path / "out.gallery", points=one)
    record = open_gallery(tmp_path / "out.gallery").source["registered"]
    assert record["points"] == one.sha256 != other.sha256


def pointed(scans: Gallery, folder: Path, values: dict[tuple[str, int], float], count: int = 478) -> PointTable:
    """A table that knows some frames, all points of which have one value."""
    with writing_points(folder / "points.csv") as add:
        for place, value in values.items():
            add(place, np.full((count, 3), value, dtype=np.float32))
    return read_points(folder / "points.csv", scans)


def test_other_forms_are_refused(tmp_path: Path) -> None:
    with create_gallery(tmp_path / "s.gallery", "strengths", unit_names=("jawOpen",)) as writer:
        writer.add(Sequence("a", "s", "", "", 25, 1), [np.zeros((1, 1))])
    with pytest.raises(GalleryError, match="holds strengths; scans are registered, as ingest writes them"):
        registered(open_gallery(tmp_path / "s.gallery"), tmp_path / "out.gallery")
    result = CliRunner().invoke(gallery, ["register", str(tmp_path / "s.gallery"), "-o", str(tmp_path / "o.gallery")])
    assert result.exit_code == 2
    assert "holds strengths" in result.stderr


def different(one: Path, other: Path) -> list[str]:
    """Names of files that two folders do not share byte for byte."""
    files = [{path.relative_to(folder) for path in folder.rglob("*") if path.is_file()} for folder in (one, other)]
    unequal = [name for name in files[0] & files[1] if not filecmp.cmp(one / name, other / name, shallow=False)]
    return sorted(map(str, [*(files[0] ^ files[1]), *unequal]))
