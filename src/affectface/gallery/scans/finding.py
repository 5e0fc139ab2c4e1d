"""Which sequences there are in a source folder, and which files and rows their frames are."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from affectface.errors import GalleryError
from affectface.gallery.scans.layouts import FIELDS, MESHES, RAW, STACKS, Layout, pattern_expression
from affectface.gallery.scans.source_sequence import SourceSequence, sequence_name
from affectface.gallery.scans.stacks import count_meshes

_UNNAMED = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes in a name that are no UTF-8."""


def find_sequences(root: Path, layout: Layout) -> tuple[list[SourceSequence], list[str]]:
    """Return the sequences of a source folder.

    Parameters
    ----------
    root : Path
        The folder.
    layout : Layout
        How it is laid out.

    Returns
    -------
    sequences : list of SourceSequence
        Sorted by name, their frames by number.
    others : list of str
        Meshes that the layout does not fit, and what cannot be listed.

    Raises
    ------
    GalleryError
        If there is none, or two frames or sequences would be the same.
    """
    files, others = _mesh_files(root)
    expressions = [pattern_expression(pattern) for pattern in layout.patterns]
    if not layout.mixed:
        expressions = [one for one in expressions if any(map(one.fullmatch, files))][:1]
    groups: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        found = next(filter(None, (one.fullmatch(file) for one in expressions)), None)
        if found is None:
            others.append(file)
            continue
        parts = found.groupdict()
        stack = file if "frame" not in parts else ""
        groups.setdefault((*(parts.get(field, "") for field in FIELDS[:3]), stack), []).append(file)
    if not groups:
        seen = f"such as {others[0]}" if others else f"with one of {' '.join((*MESHES, *STACKS, *RAW))}"
        raise GalleryError(
            f"{root}: no file {seen} fits {' or '.join(layout.patterns)}; give --layout with the pattern of its folders"
        )
    sequences = sorted((_sequence(root, key, group) for key, group in groups.items()), key=lambda one: one.name)
    for one, other in pairwise(sequences):
        if one.name == other.name:
            raise GalleryError(f"{root}: {one.files[0]} and {other.files[0]} would both be {one.name}; rename a folder")
    return sequences, others


def _mesh_files(root: Path) -> tuple[list[str], list[str]]:
    """Return the meshes below a folder, as paths with slashes, and what cannot be listed or named in a gallery.

    Hidden files and linked folders are passed over.
    """
    found, others = [], []

    def refused(error: OSError) -> None:
        others.append(Path(error.filename).relative_to(root).as_posix())

    for folder, folders, files in os.walk(root, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(folder).relative_to(root).as_posix()
        wanted = (name for name in files if not name.startswith("."))
        names = [name for name in wanted if os.path.splitext(name)[1].lower() in (*MESHES, *STACKS, *RAW)]
        found += [name if below == "." else f"{below}/{name}" for name in names]
    unnamed = [name for name in found if _UNNAMED.search(name)]
    others += [ascii(name) for name in unnamed]
    return sorted(set(found) - set(unnamed)), sorted(others)


def _sequence(root: Path, key: tuple[str, ...], files: list[str]) -> SourceSequence:
    subject, session, task, stack = key
    name = sequence_name(subject, session, task) or sequence_name(root.name) or "sequence"
    if stack:
        count = count_meshes(root, stack)
        return SourceSequence(name, subject, session, task, (stack,), np.arange(count), np.arange(count))
    files = sorted(files, key=_natural)
    stems = [file.rpartition(".")[0] for file in files]
    for (one, stem), (other, next_stem) in pairwise(zip(files, stems, strict=True)):
        if stem == next_stem:
            raise GalleryError(f"{root}: {one} and {other} would be the same frame; give --layout with one ending")
    last = [re.findall(r"\d+", stem.rpartition("/")[2]) for stem in stems]
    numbers = np.array([int(found[-1][-15:]) if found else -1 for found in last])
    if (np.diff(numbers) <= 0).any() or numbers[0] < 0:
        numbers = np.arange(len(files))
    return SourceSequence(name, subject, session, task, tuple(files), None, numbers)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort frame2 before frame10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part]
