"""Bosphorus (Savran et al. 2008): 105 people, expressions, single action units, poses and occlusions.

`bs000/bs000_E_HAPPY_0.png`, `bs000_N_N_0.png`, `bs003_YR_L45_0.png`: names in public code, as are the kinds LFAU, UFAU,
CAU, YR, PR, CR, O, IGN and `LFAU_12LW_0`; folders `BosphorusDB_pN` above them are passed. From memory: LFAU, UFAU and
CAU are lower, upper and combined action units, such as `CAU_A12A15_0`, with L or R for a side and W for a weak one; YR,
PR, CR are rotations, O occlusions and IGN what is to be ignored. An action unit is coded as shown, 1: its level stands
in files that are not read here. Rotated and occluded photos have no published expression and get none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectface.augment.adapters.data_set import WORDS, DataSet, files_in, folders_in, inside
from affectface.augment.rows import Found, Refusal, Row

_NAME = re.compile(r"(bs\d{3})_([A-Z]+)_(.+)_\d+")
_UNIT = re.compile(r"A?(\d{1,2})([LR]?)W?")
_UNLABELLED = ("YR", "PR", "CR", "O")


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo."""
    above = [folder, *folders_in(folder), *(inner for one in folders_in(folder) for inner in folders_in(one))]
    for person in sorted({one for place in above for one in (place, *folders_in(place)) if one.name[:2] == "bs"}):
        for file in files_in(person, ".png", ".jpg"):
            labels = _labels(file.stem)
            if isinstance(labels, str):
                yield Refusal(inside(folder, file), labels)
            else:
                yield Row(inside(folder, file), subject=person.name, **labels)


def _labels(stem: str) -> dict[str, Any] | str:
    name = _NAME.fullmatch(stem)
    if name is None:
        return "the file's name is not of the published form"
    kind, what = name[2], name[3]
    match kind:
        case "N":
            return {"expression": "neutral"}
        case "E" if what.lower() in WORDS:
            return {"expression": WORDS[what.lower()]}
        case "LFAU" | "UFAU" | "CAU":
            units = {unit[1] + unit[2]: 1.0 for unit in _UNIT.finditer(what)}
            whole = units and "".join(unit[0] for unit in _UNIT.finditer(what)) == what
            return {"action_units": units} if whole else "the file's name is not of the published form"
        case _ if kind in _UNLABELLED:
            return {}
        case "IGN":
            return "marked by the data set as to be ignored"
    return "the file's name is not of the published form"


DATA_SET = DataSet(
    "Bosphorus (Savran et al. 2008)",
    "bs000/bs000_E_HAPPY_0.png",
    read,
    licence="research only, by agreement with Bogazici University",
)
