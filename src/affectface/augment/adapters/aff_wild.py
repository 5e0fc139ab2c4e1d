"""Aff-Wild (Zafeiriou et al. 2017; Kollias et al. 2019).

`videos/train/ID.mp4` or `.avi`, `annotations/train/{valence,arousal}/ID.txt` with one number in [-1, 1] a frame, and
`bboxes/train/ID/FRAME.pts`, `landmarks/train/ID/FRAME.pts`: public loaders, two of which call the boxes' folder
`bboxs`. That the frames of the `.pts` count from 0 is from memory. The test set's labels are not published. Who is in
which film is not published: each film counts as its own subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from affectface.augment.adapters.data_set import (
    DataSet,
    files_in,
    first_folder,
    frames_a_second,
    inside,
    lines_of,
    number,
)
from affectface.augment.rows import Found, Refusal, Row
from affectface.clips import FILMS
from affectface.errors import LandmarkFileError
from affectface.landmarks.point_files import read_landmark_file


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each annotated frame of each film."""
    annotations = first_folder(folder, "annotations/train", "annotations")
    if annotations is None:
        return
    films = {file.stem: file for part in ("videos/train", "videos") for file in files_in(folder / part, *FILMS)}
    for valences in files_in(annotations / "valence", ".txt"):
        name, arousals = valences.stem, annotations / "arousal" / valences.name
        if name not in films or not arousals.is_file():
            what = "film" if name not in films else "arousal"
            yield Refusal(inside(folder, valences), f"the {what} of its annotation is missing")
            continue
        yield from _frames(folder, films[name], lines_of(valences), lines_of(arousals))


def _frames(folder: Path, film: Path, valences: list[str], arousals: list[str]) -> Iterator[Found]:
    path, fps = inside(folder, film), frames_a_second(film)
    if fps is None:
        yield Refusal(path, "the film cannot be opened")
        return
    if len(valences) != len(arousals):
        yield Refusal(path, "valence and arousal have different lengths; the longer one's end", "label")
    boxes = first_folder(folder, f"bboxes/train/{film.stem}", f"bboxs/train/{film.stem}")
    for frame, texts in enumerate(zip(valences, arousals, strict=False)):
        valence, arousal = (number(text.strip()) for text in texts)
        if valence is None or arousal is None:
            yield Refusal(f"{path} frame {frame}", "valence or arousal is no number", "label")
        corners = None if boxes is None else _points(boxes / f"{frame}.pts")
        yield Row(
            path,
            subject=film.stem,
            split="train",
            frame=frame,
            time=frame / fps,
            valence=valence,
            arousal=arousal,
            box=None if corners is None else box_around(corners),
            landmarks=_points(folder / "landmarks" / "train" / film.stem / f"{frame}.pts"),
        )


def box_around(points: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, top, width and height of the box around points (N, 2)."""
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right - left, bottom - top


def _points(file: Path) -> np.ndarray | None:
    if not file.is_file():
        return None
    try:
        return read_landmark_file(file)
    except LandmarkFileError:
        return None


DATA_SET = DataSet(
    "Aff-Wild (Zafeiriou et al. 2017)",
    "videos/train/ID.mp4 and annotations/train/{valence,arousal}/ID.txt",
    read,
    licence="non-commercial research only, by the authors' EULA",
)
