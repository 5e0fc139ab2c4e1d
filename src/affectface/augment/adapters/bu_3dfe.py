"""BU-3DFE (Yin et al. 2006): 100 people, six expressions at four levels, and neutral.

`F0001/F0001_AN01WH_F2D.bmp`: sex and number, expression, level, ancestry, and what the file is; `_F2D.bmp` is the
frontal photo. Names: public loaders, one of which names the codes AN, DI, FE, HA, NE, SA, SU. The level (1 to 4, 0 for
neutral) has no column here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import WORDS, DataSet, files_in, first_folder, folders_in, inside
from affectface.augment.rows import Found, Refusal, Row

_NAME = re.compile(r"([FM]\d{4})_(AN|DI|FE|HA|NE|SA|SU)\d{2}[A-Z]{2}_F2D")


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each frontal photo."""
    for person in folders_in(first_folder(folder, "BU_3DFE", "Subjects", "") or folder):
        for file in files_in(person, ".bmp", ".png", ".jpg"):
            if not file.stem.endswith("_F2D"):
                continue
            if name := _NAME.fullmatch(file.stem):
                yield Row(inside(folder, file), subject=name[1], expression=WORDS[name[2].lower()])
            else:
                yield Refusal(inside(folder, file), "the file's name is not of the published form")


DATA_SET = DataSet(
    "BU-3DFE (Yin et al. 2006)",
    "F0001/F0001_AN01WH_F2D.bmp",
    read,
    licence="research only, by agreement with Binghamton University",
)
