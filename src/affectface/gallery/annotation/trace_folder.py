"""A folder of traces: one journal for each annotator, sequence and dimension, and files of comma-separated values."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from affectface.errors import AnnotationError
from affectface.gallery.annotation.journal import Heading, Journal, read_journal
from affectface.gallery.annotation.traces import Trace, read_traces

JOURNAL_SUFFIX = ".trace.jsonl"
_SLUG = 48


def journal_path(folder: Path, heading: Heading) -> Path:
    """Return the file of a trace, whatever characters its names have.

    Parameters
    ----------
    folder : Path
        The folder of traces.
    heading : Heading
        What the trace is about.

    Returns
    -------
    Path
        A name that is safe on every system, and no other trace's: the names in plain letters, and a checksum of them.
    """
    names = heading.annotator, heading.sequence
    checksum = hashlib.sha256("\0".join((*names, heading.dimension)).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    plain = (re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:_SLUG].strip("_") for name in names)
    return folder / ".".join((heading.dimension, *plain, checksum + JOURNAL_SUFFIX))


def read_trace_folder(path: str | os.PathLike[str]) -> tuple[Trace, ...]:
    """Read every trace in a folder, or in one file of comma-separated values.

    Parameters
    ----------
    path : path-like
        A folder with journals or `.csv` files, or one such file.

    Returns
    -------
    tuple of Trace
        The traces, by sequence, dimension and annotator.

    Raises
    ------
    AnnotationError
        If there are none, a file is damaged, or a trace is there twice.
    """
    target = Path(path)
    if not target.exists():
        raise AnnotationError(f"{target}: is not there; give a folder of traces")
    files = sorted(target.iterdir()) if target.is_dir() else [target]
    found: dict[tuple[str, str, str], tuple[Trace, Path]] = {}
    for file in files:
        for trace in _traces_of(file):
            key = trace.sequence, trace.dimension, trace.annotator
            if key in found:
                what = f"{trace.annotator!r} on {trace.sequence!r}, {trace.dimension}"
                raise AnnotationError(f"{what} is in {found[key][1].name} and in {file.name}; keep one of them")
            found[key] = trace, file
    if not found:
        raise AnnotationError(f"{target}: no traces; annotate first, or import some")
    return tuple(found[key][0] for key in sorted(found))


def _traces_of(file: Path) -> Iterable[Trace]:
    if file.name.endswith(JOURNAL_SUFFIX):
        journal = read_journal(file)
        trace = journal.trace() if journal else None
        return () if trace is None else (trace,)
    return read_traces(file) if file.suffix.lower() == ".csv" else ()


def import_traces(folder: str | os.PathLike[str], traces: Iterable[Trace]) -> int:
    """Add traces to a folder.

    Parameters
    ----------
    folder : path-like
        The folder of traces; made if it is missing.
    traces : iterable of Trace
        The traces.

    Returns
    -------
    int
        How many were added; one that is there already with the same values is passed over.

    Raises
    ------
    AnnotationError
        If another trace of the same annotator, sequence and dimension is there, or nothing can be written.
    """
    added = 0
    for trace in traces:
        heading = Heading(trace.annotator, trace.sequence, trace.dimension)
        journal = Journal(journal_path(Path(folder), heading), heading)
        there = journal.trace()
        if there is not None:
            same = there.times.tolist() == trace.times.tolist()
            if same and str(there.values.tolist()) == str(trace.values.tolist()):
                continue
            what = f"{trace.annotator!r} on {trace.sequence!r}, {trace.dimension}"
            raise AnnotationError(f"{what} is there already, with other values; move {journal.path.name} away")
        said = [
            (time, None if value != value else value)
            for time, value in zip(trace.times.tolist(), trace.values.tolist(), strict=True)
        ]
        try:
            journal.say("import", 0, said)
        except OSError as error:
            raise AnnotationError(f"{journal.path}: cannot be written ({error.strerror}); free some space") from None
        added += 1
    return added
