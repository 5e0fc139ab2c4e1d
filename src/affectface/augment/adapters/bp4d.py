"""BP4D (Zhang et al. 2014) and FERA 2017 (Valstar et al. 2017): action units of every frame.

BP4D: `AUCoding/F001_T1.csv` (also in `AU_OCC` or `BP4D-AUCoding/AUCoding`): the first line has the numbers of the
action units, the first column the frame; 9 is not coded (public loaders and OpenFace's training code). Levels 0 to 5 in
`AU_INT/AU06/F001_T1_AU06.csv`, lines frame,level without a header, for 6, 10, 12, 14, 17 (a public loader). Photos
`F001/T1/0001.jpg` (three or four digits), in any of `2D+3D`, `Sequences` or the set's folder (from memory).

FERA 2017: `FERA17_TR_F001_T1_6.mp4` in `ims`, one film for each of nine views, `occ/FERA17_TR_F001_T1.csv`,
`int/FERA17_TR_F001_T1.csv`, under `train` and `valid` (a public loader). TR is train, VA validation.

Level k is a strength of k / 5; a unit that is coded only as there or not has strength 1 or 0; where both are, the level
counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import (
    IMAGES,
    DataSet,
    files_in,
    first_folder,
    folders_in,
    frames_a_second,
    inside,
    lines_of,
    number,
    whole_number,
)
from affectface.augment.rows import Found, Refusal, Row
from affectface.clips import FILMS

_SEQUENCE = re.compile(r"([FM]\d{3})_(T\d{1,2})")
_FERA = re.compile(r"FERA17_(TR|VA|TE)_([FM]\d{3})_(T\d{1,2})_(\d)")
_FERA_SPLITS = {"TR": "train", "VA": "validation", "TE": "test"}
_NOT_CODED = 9
LEVELS = 5.0
Codes = dict[int, dict[str, float]]


def read_bp4d(folder: Path) -> Iterator[Found]:
    """Yield one row for each coded frame."""
    coding = first_folder(folder, "AUCoding/AU_OCC", "AU_OCC", "BP4D-AUCoding/AUCoding", "AUCoding")
    if coding is None:
        return
    levels = first_folder(folder, "AUCoding/AU_INT", "AU_INT", "BP4D-AUIntensityCodes")
    for file in files_in(coding, ".csv"):
        name = _SEQUENCE.fullmatch(file.stem)
        if name is None:
            yield Refusal(inside(folder, file), "the file's name is not of the published form")
            continue
        places = (f"{above}{name[1]}/{name[2]}" for above in ("2D+3D/", "Sequences(2D+3D)/", "Sequences/", ""))
        images = first_folder(folder, *places)
        if images is None:
            yield Refusal(inside(folder, file), "the photos of its annotation are missing")
            continue
        codes = _codes(file, 1.0)
        for unit in [] if levels is None else folders_in(levels):
            _add(codes, _level_list(unit / f"{file.stem}_{unit.name}.csv", unit.name.removeprefix("AU").lstrip("0")))
        there = {whole_number(one.stem): one for one in files_in(images, *IMAGES)}
        for frame, units in sorted(codes.items()):
            if frame in there:
                yield Row(inside(folder, there[frame]), subject=name[1], frame=frame, action_units=units)
            else:
                yield Refusal(f"{inside(folder, images)} frame {frame}", "the frame has no photo")


def read_fera(folder: Path) -> Iterator[Found]:
    """Yield one row for each coded frame of each film."""
    for part in (folder, *folders_in(folder)):
        without = {file.stem for file in files_in(part / "occ", ".csv")}
        for film in files_in(part / "ims", *FILMS):
            name, path = _FERA.fullmatch(film.stem), inside(folder, film)
            if name is None:
                yield Refusal(path, "the file's name is not of the published form")
                continue
            sequence = film.stem.rpartition("_")[0]
            without.discard(sequence)
            codes, fps = _codes(part / "occ" / f"{sequence}.csv", 1.0), frames_a_second(film)
            _add(codes, _codes(part / "int" / f"{sequence}.csv", LEVELS))
            if fps is None or not codes:
                yield Refusal(path, "the film cannot be opened" if fps is None else "the film's annotation is missing")
                continue
            for frame, units in sorted(codes.items()):
                at = max(0, frame - min(codes))
                split = _FERA_SPLITS[name[1]]
                yield Row(path, subject=name[2], split=split, frame=at, time=at / fps, action_units=units)
        for sequence in sorted(without):
            yield Refusal(sequence, "the films of its annotation are missing")


def _codes(file: Path, highest: float) -> Codes:
    """Codes of each frame from a table whose header has the units' numbers."""
    lines = lines_of(file) if file.is_file() else []
    if not lines:
        return {}
    header = [re.sub(r"\D", "", cell).lstrip("0") for cell in lines[0].split(",")]
    codes: Codes = {}
    for line in lines[1:]:
        cells = [number(cell) for cell in line.split(",")]
        if cells[0] is not None:
            values = zip(header[1:], cells[1:], strict=False)
            codes[int(cells[0])] = {u: v / highest for u, v in values if u and v is not None and v != _NOT_CODED}
    return codes


def _level_list(file: Path, unit: str) -> Codes:
    """Codes of each frame from a list of one unit's levels."""
    codes: Codes = {}
    for line in lines_of(file) if file.is_file() else []:
        cells = [number(cell) for cell in line.split(",")]
        if len(cells) == 2 and cells[0] is not None and cells[1] is not None and cells[1] != _NOT_CODED:
            codes[int(cells[0])] = {unit: cells[1] / LEVELS}
    return codes


def _add(codes: Codes, more: Codes) -> None:
    for frame, units in more.items():
        codes.setdefault(frame, {}).update(units)


BP4D = DataSet(
    "BP4D (Zhang et al. 2014)",
    "AUCoding/AU_OCC/F001_T1.csv and F001/T1/0001.jpg",
    read_bp4d,
    licence="research only, by agreement with Binghamton University",
)
FERA = DataSet(
    "FERA 2017 (Valstar et al. 2017)",
    "train/ims/FERA17_TR_F001_T1_6.mp4 and train/occ/FERA17_TR_F001_T1.csv",
    read_fera,
    licence="research only, by agreement with Binghamton University",
)
