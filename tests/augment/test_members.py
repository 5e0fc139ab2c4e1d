"""Files are read out of shards and tables as if they lay there on their own; damage is an error with a name."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.members import file_of, holder_of, read_member
from affectface.augment.pictures import pictures, read_picture
from affectface.augment.rows import Row
from affectface.errors import DataSetError, ImageError

PICTURES = {f"{i}.png": np.full((4, 5, 3), 40 * i, np.uint8) for i in range(5)}


def encoded(image: np.ndarray) -> bytes:
    sink = io.BytesIO()
    PIL.Image.fromarray(image).save(sink, "PNG")
    return sink.getvalue()


def write_tar(file: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(file, "w") as tar:
        for name, data in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))


def write_table(file: Path, members: dict[str, bytes]) -> None:
    pq.write_table(pa.table({"name": list(members), "data": list(members.values())}), file, row_group_size=2)


@pytest.fixture(params=["a.tar", "a.parquet"])
def holder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    file: Path = tmp_path / request.param
    write = write_tar if file.suffix == ".tar" else write_table
    write(file, {name: encoded(image) for name, image in PICTURES.items()} | {"bad.png": b"no"})
    return file


def test_pictures_are_those_that_were_put_in(holder: Path) -> None:
    with write_manifest(holder.with_name("manifest.csv")) as writer:
        for name in (*reversed(PICTURES), "bad.png", "none.png"):
            writer.add(Row(f"{holder.name}/{name}"))
    manifest = open_manifest(holder.with_name("manifest.csv"))
    *found, bad, none = (picture for _, _, picture in pictures(manifest, enumerate(manifest.rows())))
    for picture, expected in zip(found, reversed(PICTURES.values()), strict=True):
        assert np.array_equal(picture, expected)  # type: ignore[arg-type]
    assert isinstance(bad, ImageError)
    assert f"{holder}/bad.png: not an image" in str(bad)
    assert isinstance(none, DataSetError)
    assert f"{holder}: has no file none.png" in str(none)


def test_a_replaced_shard_is_read_anew(holder: Path) -> None:
    assert np.array_equal(read_picture(holder / "1.png"), PICTURES["1.png"])
    write = write_tar if holder.suffix == ".tar" else write_table
    write(holder, {"1.png": encoded(PICTURES["2.png"])})
    assert np.array_equal(read_picture(holder / "1.png"), PICTURES["2.png"])


def test_a_damaged_shard_is_named(holder: Path) -> None:
    holder.write_bytes(holder.read_bytes()[:300])
    with pytest.raises(DataSetError, match=f"{holder.name}: cannot be read"):
        read_member(holder, "4.png")


def test_what_would_fill_the_memory_is_not_read(holder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectface.augment.members._LARGEST", 10)
    with pytest.raises(DataSetError, match="cannot be read"):
        read_member(holder, "4.png")


def test_a_film_is_copied_for_as_long_as_it_is_open(holder: Path) -> None:
    with file_of(holder / "3.png") as copy:
        assert copy.name == "3.png"
        assert copy.read_bytes() == encoded(PICTURES["3.png"])
    assert not copy.exists()
    own = holder.with_name("own.png")
    with file_of(own) as same:
        assert same == own


def test_folders_may_be_called_like_shards(tmp_path: Path) -> None:
    (tmp_path / "b.tar").mkdir()
    (tmp_path / "b.tar" / "1.png").write_bytes(encoded(PICTURES["1.png"]))
    assert holder_of(tmp_path / "b.tar" / "1.png") is None
    assert np.array_equal(read_picture(tmp_path / "b.tar" / "1.png"), PICTURES["1.png"])
