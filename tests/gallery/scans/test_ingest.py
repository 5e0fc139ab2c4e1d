"""Bad frames are left out and named, textures stay inside the source, units are told, labels come along."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from written_scans import Sheet, make_sheet, picture

from affectface.errors import GalleryError
from affectface.gallery.scans import IngestConfig, Ingested, ingest_scans, plan_ingest
from affectface.gallery.scans.units import tell_unit
from affectface.gallery.store import Gallery, Template, open_gallery


def ingested(source: Path, out: Path, **options: object) -> tuple[Ingested, Gallery]:
    done = ingest_scans(plan_ingest(source, IngestConfig(**options)), out)  # type: ignore[arg-type]
    return done, open_gallery(out)


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def source(tmp_path: Path, sheet: Sheet) -> Path:
    for task in ("joy", "neutral"):
        for frame in range(6):
            sheet.obj(tmp_path / "set" / "Ann" / task / f"{frame:03d}.obj", frame)
    return tmp_path / "set"


@pytest.mark.parametrize("topology", ["registered", "scans"])
def test_bad_frames_are_left_out_with_their_reason(source: Path, tmp_path: Path, topology: str) -> None:
    folder = source / "Ann" / "joy"
    (folder / "000.obj").write_bytes(b"")
    (folder / "001.obj").write_text((folder / "001.obj").read_text().replace("v -80 ", "v nan ", 1))
    (folder / "003.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    make_sheet(5).obj(folder / "004.obj", 4)
    (folder / "005.obj").unlink()
    (folder / "005.obj").symlink_to("/etc/hostname")
    done, gallery = ingested(source, tmp_path / "out", topology=topology)
    reasons = gallery.left_out("Ann_joy")
    assert "not a readable OBJ" in reasons[0]
    assert "NaN" in reasons[1]
    assert reasons[2] == ""
    assert "0 faces" in reasons[3]
    assert ("25 vertices" in reasons[4]) == (topology == "registered")
    assert "link out of the source folder" in reasons[5]
    assert str(tmp_path) not in "".join(reasons)
    count = 5 if topology == "registered" else 4
    assert (done.left_out_frames, done.frames) == (count, 12 - count)
    assert len(done.left_out) == count
    assert gallery.kept("Ann_neutral").all()
    assert gallery.verify() == []
    if topology == "scans":
        with pytest.raises(GalleryError, match="frame 0 of Ann_joy was left out"):
            gallery.scan("Ann_joy", 0)


def test_nothing_readable(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(GalleryError, match=r"no file with one of \.obj"):
        plan_ingest(tmp_path / "set")
    for frame in range(9):
        (tmp_path / "set" / f"{frame}.obj").write_bytes(b"\0\1\2")
    with pytest.raises(GalleryError, match=r"none of 9 frames can be read; the first says: 0.obj"):
        ingested(tmp_path / "set", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_textures_come_from_inside_alone(source: Path, tmp_path: Path) -> None:
    folder = source / "Ann" / "joy"
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(picture(250))
    (tmp_path / "secret.mtl").write_text("map_Kd secret.jpg\n")
    (folder / "up.mtl").write_text("newmtl a\nmap_Kd ../../../secret.jpg\n")
    (folder / "absolute.mtl").write_text(f"newmtl a\nmap_Kd {secret}\n")
    (folder / "link.mtl").write_text("newmtl a\nmap_Kd link.jpg\n")
    (folder / "link.jpg").symlink_to(secret)
    (folder / "other.mtl").write_text("newmtl a\nmap_Kd ../own.jpg\n")
    (folder.parent / "own.jpg").write_bytes(picture(7))
    names = ["up.mtl", "absolute.mtl", "link.mtl", "../../../secret.mtl", "other.mtl", "none.mtl"]
    for frame, name in enumerate(names):
        path = folder / f"{frame:03d}.obj"
        path.write_text(f"mtllib {name}\n" + path.read_text())
    (folder / "005.png").write_bytes(picture(9, "PNG"))
    _, gallery = ingested(source, tmp_path / "out", topology="scans")
    files = [gallery.scan("Ann_joy", frame).texture_file for frame in range(6)]
    assert files == [b"", b"", b"", b"", picture(7), picture(9, "PNG")]


def test_a_broken_texture_leaves_its_frame_out(source: Path, tmp_path: Path) -> None:
    (source / "Ann" / "joy" / "002.jpg").write_bytes(picture()[:200])
    done, gallery = ingested(source, tmp_path / "out", topology="scans")
    assert done.left_out_frames == 1
    assert "texture" in gallery.left_out("Ann_joy")[2]


def test_ply_names_its_texture(sheet: Sheet, tmp_path: Path) -> None:
    path = tmp_path / "set" / "a" / "0.ply"
    sheet.ply(path, 0)
    data = path.read_bytes().replace(b"1.0\n", b"1.0\ncomment TextureFile skin.jpg\n", 1)
    head = data.replace(b"property float z\n", b"property float z\nproperty float s\nproperty float t\n", 1)
    start = head.index(b"end_header\n") + 11
    points = np.frombuffer(head, "<f4", 3 * len(sheet.vertices), start).reshape(-1, 3)
    both = np.concatenate([points, sheet.uv], axis=1).astype("<f4").tobytes()
    path.write_bytes(head[:start] + both + head[start + points.nbytes :])
    (path.parent / "skin.jpg").write_bytes(picture(3))
    _, gallery = ingested(tmp_path / "set", tmp_path / "out")
    scan = gallery.scan("a", 0)
    assert scan.texture_file == picture(3)
    np.testing.assert_allclose(scan.uv, sheet.uv[sheet.triangles], atol=1e-6)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([{}], dtype=object), "not a readable .npy file"),
        (np.zeros((2, 4, 2)), r"float64 of shape \(2, 4, 2\); floats \(F, V, 3\)"),
        (np.zeros((2, 4, 3), dtype=int), "int64 of shape"),
        (np.asfortranarray(np.zeros((2, 4, 3))), "column after column"),
    ],
)
def test_stacks_that_are_none(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(GalleryError, match=message):
        plan_ingest(tmp_path)


def test_a_stack_that_claims_terabytes(tmp_path: Path) -> None:
    with open(tmp_path / "a.npy", "wb") as file:
        head = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 1000, 3)}
        np.lib.format.write_array_header_1_0(file, head)
    with pytest.raises(GalleryError, match=r"a\.npy: not a readable"):
        plan_ingest(tmp_path)


def test_memory_does_not_grow_with_frames(tmp_path: Path) -> None:
    big = make_sheet(50)
    template = Template("big", big.vertices, big.triangles)
    peaks = []
    for frames in (40, 300):
        source = tmp_path / f"of_{frames}"
        source.mkdir()
        np.save(source / "talk.npy", np.repeat(big.vertices[None], frames, axis=0))
        tracemalloc.start()
        ingested(source, tmp_path / f"out_{frames}", template=template)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000  # the frames are 7.8 MB more


def test_units_are_told_by_size() -> None:
    face = make_sheet().vertices.astype(float)
    for unit, scale in (("cm", 1), ("mm", 10), ("m", 0.01)):
        for grown in (0.5, 1, 2.2):
            assert tell_unit([scale * grown * face]) == unit
    for size in (1e-4, 300.0, 0.0, np.nan):
        with pytest.raises(GalleryError, match="say their unit with --unit"):
            tell_unit([size * face])


def test_labels_come_along(source: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text(
        "subject,task,frame,valence,arousal,expression\nAnn,neutral,,0,0,neutral\nAnn,joy,,0.5,,\nAnn,joy,3,0.9,0.4,happiness\n"
        "Bob,,,,,anger\n"
    )
    done, gallery = ingested(source, tmp_path / "out", labels=table)
    assert done.notes == ("1 rows of labels are about no sequence that is there, such as row 5",)
    joy, neutral = gallery.labels("Ann_joy"), gallery.labels("Ann_neutral")
    assert joy is not None
    assert neutral is not None
    assert neutral.expression == ("neutral",) * 6
    np.testing.assert_allclose(joy.valence, [0.5, 0.5, 0.5, 0.9, 0.5, 0.5])
    np.testing.assert_allclose(joy.arousal, [np.nan] * 3 + [0.4] + [np.nan] * 2)
    assert joy.expression == ("", "", "", "happiness", "", "")
    before = contents(tmp_path / "out")
    ingested(source, tmp_path / "out", labels=table)
    assert contents(tmp_path / "out") == before
    table.write_text("sequence,valence\nAnn_joy,-0.5\n")
    _, gallery = ingested(source, tmp_path / "out", labels=table)
    changed = gallery.labels("Ann_joy")
    assert changed is not None
    assert (changed.valence == -0.5).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject,valence\nBob,0\n", "no row is about a sequence there is, such as Ann_joy"),
        ("subject,valence\nAnn,2\n", r"row 2: valence is '2'; a number in \[-1, 1\]"),
        ("subject,expression\nAnn,glee\n", "row 2: unknown expression 'glee'"),
        ("task,frame,valence\njoy,1.5,0\n", "row 2: frame is '1.5'"),
        ("file,valence\nx,0\n", "one of sequence, subject, session, task"),
        ("task\njoy\n", "one of valence, arousal, expression"),
        ("", "columns none"),
    ],
)
def test_labels_that_are_none(source: Path, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(GalleryError, match=message):
        plan_ingest(source, IngestConfig(labels=tmp_path / "labels.csv"))


def test_a_set_that_grew_is_continued(source: Path, tmp_path: Path, sheet: Sheet) -> None:
    ingested(source, tmp_path / "out")
    for frame in range(3):  # sorted before the others: the template and the unit stay those of the first run
        sheet.obj(source / "Aaron" / "joy" / f"{frame}.obj", frame + 5)
    done, gallery = ingested(source, tmp_path / "out")
    assert (done.added, done.sequences, done.frames) == (1, 3, 15)
    with pytest.raises(GalleryError, match="another source"):
        ingested(source, tmp_path / "out", frame_rate=50)
    assert gallery.verify() == []
