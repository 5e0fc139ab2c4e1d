"""Aff-Wild2 (Kollias & Zafeiriou 2019), with the three tracks of the ABAW competitions.

`cropped_aligned/VIDEO/00001.jpg` (or `cropped_aligned_images`) and, under `annotations` or `Third ABAW Annotations` and
the like, `{VA_Estimation,EXPR_Classification,AU_Detection}_Challenge/{Train_Set,Validation_Set}/VIDEO.txt`: public
loaders of several competitions. The first line names the columns and the next ones belong to frames 1, 2, ... (the
set's page). No label is -5 for valence and arousal, -1 for expressions and action units. `_left` and `_right` at the
end of a video's name are two people in one film. Who is in several films is not published: each video counts as its own
subject.

The tracks have splits of their own, so a video may be trained on in one and tested in another. A row of all tracks is
of `validation` if any track says so: joined training then sees no video that some track tests.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectface.augment.adapters.data_set import WORDS, DataSet, files_in, folders_in, inside, lines_of, number
from affectface.augment.rows import Found, Refusal, Row

TRACKS = {"va": "VA_Estimation_Challenge", "expr": "EXPR_Classification_Challenge", "au": "AU_Detection_Challenge"}
_SPLITS = (("Train_Set", "train"), ("Validation_Set", "validation"))


def read(folder: Path, *, tracks: tuple[str, ...] = tuple(TRACKS)) -> Iterator[Found]:
    """Yield one row for each annotated frame whose face was cropped, with the labels of the asked tracks."""
    files: dict[str, list[tuple[str, str, Path]]] = {}
    for track in tracks:
        for part, split in _SPLITS:
            for place in _places(folder, TRACKS[track]):
                for file in files_in(place / part, ".txt"):
                    files.setdefault(file.stem, []).append((track, split, file))
    for video in sorted(files):
        yield from _video(folder, video, files[video])


def _places(folder: Path, challenge: str) -> list[Path]:
    """Where a track's annotations may lie: up to two folders below the data set."""
    above = [folder, *folders_in(folder), *(inner for one in folders_in(folder) for inner in folders_in(one))]
    return [place / challenge for place in above if (place / challenge).is_dir()]


def _video(folder: Path, video: str, files: list[tuple[str, str, Path]]) -> Iterator[Found]:
    crops = next((one for one in folder.glob(f"cropped_aligned*/{video}") if one.is_dir()), None)
    if crops is None:
        yield Refusal(video, "cropped_aligned has no folder of this video")
        return
    split = "validation" if any(split == "validation" for _, split, _ in files) else "train"
    lines = {track: lines_of(file) for track, _, file in files}
    headers = {track: [name.strip() for name in text[0].split(",")] if text else [] for track, text in lines.items()}
    there = {file.stem: file for file in files_in(crops, ".jpg", ".png")}
    for frame in range(1, max(map(len, lines.values()))):
        image, where = there.get(f"{frame:05d}"), f"{video} frame {frame}"
        if image is None:
            yield Refusal(where, "the frame has no cropped image")
            continue
        labels: dict[str, Any] = {}
        for track, text in lines.items():
            if frame < len(text):
                found = _LABELS[track](text[frame].split(","), headers[track])
                if isinstance(found, str):
                    yield Refusal(where, found, "label")
                else:
                    labels |= found
        yield Row(inside(folder, image), subject=video, split=split, frame=frame, **labels)


def _point(cells: list[str], header: list[str]) -> dict[str, Any] | str:
    values = [number(cell) for cell in cells]
    if len(values) != 2 or None in values:
        return "valence or arousal is no number"
    return {} if -5 in values else dict(zip(("valence", "arousal"), values, strict=True))


def _expression(cells: list[str], header: list[str]) -> dict[str, Any] | str:
    code = number(cells[0])
    if code == -1:
        return {}
    if code is None or not 0 <= code < len(header):
        return "expression code is unknown"
    word = header[int(code)].lower()
    return {"expression": WORDS[word]} if word in WORDS else "another expression than those that have a name here"


def _units(cells: list[str], header: list[str]) -> dict[str, Any] | str:
    values = [number(cell) for cell in cells]
    if len(values) != len(header) or None in values:
        return "action units are no numbers"
    units = {name.removeprefix("AU"): float(v or 0) for name, v in zip(header, values, strict=True) if v != -1}
    return {"action_units": units}


_LABELS = {"va": _point, "expr": _expression, "au": _units}
_LAYOUT = "cropped_aligned/VIDEO/00001.jpg and annotations/{}/Train_Set/VIDEO.txt"
_LICENCE = "non-commercial research only, by the authors' EULA"
DATA_SET = DataSet(
    "Aff-Wild2 (Kollias & Zafeiriou 2019), all tracks", _LAYOUT.format(TRACKS["va"]), read, licence=_LICENCE
)
DATA_SETS = {
    track: DataSet(
        f"Aff-Wild2 (Kollias & Zafeiriou 2019), {challenge}",
        _LAYOUT.format(challenge),
        functools.partial(read, tracks=(track,)),
        licence=_LICENCE,
    )
    for track, challenge in TRACKS.items()
}
