"""What one annotator does in one sitting: the sequences, how far each is, and their journals."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from affectface.errors import AnnotationError
from affectface.gallery.annotation.journal import Heading, Journal
from affectface.gallery.annotation.page.clip_making import ClipMaking
from affectface.gallery.annotation.playable import Playable
from affectface.gallery.annotation.takes import Sample
from affectface.gallery.annotation.trace_folder import journal_path
from affectface.gallery.annotation.traces import Dimension, Trace

COMPLETE = 0.5
"""A sequence is annotated when the trace comes this near to its end, seconds."""


class UnknownSequenceError(AnnotationError):
    """A sequence that is not among those that are annotated."""


class Session:
    """The state behind the page. Any thread may ask; one is served at a time.

    Parameters
    ----------
    playables : sequence of Playable
        The sequences.
    annotator : str
        Who annotates.
    dimensions : tuple of str
        What is annotated: `valence`, `arousal`, or both.
    folder : Path
        Where the traces are.

    Raises
    ------
    AnnotationError
        If a trace of this annotator's is damaged.
    """

    def __init__(
        self, playables: Sequence[Playable], annotator: str, dimensions: tuple[Dimension, ...], folder: Path
    ) -> None:
        self.annotator, self.dimensions = annotator, dimensions
        self.clips = ClipMaking()
        self._lock = threading.RLock()
        self._playables = {sequence_id(one.name): one for one in playables}
        self._journals: dict[tuple[str, Dimension], Journal] = {}
        for key, playable in self._playables.items():
            for dimension in dimensions:
                heading = Heading(annotator, playable.name, dimension)
                self._journals[key, dimension] = Journal(journal_path(folder, heading), heading)

    def sequences(self) -> list[dict[str, Any]]:
        """Return the sequences in JSON's types, with how far each dimension is."""
        return [
            {
                "id": key,
                "name": one.name,
                "seconds": one.seconds,
                "frame_rate": one.frame_rate,
                "until": {dimension: self._until(key, dimension) for dimension in self.dimensions},
            }
            for key, one in self._playables.items()
        ]

    def playable(self, key: str) -> Playable:
        """Return a sequence by its key."""
        if key not in self._playables:
            raise UnknownSequenceError(f"no sequence {key!r} here; open the page anew")
        return self._playables[key]

    def trace(self, key: str, dimension: Dimension) -> dict[str, Any]:
        """Return what was said about a sequence, and the takes that stand, in JSON's types."""
        with self._journal(key, dimension) as journal:
            trace = journal.trace()
            said = zip(trace.times.tolist(), trace.values.tolist(), strict=True) if trace else ()
            samples = [(time, None if value != value else value) for time, value in said]
            return {"samples": samples, "takes": journal.takes.standing}

    def say(
        self, key: str, dimension: Dimension, take: str, known: str | None, first: int, samples: list[Sample]
    ) -> int:
        """Keep samples of a take; return how many it has. A new take has to know the last one before it."""
        limit = self.playable(key).seconds * 1.05 + 5
        if any(time > limit for time, _ in samples):
            raise AnnotationError(f"moments after {limit:.0f} s, where the sequence has ended; open the page anew")
        with self._journal(key, dimension) as journal:
            self._check_known(journal, take, known)
            return journal.say(take, first, samples)

    def clear(self, key: str, dimension: Dimension, take: str, known: str | None, time: float) -> None:
        """Clear everything from a moment on."""
        with self._journal(key, dimension) as journal:
            self._check_known(journal, take, known)
            journal.clear(take, time)

    def undo(self, key: str, dimension: Dimension, take: str) -> None:
        """Take back the last take."""
        with self._journal(key, dimension) as journal:
            journal.undo(take)

    def traces(self) -> list[Trace]:
        """Return every trace of this annotator's on these sequences."""
        with self._lock:
            return [trace for journal in self._journals.values() if (trace := journal.trace()) is not None]

    def clip(self, key: str) -> dict[str, Any]:
        """Have a sequence's clip made if need be, then the next ones; return how far it is, in JSON's types."""
        playable = self.playable(key)
        self.clips.ask(playable, first=True)
        keys = list(self._playables)
        for after in keys[keys.index(key) + 1 : keys.index(key) + 3]:
            self.clips.ask(self._playables[after], first=False)
        state, done, why = self.clips.state(playable)
        return {"state": state, "done": done, "of": playable.frames, "why": why}

    def _until(self, key: str, dimension: Dimension) -> float:
        """Up to which second a sequence is annotated."""
        with self._journal(key, dimension) as journal:
            times, _ = journal.takes.result()
            return float(times[-1]) if len(times) else 0.0

    @contextmanager
    def _journal(self, key: str, dimension: Dimension) -> Iterator[Journal]:
        self.playable(key)
        if dimension not in self.dimensions:
            raise UnknownSequenceError(f"{dimension} is not annotated here; {', '.join(self.dimensions)} is")
        with self._lock:
            yield self._journals[key, dimension]

    @staticmethod
    def _check_known(journal: Journal, take: str, known: str | None) -> None:
        """Refuse a new take of a page that does not know the last one."""
        journal.refresh()
        if not journal.takes.has(take) and known != journal.takes.last:
            raise AnnotationError("this trace was changed in another window; it is loaded anew")


def sequence_id(name: str) -> str:
    """Return a sequence's key in addresses: letters and digits, whatever its name is made of."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
