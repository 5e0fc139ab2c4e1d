"""Galleries come back as they were written, stream, refuse what does not belong, and notice what has changed."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from affectface.arrays import FloatArray
from affectface.errors import GalleryError
from affectface.gallery.store import Labels, Sequence, Template, create_gallery, make_labels, open_gallery

UNITS = ("jawOpen", "browInnerUp_L", "browInnerUp_R")


def template() -> Template:
    corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    return Template("four", np.array(corners, np.float32), np.array([(0, 2, 1), (0, 1, 3)], np.int32))


def sequence(name: str = "s1_smile", frames: int = 5) -> Sequence:
    return Sequence(name, "s1", "first", "smile", 25, frames)


def meshes(frames: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((frames, 4, 3)).astype(np.float32)


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "a.gallery"
    labels = make_labels(5, valence=np.linspace(-1, 1, 5, dtype=np.float32), expression=("neutral", "", "", "joy", ""))
    with create_gallery(path, "meshes", template=template(), topology="four", source={"layout": "none"}) as writer:
        left_out: list[str] = []

        def blocks() -> Iterator[FloatArray]:
            yield meshes(5)[:2]
            bad = meshes(5)[2:]
            bad[0] = np.nan
            left_out.extend(["", "", "unreadable", "", ""])
            yield bad

        writer.add(sequence(), blocks(), left_out=left_out, quality={"error": np.arange(5.0)}, labels=labels)
        writer.add(sequence("another", 2), [meshes(2, 1)], times=[0, 0.5])
    return path


def test_meshes_come_back(written: Path) -> None:
    gallery = open_gallery(written)
    assert (gallery.form, gallery.topology, gallery.source, gallery.complete) == (
        "meshes",
        "four",
        {"layout": "none"},
        True,
    )
    assert [one.name for one in gallery.sequences] == ["another", "s1_smile"]
    assert gallery.sequence("s1_smile") == sequence()
    assert gallery.template is not None
    np.testing.assert_array_equal(gallery.template.vertices, template().vertices)
    values = gallery.values("s1_smile")
    assert isinstance(values, np.memmap)
    assert not values.flags.writeable
    np.testing.assert_array_equal(values[[0, 1, 3, 4]], meshes(5)[[0, 1, 3, 4]])
    assert gallery.left_out("s1_smile") == ("", "", "unreadable", "", "")
    assert gallery.kept("s1_smile").tolist() == [True, True, False, True, True]
    np.testing.assert_allclose(gallery.times("s1_smile"), np.arange(5) / 25)
    assert gallery.times("another").tolist() == [0, 0.5]
    assert gallery.quality("s1_smile")["error"].tolist() == [0, 1, 2, 3, 4]
    labels = gallery.labels("s1_smile")
    assert labels is not None
    assert labels.expression == ("neutral", "", "", "joy", "")
    np.testing.assert_array_equal(labels.valence, np.linspace(-1, 1, 5, dtype=np.float32))
    assert np.isnan(labels.arousal).all()
    assert gallery.labels("another") is None
    assert gallery.verify() == []
    np.testing.assert_array_equal(np.load(written / "sequences/another/vertices.npy"), meshes(2, 1))  # NumPy reads it


def test_strengths_come_back(tmp_path: Path) -> None:
    strengths = np.random.default_rng(0).random((7, 3)).astype(np.float32)
    with create_gallery(tmp_path / "g", "strengths", unit_names=UNITS, topology="embedded") as writer:
        writer.add(sequence(frames=7), (strengths[i : i + 2] for i in range(0, 7, 2)))
    gallery = open_gallery(tmp_path / "g")
    assert gallery.unit_names == UNITS
    np.testing.assert_array_equal(gallery.values("s1_smile"), strengths)
    assert gallery.verify() == []


def test_labels_are_replaced(written: Path) -> None:
    gallery = open_gallery(written)
    none = np.full(2, np.nan, np.float32)
    (written / "sequences/another/.labels.parquet").write_text("of a process that was killed")
    gallery.set_labels("another", Labels(np.float32([0, 1]), none, np.float32([0.1, 0.2]), none, ("", "anger")))
    again = gallery.labels("another")
    assert again is not None
    assert again.valence.tolist() == [0, 1]
    assert again.expression == ("", "anger")
    assert gallery.verify() == []
    with pytest.raises(GalleryError, match="labels of 3 frames; it has 2"):
        gallery.set_labels("another", make_labels(3))
    with pytest.raises(GalleryError, match=r"valence from 0 to 2; \[-1, 1\]"):
        make_labels(2, valence=np.float32([0, 2]))


def test_the_same_twice_is_the_same(written: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        with create_gallery(tmp_path / name, "meshes", template=template()) as writer:
            writer.add(sequence(), [meshes(5)], labels=make_labels(5))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_gallery_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "g"

    def broken() -> Iterator[FloatArray]:
        yield meshes(2)
        raise KeyboardInterrupt

    def interrupted() -> None:
        with create_gallery(path, "meshes", template=template()) as writer:
            writer.add(sequence("a"), [meshes(5)])
            writer.add(sequence("b"), broken())

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [one.name for one in open_gallery(path).sequences] == ["a"]
    assert not open_gallery(path).complete
    (path / ".unfinished" / "b").mkdir()
    with create_gallery(path, "meshes", template=template()) as writer:
        assert [writer.has("a"), writer.has("b")] == [True, False]
        with pytest.raises(GalleryError, match="there already"):
            writer.add(sequence("a"), [meshes(5)])
        with (
            pytest.raises(GalleryError, match="another process is writing"),
            create_gallery(path, "meshes", template=template()),
        ):
            pass
        writer.add(sequence("b"), [meshes(5, 1)])
    with create_gallery(tmp_path / "whole", "meshes", template=template()) as writer:
        writer.add(sequence("a"), [meshes(5)])
        writer.add(sequence("b"), [meshes(5, 1)])
    assert contents(path) == contents(tmp_path / "whole")
    with (
        pytest.raises(GalleryError, match="another topology"),
        create_gallery(path, "meshes", template=template(), topology="x"),
    ):
        pass


@pytest.mark.parametrize(
    ("frames", "blocks", "message"),
    [
        (5, [meshes(4)], "4 frames came; 5 were said"),
        (5, [meshes(4), meshes(4)], "more frames came; 5 were said"),
        (1, [np.full((1, 4, 3), np.nan)], "frame 0 is kept but has no finite numbers"),
    ],
)
def test_sequences_that_do_not_fit(tmp_path: Path, frames: int, blocks: list[FloatArray], message: str) -> None:
    with create_gallery(tmp_path / "g", "meshes", template=template()) as writer:
        with pytest.raises(GalleryError, match=message):
            writer.add(sequence(frames=frames), blocks)
        with pytest.raises(ValueError, match=r"shape \(1, 5, 3\)"):
            writer.add(sequence(), [np.zeros((1, 5, 3))])
    assert contents(tmp_path / "g").keys() == {"gallery.json", "template.npz"}


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".a", "-a", "a\\b", "a\0b", "c:", "a.", "x" * 201, "a\nb"])
def test_names_that_lead_out(name: str) -> None:
    with pytest.raises(GalleryError, match="cannot be a sequence's name"):
        sequence(name)


def test_memory_does_not_grow_with_frames(tmp_path: Path) -> None:
    many = np.zeros((5000, 3), np.float32)
    big = Template("big", many, template().triangles)
    peaks = []
    for frames in (200, 2000):
        tracemalloc.start()
        with create_gallery(tmp_path / str(frames), "meshes", template=big) as writer:
            writer.add(sequence(frames=frames), (many[None] + np.float32(i) for i in range(frames)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000  # the frames are 108 MB more


def test_a_folder_of_something_else_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(GalleryError, match="holds other things"), create_gallery(tmp_path, "scans"):
        pass
    assert contents(tmp_path).keys() == {"thesis.txt"}
    with pytest.raises(GalleryError, match="no gallery"):
        open_gallery(tmp_path)


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with create_gallery(tmp_path / "g", "meshes", template=template()) as writer:
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(GalleryError, match=r"^[^\n]*No space left on device[^\n]*$"):
            writer.add(sequence(), [meshes(5)])
        monkeypatch.undo()
        writer.add(sequence(), [meshes(5)])
    assert open_gallery(tmp_path / "g").verify() == []
