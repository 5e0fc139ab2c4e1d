"""Learning curves as a table and as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PIL import Image

from affectface.errors import DataSetError
from affectface.recognition.training.curves import best_epoch, plot_curves, write_curve_table

HISTORY = [
    {"step": 6.0 * n, "loss": 1.5 / n, "valence_ccc": 1 - 1 / n, "arousal_ccc": 0.9 - 1 / n, "mean_ccc": 0.95 - 1 / n}
    | {
        "valence_mse": 0.5 / n,
        "arousal_mse": 0.4 / n,
        "accuracy": 0.5 + 0.02 * n,
        "macro_f1": 0.4,
        "mean_diagonal": 0.5,
    }
    | {"score": (0.1, 0.6, 0.4, 0.6)[n - 1]}
    for n in range(1, 5)
]


def test_the_table_has_a_row_for_each_epoch(tmp_path: Path) -> None:
    write_curve_table([HISTORY[0], {"step": 12.0, "loss": 0.75}], tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[0]["accuracy"]) == 0.52
    assert (rows[1]["loss"], rows[1]["accuracy"]) == ("0.75", "")
    with pytest.raises(DataSetError, match="cannot be written"):
        write_curve_table(HISTORY, tmp_path / "curves.csv" / "x.csv")


def test_the_best_epoch_is_the_first_with_the_highest_score() -> None:
    assert best_epoch(HISTORY) == 2
    assert best_epoch([{"loss": 1.0}]) is None


def test_only_what_was_measured_is_drawn(tmp_path: Path) -> None:
    widths = []
    for name, history in (("all", HISTORY), ("loss", [{"step": 1.0, "loss": 0.3}])):
        plot_curves(history, tmp_path / f"{name}.png")
        plot_curves(history, tmp_path / f"{name}2.png")
        assert (tmp_path / f"{name}.png").read_bytes() == (tmp_path / f"{name}2.png").read_bytes()
        with Image.open(tmp_path / f"{name}.png") as picture:
            widths.append(picture.width)
    assert widths[0] == 4 * widths[1]


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="no epoch was ended"):
        plot_curves([], tmp_path / "a.png")
    with pytest.raises(DataSetError, match=r"unknown suffix '\.txt'"):
        plot_curves(HISTORY, tmp_path / "a.txt")
