"""Free sets of photos with hand-placed points, in webmorph's `.tem` files (DeBruine): London, Lisa, Zoom.

Face Research Lab London Set (DeBruine & Jones 2017): `neutral_front/001_03.jpg`, `smiling_front/001_08.jpg` and
`london_faces_info.csv` as published (folders and file names from memory), or `neutral/001.jpg`, `smiling/001.jpg` and
`subjects.csv` with face_id, face_age. Lisa and Zoom (webmorphR.stim): one person each, photos in one folder.

A `.tem` file has the number of points in its first line, then x and y from the middle of the first pixel.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectface.augment.adapters.data_set import (
    DataSet,
    files_in,
    first_folder,
    inside,
    lines_of,
    number,
    pairs,
    table_of,
    whole_number,
)
from affectface.augment.rows import Found, Row

_LONDON = (("neutral", "neutral"), ("smiling", "happiness"))


def read_london(folder: Path) -> Iterator[Found]:
    """Yield one row for each frontal photo, with the person's age."""
    tables = [file for file in files_in(folder, ".csv") if file.name in ("subjects.csv", "london_faces_info.csv")]
    lines = list(table_of(tables[0])) if tables else []
    ages = {line.get("face_id", "").lower().lstrip("x"): number(line.get("face_age", "")) for line in lines}
    for part, expression in _LONDON:
        for file in files_in(first_folder(folder, f"{part}_front", part) or folder / part, ".jpg"):
            person = file.stem.partition("_")[0]
            yield Row(
                inside(folder, file),
                subject=person,
                expression=expression,
                age=ages.get(person),
                landmarks=tem_points(file.with_suffix(".tem")),
            )


def read_person(folder: Path, *, subject: str) -> Iterator[Found]:
    """Yield one row for each photo of one person."""
    for file in files_in(folder, ".jpg", ".png"):
        yield Row(inside(folder, file), subject=subject, landmarks=tem_points(file.with_suffix(".tem")))


def tem_points(file: Path) -> np.ndarray | None:
    """Return the points (N, 2) of a `.tem` file, pixels; None where there is none or it is damaged."""
    lines = lines_of(file, 1 << 20) if file.is_file() else []
    count = (whole_number(lines[0].strip()) or 0) if lines else 0
    points = pairs(" ".join(lines[1 : count + 1]).split())
    return points + np.float32(0.5) if points is not None and len(points) == count else None


LONDON = DataSet(
    "Face Research Lab London Set (DeBruine & Jones 2017)",
    "neutral/001.jpg, smiling/001.jpg, subjects.csv",
    read_london,
    licence="CC BY 4.0",
)
LISA = DataSet("Lisa (webmorphR.stim)", "lisa1.jpg, ...", functools.partial(read_person, subject="lisa"), licence="CC0")
ZOOM = DataSet("Zoom (webmorphR.stim)", "15cm.jpg, ...", functools.partial(read_person, subject="zoom"), licence="CC0")
