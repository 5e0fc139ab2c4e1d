"""What an adapter is: a description of a published layout and a function that reads it; and what readers share."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectface.augment.rows import Found
from affectface.clips import open_film
from affectface.errors import AffectFaceError, DataSetError

IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".gif", ".jp2")
"""Suffixes of what is taken for an image."""

LARGEST_TEXT = 512 << 20
"""Bytes of an annotation file that are read at most: CelebA's largest takes 26 MB, AffectNet's 700 MB is streamed."""

WORDS = {
    **dict.fromkeys(("neutral", "neutrality", "ne", "calm"), "neutral"),
    **dict.fromkeys(("anger", "angry", "an"), "anger"),
    **dict.fromkeys(("disgust", "disgusted", "di"), "disgust"),
    **dict.fromkeys(("fear", "fearful", "afraid", "fe"), "fear"),
    **dict.fromkeys(("happiness", "happy", "joy", "smile", "smiling", "ha"), "happiness"),
    **dict.fromkeys(("sadness", "sad", "sa"), "sadness"),
    **dict.fromkeys(("surprise", "surprised", "su"), "surprise"),
    **dict.fromkeys(("contempt", "contemptuous", "co"), "contempt"),
}
"""Expressions as data sets call them, small letters, and as they are called here."""


@dataclass(frozen=True)
class DataSet:
    """A data set that can be imported.

    Attributes
    ----------
    title : str
        Its name in print, with the paper.
    layout : str
        The files that are looked for, for the message when there are none.
    read : callable
        Takes the data set's folder; yields rows, whose paths start from there, and refusals, in a fixed order. Whether
        a row's file is there and its cells make sense is checked by the caller.
    checked : bool
        Whether the layout was found in public code or documents; otherwise it is from memory.
    licence : str or None
        Its licence, or the terms on which its publisher gives it, in short; None where they are not known here. What
        was signed for a copy counts, not this.
    """

    title: str
    layout: str
    read: Callable[[Path], Iterator[Found]]
    checked: bool = True
    licence: str | None = None


def first_folder(folder: Path, *names: str) -> Path | None:
    """Return the first of some subfolders that is there, in capitals or not; an empty name is the folder itself."""
    return next((found for name in names if (found := _folder(folder, name)) is not None), None)


def _folder(folder: Path, name: str) -> Path | None:
    """A subfolder; copies of data sets differ in capitals, which some file systems tell apart."""
    if not name or (folder / name).is_dir():
        return folder / name if (folder / name).is_dir() else None
    above: list[Path] = [folder]
    for part in name.lower().split("/"):
        above = [one for place in above for one in folders_in(place) if one.name.lower() == part]
    return above[0] if above else None


def inside(folder: Path, file: Path) -> str:
    """Return a file's path from the data set's folder, with forward slashes; of a file elsewhere, its whole path."""
    try:
        return file.relative_to(folder).as_posix()
    except ValueError:
        return file.as_posix()


def files_in(folder: Path, *suffixes: str) -> list[Path]:
    """Return the files of a folder with one of some suffixes, small letters, by name; none for a missing folder."""
    if not folder.is_dir():
        return []
    return sorted(
        file for file in folder.iterdir() if file.suffix.lower() in suffixes and not file.name.startswith(".")
    )


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder, by name; none for a missing folder."""
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))


def lines_of(file: Path, largest: int = LARGEST_TEXT) -> list[str]:
    """Return the lines of an annotation file without their ends; empty ones at its end are left out.

    Parameters
    ----------
    file : Path
        The file.
    largest : int
        Bytes that it may have.

    Returns
    -------
    list of str
        The lines.

    Raises
    ------
    DataSetError
        If it cannot be read, is no text or is larger.
    """
    try:
        if file.stat().st_size > largest:
            raise DataSetError(f"{file}: has {file.stat().st_size >> 20} MiB; annotations are far smaller")
        return file.read_text(encoding="utf-8-sig").rstrip().splitlines()
    except UnicodeDecodeError:
        raise DataSetError(f"{file}: is no text; an annotation file is needed") from None
    except OSError as error:
        raise DataSetError(f"{file}: cannot be read ({error.strerror}); copy the data set again") from None


def table_of(file: Path, *, delimiter: str = ",", names: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Yield the lines of a CSV file as mappings, streamed.

    Parameters
    ----------
    file : Path
        The file.
    delimiter : str
        What stands between cells.
    names : tuple of str
        The columns that it needs; where the first line does not have the first of them, it has no header.

    Yields
    ------
    dict of str to str
        A line's cells by column; missing cells are empty.

    Raises
    ------
    DataSetError
        If it cannot be read or lacks a column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream, delimiter=delimiter)
            first = next(lines, [])
            header = [cell.strip() for cell in first]
            if names and names[0] not in header:
                header = list(names)
                yield {**dict.fromkeys(header, ""), **dict(zip(header, first, strict=False))}
            if missing := [name for name in names if name not in header]:
                raise DataSetError(f"{file}: lacks the column {missing[0]}; is it the data set's own file?")
            for cells in lines:
                if cells:
                    yield {**dict.fromkeys(header, ""), **dict(zip(header, cells, strict=False))}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataSetError(f"{file}: cannot be read as a table ({error}); copy the data set again") from None


def number(text: str) -> float | None:
    """Return the number that a text says; None where it is none, or not finite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def whole_number(text: str) -> int | None:
    """Return the number that up to nine digits say; None where there is something else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def pairs(texts: list[str]) -> np.ndarray | None:
    """Return texts x, y, x, y as points (N, 2) float32; None where they are none."""
    try:
        with np.errstate(over="ignore"):  # becomes infinite, which the caller refuses
            points = np.array(texts, dtype=np.float64).astype(np.float32)
    except ValueError:
        return None
    return points.reshape(-1, 2) if len(points) and len(points) % 2 == 0 else None


def frames_a_second(film: Path) -> float | None:
    """Return a film's frames a second; None where it cannot be opened."""
    try:
        return open_film(film).fps
    except AffectFaceError:
        return None
