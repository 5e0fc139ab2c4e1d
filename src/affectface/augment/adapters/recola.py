"""RECOLA (Ringeval et al. 2013), as its authors give it and as the AVEC challenges did.

`RECOLA-Annotation/emotional_behaviour/{arousal,valence}/P16.csv`, semicolons between time and the six annotators, and
`RECOLA-Video-recordings/P16.mp4`: public loaders; a film is also found in any other folder whose name has `ideo`. The
label is the plain mean of the annotators: the gold standard of AVEC weighs them.

AVEC 2015 and 2016: `ratings_gold_standard/{arousal,valence}/{train,dev,test}_N.arff` with Instance_name, frameTime and
GoldStandard; films `recordings_video/train_N.mp4` (from memory). Ratings come every 40 ms, which is one film frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import DataSet, files_in, first_folder, folders_in, inside, lines_of, number
from affectface.augment.rows import Found, Refusal, Row
from affectface.clips import FILMS

_RATE = 25.0
_AVEC_SPLITS = {"train": "train", "dev": "validation", "test": "test"}


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each rating, every 40 ms."""
    ratings = first_folder(
        folder, "RECOLA-Annotation/emotional_behaviour", "emotional_behaviour", "ratings_gold_standard"
    )
    if ratings is None:
        return
    places = [folder, *(one for one in folders_in(folder) if "ideo" in one.name)]
    films = {file.stem: file for place in places for file in files_in(place, *FILMS)}
    for arousals in files_in(ratings / "arousal", ".csv", ".arff"):
        name, valences = arousals.stem, ratings / "valence" / arousals.name
        if name not in films or not valences.is_file():
            what = "film" if name not in films else "valence"
            yield Refusal(inside(folder, arousals), f"the {what} of its annotation is missing")
            continue
        split = _AVEC_SPLITS.get(name.partition("_")[0], "") if arousals.suffix.lower() == ".arff" else ""
        yield from _frames(inside(folder, films[name]), name, split, _curve(arousals), _curve(valences))


def _frames(
    path: str, name: str, split: str, arousals: dict[int, float | None], valences: dict[int, float | None]
) -> Iterator[Found]:
    for frame in sorted(arousals.keys() | valences.keys()):
        valence, arousal = valences.get(frame), arousals.get(frame)
        if valence is None or arousal is None:
            yield Refusal(f"{path} frame {frame}", "valence or arousal is no number or missing", "label")
        yield Row(path, subject=name, split=split, frame=frame, time=frame / _RATE, valence=valence, arousal=arousal)


def _curve(file: Path) -> dict[int, float | None]:
    """The rating of each frame: the mean of all columns after the time."""
    curve: dict[int, float | None] = {}
    arff = file.suffix.lower() == ".arff"
    for line in lines_of(file):
        cells = line.replace(";", ",").split(",")[1 if arff else 0 :]
        if line.startswith("@") or not (numbers := [number(cell) for cell in cells if cell.strip()]):
            continue
        time, values = numbers[0], numbers[1:]
        if time is None:
            continue  # the header
        whole = [value for value in values if value is not None]
        curve[round(time * _RATE)] = sum(whole) / len(whole) if values and len(whole) == len(values) else None
    return curve


DATA_SET = DataSet(
    "RECOLA (Ringeval et al. 2013)",
    "RECOLA-Annotation/emotional_behaviour/{arousal,valence}/P16.csv and RECOLA-Video-recordings/P16.mp4, or AVEC's "
    "ratings_gold_standard/{arousal,valence}/train_1.arff and recordings_video/train_1.mp4",
    read,
    licence="non-commercial academic research only, by the authors' EULA",
)
