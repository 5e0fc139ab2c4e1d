"""Any data set with a table: one CSV file in its folder, called `labels.csv`, or the only one there.

Columns are those of the manifest; the image's may also be called `file`, `image` or `filename`. Cells may be empty.
Expressions may also be words such as `happy`. Numbers must already be in the manifest's units.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from affectface.augment.adapters.data_set import WORDS, DataSet, files_in, number, pairs, table_of, whole_number
from affectface.augment.columns import COLUMNS
from affectface.augment.rows import Found, Refusal, Row

_PATHS = ("path", "file", "image", "filename")
_NUMBERS = ("time", "valence", "arousal", "age")
_WHOLE = ("fold", "frame")


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each line of the table."""
    tables = files_in(folder, ".csv")
    tables = [file for file in tables if file.name == "labels.csv"] or tables
    if len(tables) != 1:
        return
    for count, line in enumerate(table_of(tables[0]), 1):
        where = f"{tables[0].name} row {count}"
        path = next((line[name].strip() for name in _PATHS if line.get(name, "").strip()), "")
        if not path:
            yield Refusal(where, "has no cell path, file, image or filename")
            continue
        values: dict[str, Any] = {}
        for name in COLUMNS[1:-1]:
            text = line.get(name, "").strip()
            if text and (value := _value(name, text)) is None:
                yield Refusal(where, f"{name} cannot be read", "label")
            elif text:
                values[name] = value
        yield Row(path.replace("\\", "/"), **values)


def _value(name: str, text: str) -> Any:
    if name in _NUMBERS:
        return number(text)
    if name in _WHOLE:
        return whole_number(text)
    if name == "expression":
        word = text.lower().replace(" ", "_").replace("-", "_")
        return WORDS.get(word, word)
    if name == "action_units":
        parts = [part.partition("=") for part in text.replace(";", ",").split(",") if part.strip()]
        strengths = {unit.strip().upper().removeprefix("AU").lstrip("0"): number(v) for unit, _, v in parts}
        return None if None in strengths.values() else strengths
    if name in ("box", "landmarks"):
        points = pairs(text.replace(",", " ").split())
        return points if name == "landmarks" or points is None else _box(points)
    return text


def _box(points: np.ndarray) -> tuple[float, ...] | None:
    return tuple(points.ravel().tolist()) if points.size == 4 else None


DATA_SET = DataSet("A table", "labels.csv with the columns path, subject, valence, arousal, expression, ...", read)
