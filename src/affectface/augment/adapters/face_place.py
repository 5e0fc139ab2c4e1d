"""Face Place (Tarr, release 3.0): 235 people, six expressions, neutral, confusion, disguises, turned heads.

`Asian/AF0301_1100_00F.jpg` in folders Caucasian, Asian, Hispanic, Black and Multiracial: the set's README and public
code; ancestry, sex and number of the person, a code of what is shown, and the view (00F is frontal, 90L the left
profile). No public description of the codes was found: 1100 is neutral from memory, others get no expression. Give
those as a table of your own (`affectface dataset import csv`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import DataSet, files_in, folders_in, inside
from affectface.augment.rows import Found, Refusal, Row

_NAME = re.compile(r"([A-Z]{2}\d{4})_(\d{4})_(\d{2}[A-Z])", re.IGNORECASE)
_SHOWN = {"1100": "neutral"}


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo."""
    first = folders_in(folder)
    for place in (folder, *first, *(inner for one in first for inner in folders_in(one))):
        for file in files_in(place, ".jpg"):
            name, path = _NAME.fullmatch(file.stem), inside(folder, file)
            if name is None:
                yield Refusal(path, "the file's name is not of the published form")
                continue
            if name[2] not in _SHOWN:
                yield Refusal(path, "what the code in the name stands for is not known", "label")
            yield Row(path, subject=name[1].upper(), expression=_SHOWN.get(name[2], ""))


DATA_SET = DataSet(
    "Face Place (Tarr)",
    "{Asian,Black,...}/AF0301_1100_00F.jpg",
    read,
    checked=False,
    licence="scholarly research with acknowledgement, nothing for profit: README of release 3.0",
)
