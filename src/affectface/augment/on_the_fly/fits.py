"""Fits of the pictures that come by: each is made once, kept in memory up to a number, and on disk if wished."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from affectface import __version__
from affectface.arrays import Image
from affectface.augment.columns import arrow
from affectface.augment.making.fitted_photo import FittedPhoto, fit_image, fits_of_table, table_of_fits
from affectface.augment.making.photo_reading import Photo
from affectface.augment.rows import Row
from affectface.errors import DataSetError
from affectface.files import atomic_path
from affectface.morphable import FaceModel

Box = tuple[float, float, float, float]

_LARGEST = 1 << 20
"""Bytes of a file with one fit; usual are 20,000."""


class Fits:
    """Fits of pictures, found by the pictures' pixels.

    Parameters
    ----------
    face_model : FaceModel
        What is fitted.
    most : int
        Fits that are kept in memory, 13 kB each; the one that was not asked for longest goes first.
    folder : Path, optional
        Where they are kept as files too, for all processes and later runs.

    Attributes
    ----------
    made : int
        Fits that this process made itself.
    """

    def __init__(self, face_model: FaceModel, *, most: int = 4096, folder: Path | None = None) -> None:
        if most < 1:
            raise ValueError(f"most is {most}; at least 1 is needed")
        self.made = 0
        self._model, self._most, self._folder = face_model, most, folder
        self._version = "" if folder is None else _version_of(face_model)
        self._kept: OrderedDict[str, FittedPhoto] = OrderedDict()

    def of(self, image: Image, box: Box | None = None) -> FittedPhoto:
        """Return the fit of a picture's largest face, or of the one in a box.

        Parameters
        ----------
        image : ndarray of shape (H, W, 3), uint8
            The picture.
        box : tuple of float, optional
            Left, top, width and height of the face, pixels.

        Returns
        -------
        FittedPhoto
            The fit, or the reason why there is none; `sha256` is that of the pixels.
        """
        digest = hashlib.sha256(f"{self._version} {image.shape} {box}".encode())
        digest.update(np.ascontiguousarray(image).data)
        key = digest.hexdigest()
        found = self._kept.get(key)
        if found is None:
            found = self._read(key)
            if found is None:
                found = fit_image(Photo(image, key), Row("picture", box=box), self._model)
                self.made += 1
                self._write(key, found)
            self._kept[key] = found
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs: all but what is kept in this one's memory."""
        return {**vars(self), "_kept": OrderedDict(), "made": 0}

    def _file(self, key: str) -> Path | None:
        return None if self._folder is None else self._folder / key[:2] / f"{key}.arrow"

    def _read(self, key: str) -> FittedPhoto | None:
        """A fit that lies on the disk; what cannot be read is made anew."""
        file = self._file(key)
        if file is None or not file.is_file() or file.stat().st_size > _LARGEST:
            return None
        pa = arrow()
        try:
            with pa.OSFile(str(file)) as source, pa.ipc.open_file(source) as reader:
                (found,) = fits_of_table(reader.read_all())
        except (OSError, ValueError, DataSetError):
            return None
        return found if found.sha256 == key and found.face_model == self._model.name else None

    def _write(self, key: str, fit: FittedPhoto) -> None:
        file = self._file(key)
        if file is None:
            return
        pa, table = arrow(), table_of_fits([fit])
        try:
            with atomic_path(file) as temporary, pa.ipc.new_file(str(temporary), table.schema) as writer:
                writer.write_table(table)
        except OSError as error:
            raise DataSetError(
                f"{file}: cannot be written ({error.strerror or error}); choose another folder"
            ) from None


def _version_of(face_model: FaceModel) -> str:
    """What fits depend on besides the picture: this program and the face model's numbers."""
    digest = hashlib.sha256(__version__.encode())
    for array in (face_model.vertices, face_model.identity, face_model.expression, face_model.landmark_weights):
        digest.update(f"{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
