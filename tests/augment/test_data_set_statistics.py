"""What is counted in a data set, against numbers that are counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.rows import Row
from affectface.augment.statistics import BINS, Statistics, statistics_of
from affectface.augment.statistics_plots import plot_statistics
from affectface.errors import DataSetError

ROWS = (
    Row("a.jpg", subject="s", split="train", fold=0, valence=1.0, arousal=-1.0, expression="fear", source="x"),
    Row("b.jpg", subject="s", split="test", fold=0, valence=0.05, arousal=0.05, age=25.0, source="x"),
    Row("c.mp4", subject="s", frame=0, action_units={"12": 0.2, "1": 0.0}, source="y"),
    Row("c.mp4", subject="s", frame=1, action_units={"12": 0.1}, age_group="70+", source="y"),
    Row("d.jpg", valence=0.5, fold=1),
    Row("e.jpg"),
)


@pytest.fixture
def found(tmp_path: Path) -> Statistics:
    with write_manifest(tmp_path / "m.parquet") as writer:
        for row in ROWS:
            writer.add(row)
    return statistics_of(open_manifest(tmp_path / "m.parquet"))


def test_counts(found: Statistics) -> None:
    assert (found.rows, found.files, found.people, found.alone) == (6, 5, 4, 2)
    assert found.sources == {"x": 2, "y": 2}
    assert found.splits == {"train": 1, "test": 1}
    assert found.folds == {"0": 2, "1": 1}
    assert found.expressions == {"fear": 1}
    assert found.ages == {"20-29": 1, "70+": 1}
    assert found.action_units == {"1": (1, 0), "12": (2, 1)}
    assert found.unlabelled == 1
    assert found.overlap == {"split": 1, "fold": 0}


def test_the_plane(found: Statistics) -> None:
    assert found.points == 2
    assert found.means == pytest.approx((0.525, -0.475))
    assert found.deviations == pytest.approx((0.475, 0.525))
    where = {(int(row), int(column)) for row, column in np.argwhere(found.plane)}
    assert where == {(0, BINS - 1), (BINS // 2, BINS // 2)}
    assert found.plane.sum() == 2


def test_the_record_is_json(found: Statistics) -> None:
    again = json.loads(json.dumps(found.record()))
    assert again["action_units"] == {"1": [1, 0], "12": [2, 1]}
    assert np.array(again["plane"]).shape == (BINS, BINS)


def test_plots(found: Statistics, tmp_path: Path) -> None:
    import PIL.Image

    plot_statistics(found, tmp_path / "stats.png")
    with PIL.Image.open(tmp_path / "stats.png") as image:
        assert min(image.size) > 300
        pixels = np.asarray(image.convert("RGB"), dtype=int)
    blue = (abs(pixels - (0x2F, 0x6F, 0x9F)).sum(axis=2) < 12).mean()
    assert blue > 0.01  # bars are there
    first = (tmp_path / "stats.png").read_bytes()
    plot_statistics(found, tmp_path / "stats.png")
    assert (tmp_path / "stats.png").read_bytes() == first
    with pytest.raises(DataSetError, match=r"unknown suffix '\.gif'"):
        plot_statistics(found, tmp_path / "stats.gif")


def test_nothing_to_draw(tmp_path: Path) -> None:
    with write_manifest(tmp_path / "m.csv") as writer:
        writer.add(Row("a.jpg"))
    with pytest.raises(DataSetError, match="nothing to draw"):
        plot_statistics(statistics_of(open_manifest(tmp_path / "m.csv")), tmp_path / "x.png")
