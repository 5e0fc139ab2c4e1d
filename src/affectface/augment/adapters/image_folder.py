"""Any data set whose folders are its labels: `happy/*.jpg`, or `train/happy/*.jpg` with validation and test beside it.

Folders that are no expression are subjects where their own folders are expressions: `anna/happy/*.jpg`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from affectface.affect_tables import EXPRESSIONS
from affectface.augment.adapters.data_set import IMAGES, WORDS, DataSet, files_in, folders_in, inside
from affectface.augment.rows import Found, Refusal, Row

_SPLITS = {"train": "train", "training": "train", "val": "validation", "valid": "validation"}
_SPLITS |= {"validation": "validation", "test": "test", "testing": "test"}


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each image in a folder with an expression's name."""
    for part in folders_in(folder):
        if part.name.lower() in _SPLITS:
            yield from _classes(folder, part, _SPLITS[part.name.lower()])
    yield from _classes(folder, folder, "")


def _classes(folder: Path, above: Path, split: str) -> Iterator[Found]:
    for one in folders_in(above):
        if expression := _expression(one):
            yield from _images(folder, one, expression, split, "")
        elif above is not folder or one.name.lower() not in _SPLITS:
            shown = [(inner, _expression(inner)) for inner in folders_in(one)]
            if not any(expression for _, expression in shown) and files_in(one, *IMAGES):
                yield Refusal(inside(folder, one), "the folder's name is no expression")
            for inner, expression in shown:
                if expression:
                    yield from _images(folder, inner, expression, split, one.name)


def _expression(folder: Path) -> str:
    name = folder.name.lower().replace(" ", "_").replace("-", "_")
    return name if name in EXPRESSIONS else WORDS.get(name, "")


def _images(folder: Path, place: Path, expression: str, split: str, subject: str) -> Iterator[Found]:
    for file in files_in(place, *IMAGES):
        yield Row(inside(folder, file), subject=subject, split=split, expression=expression)


DATA_SET = DataSet("Folders of images", "happy/*.jpg, train/happy/*.jpg or anna/happy/*.jpg", read)
