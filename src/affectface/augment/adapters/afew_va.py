"""AFEW-VA (Kossaifi et al. 2017).

`NNN/NNN.json` beside the frames `NNN/00000.png`: {"video_id", "actor", "frames": {"00000": {"valence", "arousal",
"landmarks": 68 pairs}}}, with valence and arousal in [-10, 10]: public loaders. The archives unpack into folders of
fifty clips, or one was made of them: clips are found up to one folder deeper. The subject is the actor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectface.augment.adapters.data_set import DataSet, inside, lines_of, pairs, whole_number
from affectface.augment.rows import Found, Refusal, Row

_LARGEST, _SCALE = 64 << 20, 10.0


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each annotated frame."""
    for file in sorted([*folder.glob("*/*.json"), *folder.glob("*/*/*.json")]):
        if file.stem != file.parent.name:
            continue
        try:
            clip = json.loads("\n".join(lines_of(file, _LARGEST)))
            frames = clip["frames"].items()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield Refusal(inside(folder, file), "annotation is damaged")
            continue
        for name, frame in sorted(frames):
            yield from _frame(inside(folder, file.parent / f"{name}.png"), str(clip.get("actor") or file.stem), frame)


def _frame(path: str, actor: str, frame: Any) -> Iterator[Found]:
    try:
        valence, arousal = (float(frame[name]) / _SCALE for name in ("valence", "arousal"))
        points = [str(value) for pair in frame.get("landmarks", []) for value in pair]
    except (KeyError, TypeError, ValueError, AttributeError):
        yield Refusal(path, "annotation is damaged")
        return
    yield Row(
        path,
        subject=actor,
        frame=whole_number(path.rpartition("/")[2].removesuffix(".png")),
        valence=valence,
        arousal=arousal,
        landmarks=pairs(points),
    )


DATA_SET = DataSet("AFEW-VA (Kossaifi et al. 2017)", "NNN/NNN.json and NNN/00000.png", read)
