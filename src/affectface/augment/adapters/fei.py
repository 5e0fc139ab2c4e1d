"""FEI (Thomaz & Giraldi 2010): 200 people, 14 photos each, and two aligned frontal ones.

`originalimages_part1/1-11.jpg` to `200-14.jpg`, and `frontalimages_*/1a.jpg` (neutral) and `1b.jpg` (smiling): the
set's archives' names and the meaning of a and b stand in public code. That of the 14 originals number 11 is frontal and
neutral and number 12 smiles is from memory; the others show turned heads or other light and get no expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import DataSet, files_in, folders_in, inside
from affectface.augment.rows import Found, Refusal, Row

_NAME = re.compile(r"(\d{1,3})(?:-(\d{2})|([ab]))")
_SHOWN = {"11": "neutral", "12": "happiness", "a": "neutral", "b": "happiness"}


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo."""
    for place in (folder, *folders_in(folder)):
        for file in files_in(place, ".jpg"):
            if name := _NAME.fullmatch(file.stem):
                yield Row(inside(folder, file), subject=name[1], expression=_SHOWN.get(name[2] or name[3], ""))
            else:
                yield Refusal(inside(folder, file), "the file's name is not of the published form")


DATA_SET = DataSet("FEI (Thomaz & Giraldi 2010)", "originalimages_part1/1-11.jpg or frontalimages_*/1a.jpg", read)
