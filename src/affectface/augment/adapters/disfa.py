"""DISFA (Mavadati et al. 2013): 27 people watching a film, twelve action units of every frame, levels 0 to 5.

`ActionUnit_Labels/SN001/SN001_au1.txt`, lines frame,level with frames from 1, and
`Videos_LeftCamera/LeftVideoSN001_comp.avi` (also `Video_LeftCamera`), alike for the right camera: public loaders. Level
k is a strength of k / 5. Where the units' lists have different lengths the frames that all have are taken, as public
loaders do (SN010).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import (
    DataSet,
    files_in,
    first_folder,
    folders_in,
    frames_a_second,
    inside,
    lines_of,
    number,
)
from affectface.augment.rows import Found, Refusal, Row
from affectface.clips import FILMS

_FILM = re.compile(r"(Left|Right)Video(SN\d{3})(_[Cc]omp)?")
_UNIT = re.compile(r"SN\d{3}_au(\d{1,2})")
_LEVELS = 5.0


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each frame of each film that has labels."""
    labels = first_folder(folder, "ActionUnit_Labels")
    without = {one.name for one in ([] if labels is None else folders_in(labels))}
    for camera in folders_in(folder):
        for film in files_in(camera, *FILMS):
            if not (name := _FILM.fullmatch(film.stem)):
                continue
            path, fps = inside(folder, film), frames_a_second(film)
            without.discard(name[2])
            units = {} if labels is None else _units(labels / name[2])
            if fps is None or not units:
                yield Refusal(path, "the film cannot be opened" if fps is None else "the film's annotation is missing")
                continue
            counts = [max(levels, default=0) for levels in units.values()]
            if len(set(counts)) > 1:
                yield Refusal(path, "action units have different lengths; the longer ones' end", "label")
            for frame in sorted(one for one in set().union(*units.values()) if 1 <= one <= min(counts)):
                coded = {unit: levels[frame] / _LEVELS for unit, levels in units.items() if frame in levels}
                yield Row(path, subject=name[2], frame=frame - 1, time=(frame - 1) / fps, action_units=coded)
    for person in sorted(without):
        yield Refusal(person, "the film of its annotation is missing")


def _units(folder: Path) -> dict[str, dict[int, float]]:
    """The level of each frame, from 1, of each unit."""
    units: dict[str, dict[int, float]] = {}
    for file in files_in(folder, ".txt"):
        if not (name := _UNIT.fullmatch(file.stem)):
            continue
        pairs = ([number(cell) for cell in line.split(",")] for line in lines_of(file))
        units[name[1]] = {int(p[0]): p[1] for p in pairs if len(p) == 2 and p[0] is not None and p[1] is not None}
    return dict(sorted(units.items(), key=lambda item: int(item[0])))


DATA_SET = DataSet(
    "DISFA (Mavadati et al. 2013)",
    "Videos_LeftCamera/LeftVideoSN001_comp.avi and ActionUnit_Labels/SN001/SN001_au1.txt",
    read,
    licence="non-commercial research only, by agreement with the authors",
)
