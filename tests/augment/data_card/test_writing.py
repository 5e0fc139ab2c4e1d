"""The data card says what was made of what; equal inputs give equal bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from affectface.affect import Expression, ValenceArousal
from affectface.augment.data_card.inputs import CardInputs, ModelUsed, Outcomes
from affectface.augment.data_card.writing import CARD, PICTURE, write_data_card
from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.plan import Job, open_plan, write_plan
from affectface.augment.rows import Row
from affectface.errors import DataSetError


def inputs_in(folder: Path) -> CardInputs:
    """A source of 60 rows of 6 people, crowded near neutral; 40 made rows, everywhere."""
    rng = np.random.default_rng(0)
    with write_manifest(folder / "source.parquet") as table:
        for number in range(60):
            v, a = (float(x) for x in np.clip(rng.normal(0.1, 0.15, 2), -1, 1))
            name = ("neutral", "happiness")[number % 2]
            person = f"p{number % 6}"
            table.add(Row(f"{number}.jpg", person, "train", valence=v, arousal=a, expression=name, source="affectnet"))
    with write_manifest(folder / "manifest.parquet") as table:
        for number in range(40):
            v, a = (float(x) for x in rng.uniform(-0.7, 0.7, 2))
            row = Row(f"{number}.jpg", f"p{number % 3}", "train", valence=v, arousal=a, source="affectnet")
            table.add(row if number < 30 else Row(f"{number}.jpg", "p0", "train", expression="fear", source="mine|<b>"))
    settings: dict[str, Any] = {
        "strategy": "plane",
        "count": 44,
        "seed": 3,
        "splits": ["train", ""],
        "photos": "ab" * 32,
    }
    with write_plan(folder / "plan.parquet", settings | {"labels": None, "classes": "cd" * 32}) as plan:
        plan.add(Job(0, Row("0.jpg"), ValenceArousal(0.1, 0.2), 1.0, None, None, 1))
        plan.add(Job(1, Row("0.jpg"), Expression("fear"), 1.0, None, None, 2))
    return CardInputs(
        plan=open_plan(folder / "plan.parquet"),
        result=open_manifest(folder / "manifest.parquet"),
        outcomes=Outcomes(jobs=44, made=40, size=1_234_567, reasons={"no face": 3, "a seam": 1}),
        source=open_manifest(folder / "source.parquet"),
        models=(ModelUsed(role="face model", name="embedded", licence="CC0-1.0", sha256="12" * 32),),
        settings={"form": "shards", "making": {"size": 224, "gate": True, "room": None}},
        licences={"mine|<b>": "CC BY 4.0\n# not a title"},
        checksums={"manifest.parquet": "34" * 32},
    )


def test_what_it_says(tmp_path: Path) -> None:
    text = write_data_card(tmp_path / "out", inputs_in(tmp_path)).read_text(encoding="utf-8")
    lines = text.splitlines()
    for line in (
        "| affectnet | AffectNet (Mollahosseini et al. 2017) | not said; ask who gave it to you | 60 | 30 |",
        r"| mine\|&lt;b> |  | CC BY 4.0 # not a title | 0 | 10 |",
        "| rows | 60 | 40 | 100 |",
        "| people, all of whom were there before | 6 | 4 | 6 |",
        "| rows with valence and arousal | 60 | 30 | 90 |",
        "| neutral | 30 | 0 | 30 |",
        "| fear | 0 | 10 | 10 |",
        "| split train | 60 | 40 | 100 |",
        f"![Labels before and after]({PICTURE})",
        "| planned | 44 |",
        "| made, 1.2 MB | 40 |",
        "| not made: a seam | 1 |",
        "| not made: no face | 3 |",
        "| splits | train, none |",
        "| making.size | 224 |",
        f"| face model | embedded | CC0-1.0 | `{'12' * 32}` |",
        f"| photos of the plan | `{'ab' * 32}` |",
        f"| manifest.parquet | `{'34' * 32}` |",
    ):
        assert line in lines, line
    assert "40 images or clips of faces" in text
    assert "They are synthetic" in text
    assert "making.room" not in text
    assert str(tmp_path) not in text
    assert text.endswith("|\n")
    assert max(map(len, lines[:12])) <= 120


def test_equal_inputs_equal_bytes(tmp_path: Path) -> None:
    inputs = inputs_in(tmp_path)
    for name in ("a", "b"):
        write_data_card(tmp_path / name, inputs)
    for file in (CARD, PICTURE):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file
    with Image.open(tmp_path / "a" / PICTURE) as picture:
        assert picture.size[0] > 2 * picture.size[1]
    dated = write_data_card(tmp_path / "c", replace(inputs, date="2026-11-21")).read_text(encoding="utf-8")
    assert "synthesised by affectface on 2026-11-21 from" in dated


def test_without_a_source(tmp_path: Path) -> None:
    text = write_data_card(tmp_path / "out", replace(inputs_in(tmp_path), source=None)).read_text(encoding="utf-8")
    assert "nothing is said about before" in text
    assert "| rows | ? | 40 | ? |" in text
    assert "| people, all of whom were there before | ? | 4 | ? |" in text


def test_without_labels_there_is_no_picture(tmp_path: Path) -> None:
    inputs = inputs_in(tmp_path)
    with write_manifest(tmp_path / "bare.parquet") as table:
        table.add(Row("a.jpg"))
    bare = open_manifest(tmp_path / "bare.parquet")
    text = write_data_card(tmp_path / "out", replace(inputs, source=bare, result=bare)).read_text(encoding="utf-8")
    assert "![" not in text
    assert "| without a name |  | not said; ask who gave it to you | 1 | 1 |" in text
    assert not (tmp_path / "out" / PICTURE).exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataSetError, match="cannot be written"):
        write_data_card(tmp_path / "file", inputs_in(tmp_path))
