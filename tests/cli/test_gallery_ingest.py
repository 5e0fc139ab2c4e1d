"""``affectface gallery ingest``: a folder of scans becomes a gallery, or one line says why not."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.assets.example import example_photo
from affectface.cli.app import app
from affectface.gallery.store import open_gallery
from affectface.mesh_files import write_obj


@pytest.fixture
def source(tmp_path: Path) -> Path:
    x, y = np.meshgrid(np.linspace(-80, 80, 7), np.linspace(-90, 90, 7))
    vertices = np.stack([x, y, -0.01 * x**2], axis=-1).reshape(-1, 3)
    triangles = np.array([(i, i + 1, i + 7) for i in range(0, 40) if i % 7 < 6], np.int32)
    for frame in range(4):
        path = tmp_path / "set" / "Ann" / "joy" / f"{frame}.obj"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_obj(path, vertices + frame, triangles, vertices[:, :2] / 200, triangles)
    (tmp_path / "set" / "Ann" / "joy" / "2.obj").write_text("v 0 0 0\n")
    return tmp_path / "set"


def call(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["gallery", "ingest", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_a_folder_becomes_a_gallery(source: Path, tmp_path: Path) -> None:
    code, said, _ = call(source, "-o", tmp_path / "a.gallery")
    assert code == 0
    assert "meshes, 1 sequences (1 new), 3 frames that count; the files were taken to be in mm" in said
    assert "left out: Ann_joy, frame 2: Ann/joy/2.obj" in said
    code, said, _ = call(source, "-o", tmp_path / "a.gallery", "--json")
    record = json.loads(said)
    assert (record["added"], record["frames"], record["left_out_frames"]) == (0, 3, 0)
    assert open_gallery(tmp_path / "a.gallery").sequences[0].subject == "Ann"


def test_a_template_gives_the_triangles(source: Path, tmp_path: Path) -> None:
    template = source / "Ann" / "joy" / "0.obj"
    np.save(
        tmp_path / "stack.npy", np.zeros((2, 49, 3)) + np.loadtxt(template, skiprows=1, max_rows=49, usecols=(1, 2, 3))
    )
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stack.npy").rename(tmp_path / "stacks" / "Bob.npy")
    code, _, error = call(tmp_path / "stacks", "-o", tmp_path / "b.gallery")
    assert (code, error.count("\n")) == (2, 1)
    assert "--template" in error
    assert call(tmp_path / "stacks", "-o", tmp_path / "b.gallery", "--template", template)[0] == 0
    assert open_gallery(tmp_path / "b.gallery").values("Bob").shape == (2, 49, 3)
    code, _, error = call(source, "-o", tmp_path / "c.gallery", "--template", "embedded")
    assert (code, error.count("\n")) == (2, 1)
    assert "topology of embedded: it has 49 vertices" in error
    assert not (tmp_path / "c.gallery").exists()


@pytest.mark.parametrize("options", [["--layout", "x"], ["--labels", "none.csv"], ["--template", "none.obj"]])
def test_one_line_for_what_is_wrong(source: Path, tmp_path: Path, options: list[str]) -> None:
    code, _, error = call(source, "-o", tmp_path / "a.gallery", *options)
    assert (code, error.count("\n")) == (2, 1)
    assert not (tmp_path / "a.gallery").exists()


def test_one_line_for_a_full_disk_and_a_closed_folder(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, _, error = call(source, "-o", tmp_path / "a.gallery")
    assert (code, error.count("\n")) == (2, 1)
    assert "No space left on device" in error
    assert call(source, "-o", tmp_path / "a.gallery")[0] == 0  # there is room again

    def closed(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", closed)
        code, _, error = call(source, "-o", tmp_path / "b.gallery")
    assert (code, error.count("\n")) == (2, 1)
    assert "Permission denied" in error


def test_photos_enter_through_the_fitter(tmp_path: Path) -> None:
    (tmp_path / "photos.csv").write_text(f"file,subject,expression\n{example_photo()},a,neutral\nnone.png,a,anger\n")
    code, said, _ = call(tmp_path / "photos.csv", "-o", tmp_path / "a.gallery", "--model", "embedded")
    assert code == 0
    assert "strengths of embedded, 1 sequences (1 new), 1 frames that count" in said
    assert "left out: a, frame 1: none.png" in said
    (tmp_path / "photos.csv").write_text("file,subject,expression\nnone.png,a,anger\n")
    code, _, error = call(tmp_path / "photos.csv", "-o", tmp_path / "b.gallery", "--model", "embedded")
    assert (code, error.count("\n")) == (2, 1)
