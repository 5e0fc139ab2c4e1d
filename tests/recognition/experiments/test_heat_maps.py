"""Heat maps of pictures whose differences are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from affectface.errors import DataSetError
from affectface.recognition.experiments.heat_maps import (
    heat_map,
    heat_maps,
    nearest_label,
    read_heat_maps,
    write_heat_maps,
)

pytest.importorskip("pyarrow")


def made(folder: Path, neutral: bool) -> Path:
    """Two people; with valence a square at the left becomes brighter, with arousal one at the right."""
    from affectface.augment.manifest import write_manifest
    from affectface.augment.rows import Row

    with write_manifest(folder / "made.parquet") as table:
        for person in ("a", "b"):
            for v, a in [(1.0, 0.0), (0.0, -1 / 3), (0.32, 0.02)] + ([(0.0, 0.0), (0.05, 0.05)] if neutral else []):
                image = np.full((64, 64, 3), 60, dtype=np.uint8)
                image[10:20, 10:20, 1] += round(120 * abs(v))
                image[10:20, 40:50, 2] += round(120 * abs(a))
                name = f"{person}{v:.2f}{a:.2f}.png"
                Image.fromarray(image).save(folder / name)
                table.add(Row(name, subject=person, valence=v, arousal=a, source="made"))
    return folder / "made.parquet"


def test_the_brightest_place_is_where_pictures_differ_most(tmp_path: Path) -> None:
    found = heat_maps(made(tmp_path, neutral=True), side=64)
    assert set(found.labels) == {(1.0, 0.0), (0.0, -1 / 3), (1 / 3, 0.0)}
    assert found.people == (2, 2, 2)
    maps = dict(zip(found.labels, found.maps, strict=True))
    assert maps[1.0, 0.0][15, 15] == pytest.approx(1)
    assert maps[1.0, 0.0][15, 45] == 0
    assert maps[0.0, -1 / 3][15, 45] == pytest.approx(1 / 3, abs=0.01)
    assert maps[1 / 3, 0.0][15, 15] == pytest.approx(0.32, abs=0.01)
    file = tmp_path / "heat.npz"
    write_heat_maps(file, found)
    again = read_heat_maps(file)
    assert again.labels == found.labels
    assert np.array_equal(again.maps, found.maps)
    file.write_bytes(b"nothing")
    with pytest.raises(DataSetError, match="is damaged"):
        read_heat_maps(file)


def test_somebody_must_have_a_neutral_picture(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"nobody has a picture near \(0, 0\)"):
        heat_maps(made(tmp_path, neutral=False))


def test_the_largest_difference_of_the_channels_counts() -> None:
    first = np.zeros((2, 2, 3), dtype=np.uint8)
    second = first.copy()
    second[0, 1] = (3, 200, 7)
    assert heat_map(first, second).tolist() == [[0, 200], [0, 0]]


def test_labels_are_rounded_to_a_grid_of_49() -> None:
    assert nearest_label(0.9, -0.1) == (1.0, 0.0)
    assert len({nearest_label(v, a) for v in np.linspace(-1, 1, 50) for a in np.linspace(-1, 1, 50)}) == 49
