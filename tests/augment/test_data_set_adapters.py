"""Every adapter on a miniature in the layout that is published."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import numpy as np
import pytest
from expected_rows import EXPECTED
from published_sets import SETS

from affectface.augment.adapters.names import DATA_SETS, known_licence
from affectface.augment.importing import import_data_set
from affectface.augment.manifest import open_manifest
from affectface.augment.rows import Row
from affectface.errors import DataSetError


def told(row: Row) -> dict[str, object]:
    """The cells of a row that are not empty; float32 rounded, landmarks as their number."""
    cells: dict[str, object] = {}
    for name in Row.__slots__:
        value = getattr(row, name)
        if value is None or (isinstance(value, str) and not value):
            continue
        if name == "landmarks":
            value = len(value)
        elif name == "action_units":
            value = {unit: pytest.approx(strength, abs=1e-6) for unit, strength in value.items()}
        elif isinstance(value, float):
            value = pytest.approx(value, abs=1e-6)
        cells[name] = value
    return cells


def test_every_adapter_has_a_miniature() -> None:
    assert {name for name, _ in SETS.values()} == set(DATA_SETS)
    assert set(SETS) == set(EXPECTED)


@pytest.mark.parametrize("key", SETS)
def test_miniature(key: str, tmp_path: Path) -> None:
    name, build = SETS[key]
    folder = tmp_path / "set"
    folder.mkdir()
    build(folder)
    found = import_data_set(name, folder, tmp_path / "manifest.parquet", root=folder)
    rows, refused, lost = EXPECTED[key]
    manifest = open_manifest(tmp_path / "manifest.parquet", root=folder)
    assert [told(row) for row in manifest.rows()] == [{**row, "source": name} for row in rows]
    assert (found.rows, found.refused, found.labels_lost) == (len(rows), refused, lost)
    assert all(manifest.file(row).is_file() for row in manifest.rows())
    table = tmp_path / "manifest.refused.csv"
    assert table.is_file() == bool(refused or lost)
    if refused or lost:
        assert len(table.read_text().splitlines()) == 1 + sum(refused.values()) + sum(lost.values())


@pytest.mark.parametrize("name", DATA_SETS)
def test_an_empty_folder_says_what_is_needed(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"nothing of .* was found; needed is "):
        import_data_set(name, tmp_path, tmp_path / "manifest.parquet")
    assert not list(tmp_path.iterdir())


def test_landmarks_and_boxes_of_affectnet(tmp_path: Path) -> None:
    SETS["affectnet"][1](tmp_path)
    import_data_set("affectnet", tmp_path, tmp_path / "manifest.csv")
    row = next(open_manifest(tmp_path / "manifest.csv").rows())
    assert row.landmarks is not None
    assert row.landmarks[:2].tolist() == [[0.5, 1.5], [2.5, 3.5]]


def test_pixels_of_fer2013_are_unpacked(tmp_path: Path) -> None:
    import PIL.Image

    SETS["fer2013"][1](tmp_path)
    import_data_set("fer2013", tmp_path, tmp_path / "manifest.csv")
    with PIL.Image.open(tmp_path / "FER2013Train" / "fer0000000.png") as image:
        assert np.asarray(image).ravel().tolist() == [i % 256 for i in range(48 * 48)]


def test_all_published_files_of_london(shared_faces: Path, tmp_path: Path) -> None:
    found = import_data_set("london", shared_faces / "london", tmp_path / "london.parquet", root=shared_faces)
    rows = list(open_manifest(tmp_path / "london.parquet", root=shared_faces).rows())
    assert (found.rows, found.refused, found.labels_lost) == (102, {}, {})
    assert len({row.subject for row in rows}) == 51
    assert {row.expression for row in rows} == {"neutral", "happiness"}
    assert {len(row.landmarks) for row in rows if row.landmarks is not None} == {189}
    ages = [row.age for row in rows if row.age is not None]
    assert len(ages) == 102 - 2  # one of these people has NA in the set's own table
    assert min(ages) >= 16
    assert max(ages) <= 60


@pytest.mark.parametrize(("name", "count"), [("lisa", 4), ("zoom", 4)])
def test_free_photos_of_one_person(name: str, count: int, shared_faces: Path, tmp_path: Path) -> None:
    found = import_data_set(name, shared_faces / name, tmp_path / "m.csv")
    assert found.rows == count
    rows = list(open_manifest(tmp_path / "m.csv").rows())
    assert all(row.subject == name and row.landmarks is not None for row in rows)


HOSTILE = ("", "-1", "9" * 30, "1e300", "nan", "inf", "²", "x" * 200_000, ",,,,", "\x00", "../../a.png", "{", '"')
"""What stands in place of a word of an annotation."""


@pytest.mark.parametrize("key", SETS)
def test_damaged_annotations_are_refused_or_passed(key: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(sorted(SETS).index(key))
    name, build = SETS[key]
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        build(folder)
        for file in sorted(folder.rglob("*")):
            if file.suffix in (".txt", ".csv", ".json", ".arff", ".pts", ".tem"):
                words = re.split(r"([\s,;]+)", file.read_text())
                for place in rng.integers(0, len(words), 1 + len(words) // 20):
                    words[place] = HOSTILE[rng.integers(len(HOSTILE))]
                whole = "".join(words).encode()
                file.write_bytes(whole[: len(whole) // 2] if rng.random() < 0.2 else whole)
            elif file.suffix == ".npy":
                file.write_bytes(file.read_bytes()[: rng.integers(1, 200)])
        with contextlib.suppress(DataSetError):
            found = import_data_set(name, folder, tmp_path / "m.csv", root=folder)
            assert found.rows == sum(1 for _ in open_manifest(tmp_path / "m.csv", root=folder).rows())


def test_a_huge_array_is_not_made(tmp_path: Path) -> None:
    SETS["affectnet_2021"][1](tmp_path)
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    file = tmp_path / "train_set" / "annotations" / "0_lnd.npy"
    file.write_bytes(b"\x93NUMPY\x01\x00" + bytes([118, 0]) + header.ljust(117).encode() + b"\n")
    found = import_data_set("affectnet", tmp_path, tmp_path / "m.csv")
    assert found.rows == 2


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    import os

    SETS["kf-itw"][1](tmp_path)
    os.rename(tmp_path / "01" / "neutral" / "frames" / "0001.png", os.fsencode(tmp_path) + b"/01/neutral/\xff.png")
    found = import_data_set("kf-itw", tmp_path, tmp_path / "m.csv")
    assert (found.rows, found.refused) == (2, {"its path is nonsense": 1})


def test_licences_are_known_or_none() -> None:
    assert known_licence("london") == "CC BY 4.0"
    assert [known_licence(name) for name in ("csv", "image-folder", "fei", "of nobody", "")] == [None] * 5
    for name, data_set in DATA_SETS.items():
        assert data_set.licence is None or 2 < len(data_set.licence) < 100, name
