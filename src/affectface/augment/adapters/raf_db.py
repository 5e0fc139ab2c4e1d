"""RAF-DB (Li et al. 2017), basic and compound expressions.

After the set's own README (version 1.1): `basic/EmoLabel/list_patition_label.txt` (or `list_partition_label.txt`),
lines `train_00001.jpg 5`; labels 1 to 7 are surprise, fear, disgust, happiness, sadness, anger, neutral; images are
`basic/Image/original/train_00001.jpg` or `basic/Image/aligned/train_00001_aligned.jpg`; five landmarks of the original,
then gender, race and age (0-3, 4-19, 20-39, 40-69, 70+) in `basic/Annotation/manual/train_00001_manu_attri.txt`. After
public loaders: `compound/` is laid out alike with eleven labels, in the order of Li et al.;
`Annotation/boundingbox/train_00001_boundingbox.txt` is left, top, right and bottom. People are not told apart: each
photo is its own subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectface.augment.adapters.data_set import DataSet, first_folder, inside, lines_of, number, pairs, whole_number
from affectface.augment.rows import Found, Refusal, Row

BASIC = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
COMPOUND = (
    "happily_surprised",
    "happily_disgusted",
    "sadly_fearful",
    "sadly_angry",
    "sadly_surprised",
    "sadly_disgusted",
    "fearfully_angry",
    "fearfully_surprised",
    "angrily_surprised",
    "angrily_disgusted",
    "disgustedly_surprised",
)
AGES = ("0-3", "4-19", "20-39", "40-69", "70+")


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo of both lists, those that are there."""
    for part, names in (("basic", BASIC), ("compound", COMPOUND)):
        own = first_folder(folder, part, "") if part == "basic" else first_folder(folder, part)
        lists = (
            [] if own is None else [own / "EmoLabel" / f"list_{word}_label.txt" for word in ("patition", "partition")]
        )
        table = next((file for file in lists if file.is_file()), None)
        if own is not None and table is not None:
            yield from _part(folder, own, table, names)


def _part(folder: Path, own: Path, table: Path, names: tuple[str, ...]) -> Iterator[Found]:
    aligned = first_folder(own, "Image/original") is None
    images = own / "Image" / ("aligned" if aligned else "original")
    for count, line in enumerate(lines_of(table), 1):
        cells = line.split()
        label = whole_number(cells[1]) if len(cells) == 2 else None
        if label is None or not 1 <= label <= len(names):
            yield Refusal(f"{inside(folder, table)} line {count}", "is no image with its label")
            continue
        stem, _, suffix = cells[0].rpartition(".")
        split = stem.partition("_")[0]
        landmarks, age = _attributes(own / "Annotation" / "manual" / f"{stem}_manu_attri.txt")
        yield Row(
            inside(folder, images / (f"{stem}_aligned.{suffix}" if aligned else cells[0])),
            split=split if split in ("train", "test") else "",
            expression=names[label - 1],
            age_group=age,
            box=None if aligned else _box(own / "Annotation" / "boundingbox" / f"{stem}_boundingbox.txt"),
            landmarks=None if aligned else landmarks,
        )


def _attributes(file: Path) -> tuple[np.ndarray | None, str]:
    lines = [line.split() for line in lines_of(file, 1 << 16)] if file.is_file() else []
    if len(lines) < 8:
        return None, ""
    points = pairs([cell for line in lines[:5] for cell in line])
    age = whole_number(lines[7][0]) if lines[7] else None
    return points, AGES[age] if age is not None and age < len(AGES) else ""


def _box(file: Path) -> tuple[float, float, float, float] | None:
    cells = " ".join(lines_of(file, 1 << 16)).split() if file.is_file() else []
    sides = [side for cell in cells if (side := number(cell)) is not None]
    if len(sides) != 4:
        return None
    return sides[0], sides[1], sides[2] - sides[0], sides[3] - sides[1]


DATA_SET = DataSet(
    "RAF-DB (Li et al. 2017)",
    "basic/EmoLabel/list_patition_label.txt and basic/Image/{original,aligned}",
    read,
    licence="non-commercial research only, by agreement with the authors",
)
