"""The pixels of a row's photo, checked against the file that was fitted; films are read on, not from the beginning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from affectface.arrays import Image
from affectface.augment.rows import Row
from affectface.clips import FILMS, open_film
from affectface.errors import ImageError
from affectface.files import sha256_of
from affectface.images import read_image


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo as it lies on the disk.

    Attributes
    ----------
    image : ndarray of shape (H, W, 3), uint8
        Its pixels.
    sha256 : str
        Checksum of the file, or of the film that it is a frame of.
    """

    image: Image
    sha256: str


def read_photo(file: Path, row: Row) -> Photo:
    """Read the picture of a row.

    Parameters
    ----------
    file : Path
        The image or the film.
    row : Row
        The row; of a film, its frame is read.

    Returns
    -------
    Photo
        The picture.

    Raises
    ------
    ImageError
        If it cannot be read, or the film has no such frame.
    """
    if file.suffix.lower() in FILMS:
        with _lock:
            return _film_frame(file, row.frame or 0)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ImageError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    try:
        return Photo(read_image(data), hashlib.sha256(data).hexdigest())
    except ImageError as error:
        raise ImageError(f"{file}: {str(error).removeprefix('image: ')}") from None


class _Reel:
    """A film that is open, and the frame that it stands at: rows of one film follow each other."""

    def __init__(self, file: Path, version: tuple[int, int]) -> None:
        self.file, self.version = file, version
        self.sha256 = sha256_of(file)
        self.number = -1
        self.image: Image | None = None
        self._frames: Iterator[Image] = open_film(file).frames()

    def wind(self, frame: int) -> Image | None:
        """Go on to a frame; None where the film ends before."""
        while self.number < frame:
            self.image = next(self._frames, None)
            self.number += 1
            if self.image is None:
                break
        return self.image


_reel: _Reel | None = None
"""The film that was read last; nothing but time depends on it."""
_lock = Lock()


def _film_frame(file: Path, frame: int) -> Photo:
    global _reel
    try:
        about = file.stat()
        version = (about.st_size, about.st_mtime_ns)
        fits = _reel is not None and (_reel.file, _reel.version) == (file, version) and _reel.number <= frame
        reel = _reel if fits and _reel is not None else _Reel(file, version)
    except OSError as error:
        raise ImageError(f"{file}: cannot be read ({error.strerror}); check the path") from None
    _reel = None  # after an error it is opened anew
    image = reel.wind(frame)
    if image is None:
        raise ImageError(f"{file}: has no frame {frame}; plan again with the film as it is")
    _reel = reel
    return Photo(image, reel.sha256)
