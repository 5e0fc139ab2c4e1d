"""Galleries out: cheap to open, arrays mapped from disk, everything bounded by what is really there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.errors import GalleryError
from affectface.gallery.store.lock import locked
from affectface.gallery.store.scan import Scan
from affectface.gallery.store.scan_files import read_scan
from affectface.gallery.store.sequence import FACE_SHAPE, Form, Labels, Sequence, Template, check_name
from affectface.gallery.store.settings import SEQUENCES, UNFINISHED, Settings, read_settings
from affectface.gallery.store.streams import map_npy, read_json, reading, writing
from affectface.gallery.store.tables import FRAME_COLUMNS, read_frames, read_labels
from affectface.gallery.store.verifying import mismatches
from affectface.gallery.store.writer import FACE, FRAMES, LABELS, SCANS, SEQUENCE, VALUES, write_checked_labels


@dataclass(frozen=True, eq=False)
class Gallery:
    """A gallery on disk.

    Attributes
    ----------
    path : Path
        Its folder.
    settings : Settings
        What all sequences share.
    sequences : tuple of Sequence
        The sequences, sorted by name.
    """

    path: Path
    settings: Settings
    sequences: tuple[Sequence, ...]

    @property
    def form(self) -> Form:
        """`scans`, `meshes` or `strengths`."""
        return self.settings.form

    @property
    def template(self) -> Template | None:
        """The mesh whose topology registered meshes have."""
        return self.settings.template

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The facial units of strengths."""
        return self.settings.unit_names

    @property
    def topology(self) -> str:
        """Name of the face model that meshes or strengths belong to."""
        return self.settings.topology

    @property
    def source(self) -> Mapping[str, Any]:
        """Where it comes from."""
        return self.settings.source

    @property
    def complete(self) -> bool:
        """Whether the last run that wrote it came to its end."""
        return not (self.path / UNFINISHED).exists()

    @cached_property
    def _by_name(self) -> dict[str, Sequence]:
        return {sequence.name: sequence for sequence in self.sequences}

    def sequence(self, name: str) -> Sequence:
        """Return the sequence of a name."""
        if name not in self._by_name:
            raise GalleryError(f"{self.path}: no sequence {name[:60]!r}; it has {len(self.sequences)} others")
        return self._by_name[name]

    def values(self, name: str) -> NDArray[np.float32]:
        """Return the frames of a sequence, mapped from disk.

        Parameters
        ----------
        name : str
            The sequence.

        Returns
        -------
        ndarray, float32, read-only
            Meshes (F, V, 3), cm, or strengths (F, E). A frame that is left out may be NaN.

        Raises
        ------
        GalleryError
            If there is no such sequence, its file is not what it should be, or the gallery holds scans.
        """
        sequence = self.sequence(name)
        if self.form == "scans":
            raise GalleryError(f"{self.path}: holds scans, which are not in correspondence; register it first")
        return map_npy(self._folder(name) / VALUES[self.form], (sequence.frames, *self.settings.frame_shape))

    def scan(self, name: str, frame: int) -> Scan:
        """Return one scan.

        Parameters
        ----------
        name : str
            The sequence.
        frame : int
            Which of its frames.

        Returns
        -------
        Scan
            The scan.

        Raises
        ------
        GalleryError
            If there is no such frame, it was left out, its files are damaged, or the gallery holds no scans.
        """
        sequence = self.sequence(name)
        if self.form != "scans":
            raise GalleryError(f"{self.path}: holds {self.form}, no scans; give the gallery that ingest wrote")
        if not 0 <= frame < sequence.frames:
            raise GalleryError(f"{self.path}: {name} has no frame {frame}; it has {sequence.frames}")
        found = read_scan(self._folder(name) / SCANS, frame, sequence.frames)
        if found is None:
            raise GalleryError(f"{self.path}: frame {frame} of {name} was left out: {self.left_out(name)[frame]}")
        return found

    def left_out(self, name: str) -> tuple[str, ...]:
        """Return why each frame of a sequence does not count (F,); empty if it does."""
        return tuple(self._frames(name)["left_out"].tolist())

    def kept(self, name: str) -> BoolArray:
        """Return which frames of a sequence count (F,)."""
        return np.array([not reason for reason in self.left_out(name)])

    def times(self, name: str) -> NDArray[np.float64]:
        """Return when the frames of a sequence were taken (F,), seconds from its start."""
        return self._frames(name)["time"].astype(np.float64)

    def quality(self, name: str) -> dict[str, NDArray[Any]]:
        """Return what was measured on the frames of a sequence, by name (F,)."""
        return {key: values for key, values in self._frames(name).items() if key not in FRAME_COLUMNS}

    def face(self, name: str) -> FloatArray | None:
        """Return the face at rest (68, 3) of a sequence's subject; None where nobody said."""
        path = self._folder(name) / FACE
        return map_npy(path, FACE_SHAPE) if os.path.lexists(path) else None

    def labels(self, name: str) -> Labels | None:
        """Return what the frames of a sequence show; None where nobody said."""
        path = self._folder(name) / LABELS
        return read_labels(path, self.sequence(name).frames) if os.path.lexists(path) else None

    def set_labels(self, name: str, labels: Labels) -> None:
        """Write the labels of a sequence, in place of those that it has; atomically.

        Parameters
        ----------
        name : str
            The sequence.
        labels : Labels
            Those of all its frames.

        Raises
        ------
        GalleryError
            If there is no such sequence, they are of another number of frames, or cannot be written.
        """
        folder = self._folder(name)
        new = folder / f".{LABELS}"
        with locked(folder, wait=True), writing(new):
            new.unlink(missing_ok=True)  # of a process that was killed
            try:
                write_checked_labels(new, self.sequence(name), labels)
                new.replace(folder / LABELS)
            finally:
                new.unlink(missing_ok=True)

    def verify(self) -> list[str]:
        """Return what is missing, too much, or does not match its checksum; nothing if all is well. Reads all files."""
        return mismatches(self.path, self.settings, self.sequences)

    def _folder(self, name: str) -> Path:
        return self.path / SEQUENCES / self.sequence(name).name

    def _frames(self, name: str) -> dict[str, NDArray[Any]]:
        return read_frames(self._folder(name) / FRAMES, self.sequence(name).frames)


def open_gallery(path: str | os.PathLike[str]) -> Gallery:
    """Open a gallery; of its sequences only what they are called is read.

    Parameters
    ----------
    path : path-like
        Its folder.

    Returns
    -------
    Gallery
        The gallery.

    Raises
    ------
    GalleryError
        If it is none, is damaged, or is of a newer format.
    """
    folder = Path(path)
    settings = read_settings(folder)
    place = folder / SEQUENCES
    with reading(place, "the folder of a gallery's sequences"):
        if place.is_symlink():
            raise GalleryError(f"{place}: a link; a gallery holds its files itself: copy it again")
        names = sorted(entry.name for entry in os.scandir(place))
    return Gallery(folder, settings, tuple(_read_sequence(place / name) for name in names))


def _read_sequence(folder: Path) -> Sequence:
    """Read what a sequence is."""
    check_name(folder.name)
    if folder.is_symlink():
        raise GalleryError(f"{folder}: a link; a gallery holds its files itself: copy it again")
    record = read_json(folder / SEQUENCE)
    types = {"name": str, "subject": str, "session": str, "task": str, "frame_rate": float, "frames": int}
    for key, kind in types.items():
        if type(record.get(key)) is not kind and not (kind is float and type(record.get(key)) is int):
            raise GalleryError(f"{folder / SEQUENCE}: {key} is {str(record.get(key))[:60]!r}; copy it again")
    if record["name"] != folder.name:
        raise GalleryError(f"{folder}: calls itself {record['name'][:60]!r}; rename the folder back")
    return Sequence(**{key: record[key] for key in types})
