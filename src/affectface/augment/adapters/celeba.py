"""CelebA (Liu et al. 2015): 202,599 photos of 10,177 people; no affect labels, but people, a split and landmarks.

`Anno/identity_CelebA.txt` lines `000001.jpg 2880`; `Eval/list_eval_partition.txt` with 0 train, 1 validation, 2 test;
`Anno/list_landmarks_align_celeba.txt` and `list_bbox_celeba.txt` with a count and a header line before them; photos
`Img/img_align_celeba/000001.jpg` or `Img/img_celeba/`: torchvision's loader and public loaders; in some copies all
files lie in one folder. The boxes belong to `img_celeba`, the landmarks read here to `img_align_celeba`. The attribute
Smiling is no expression in the sense of this column: people smile a little, or for the camera.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectface.augment.adapters.data_set import DataSet, first_folder, inside, lines_of, number, pairs
from affectface.augment.rows import Found, Refusal, Row

_SPLITS = {"0": "train", "1": "validation", "2": "test"}


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo."""
    identities = _list(folder, "identity_CelebA.txt")
    images = first_folder(folder, "Img/img_align_celeba", "img_align_celeba", "Img/img_celeba", "img_celeba")
    if not identities or images is None:
        return
    aligned = images.name == "img_align_celeba"
    splits = _list(folder, "list_eval_partition.txt")
    places = _list(folder, "list_landmarks_align_celeba.txt" if aligned else "list_bbox_celeba.txt")
    for name, cells in sorted(identities.items()):
        path = inside(folder, images / name)
        if len(cells) != 1:
            yield Refusal(path, "its line has no identity", "label")
        row_splits = splits.get(name, [""])
        yield Row(
            path,
            subject=cells[0] if len(cells) == 1 else "",
            split=_SPLITS.get(row_splits[0] if row_splits else "", ""),
            box=None if aligned else _box(places.get(name, [])),
            landmarks=_points(places.get(name, [])) if aligned else None,
        )


def _list(folder: Path, name: str) -> dict[str, list[str]]:
    """The cells of each photo's line; a count and a header before them are passed."""
    file = next((folder / p / name for p in ("Anno", "Eval", "") if (folder / p / name).is_file()), None)
    lines = (line.split() for line in ([] if file is None else lines_of(file)))
    return {cells[0]: cells[1:] for cells in lines if cells and cells[0].endswith(".jpg")}


def _points(cells: list[str]) -> np.ndarray | None:
    return pairs(cells)


def _box(cells: list[str]) -> tuple[float, float, float, float] | None:
    sides = [side for cell in cells if (side := number(cell)) is not None]
    return (sides[0], sides[1], sides[2], sides[3]) if len(sides) == 4 and min(sides[2:]) > 0 else None


DATA_SET = DataSet(
    "CelebA (Liu et al. 2015)",
    "Anno/identity_CelebA.txt and Img/img_align_celeba/000001.jpg",
    read,
    licence="non-commercial research only, by its release agreement",
)
