"""FER2013 (Goodfellow et al. 2013) and FER+ (Barsoum et al. 2016).

`fer2013.csv` with emotion, pixels (48 x 48 grey) and Usage; its emotions count anger, disgust, fear, happiness,
sadness, surprise, neutral. FER+: `fer2013new.csv` with Usage, Image name and the votes neutral, happiness, surprise,
sadness, anger, disgust, fear, contempt, unknown, NF, in the same order, and photos `FER2013Train/fer0000000.png`,
`FER2013Valid`, `FER2013Test` that its tool makes: its repository. Pixels that were not unpacked yet are unpacked into
those folders, since a manifest's rows are files. Also read is the layout of folders, `train/angry/*.jpg` and
`test/angry/*.jpg`.

FER+'s label is the expression with the most votes, if it is alone and has at least half of them; no face (NF) is
refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectface.augment.adapters.data_set import DataSet, inside, number, table_of, whole_number
from affectface.augment.adapters.image_folder import read as read_folders
from affectface.augment.rows import Found, Refusal, Row
from affectface.errors import DataSetError
from affectface.files import atomic_path

EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
VOTES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
_PARTS = {
    "Training": ("FER2013Train", "train"),
    "PublicTest": ("FER2013Valid", "validation"),
    "PrivateTest": ("FER2013Test", "test"),
}
_SIDE = 48


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo; labels are FER+'s where they are there."""
    line: dict[str, str]
    voted: dict[str, str]
    table, votes = folder / "fer2013.csv", folder / "fer2013new.csv"
    if not table.is_file() and not votes.is_file():
        yield from read_folders(folder)
        return
    both = table.is_file() and votes.is_file()
    first, second = (table_of(file) if file.is_file() else iter(()) for file in (table, votes))
    for count, (line, voted) in enumerate(itertools.zip_longest(first, second, fillvalue={})):
        if both and not (line and voted):
            yield Refusal(f"photo {count}", "it is in one of the two tables only")
            continue
        usage = (line or voted).get("Usage", "")
        if usage not in _PARTS:
            yield Refusal(f"photo {count}", "Usage is none of Training, PublicTest, PrivateTest")
            continue
        part, split = _PARTS[usage]
        image = folder / part / f"fer{count:07d}.png"
        if line and not _unpacked(line.get("pixels", ""), image):
            yield Refusal(inside(folder, image), "its pixels are not 48 x 48 numbers")
            continue
        label = _vote(voted) if voted else _emotion(line.get("emotion", ""))
        if label == "NF":
            yield Refusal(inside(folder, image), "annotated as no face")
            continue
        if not label:
            yield Refusal(inside(folder, image), "no expression has half of the votes, or its code is unknown", "label")
        yield Row(inside(folder, image), split=split, expression=label)


def _emotion(code: str) -> str:
    place = whole_number(code)
    return EMOTIONS[place] if place is not None and place < len(EMOTIONS) else ""


def _vote(line: dict[str, str]) -> str:
    """The expression with at least half of the votes and more than any other; empty where there is none."""
    counts = {name: number(line.get(name, "")) or 0.0 for name in VOTES}
    best = max(counts, key=lambda name: counts[name])
    alone = sum(count == counts[best] for count in counts.values()) == 1
    half = counts[best] * 2 >= sum(counts.values()) > 0
    return best if alone and half and best != "unknown" else ""


def _unpacked(pixels: str, image: Path) -> bool:
    """Whether the photo is there, or could be made of its pixels."""
    if image.is_file():
        return True
    try:
        values = np.array(pixels.split(), dtype=np.uint8)
    except (ValueError, OverflowError):
        return False
    if len(values) != _SIDE**2:
        return False
    import PIL.Image

    try:
        with atomic_path(image) as temporary:
            PIL.Image.fromarray(values.reshape(_SIDE, _SIDE)).save(temporary)
    except OSError as error:
        raise DataSetError(f"{image}: cannot be written ({error.strerror}); copy fer2013.csv to where it can") from None
    return True


DATA_SET = DataSet(
    "FER2013 (Goodfellow et al. 2013) and FER+ (Barsoum et al. 2016)",
    "fer2013.csv, fer2013new.csv with FER2013Train/fer0000000.png, or train/angry/*.jpg",
    read,
)
