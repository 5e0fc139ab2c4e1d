"""AFEW (Dhall et al. 2012), as given for the EmotiW challenges.

`{Train,Val}_AFEW/{Angry,Disgust,Fear,Happy,Neutral,Sad,Surprise}/CLIP.avi`, and the challenge's own faces in
`{Train,Val}_AFEW/AlignedFaces_LBPTOP_Points*/Faces/CLIP/N.jpg`, in some copies one folder of the same name deeper:
public loaders. A clip has one label, which all its frames get. Where the films are there they are taken, else the
faces. The test set's labels are not published. Actors stand in XML files whose form is not known here: each clip counts
as its own subject, so keep to the published split, which shares no film between its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import IMAGES, WORDS, DataSet, files_in, folders_in, inside
from affectface.augment.rows import Found, Refusal, Row
from affectface.clips import FILMS, open_film
from affectface.errors import AffectFaceError

_PARTS = {"train": "train", "val": "validation", "validation": "validation"}

_MOST_FRAMES = 100_000
"""Over an hour; clips last a few seconds."""


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each frame of each clip."""
    for part in folders_in(folder):
        split = _PARTS.get(part.name.lower().removesuffix("_afew"))
        if split is None:
            continue
        faces = {clip.name: clip for clip in part.glob("AlignedFaces*/**/Faces/*") if clip.is_dir()}
        for emotion in folders_in(part):
            if (word := emotion.name.lower()) in WORDS:
                for clip in files_in(emotion, *FILMS):
                    yield from _clip(folder, clip, WORDS[word], split, faces.get(clip.stem))


def _clip(folder: Path, clip: Path, expression: str, split: str, faces: Path | None) -> Iterator[Found]:
    path = inside(folder, clip)
    try:
        film = open_film(clip)
    except AffectFaceError:
        if faces is None:
            yield Refusal(path, "the film cannot be opened")
            return
        for frame, image in enumerate(files_in(faces, *IMAGES)):
            yield Row(inside(folder, image), subject=clip.stem, split=split, frame=frame, expression=expression)
        return
    if film.frame_count > _MOST_FRAMES:
        yield Refusal(path, "the film says that it has more frames than a clip can")
        return
    for frame in range(film.frame_count):
        yield Row(path, subject=clip.stem, split=split, frame=frame, time=frame / film.fps, expression=expression)


DATA_SET = DataSet(
    "AFEW (Dhall et al. 2012)",
    "Train_AFEW/{Angry,...}/CLIP.avi and Val_AFEW/...",
    read,
    licence="academic research only, by the EULA of the EmotiW challenges",
)
