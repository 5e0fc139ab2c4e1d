"""The fit of a photo, which is made once and kept: as a value, and as rows of a table that give the same bytes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from affectface.arrays import FloatArray
from affectface.augment.columns import arrow
from affectface.augment.making.photo_reading import Photo, read_photo
from affectface.augment.pictures import face_of
from affectface.augment.rows import Row
from affectface.camera import Camera
from affectface.errors import AffectFaceError, DataSetError
from affectface.fitting.face_fit import FaceFit
from affectface.fitting.fit import fit_face
from affectface.morphable import FaceModel

FORMAT, FORMAT_VERSION = b"affectface-fits", b"1"


@dataclass(frozen=True, eq=False)
class FittedPhoto:
    """A photo with the fit of its face, or the reason why there is none.

    Attributes
    ----------
    row : Row
        The photo: path, frame, box, subject, split, fold and source count.
    sha256 : str
        Checksum of its file; empty where that cannot be read.
    face_model : str
        Name of the face model.
    landmarks : ndarray of shape (478, 3), float32, or None
        The face's landmarks, pixels.
    fit : FaceFit or None
        The fit.
    reason : str
        Why there is none: the kind of the error, a colon, and what it says; empty where there is one.
    """

    row: Row
    sha256: str
    face_model: str
    landmarks: FloatArray | None
    fit: FaceFit | None
    reason: str = ""


def fit_photo(file: Path, row: Row, face_model: FaceModel) -> FittedPhoto:
    """Fit the face of a photo.

    Parameters
    ----------
    file : Path
        The image or film.
    row : Row
        The photo's row; its box says which of several faces is meant, otherwise it is the largest.
    face_model : FaceModel
        The face model.

    Returns
    -------
    FittedPhoto
        The fit, or the reason why there is none: a bad photo raises nothing.
    """
    try:
        photo = read_photo(file, row)
    except AffectFaceError as error:
        return FittedPhoto(row, "", face_model.name, None, None, f"{type(error).__name__}: {error}")
    return fit_image(photo, row, face_model)


def fit_image(photo: Photo, row: Row, face_model: FaceModel) -> FittedPhoto:
    """Fit the face of a photo that was read; see `fit_photo`."""
    try:
        landmarks = face_of(row, photo.image).landmarks
        fit = fit_face(face_model, photo.image, landmarks)
    except (AffectFaceError, np.linalg.LinAlgError) as error:
        return FittedPhoto(row, photo.sha256, face_model.name, None, None, f"{type(error).__name__}: {error}")
    return FittedPhoto(row, photo.sha256, face_model.name, landmarks, fit)


_TEXTS = ("path", "subject", "split", "source", "sha256", "face_model", "reason", "method")
_NUMBERS = ("focal", "centre_x", "centre_y", "error")
_WHOLE = ("frame", "fold", "height", "width")
_SHAPES: dict[str, tuple[int, ...]] = {
    "box": (-1,),
    "landmarks": (478, 3),
    "identity": (-1,),
    "expression": (-1,),
    "rotation": (3, 3),
    "translation": (3,),
    "lighting": (9, 3),
    "residual": (478, 2),
}


def fits_schema() -> Any:
    """Return the schema of a table of fits, a pyarrow.Schema with the format's name and version."""
    pa = arrow()
    fields = [pa.field(name, pa.string(), nullable=False) for name in _TEXTS]
    fields += [pa.field(name, pa.float64()) for name in _NUMBERS]
    fields += [pa.field(name, pa.int32()) for name in _WHOLE]
    fields += [pa.field(name, pa.list_(pa.float32())) for name in _SHAPES]
    return pa.schema(fields, metadata={b"format": FORMAT, b"format_version": FORMAT_VERSION})


def table_of_fits(photos: Sequence[FittedPhoto]) -> Any:
    """Return fitted photos as a table.

    Parameters
    ----------
    photos : sequence of FittedPhoto
        The photos.

    Returns
    -------
    pyarrow.Table
        One row a photo, of `fits_schema`; equal photos give equal bytes.
    """
    form = fits_schema()
    rows = [_cells(photo) for photo in photos]
    columns = [arrow().array([row.get(field.name) for row in rows], field.type) for field in form]
    return arrow().table(columns, schema=form)


def fits_of_table(table: Any) -> list[FittedPhoto]:
    """Return the fitted photos of a table.

    Parameters
    ----------
    table : pyarrow.Table or pyarrow.RecordBatch
        What `table_of_fits` gave.

    Returns
    -------
    list of FittedPhoto
        The photos, bit for bit as they were.

    Raises
    ------
    DataSetError
        If it is another table, or its numbers do not fit together.
    """
    if not table.schema.equals(fits_schema()):
        raise DataSetError("the table of fits is of another form; fit the photos again")
    names = table.schema.names
    values = [_values(table.column(name), name) for name in names]
    try:
        return [_photo(dict(zip(names, cells, strict=True))) for cells in zip(*values, strict=True)]
    except (TypeError, ValueError) as fault:
        raise DataSetError(f"the table of fits is damaged ({fault}); fit the photos again") from None


def _cells(photo: FittedPhoto) -> dict[str, Any]:
    row, fit = photo.row, photo.fit
    cells: dict[str, Any] = {name: getattr(row, name) for name in ("path", "subject", "split", "source")}
    cells |= {"sha256": photo.sha256, "face_model": photo.face_model, "reason": photo.reason, "method": ""}
    cells |= {"frame": row.frame, "fold": row.fold, "box": None if row.box is None else list(row.box)}
    if fit is None or photo.landmarks is None:
        return cells
    cells |= {"method": fit.method, "error": fit.error, "height": fit.image_size[0], "width": fit.image_size[1]}
    camera = fit.camera
    cells |= {"focal": camera.focal, "centre_x": camera.centre[0], "centre_y": camera.centre[1]}
    arrays = {"landmarks": photo.landmarks, "identity": fit.identity, "expression": fit.expression}
    arrays |= {"rotation": camera.rotation, "translation": camera.translation}
    arrays |= {"lighting": fit.lighting, "residual": fit.residual}
    return cells | {name: np.ravel(array) for name, array in arrays.items()}


def _values(column: Any, name: str) -> list[Any]:
    """The values of a column; numbers of a list as an array, without going through Python's."""
    if name not in _SHAPES or name == "box":
        return list(column.to_pylist())
    return [None if not cell.is_valid else cell.values.to_numpy(zero_copy_only=False) for cell in column]


def _photo(cells: dict[str, Any]) -> FittedPhoto:
    names = ("path", "subject", "split", "source", "frame", "fold")
    box = None if cells["box"] is None else tuple(cells["box"])
    row = Row(**{name: cells[name] for name in names}, box=box)
    about = (row, cells["sha256"], cells["face_model"])
    if cells["landmarks"] is None:
        return FittedPhoto(*about, None, None, cells["reason"])
    arrays = {
        name: np.array(cells[name], dtype=np.float32).reshape(shape) for name, shape in _SHAPES.items() if name != "box"
    }
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("numbers that are none")
    fit = FaceFit(
        arrays["identity"],
        arrays["expression"],
        Camera(
            arrays["rotation"], arrays["translation"], float(cells["focal"]), (cells["centre_x"], cells["centre_y"])
        ),
        arrays["lighting"],
        arrays["residual"],
        (cells["height"], cells["width"]),
        float(cells["error"]),
        cells["method"],
    )
    return FittedPhoto(*about, arrays["landmarks"], fit, cells["reason"])
