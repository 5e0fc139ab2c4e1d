"""UNBC-McMaster Shoulder Pain Expression Archive (Lucey et al. 2011).

`Images/042-ll042/ll042t1aaaff/ll042t1aaaff001.png` and, with the same folders,
`Frame_Labels/FACS/.../ll042t1aaaff001_facs.txt`, whose lines are unit, level, onset, offset (OpenFace's training code
and public loaders). Coded are 4, 6, 7, 9, 10, 12, 20, 25, 26 and 43; what a frame's file leaves out is not shown. Level
k is a strength of k / 5; 43, closed eyes, has no levels and is 1. `AAM_landmarks/.../ll042t1aaaff001_aam.txt` has the
points (public loaders), 66 of them and x before y (from memory). The pain score has no column here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectface.augment.adapters.data_set import DataSet, files_in, folders_in, inside, lines_of, number, pairs
from affectface.augment.rows import Found, Refusal, Row

CODED = (4, 6, 7, 9, 10, 12, 20, 25, 26, 43)
_LEVELS, _CLOSED_EYES = 5.0, 43
_SMALL = 1 << 20


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each frame."""
    for person in folders_in(folder / "Images"):
        for sequence in folders_in(person):
            below = f"{person.name}/{sequence.name}"
            for frame, image in enumerate(files_in(sequence, ".png", ".jpg")):
                path = inside(folder, image)
                codes = folder / "Frame_Labels" / "FACS" / below / f"{image.stem}_facs.txt"
                units = _units(codes) if codes.is_file() else None
                if units is None:
                    yield Refusal(path, "action units are missing or no numbers", "label")
                points = _points(folder / "AAM_landmarks" / below / f"{image.stem}_aam.txt")
                yield Row(path, subject=person.name, frame=frame, action_units=units, landmarks=points)


def _units(file: Path) -> dict[str, float] | None:
    units = {str(unit): 0.0 for unit in CODED}
    for line in lines_of(file, _SMALL):
        cells = [number(cell) for cell in line.split()]
        if len(cells) < 2 or cells[0] is None or cells[1] is None or not cells[0].is_integer():
            return None
        unit, level = int(cells[0]), cells[1]
        units[str(unit)] = float(level > 0) if unit == _CLOSED_EYES else level / _LEVELS
    return units


def _points(file: Path) -> np.ndarray | None:
    return pairs(" ".join(lines_of(file, _SMALL)).split()) if file.is_file() else None


DATA_SET = DataSet(
    "UNBC-McMaster Shoulder Pain (Lucey et al. 2011)",
    "Images/042-ll042/ll042t1aaaff/ll042t1aaaff001.png and Frame_Labels/FACS/.../ll042t1aaaff001_facs.txt",
    read,
    licence="non-commercial research only, by agreement with the authors",
)
