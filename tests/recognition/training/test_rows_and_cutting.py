"""Rows of a manifest as tensors: crops, labels, sequences, and what chance may depend on."""

from __future__ import annotations

import dataclasses
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectface.errors import DataSetError

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")

from affectface.augment.manifest import open_manifest, write_manifest  # noqa: E402
from affectface.augment.on_the_fly.samples import Sometimes  # noqa: E402
from affectface.augment.rows import Row  # noqa: E402
from affectface.augment.running.outputs import SUFFIX, writing_part  # noqa: E402
from affectface.images import read_image  # noqa: E402
from affectface.recognition.networks.outputs import Outputs  # noqa: E402
from affectface.recognition.training.batches import EpochBatches, FaceBatches, steps_of  # noqa: E402
from affectface.recognition.training.cutting import cut_face, cut_faces  # noqa: E402
from affectface.recognition.training.faces import faces_of, sequences_of  # noqa: E402

BOTH = Outputs(classes=("happiness", "sadness"))


def test_rows_of_a_split(drawn_faces: Path) -> None:
    faces = faces_of(drawn_faces, BOTH, side=32, split="test")
    assert len(faces.rows) == 24
    assert faces.subjects == {"drawn/p6", "drawn/p7", "drawn/p8"}
    row = faces.rows[5]
    assert faces.affect(5) == (row.valence, row.arousal)
    assert faces.expression(5) == (0 if row.expression == "happiness" else 1)
    assert faces.checksum != faces_of(drawn_faces, BOTH, side=32, split="train").checksum
    assert faces.checksum == faces_of(drawn_faces, BOTH, side=32, split="test").checksum
    assert len(faces_of(drawn_faces, Outputs(classes=("fear", "anger")), side=32, labelled=False).rows) == 96
    with pytest.raises(DataSetError, match="no row of the split 'tests' is there"):
        faces_of(drawn_faces, BOTH, side=32, split="tests")
    with pytest.raises(DataSetError, match="no row has a label of what is learned"):
        faces_of(drawn_faces, Outputs(valence_arousal=False, classes=("fear", "anger")), side=32)


def test_pictures_are_cut_once(drawn_faces: Path, tmp_path: Path) -> None:
    faces, told = faces_of(drawn_faces, BOTH, side=32, split="test"), []
    cut = cut_faces(faces, tmp_path, advance=told.append)
    assert sum(told) == 24
    assert cut.landmarks is None
    assert cut.failures == {}
    for row, image in zip(faces.rows, cut.images, strict=True):
        np.testing.assert_array_equal(image, read_image(drawn_faces.parent / row.path))
    (place,) = tmp_path.iterdir()
    stamp = (place / "images.npy").stat().st_mtime_ns
    again = cut_faces(faces, tmp_path, advance=told.append)
    assert sum(told) == 48
    assert (place / "images.npy").stat().st_mtime_ns == stamp
    np.testing.assert_array_equal(again.images, cut.images)
    (place / "images.npy").write_bytes(b"nonsense")
    with pytest.raises(DataSetError, match=r"is damaged \(ValueError\); remove it"):
        cut_faces(faces, tmp_path)


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8), (9, 9, 9)).save(tmp_path / "b.png")
    Image.new("RGB", (8, 8), (7, 7, 7)).save(tmp_path / "d.png")
    (tmp_path / "c.png").write_bytes(b"no image")
    with write_manifest(tmp_path / "m.csv") as table:
        for name in ("c.png", "b.png", "a.png", "d.png"):
            table.add(Row(name, expression="sadness", landmarks=np.ones((68, 2), dtype=np.float32)))
    cut = cut_faces(faces_of(tmp_path / "m.csv", BOTH, side=8, landmarks=True), tmp_path / "cut")
    assert [row.path for row in cut.faces.rows] == ["b.png", "d.png"]
    assert cut.images[:, 0, 0, 0].tolist() == [9, 7]
    assert cut.landmarks.shape == (2, 68, 2)
    assert sorted(cut.failures.values()) == [1, 1]
    (tmp_path / "b.png").unlink()  # what has changed is cut anew
    assert len(cut_faces(faces_of(tmp_path / "m.csv", BOTH, side=8), tmp_path / "cut").images) == 1
    (tmp_path / "d.png").unlink()
    with pytest.raises(DataSetError, match="no row has a picture; the first says ImageError"):
        cut_faces(faces_of(tmp_path / "m.csv", BOTH, side=8), tmp_path / "cut")


def test_frames_of_a_film(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "a.mp4"), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for tone in (40, 100, 160, 220):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), tone, dtype=np.uint8), format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    with write_manifest(tmp_path / "m.csv") as table:
        for number in (3, 0, 2):
            table.add(Row("a.mp4", frame=number, valence=0.0, arousal=0.0))
    cut = cut_faces(faces_of(tmp_path / "m.csv", BOTH, side=32), tmp_path / "cut")
    assert cut.images[:, 16, 16, 0].tolist() == pytest.approx([220, 40, 160], abs=6)
    assert sequences_of(cut.faces, 5) == [(1, 2, 0)]
    with write_manifest(tmp_path / "two.csv") as table:
        for name in ("a.mp4", "b.mp4"):
            for number in (1, 0):
                table.add(Row(name, subject="p", frame=number, valence=0.0, arousal=0.0))
    assert sequences_of(faces_of(tmp_path / "two.csv", BOTH, side=32), 5) == [(1, 0), (3, 2)]


def test_boxes_and_landmarks(tmp_path: Path) -> None:
    from PIL import Image

    picture = np.zeros((40, 60, 3), dtype=np.uint8)
    picture[10:30, 20:40] = 200  # the box, and within the square of 24 pixels around it
    Image.fromarray(picture).save(tmp_path / "a.png")
    points = np.array([[18.0, 8], [42, 32]] * 34, dtype=np.float32)
    with write_manifest(tmp_path / "m.csv") as table:
        table.add(Row("a.png", valence=0.5, arousal=0.25, box=(20, 10, 20, 20), landmarks=points))
        table.add(Row("a.png", valence=0.5, box=(20, 10, 20, 20)))
        table.add(Row("a.png", expression="sadness", box=(-30, 10, 20, 20)))
    faces = faces_of(tmp_path / "m.csv", BOTH, side=24, landmarks=True)
    assert (len(faces.rows), faces.left_out) == (2, 1)
    image, found = cut_face(picture, faces.rows[0], 24, landmarks=True)
    expected = np.zeros((24, 24, 3), dtype=np.uint8)
    expected[2:22, 2:22] = 200
    np.testing.assert_array_equal(image, expected)
    np.testing.assert_allclose(found[:2], [[-1, -1], [1, 1]])
    with pytest.raises(DataSetError, match=r"a\.png: has no 68 landmarks"):
        cut_face(picture, faces.rows[1], 24, landmarks=True)
    assert math.isnan(faces.affect(1)[0])
    outside, _ = cut_face(picture, faces_of(tmp_path / "m.csv", BOTH, side=24).rows[1], 24, landmarks=False)
    assert (outside == 0).all()  # the edge is repeated
    assert faces.subjects == {": a.png"}  # nobody known: the file itself


@pytest.mark.parametrize("form", ["shards", "parquet"])
def test_faces_in_shards_are_cut_like_files(form: Any, drawn_faces: Path, tmp_path: Path) -> None:
    rows = list(open_manifest(drawn_faces).rows())[::3]

    def pack(rows: list[Row]) -> list[Row]:
        name = f"{form}/part-00000{SUFFIX[form]}"
        packed = [dataclasses.replace(row, path=f"{name}/{i:09d}.png") for i, row in enumerate(rows)]
        with writing_part(form, tmp_path / name) as sink:
            for row, there in zip(rows, packed, strict=True):
                sink.add(Path(there.path).name, (drawn_faces.parent / row.path).read_bytes(), [there], {})
        return packed

    packed = pack(rows)
    with write_manifest(tmp_path / "manifest.parquet") as table:
        for row in [*packed, dataclasses.replace(packed[0], path=packed[0].path.replace("000000000", "000000999"))]:
            table.add(row)
    faces = faces_of(tmp_path / "manifest.parquet", BOTH, side=32)
    cut = cut_faces(faces, tmp_path / "cut")
    assert len(cut.images) == len(rows)
    ((reason, count),) = cut.failures.items()
    assert (count, "has no file 000000999.png" in reason) == (1, True)
    for row, image in zip(rows, cut.images, strict=True):
        np.testing.assert_array_equal(image, read_image(drawn_faces.parent / row.path))
    shutil.rmtree(tmp_path / form)
    pack(rows[::-1])  # another shard of the same name is not taken for the one that was cut
    again = cut_faces(faces, tmp_path / "cut")
    np.testing.assert_array_equal(again.images, cut.images[::-1])


class Mirrored:
    """Mirrors the picture, moves the points, and says the opposite."""

    def apply(self, sample: Any, rng: np.random.Generator) -> dict[str, Any]:
        opposite = {"happiness": "sadness", "sadness": "happiness"}[sample["expression"]]
        made = {**sample, "image": sample["image"][:, ::-1], "valence": -sample["valence"], "expression": opposite}
        return made | {"arousal": None, "landmarks": sample["landmarks"] + (float(rng.integers(5)), 0)}


def test_a_change_brings_its_own_labels(drawn_faces: Path, tmp_path: Path) -> None:
    faces = faces_of(drawn_faces, BOTH, side=32, split="test", landmarks=True)
    cut = cut_faces(faces, tmp_path)
    plain, changed = FaceBatches(cut), FaceBatches(cut, augment=Mirrored(), seed=3)
    for row in range(4):
        before, after = plain[2, row], changed[2, row]
        assert torch.equal(after["images"], before["images"].flip(1))
        assert after["affect"][0] == -before["affect"][0]
        assert torch.isnan(after["affect"][1])
        assert after["expression"] == 1 - before["expression"]
        shift = np.random.default_rng((3, 2, row)).integers(5) / 16
        np.testing.assert_allclose(after["landmarks"][:, 0], before["landmarks"][:, 0] + shift, atol=1e-6)
        np.testing.assert_allclose(after["landmarks"][:, 1], before["landmarks"][:, 1], atol=1e-6)
        assert after["landmarks"].dtype == torch.float32
    sometimes = FaceBatches(cut, augment=Sometimes(Mirrored(), 0.5))
    done = [not torch.equal(sometimes[epoch, 0]["images"], plain[0, 0]["images"]) for epoch in range(40)]
    assert 10 < sum(done) < 30


def test_changes_depend_on_seed_epoch_and_row_only(drawn_faces: Path) -> None:
    faces = cut_faces(faces_of(drawn_faces, BOTH, side=32, split="test"), drawn_faces.parent / "cut")

    def noisy(image: Any, rng: np.random.Generator) -> Any:
        return (image + rng.integers(0, 9, image.shape)).astype(np.uint8)

    one, other = (FaceBatches(faces, augment=noisy, seed=1) for _ in range(2))
    _ = [other[0, row] for row in (3, 1, 4)]
    assert torch.equal(one[2, 5]["images"], other[2, 5]["images"])
    assert not torch.equal(one[2, 5]["images"], one[3, 5]["images"])
    assert not torch.equal(one[2, 5]["images"], FaceBatches(faces, augment=noisy, seed=2)[2, 5]["images"])
    with pytest.raises(ValueError, match="an image of its size is needed"):
        FaceBatches(faces, augment=lambda image, rng: image[:5])[0, 0]


def test_sequences(drawn_faces: Path) -> None:
    faces = faces_of(drawn_faces, BOTH, side=32, split="test", landmarks=True)
    cut = sequences_of(faces, 5)
    assert [len(rows) for rows in cut] == [5, 3] * 3
    assert [faces.rows[row].frame for row in cut[1]] == [5, 6, 7]
    batch = FaceBatches(cut_faces(faces, drawn_faces.parent / "cut"), sequences=cut, frames=5)[0, 1]
    assert batch["images"].shape == (5, 32, 32, 3)
    assert batch["landmarks"].shape == (5, 68, 2)
    assert batch["row"].tolist() == [*cut[1], -1, -1]
    assert torch.isnan(batch["affect"]).all(dim=1).tolist() == [False, False, False, True, True]
    assert batch["expression"][3:].tolist() == [-1, -1]
    assert torch.equal(batch["images"][4], batch["images"][2])


@pytest.mark.parametrize("first", [0, 1, 3])
def test_every_row_once_in_an_epoch_from_any_step_on(first: int) -> None:
    whole = list(EpochBatches(10, 3, epoch=2, first=0, seed=5))
    assert {key[0] for batch in whole for key in batch} == {2}
    assert {key[1] for batch in whole for key in batch} == set(range(10))
    assert [len(batch) for batch in whole] == [3, 3, 3, 3]  # the last is filled from the first
    part = EpochBatches(10, 3, epoch=2, first=first, seed=5)
    assert list(part) == whole[first:]
    assert len(part) == 4 - first
    assert steps_of(10, 3) == 4
    assert list(EpochBatches(10, 3, epoch=3, first=0, seed=5)) != [[(3, row) for _, row in batch] for batch in whole]
    shares = [list(EpochBatches(10, 4, epoch=2, first=0, seed=5, share=(rank, 2))) for rank in range(2)]
    both = [sorted(a + b) for a, b in zip(*shares, strict=True)]
    assert both == [sorted(batch) for batch in EpochBatches(10, 4, epoch=2, first=0, seed=5)]
