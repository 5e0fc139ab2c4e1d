"""CMU Multi-PIE (Gross et al. 2010): 337 people in four sessions, 15 cameras, 19 lights.

`session01/multiview/001/01/05_1/001_01_01_051_07.png`: subject, session, recording, camera, light; that form of the
file name, and which recording of a session shows what, are those of public code: session 1 neutral, smile; 2 neutral,
surprise, squint; 3 neutral, smile, disgust; 4 neutral, neutral, scream. The folders are from memory; files of that name
are found in any of them, so copies that were sorted in another way are read too. Squint and scream have no name here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import IMAGES, DataSet, inside
from affectface.augment.rows import Found, Refusal, Row

RECORDINGS = {
    "01": ("neutral", "happiness"),
    "02": ("neutral", "surprise", ""),
    "03": ("neutral", "happiness", "disgust"),
    "04": ("neutral", "neutral", ""),
}
_NAME = re.compile(r"(\d{3})_(0[1-4])_(0[1-3])_(\d{3})_(\d{2})")


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo."""
    for file in sorted(file for file in folder.rglob("*_*_*_*_*") if file.suffix.lower() in IMAGES):
        name, path = _NAME.fullmatch(file.stem), inside(folder, file)
        if name is None or int(name[3]) > len(RECORDINGS[name[2]]):
            yield Refusal(path, "the file's name is not of the published form")
            continue
        expression = RECORDINGS[name[2]][int(name[3]) - 1]
        if not expression:
            yield Refusal(path, "squint and scream have no name here", "label")
        yield Row(path, subject=name[1], expression=expression)


DATA_SET = DataSet(
    "CMU Multi-PIE (Gross et al. 2010)",
    "session01/multiview/001/01/05_1/001_01_01_051_07.png",
    read,
    licence="research only, by a licence of Carnegie Mellon University",
)
