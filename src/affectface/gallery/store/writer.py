"""Sequences in: streamed, each written as a whole or not at all, and continued after whatever ended the work.

What is not finished lies in the gallery's folder ``.unfinished``, which is emptied by the next run and gone when a run
has ended well. A gallery that has it is not complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Listed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, check_array
from affectface.errors import GalleryError
from affectface.gallery.store.lock import locked
from affectface.gallery.store.scan import Scan
from affectface.gallery.store.scan_files import ScanWriter
from affectface.gallery.store.sequence import FACE_SHAPE, Form, Labels, Sequence, Template
from affectface.gallery.store.settings import (
    GALLERY,
    SEQUENCES,
    TEMPLATE,
    UNFINISHED,
    Settings,
    read_settings,
    write_settings,
)
from affectface.gallery.store.streams import HashedFile, npy_header, write_json, writing
from affectface.gallery.store.tables import parquet, write_frames, write_labels

VALUES = {"meshes": "vertices.npy", "strengths": "strengths.npy"}
SCANS, FRAMES, LABELS, SEQUENCE = "scans", "frames.parquet", "labels.parquet", "sequence.json"
FACE = "face.npy"


@contextmanager
def create_gallery(
    path: str | os.PathLike[str],
    form: Form,
    *,
    template: Template | None = None,
    unit_names: Listed[str] = (),
    topology: str = "",
    source: Mapping[str, Any] | None = None,
) -> Iterator[GalleryWriter]:
    """Create a gallery to write sequences into, or continue one of the same settings.

    Parameters
    ----------
    path : path-like
        The gallery's folder.
    form : str
        `scans`, `meshes` or `strengths`.
    template : Template, optional
        Of meshes, and of nothing else.
    unit_names : sequence of str
        The facial units of strengths, and of nothing else.
    topology : str
        Name of the face model that meshes or strengths belong to.
    source : mapping, optional
        Where it comes from, in JSON's types: no times, hosts or absolute paths, so that equal data make equal files.

    Yields
    ------
    GalleryWriter
        Takes sequences.

    Raises
    ------
    GalleryError
        If the folder holds something else or a gallery of other settings, cannot be written, or is being written by
        another process.
    MissingPackageError
        If pyarrow is not installed.
    """
    parquet()
    folder = Path(path)
    settings = Settings(form, topology, tuple(unit_names), dict(source or {}), template)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        work = folder / UNFINISHED
        _prepare(folder, work, settings)
        yield GalleryWriter(folder, settings)
        with writing(work):
            shutil.rmtree(work)


def _prepare(folder: Path, work: Path, settings: Settings) -> None:
    """Make the folder that of a gallery of these settings, with nothing unfinished in it."""
    if (folder / GALLERY).exists():
        different = read_settings(folder).differs_from(settings)
        if different:
            raise GalleryError(f"{folder}: is a gallery with another {different}; give a new folder, or the same input")
    elif {entry.name for entry in os.scandir(folder)} - {TEMPLATE, SEQUENCES, UNFINISHED}:
        raise GalleryError(f"{folder}: holds other things than a gallery; give a new or empty folder")
    with writing(folder):
        if work.is_symlink() or (folder / SEQUENCES).is_symlink():
            raise GalleryError(f"{folder}: holds links; a gallery holds its files itself")
        if work.exists():
            shutil.rmtree(work)
        work.mkdir()
        (folder / SEQUENCES).mkdir(exist_ok=True)
        if not (folder / GALLERY).exists():
            write_settings(folder, work, settings)


@dataclass(frozen=True, eq=False)
class GalleryWriter:
    """Takes sequences of a gallery.

    Attributes
    ----------
    path : Path
        The gallery's folder.
    settings : Settings
        What all its sequences share.
    """

    path: Path
    settings: Settings

    def has(self, name: str) -> bool:
        """Return whether a sequence is there, as a whole."""
        return (self.path / SEQUENCES / name / SEQUENCE).exists()

    def add(
        self,
        sequence: Sequence,
        blocks: Iterable[NDArray[Any]] | Iterable[Scan | None],
        *,
        times: Listed[float] | NDArray[np.float64] | None = None,
        left_out: Listed[str] | None = None,
        quality: Mapping[str, NDArray[Any]] | None = None,
        labels: Labels | None = None,
        face: FloatArray | None = None,
    ) -> None:
        """Write a sequence. Memory does not grow with the number of its frames.

        Parameters
        ----------
        sequence : Sequence
            What it is called, and how many frames come.
        blocks : iterable
            Its frames in order, block by block: meshes (B, V, 3), cm; strengths (B, E); or scans one by one, with None
            for a frame that has none.
        times : sequence of float, optional
            Seconds from the start (F,); from the frame rate if not given.
        left_out : sequence of str, optional
            Why each frame does not count (F,); empty if it does. It is looked at after the last block, so that whoever
            makes the blocks can still fill it. A frame left out may be NaN.
        quality : mapping of str to ndarray of shape (F,), optional
            What was measured on the frames; looked at after the last block too.
        labels : Labels, optional
            What the frames show.
        face : ndarray of shape (68, 3), float32, optional
            The subject's face at rest, see `affectface.gallery.own_face.rest_of`; strengths do not say it.

        Raises
        ------
        GalleryError
            If the sequence is there already, has another number of frames, or one that is kept has no finite numbers;
            or if it cannot be written.
        ValueError
            If a block or a column has another shape.
        """
        if self.has(sequence.name):
            raise GalleryError(f"{self.path}: sequence {sequence.name!r} is there already; give it another name")
        work = self.path / UNFINISHED / sequence.name
        with writing(work):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
        try:
            write = self._write_scans if self.settings.form == "scans" else self._write_values
            sums, empty = write(work, sequence, blocks)
            reasons = tuple(left_out) if left_out is not None else ("",) * sequence.frames
            _check_kept(sequence, reasons, empty)
            at = np.arange(sequence.frames) / sequence.frame_rate if times is None else np.asarray(times, np.float64)
            if at.shape != (sequence.frames,) or not np.isfinite(at).all():
                raise ValueError(f"times have shape {at.shape}; {sequence.frames} finite numbers are needed")
            sums[FRAMES] = write_frames(work / FRAMES, at, reasons, quality or {})
            if labels is not None:
                write_checked_labels(work / LABELS, sequence, labels)
            if face is not None:
                sums[FACE] = _write_array(work / FACE, check_array("face", face, FACE_SHAPE))
            write_json(work / SEQUENCE, asdict(sequence) | {"sha256": dict(sorted(sums.items()))})
            with writing(self.path / SEQUENCES / sequence.name):
                work.replace(self.path / SEQUENCES / sequence.name)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _write_values(self, work: Path, sequence: Sequence, blocks: Iterable[Any]) -> tuple[dict[str, str], list[int]]:
        """Write meshes or strengths; return the checksum, and which frames are not finite."""
        shape = self.settings.frame_shape
        name = VALUES[self.settings.form]
        file = HashedFile(work / name)
        frames, empty = 0, []
        try:
            file.write(npy_header((sequence.frames, *shape)))
            for block in blocks:
                array = np.asarray(block, dtype="<f4")
                if array.ndim != 1 + len(shape) or array.shape[1:] != shape:
                    raise ValueError(f"a block has shape {array.shape}; (any, {', '.join(map(str, shape))}) is needed")
                finite = np.isfinite(array).all(axis=tuple(range(1, array.ndim)))
                empty += (frames + np.flatnonzero(~finite)).tolist()
                frames += len(array)
                if frames > sequence.frames:
                    break
                file.write_array(array)
        finally:
            total = file.close()
        _check_count(sequence, frames)
        return {name: total}, empty

    def _write_scans(self, work: Path, sequence: Sequence, blocks: Iterable[Any]) -> tuple[dict[str, str], list[int]]:
        """Write scans; return the checksums, and which frames have none."""
        with writing(work):
            (work / SCANS).mkdir()
        writer = ScanWriter(work / SCANS)
        frames, empty = 0, []
        try:
            for scan in blocks:
                empty += [frames] if scan is None else []
                frames += 1
                if frames > sequence.frames:
                    break
                writer.append(scan)
        finally:
            sums = writer.close()
        _check_count(sequence, frames)
        return {f"{SCANS}/{name}": total for name, total in sums.items()}, empty


def _write_array(path: Path, array: FloatArray) -> str:
    """Write an array; return its checksum."""
    file = HashedFile(path)
    try:
        file.write(npy_header(array.shape))
        file.write_array(array.astype("<f4"))
    finally:
        total = file.close()
    return total


def write_checked_labels(path: Path, sequence: Sequence, labels: Labels) -> None:
    """Write labels to a new file, if they are those of so many frames."""
    if len(labels.expression) != sequence.frames:
        raise GalleryError(
            f"sequence {sequence.name!r}: labels of {len(labels.expression)} frames; it has {sequence.frames}"
        )
    write_labels(path, labels)


def _check_count(sequence: Sequence, frames: int) -> None:
    if frames != sequence.frames:
        more = "more" if frames > sequence.frames else str(frames)
        raise GalleryError(f"sequence {sequence.name!r}: {more} frames came; {sequence.frames} were said")


def _check_kept(sequence: Sequence, left_out: tuple[str, ...], empty: list[int]) -> None:
    """Refuse frames without finite numbers that are not left out."""
    if len(left_out) != sequence.frames:
        raise ValueError(f"left_out has {len(left_out)} entries; {sequence.frames} are needed")
    for frame in empty:
        if not left_out[frame]:
            raise GalleryError(
                f"sequence {sequence.name!r}: frame {frame} is kept but has no finite numbers; leave it out"
            )
