"""AffectNet (Mollahosseini et al. 2017), the release of 2017 and the one of 2021.

2017: `Manually_Annotated/Manually_Annotated_Images/D/F.jpg` and
`Manually_Annotated_file_lists/{training,validation}.csv` with subDirectory_filePath, face_x, face_y, face_width,
face_height, facial_landmarks, expression, valence, arousal; the same for Automatically_Annotated. Columns, folders and
the lists' two places: public loaders of the set. Expressions count neutral, happy, sad, surprise, fear, disgust, anger,
contempt, none, uncertain, no face; valence and arousal are -2 where there is no label. That validation.csv of some
copies has no header is from memory.

2021: `{train,val}_set/images/N.jpg` and `annotations/N_{exp,val,aro,lnd}.npy`, public loaders; eight expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectface.augment.adapters.data_set import (
    DataSet,
    files_in,
    first_folder,
    inside,
    number,
    pairs,
    table_of,
    whole_number,
)
from affectface.augment.rows import Found, Refusal, Row

EXPRESSIONS = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
_BY_CODE: dict[int | None, str] = dict(enumerate(EXPRESSIONS))
_NO_EXPRESSION, _NO_FACE = ("8", "9"), "10"
_NO_VALUE = -2.0
_COLUMNS = (
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)
_KINDS = (("Manually", ("training", "validation")), ("Automatically", ("automatically_annotated",)))


def read(folder: Path) -> Iterator[Found]:
    """Yield the rows of either release, whichever is there."""
    for kind, lists in _KINDS:
        own = f"{kind}_Annotated"
        images = first_folder(folder, f"{own}/{own}_Images", f"{own}_Images")
        if images is None:
            continue
        places = [first_folder(folder, name) for name in (f"{own}/{own}_file_lists", f"{own}_file_lists", own, "")]
        for name in lists:
            found = [p for place in places if place for p in files_in(place, ".csv") if p.stem.lower() == name]
            if found:
                yield from _listed(folder, images, found[0], "validation" if name == "validation" else "train")
            else:
                yield Refusal(inside(folder, images), f"the list {name}.csv of its annotations is missing")
    for part, split in (("train_set", "train"), ("val_set", "validation")):
        yield from _numbered(folder, folder / part, split)


def _listed(folder: Path, images: Path, table: Path, split: str) -> Iterator[Found]:
    for line in table_of(table, names=_COLUMNS):
        path = inside(folder, images / line["subDirectory_filePath"])
        code = line["expression"].strip()
        if code == _NO_FACE:
            yield Refusal(path, "annotated as no face")
            continue
        box = [number(line[name]) for name in _COLUMNS[1:5]]
        yield from _row(path, split, code, (line["valence"], line["arousal"]), line["facial_landmarks"].split(";"), box)


def _numbered(folder: Path, part: Path, split: str) -> Iterator[Found]:
    for image in sorted(files_in(part / "images", ".jpg", ".png"), key=lambda file: (len(file.stem), file.stem)):
        path = inside(folder, image)
        values = {}
        for kind in ("exp", "val", "aro", "lnd"):
            try:
                # mapped, so that a header cannot ask for more memory than the file has
                array = np.load(part / "annotations" / f"{image.stem}_{kind}.npy", allow_pickle=False, mmap_mode="r")
                values[kind] = [str(value) for value in np.ravel(array)[:1000]]
            except (OSError, ValueError):
                values[kind] = []
        if not values["exp"]:
            yield Refusal(path, "annotation is missing or damaged")
            continue
        texts = (*(values["val"] or [""]), *(values["aro"] or [""]))
        yield from _row(path, split, values["exp"][0], (texts[0], texts[-1]), values["lnd"], [])


def _row(
    path: str, split: str, code: str, point: tuple[str, str], landmarks: list[str], box: list[float | None]
) -> Iterator[Found]:
    expression = _BY_CODE.get(whole_number(code), "")
    if not expression and code not in _NO_EXPRESSION:
        yield Refusal(path, "expression code is unknown", "label")
    valence, arousal = (number(text) for text in point)
    if valence is None or arousal is None:
        yield Refusal(path, "valence or arousal is no number", "label")
    sides = [side for side in box if side is not None]
    yield Row(
        path,
        split=split,
        expression=expression,
        valence=None if valence == _NO_VALUE else valence,
        arousal=None if arousal == _NO_VALUE else arousal,
        box=(sides[0], sides[1], sides[2], sides[3]) if len(sides) == 4 else None,
        landmarks=pairs(landmarks),
    )


DATA_SET = DataSet(
    "AffectNet (Mollahosseini et al. 2017)",
    "Manually_Annotated/Manually_Annotated_Images with Manually_Annotated_file_lists/training.csv, or train_set/images "
    "with train_set/annotations",
    read,
    licence="non-commercial research only, by agreement with the authors",
)
