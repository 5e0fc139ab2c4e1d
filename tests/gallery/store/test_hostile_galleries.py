"""Damaged and hostile galleries end in one line, before anything large is allocated."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectface.errors import AffectFaceError, GalleryError
from affectface.gallery.store import Scan, Sequence, Template, create_gallery, make_labels, open_gallery


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    template = Template("t", np.eye(3, dtype=np.float32), np.array([(0, 1, 2)], np.int32))
    with create_gallery(tmp_path / "g", "meshes", template=template) as writer:
        writer.add(Sequence("a", "s", "", "", 25, 4), [np.ones((4, 3, 3))], labels=make_labels(4))
    return tmp_path / "g"


def edit(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def claim_terabytes(folder: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (10**12, 3, 3)})
    (folder / "sequences/a/vertices.npy").write_bytes(head.getvalue())


def pickled(folder: Path) -> None:
    np.save(folder / "sequences/a/vertices.npy", np.array([{}], dtype=object), allow_pickle=True)


def link(folder: Path) -> None:
    path = folder / "sequences/a/vertices.npy"
    path.rename(folder.parent / "elsewhere")
    path.symlink_to(folder.parent / "elsewhere")


def other_columns(folder: Path) -> None:
    pq.write_table(pa.table({"frame": [{"x": 1}] * 4}), folder / "sequences/a/frames.parquet")


def more_rows(folder: Path) -> None:
    rows = 3_000_000
    table = pa.table({"frame": np.zeros(rows), "time": np.zeros(rows), "left_out": pa.array([""] * rows)})
    pq.write_table(table, folder / "sequences/a/frames.parquet")


def long_texts(folder: Path) -> None:
    text = pa.array(["x" * 30_000_000] * 4)
    table = pa.table({"frame": np.zeros(4), "time": np.zeros(4), "left_out": text})
    pq.write_table(table, folder / "sequences/a/frames.parquet", compression="zstd", use_dictionary=False)


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "terabytes": (claim_terabytes, "not float32 of shape"),
    "pickle": (pickled, "not float32 of shape"),
    "cut": (lambda g: (g / "sequences/a/vertices.npy").write_bytes(b"\x93NUMPY"), "not float32"),
    "link": (link, "a link"),
    "missing": (lambda g: (g / "sequences/a/vertices.npy").unlink(), "missing"),
    "columns": (other_columns, "column 'frame' is struct"),
    "rows": (more_rows, "3000000 rows"),
    "texts": (long_texts, "unpacks to"),
    "no parquet": (lambda g: (g / "sequences/a/frames.parquet").write_bytes(b"PAR1" * 9), "frames.parquet"),
    "labels": (lambda g: (g / "sequences/a/labels.parquet").write_bytes(b""), "labels.parquet"),
    "frames": (lambda g: edit(g / "sequences/a/sequence.json", frames=10**9), "1000000000 frames"),
    "frames text": (lambda g: edit(g / "sequences/a/sequence.json", frames="4"), "frames is '4'"),
    "frames bool": (lambda g: edit(g / "sequences/a/sequence.json", frames=True), "frames is 'True'"),
    "name": (lambda g: edit(g / "sequences/a/sequence.json", name="../../x"), "calls itself"),
    "rate": (lambda g: edit(g / "sequences/a/sequence.json", frame_rate=float("nan")), "frame rate nan"),
    "hidden": (lambda g: (g / "sequences/.x").mkdir(), "cannot be a sequence's name"),
    "empty": (lambda g: (g / "sequences/b").mkdir(), "sequence.json: missing"),
    "linked sequence": (lambda g: (g / "sequences/b").symlink_to(g / "sequences/a"), "a link"),
    "deep": (lambda g: (g / "gallery.json").write_text("[" * 100_000), "damaged"),
    "list": (lambda g: (g / "gallery.json").write_text("[]"), "holds no record"),
    "version": (lambda g: edit(g / "gallery.json", format_version=2), "upgrade"),
    "form": (lambda g: edit(g / "gallery.json", form="videos"), "'videos'"),
    "units": (lambda g: edit(g / "gallery.json", unit_names=[1]), "unit_names"),
    "template": (lambda g: (g / "template.npz").write_bytes(b"PK"), "template.npz"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_harm_is_one_line(gallery: Path, harm: str) -> None:
    change, message = HARMS[harm]
    change(gallery)
    with pytest.raises(GalleryError) as caught:  # noqa: PT012  whatever reads it first
        found = open_gallery(gallery)
        found.values("a")
        found.left_out("a")
        found.labels("a")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_verify_names_what_changed(gallery: Path) -> None:
    values = gallery / "sequences/a/vertices.npy"
    data = bytearray(values.read_bytes())
    data[-1] ^= 1
    values.write_bytes(data)
    (gallery / "sequences/a/frames.parquet").unlink()
    (gallery / "sequences/a/more").write_text("")
    found = "\n".join(open_gallery(gallery).verify())
    assert found.count("\n") == 2
    for said in ("vertices.npy: does not match", "frames.parquet: missing", "more: does not belong"):
        assert said in found


def test_random_bytes_never_crash(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 255, (4, 4, 3), dtype=np.uint8)
    uv = rng.random((1, 3, 2)).astype(np.float32)
    scan = Scan(np.eye(3, dtype=np.float32), np.array([(0, 1, 2)], np.int32), np.eye(3, dtype=np.float32), uv, texture)
    with create_gallery(tmp_path / "g", "scans") as writer:
        writer.add(Sequence("a", "s", "", "", 25, 3), [scan] * 3, labels=make_labels(3))
    files = sorted(path for path in (tmp_path / "g").rglob("*") if path.is_file())
    failures = []
    for turn in range(300):
        path = files[turn % len(files)]
        before = path.read_bytes()
        data = bytearray(before)
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(0, 256)
        path.write_bytes(data[: rng.integers(0, len(data))] if turn % 3 == 0 else data)
        try:
            found = open_gallery(tmp_path / "g")
            found.scan("a", 1)
            found.left_out("a")
            found.labels("a")
            found.verify()
        except AffectFaceError as error:
            failures.append(str(error))
        path.write_bytes(before)
    assert len(failures) > 50
    assert not any("\n" in said for said in failures)
