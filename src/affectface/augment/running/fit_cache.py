"""Fits that are there already: those of a part, and those of another run of the same face model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from affectface.augment.making.fitted_photo import FittedPhoto, fits_of_table, fits_schema, table_of_fits
from affectface.augment.rows import Row
from affectface.errors import DataSetError
from affectface.files import atomic_path, sha256_of

_MODEL = b"face_model_sha256"
_Key = tuple[str, int | None, tuple[float, ...] | None]


def write_fits(file: Path, photos: Sequence[FittedPhoto], face_model: str) -> None:
    """Write the fits of a part's photos; the file appears as a whole.

    Parameters
    ----------
    file : Path
        The file.
    photos : sequence of FittedPhoto
        The photos.
    face_model : str
        Checksum of the face model.
    """
    import pyarrow.parquet as pq

    table = table_of_fits(photos)
    said = {**(table.schema.metadata or {}), _MODEL: face_model.encode()}
    with atomic_path(file) as temporary:
        pq.write_table(table.replace_schema_metadata(said), temporary, compression="zstd")


def read_fits(file: Path, face_model: str) -> list[FittedPhoto]:
    """Return the fits of a file; none if it is not there, damaged, or of another face model."""
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file, partitioning=None)
        if (table.schema.metadata or {}).get(_MODEL) != face_model.encode():
            return []
        return fits_of_table(table)
    except (OSError, ValueError, DataSetError):
        return []


class OtherFits:
    """The fits of another run, found by what is in the photo's file.

    Parameters
    ----------
    folder : Path or None
        The folder with its files; without one there are none.
    face_model : str
        Checksum of the face model.

    Raises
    ------
    DataSetError
        If the folder has no fits, or none of this face model.
    """

    def __init__(self, folder: Path | None, face_model: str) -> None:
        self._model = face_model
        self._places: dict[_Key, tuple[Path, int]] = {}
        self._read: tuple[Path, list[FittedPhoto]] | None = None
        if folder is not None:
            self._list(folder)

    def of(self, file: Path, row: Row) -> FittedPhoto | None:
        """Return the fit of a photo whose file has not changed; None where there is none."""
        if not self._places:
            return None
        try:
            place = self._places.get((sha256_of(file), row.frame, row.box))
        except OSError:
            return None
        if place is None:
            return None
        if self._read is None or self._read[0] != place[0]:
            self._read = place[0], read_fits(place[0], self._model)
        photos = self._read[1]
        return replace(photos[place[1]], row=row) if place[1] < len(photos) else None

    def _list(self, folder: Path) -> None:
        import pyarrow.parquet as pq

        files = sorted(folder.glob("part-*.parquet"))
        if not files:
            raise DataSetError(f"{folder}: has no fits; give the folder fits of another run")
        for file in files:
            try:
                table: Any = pq.ParquetFile(file)
                if not table.schema_arrow.equals(fits_schema()):
                    continue
                if (table.schema_arrow.metadata or {}).get(_MODEL) != self._model.encode():
                    raise DataSetError(f"{file}: is of another face model; leave --fits out")
                cells = table.read(["sha256", "frame", "box", "reason"]).to_pylist()
            except (OSError, ValueError):
                continue  # what cannot be read is fitted
            for index, one in enumerate(cells):
                if not one["reason"]:
                    box = None if one["box"] is None else tuple(one["box"])
                    self._places[one["sha256"], one["frame"], box] = file, index
