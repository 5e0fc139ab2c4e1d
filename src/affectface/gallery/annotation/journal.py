"""The file that a trace is kept in while it is made: lines of JSON that are only ever appended, each flushed to disk.

The first line says what it is about; each further one what was said in a take, that everything from a moment on is
cleared, or that a take is undone. A line that a crash cut off is dropped; nothing else is ever removed, so that what an
annotator took back is still there for whoever looks for it.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from affectface.errors import AnnotationError
from affectface.gallery.annotation.takes import Sample, Takes
from affectface.gallery.annotation.traces import Dimension, Trace

FORMAT, FORMAT_VERSION = "affectface-trace", 1
_LARGEST = 256 * 2**20


@dataclass(frozen=True)
class Heading:
    """What a journal is about.

    Attributes
    ----------
    annotator, sequence : str
        Who, and of what.
    dimension : str
        `valence` or `arousal`.
    """

    annotator: str
    sequence: str
    dimension: Dimension


class Journal:
    """One trace's file and the takes in it, for one thread at a time; what another process appended is read first.

    Parameters
    ----------
    path : Path
        The file; it is made with the first thing that is said.
    heading : Heading
        What it is about.

    Raises
    ------
    AnnotationError
        If the file is damaged or about something else.
    """

    def __init__(self, path: Path, heading: Heading) -> None:
        self.path, self.heading = path, heading
        self._size = -1
        self.takes = Takes()
        self.refresh()

    def say(self, take: str, first: int, samples: list[Sample]) -> int:
        """Keep samples of a take, the first of which has the number `first`; return how many it has then.

        What it has already is passed over, so that whoever is not sure sends it again. OSError where the file cannot be
        written: then nothing of it counts.
        """
        self.refresh()
        fresh = self.takes.new(take, first, samples)
        if fresh:
            self._append({"take": take, "first": self.takes.count(take), "said": fresh})
            self.takes.say(take, fresh)
        return self.takes.count(take)

    def clear(self, take: str, time: float) -> None:
        """Clear everything from a moment on; once, however often it is asked for under one name."""
        self.refresh()
        if not self.takes.has(take):
            self._append({"take": take, "clear": time})
            self.takes.clear(take, time)

    def undo(self, take: str) -> None:
        """Take back the last take."""
        self.refresh()
        if self.takes.undo(take):
            try:
                self._append({"undo": take})
            except OSError:
                self._size = -1  # read again what is really there
                raise

    def trace(self) -> Trace | None:
        """Return what stands; None if nothing does."""
        self.refresh()
        times, values = self.takes.result()
        if not len(times) or all(map(math.isnan, values)):
            return None
        return Trace(self.heading.annotator, self.heading.sequence, self.heading.dimension, times, values)

    def refresh(self) -> None:
        """Read the file if it is not as we left it."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            size = 0
        if size == self._size:
            return
        heading, self.takes, self._size = _read(self.path) if size else (None, Takes(), 0)
        if heading is not None and heading != self.heading:
            raise AnnotationError(
                f"{self.path}: is {heading.annotator!r} on {heading.sequence!r}, {heading.dimension}, and not "
                f"{self.heading.annotator!r} on {self.heading.sequence!r}, {self.heading.dimension}; move it away"
            )

    def _append(self, line: dict[str, Any]) -> None:
        """Write one line at the end, to the disk, after what is whole."""
        lines = (
            [line]
            if self._size
            else [{"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self.heading)}, line]
        )
        text = "".join(json.dumps(one, allow_nan=False, ensure_ascii=False) + "\n" for one in lines).encode()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as file:
            file.truncate(self._size)  # what a crash or a full disk cut off
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(self._size)
                raise
        self._size += len(text)


def read_journal(path: Path) -> Journal | None:
    """Return the journal in a file; None if nothing whole is in it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Journal or None
        The journal.

    Raises
    ------
    AnnotationError
        If it cannot be read, or is none.
    """
    heading, _, _ = _read(path)
    return None if heading is None else Journal(path, heading)


def _read(path: Path) -> tuple[Heading | None, Takes, int]:
    """Return what a file is about, its takes, and how many of its bytes are whole lines."""
    try:
        if path.stat().st_size > _LARGEST:
            raise AnnotationError(f"{path}: more than {_LARGEST >> 20} MiB; a trace is needed")
        whole = path.read_bytes()
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read ({error.strerror}); give a file of annotations") from None
    whole = whole[: whole.rfind(b"\n") + 1]
    heading, takes = None, Takes()
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            entry = json.loads(line, parse_constant=_refuse)
            if number == 1:
                heading = _heading(entry)
            else:
                _apply(takes, entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise AnnotationError(f"{path}: line {number} is damaged ({error}); a trace's journal is needed") from None
        except AnnotationError as error:
            raise AnnotationError(f"{path}: line {number}: {error}") from None
    return heading, takes, len(whole)


def _heading(entry: dict[str, Any]) -> Heading:
    if entry.get("format") != FORMAT or entry.get("format_version") != FORMAT_VERSION:
        raise ValueError(f"format {entry.get('format')!r}, version {entry.get('format_version')!r}")
    heading = Heading(entry["annotator"], entry["sequence"], entry["dimension"])
    if not (isinstance(heading.annotator, str) and isinstance(heading.sequence, str)):
        raise ValueError("the names are no text")
    if heading.dimension not in ("valence", "arousal"):
        raise ValueError(f"dimension {heading.dimension!r}")
    return heading


def _apply(takes: Takes, entry: dict[str, Any]) -> None:
    if "undo" in entry:
        takes.undo(entry["undo"])
    elif "clear" in entry:
        takes.clear(str(entry["take"]), float(entry["clear"]))
    else:
        samples = [(float(time), None if value is None else float(value)) for time, value in entry["said"]]
        if any(value is not None and abs(value) > 1 for _, value in samples):
            raise ValueError("a value beyond [-1, 1]")
        take, first = str(entry["take"]), int(entry["first"])
        takes.say(take, takes.new(take, first, samples))


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")
