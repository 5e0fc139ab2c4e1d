"""Photos with affect labels -> expression coefficients, from which an affect model is learned."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from affectface.arrays import FloatArray
from affectface.csv_rows import Row, read_rows
from affectface.errors import AffectFaceError, GalleryError
from affectface.fitting.sequences import Picture, fit_same_person
from affectface.gallery.label_cells import read_label
from affectface.gallery.learning import Sample
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable import FaceModel


def read_labels(table: str | os.PathLike[str]) -> list[Row]:
    """Read a table of photos and what they show.

    Parameters
    ----------
    table : path-like
        A CSV file with the columns `file` (beside the table, or an absolute path) and `subject`, and `expression` or
        `valence` and `arousal`; cells without a label are empty.

    Returns
    -------
    list of mapping
        The rows; `file` is made a path that can be opened from here.

    Raises
    ------
    GalleryError
        If it cannot be read, lacks columns, or has a label that is none.
    """
    rows = read_rows(table, GalleryError)
    columns = set(rows[0])
    if not {"file", "subject"} <= columns or not ("expression" in columns or {"valence", "arousal"} <= columns):
        raise GalleryError(
            f"{table}: has the columns {', '.join(rows[0])}; file and subject are needed, and expression or valence "
            "and arousal"
        )
    for number, row in enumerate(rows, 2):
        read_label(row, f"{table}: row {number}")
    folder = Path(table).parent
    return [{**row, "file": str(folder / row["file"])} for row in rows]


def fit_labelled(
    model: FaceModel, rows: list[Row], *, advance: Callable[[int], None] = lambda steps: None
) -> tuple[list[Sample], list[str]]:
    """Fit the largest face of each photo, each person with one identity.

    Parameters
    ----------
    model : FaceModel
        The face model.
    rows : list of mapping
        What `read_labels` gives.
    advance : callable
        Called with 1 after each photo.

    Returns
    -------
    samples : list of Sample
        One a photo that could be fitted.
    left_out : list of str
        The others, and why.
    """
    left_out: list[str] = []
    people: dict[str, list[tuple[Row, Picture]]] = {}
    for row in rows:
        try:
            image = read_image(row["file"])
            faces = detect_faces(image, max_faces=1)
            if faces:
                picture = Picture(faces[0].landmarks, (image.shape[0], image.shape[1]))
                people.setdefault(row["subject"], []).append((row, picture))
            else:
                left_out.append(f"{row['file']}: no face was found")
        except AffectFaceError as error:
            left_out.append(str(error))
        advance(1)
    samples: list[Sample] = []
    for subject, pairs in people.items():
        try:
            fits = fit_same_person(model, [picture for _, picture in pairs])
        except AffectFaceError as error:
            left_out.append(f"{subject}: {error}")
            continue
        samples += [_sample(row, fit.expression) for (row, _), fit in zip(pairs, fits, strict=True)]
    return samples, left_out


def _sample(row: Row, strengths: FloatArray) -> Sample:
    label = read_label(row, row["file"])
    return Sample(row["subject"], strengths, label.expression or None, label.valence, label.arousal)
