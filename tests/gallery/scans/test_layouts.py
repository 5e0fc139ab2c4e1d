"""Each published layout, as a tree in miniature, becomes the sequences that it holds."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from written_scans import Sheet, make_sheet, picture

from affectface.errors import GalleryError
from affectface.gallery.scans import IngestConfig, Ingested, ingest_scans, plan_ingest
from affectface.gallery.scans.layouts import LAYOUTS, pattern_expression
from affectface.gallery.store import Gallery, Template, open_gallery


def ingested(source: Path, out: Path, **options: object) -> tuple[Ingested, Gallery]:
    done = ingest_scans(plan_ingest(source, IngestConfig(**options)), out)  # type: ignore[arg-type]
    gallery = open_gallery(out)
    assert gallery.verify() == []
    assert gallery.complete
    return done, gallery


def described(gallery: Gallery) -> list[tuple[str, str, str, str, float, int]]:
    return [(s.name, s.subject, s.session, s.task, s.frame_rate, s.frames) for s in gallery.sequences]


def test_bu_4dfe(tmp_path: Path, sheet: Sheet) -> None:
    for subject in ("F001", "M034"):
        for task in ("Angry", "Sad"):
            for frame in range(3):
                other = make_sheet(8 + frame)  # a scan has its own triangles
                path = tmp_path / "BU4DFE" / subject / task / f"{frame:03d}.wrl"
                other.wrl(path, frame, picture=f"{frame:03d}.jpg")
                path.with_suffix(".jpg").write_bytes(picture(frame))
    done, gallery = ingested(tmp_path, tmp_path / "out", layout="bu-4dfe")
    assert (done.form, done.unit, done.frames, done.left_out) == ("scans", "mm", 12, ())
    assert described(gallery)[:2] == [
        ("F001_Angry", "F001", "", "Angry", 25, 3),
        ("F001_Sad", "F001", "", "Sad", 25, 3),
    ]
    scan = gallery.scan("M034_Sad", 2)
    np.testing.assert_allclose(scan.vertices, make_sheet(10).moved(2), atol=1e-4)
    np.testing.assert_array_equal(scan.triangles, make_sheet(10).triangles)
    np.testing.assert_allclose(scan.uv, make_sheet(10).uv[scan.triangles], atol=1e-5)
    assert scan.texture_file == picture(2)


def test_bp4d(tmp_path: Path) -> None:
    for frame in (5, 6, 8):  # one frame is missing
        path = tmp_path / "F001" / "T1" / f"{frame:04d}.obj"
        make_sheet(5 + frame).obj(path, frame, mtl=f"{frame:04d}.mtl")
        path.with_suffix(".mtl").write_text(f"newmtl a\nKd 1 1 1\nmap_Kd -clamp on D:\\capture\\tex_{frame}.jpg\n")
        (path.parent / f"tex_{frame}.jpg").write_bytes(picture(frame))
    done, gallery = ingested(tmp_path, tmp_path / "out", layout="bp4d")
    assert (done.form, done.unit) == ("scans", "mm")
    assert described(gallery) == [("F001_T1", "F001", "", "T1", 25, 3)]
    np.testing.assert_allclose(gallery.times("F001_T1"), [0, 1 / 25, 3 / 25])
    assert gallery.scan("F001_T1", 2).texture_file == picture(8)


def test_4dfab(tmp_path: Path) -> None:
    for frame in range(2):
        path = tmp_path / "001" / "session_2" / "happy" / f"{frame}.obj"
        make_sheet(6 + frame).obj(path, frame)
        path.with_suffix(".png").write_bytes(picture(frame, "PNG"))
    done, gallery = ingested(tmp_path, tmp_path / "out", layout="4dfab")
    assert (done.form, done.unit) == ("scans", "mm")
    assert described(gallery) == [("001_session_2_happy", "001", "session_2", "happy", 60, 2)]
    assert gallery.scan("001_session_2_happy", 1).texture is not None


@pytest.mark.parametrize(
    ("layout", "file"),
    [
        ("coma", "FaceTalk_170725_00137_TA/bareteeth/bareteeth.{:06d}.ply"),
        ("vocaset", "FaceTalk_170725_00137_TA/sentence01/sentence01.{:06d}.ply"),
        ("d3dfacs", "d3dfacs_alignments/Joe/1+2/1+2_{}.ply"),
    ],
)
def test_registered_sets(tmp_path: Path, sheet: Sheet, layout: str, file: str) -> None:
    for frame in range(8, 12):  # 10 comes after 9
        sheet.ply(tmp_path / file.format(frame), frame)
    done, gallery = ingested(tmp_path, tmp_path / "out", layout=layout)
    assert (done.form, done.unit, done.left_out) == ("meshes", "m", ())
    name, task = Path(file).parts[-3:-1]
    assert described(gallery) == [(f"{name}_{task}", name, "", task, 60, 4)]
    values = gallery.values(f"{name}_{task}")
    np.testing.assert_allclose(values, [sheet.moved(frame) for frame in range(8, 12)], atol=1e-4)
    assert gallery.template is not None
    np.testing.assert_array_equal(gallery.template.triangles, sheet.triangles)
    np.testing.assert_allclose(gallery.template.vertices, sheet.moved(8), atol=1e-4)


def test_vocaset_arrays(tmp_path: Path, sheet: Sheet) -> None:
    """`data_verts.npy` with its index, whose rows stand in any order; it is never unpickled."""
    rows = np.stack([sheet.moved(frame) for frame in range(5)]) / 100
    np.save(tmp_path / "data_verts.npy", rows.astype(np.float32))
    index = {"FaceTalk_A": {"sentence01": {0: 4, 1: 2}, "sentence02": {0: 0, 1: 1, 2: 3}}}
    (tmp_path / "subj_seq_to_idx.pkl").write_bytes(pickle.dumps(index, protocol=2))
    with pytest.raises(
        GalleryError, match="no triangles, which makes no scans; give a mesh that has them with --template"
    ):
        ingested(tmp_path, tmp_path / "out", layout="vocaset")
    template = Template("flame", sheet.vertices, sheet.triangles)
    done, gallery = ingested(tmp_path, tmp_path / "out", layout="vocaset", template=template)
    assert (done.form, done.unit) == ("meshes", "m")
    assert [one[0] for one in described(gallery)] == ["FaceTalk_A_sentence01", "FaceTalk_A_sentence02"]
    np.testing.assert_allclose(gallery.values("FaceTalk_A_sentence01"), 100 * rows[[4, 2]], atol=1e-4)
    (tmp_path / "subj_seq_to_idx.pkl").write_bytes(b"cos\nsystem\n(S'touch harm'\ntR.")
    with pytest.raises(GalleryError):
        plan_ingest(tmp_path, IngestConfig(layout="vocaset"))
    assert not Path("harm").exists()


def test_multiface(tmp_path: Path, sheet: Sheet) -> None:
    folder = tmp_path / "m--20171024--0000--002757580--GHS" / "tracked_mesh"
    for task in ("E001_Neutral_Eyes_Open", "E002_Swallow"):
        (folder / task).mkdir(parents=True)
        for number in (431, 434, 437, 443):
            data = (10 * sheet.moved(number - 430)).astype("<f4").tobytes()
            (folder / task / f"{number:06d}.bin").write_bytes(data[:-4] if number == 437 else data)
            (folder / task / f"{number:06d}_transform.txt").write_text("1 0 0 0\n0 1 0 0\n0 0 1 0\n")
    template = Template("sheet", sheet.vertices, sheet.triangles)
    done, gallery = ingested(tmp_path, tmp_path / "out", layout="multiface", template=template)
    assert (done.form, done.unit, done.left_out_frames) == ("meshes", "mm", 2)
    name = "m--20171024--0000--002757580--GHS_E002_Swallow"
    assert gallery.sequence(name).frame_rate == 30
    np.testing.assert_allclose(gallery.times(name), np.array([0, 1, 2, 4]) / 30)
    assert gallery.left_out(name)[2].endswith("bytes are not float32 coordinates of a mesh; get it again")
    np.testing.assert_allclose(gallery.values(name)[3], sheet.moved(13), atol=1e-4)
    assert np.isnan(gallery.values(name)[2]).all()


def test_by_depth_and_by_pattern(tmp_path: Path, sheet: Sheet) -> None:
    for frame in range(2):
        sheet.glb(tmp_path / "a" / "Ann" / "1" / "joy" / f"{frame}.glb", frame, np.full((4, 4, 3), 99, np.uint8))
        sheet.obj(tmp_path / "b" / f"joy_Ann_{frame}.obj", frame, scale=1)
    np.save(tmp_path / "b" / "stack.npy", np.stack([sheet.moved(0).ravel(), sheet.moved(1).ravel()]))
    _, gallery = ingested(tmp_path / "a", tmp_path / "out_a", topology="scans")
    assert described(gallery) == [("Ann_1_joy", "Ann", "1", "joy", 25, 2)]
    scan = gallery.scan("Ann_1_joy", 1)
    np.testing.assert_allclose(scan.vertices, sheet.moved(1), atol=1e-4)
    assert scan.texture is not None
    np.testing.assert_allclose(scan.uv, sheet.uv[sheet.triangles], atol=1e-5)
    done, gallery = ingested(tmp_path / "b", tmp_path / "out_b", layout="{task}_{subject}_{frame}.obj", frame_rate=50)
    assert described(gallery) == [("Ann_joy", "Ann", "", "joy", 50, 2)]
    assert done.unit == "cm"
    assert done.notes == ("1 files do not fit the layout or cannot be listed, such as stack.npy",)
    _, gallery = ingested(tmp_path / "b", tmp_path / "out_c")
    assert [one[0] for one in described(gallery)] == ["b", "stack"]
    np.testing.assert_allclose(gallery.values("stack")[1], sheet.moved(1), atol=1e-4)


def test_an_error_for_what_is_no_layout(tmp_path: Path, sheet: Sheet) -> None:
    sheet.obj(tmp_path / "a" / "0.obj", 0)
    for layout, message in (
        ("bu-3d", "unknown layout 'bu-3d'; one of 4dfab"),
        ("{person}/{frame}.obj", r"unknown field \{person\}"),
        ("{subject}/**/{frame}.obj", r"\*\*/ in front alone"),
        ("bu-4dfe", "no file such as a/0.obj fits"),
    ):
        with pytest.raises(GalleryError, match=message):
            plan_ingest(tmp_path, IngestConfig(layout=layout))
    sheet.ply(tmp_path / "a" / "0.ply", 0)
    with pytest.raises(GalleryError, match=r"a/0.obj and a/0.ply would be the same frame"):
        plan_ingest(tmp_path)
    with pytest.raises(GalleryError, match="missing"):
        plan_ingest(tmp_path / "none")


def test_names_that_no_gallery_can_hold(tmp_path: Path, sheet: Sheet) -> None:
    for frame in range(2):
        sheet.obj(tmp_path / "Zoë *1" / "a joy" / f"{frame}.obj", frame)
    odd = bytes(tmp_path / "Zoë *1") + b"/\xff.obj"
    with open(odd, "wb") as file:
        file.write(b"x")
    (tmp_path / "Zoë *1" / "._0.obj").write_bytes(b"of another system")
    done, gallery = ingested(tmp_path, tmp_path / "out")
    assert described(gallery) == [("Zoë-1_a-joy", "Zoë *1", "", "a joy", 25, 2)]
    assert done.notes == ("1 files do not fit the layout or cannot be listed, such as 'Zo\\xeb *1/\\udcff.obj'",)


def test_every_layout_says_where_it_is_from() -> None:
    for layout in LAYOUTS.values():
        assert layout.source
        for pattern in layout.patterns:
            assert "frame" in pattern_expression(pattern).groupindex
