"""Labels of a film's frames, from a table with a row a frame, or with moments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from affectface.csv_rows import Row, read_rows
from affectface.errors import GalleryError
from affectface.gallery.label_cells import Label, read_label
from affectface.gallery.store import Labels, make_labels

_UNSAID = ("-5", "-5.0")
"""What Aff-Wild2 writes for a frame that nobody could annotate."""


def listed_labels(labels: Sequence[Label]) -> Labels:
    """Return labels as arrays, NaN where nothing is said."""
    valence, arousal = (
        np.array([np.nan if value is None else value for value in column], dtype=np.float32)
        for column in ([label.valence for label in labels], [label.arousal for label in labels])
    )
    expression = tuple(label.expression for label in labels)
    return make_labels(len(labels), valence=valence, arousal=arousal, expression=expression)


def read_film_labels(path: Path, frames: int, frame_rate: float) -> Labels:
    """Read what the frames of a film show.

    Parameters
    ----------
    path : Path
        A CSV file with `valence`, `arousal` or `expression`; and with `frame`, counted from 0, or `time`, seconds, or
        neither of them: then the rows are the frames in order. Between two moments valence and arousal go straight
        from one to the other, and the expression stays. A valence or arousal of -5 is none, as in Aff-Wild2.
    frames : int
        How many frames the film has.
    frame_rate : float
        Frames a second.

    Returns
    -------
    Labels
        Those of all frames; NaN and empty where nothing is said.

    Raises
    ------
    GalleryError
        If the file cannot be read, lacks columns, or has a label or frame that is none.
    """
    rows = [_without_unsaid(row) for row in read_rows(path, GalleryError)]
    columns = set(rows[0])
    if not columns & {"valence", "arousal", "expression"}:
        raise GalleryError(f"{path}: has the columns {', '.join(rows[0])}; valence, arousal or expression is needed")
    labels = [read_label(row, f"{path}: row {number}") for number, row in enumerate(rows, 2)]
    if "time" in columns:
        return _between(path, [_number(path, row, "time") for row in rows], labels, np.arange(frames) / frame_rate)
    places = [int(_number(path, row, "frame")) for row in rows] if "frame" in columns else range(len(rows))
    found = [Label(None, None, "")] * frames
    for place, label in zip(places, labels, strict=True):
        if place < frames:  # a table may go on where the film is cut
            found[place] = label
    return listed_labels(found)


def _between(path: Path, times: list[float], labels: list[Label], wanted: np.ndarray) -> Labels:
    """Return labels at moments between those that are said."""
    if sorted(set(times)) != times:
        raise GalleryError(f"{path}: its times do not rise; sort it, and leave out what was said twice")
    said = listed_labels(labels)
    values = []
    for column in (said.valence, said.arousal):
        known = ~np.isnan(column)
        at = np.array(times)[known]
        nothing = np.full(len(wanted), np.nan)
        values.append(np.interp(wanted, at, column[known], np.nan, column[known][-1]) if known.any() else nothing)
    last = np.searchsorted(times, wanted, side="right") - 1
    expression = tuple(labels[place].expression if place >= 0 else "" for place in last.tolist())
    valence, arousal = (column.astype(np.float32) for column in values)
    return make_labels(len(wanted), valence=valence, arousal=arousal, expression=expression)


def _without_unsaid(row: Row) -> Row:
    return {key: "" if key in ("valence", "arousal") and cell in _UNSAID else cell for key, cell in row.items()}


def _number(path: Path, row: Row, column: str) -> float:
    """Return the frame or time of a row."""
    try:
        value = float(row[column])
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise GalleryError(f"{path}: {column} is {row[column]!r}; a number from 0 on is needed")
    return value
