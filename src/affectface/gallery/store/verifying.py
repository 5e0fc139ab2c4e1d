"""Whether the files of a gallery are still those that were written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from affectface.errors import GalleryError
from affectface.gallery.store.scan_files import file_names
from affectface.gallery.store.sequence import Sequence
from affectface.gallery.store.settings import GALLERY, SEQUENCES, TEMPLATE, Settings
from affectface.gallery.store.streams import file_sum, read_json, reading
from affectface.gallery.store.writer import FACE, FRAMES, LABELS, SCANS, SEQUENCE, VALUES


def mismatches(path: Path, settings: Settings, sequences: Iterable[Sequence]) -> list[str]:
    """Return what is missing, too much, or does not match its checksum.

    Parameters
    ----------
    path : Path
        The gallery.
    settings : Settings
        What it is.
    sequences : iterable of Sequence
        Its sequences.

    Returns
    -------
    list of str
        One line for each file that is not as it was written.
    """
    found = list(_compared(path, path / GALLERY, {TEMPLATE} if settings.form == "meshes" else set()))
    values = {f"{SCANS}/{name}" for name in file_names()} if settings.form == "scans" else {VALUES[settings.form]}
    for sequence in sequences:
        folder = path / SEQUENCES / sequence.name
        wanted = {FRAMES} | values | ({FACE} if os.path.lexists(folder / FACE) else set())
        found += _compared(folder, folder / SEQUENCE, wanted)
        there = {name.relative_to(folder).as_posix() for name in folder.rglob("*") if not name.is_dir()}
        found += [f"{folder / name}: does not belong there" for name in sorted(there - wanted - {SEQUENCE, LABELS})]
    return found


def _compared(folder: Path, record: Path, wanted: set[str]) -> Iterator[str]:
    """Yield which of the wanted files of a folder do not have the checksum that a record says."""
    sums = read_json(record).get("sha256", {})
    for name in sorted(wanted):
        said = sums.get(name) if isinstance(sums, dict) else None
        try:
            with reading(folder / name, "a file of a gallery"):
                same = file_sum(folder / name) == said
        except GalleryError as error:
            yield str(error)
            continue
        if said is None:
            yield f"{folder / name}: has no checksum in {os.path.basename(record)}"
        elif not same:
            yield f"{folder / name}: does not match its checksum; copy it again"
