"""Sums that outlive the process: kept on disk from time to time, and taken up again by the same build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.errors import ModelFileError
from affectface.files import atomic_path
from affectface.morphable.face_model import read_npz

Array64 = NDArray[np.float64]

_FORMAT, _VERSION, _FILE = "affectface-build-sums", 1, "sums.npz"
_EVERY = 16
"""Bytes of frames that are read for each byte that is kept: keeping takes a few percent of the time."""


@dataclass(eq=False)
class Person:
    """Sums of the present subject's frames as they are: what is neutral is known at the end.

    Attributes
    ----------
    shown : dict of int to ndarray of shape (D,), float64
        Sum of the frames of each group.
    counts : dict of (int, str) to int
        How many they are, by group and session.
    neutral : dict of str to ndarray of shape (D,), float64
        Sum of the neutral frames of each session.
    neutral_counts : dict of str to int
        How many they are.
    """

    shown: dict[int, Array64] = field(default_factory=dict)
    counts: dict[tuple[int, str], int] = field(default_factory=dict)
    neutral: dict[str, Array64] = field(default_factory=dict)
    neutral_counts: dict[str, int] = field(default_factory=dict)
    _spare: list[Array64] = field(default_factory=list, repr=False)

    def add(self, groups: NDArray[np.int32], session: str, frames: FloatArray) -> None:
        """Add frames (B, D) to their groups (B,), in their order; those of group -1 to none."""
        order = np.argsort(groups, kind="stable")  # one group after another: its sum stays in the processor's cache
        for group, rows in groupby(order[np.count_nonzero(groups < 0) :].tolist(), key=groups.tolist().__getitem__):
            count = self._into(self.shown, group, [frames[row : row + 1] for row in rows])
            self.counts[group, session] = self.counts.get((group, session), 0) + count

    def add_neutral(self, session: str, frames: FloatArray, neutral: BoolArray) -> None:
        """Add those of some frames (B, D) that are neutral (B,)."""
        if neutral.any():
            count = self._into(self.neutral, session, [frames[row : row + 1] for row in np.flatnonzero(neutral)])
            self.neutral_counts[session] = self.neutral_counts.get(session, 0) + count

    def _into(self, sums: dict[Any, Array64], key: Any, frames: list[FloatArray]) -> int:
        """Add frames (1, D) to a sum; return how many they are."""
        first = 0
        if key not in sums:
            sums[key] = self._spare.pop() if self._spare else np.empty(frames[0].shape[1])
            np.copyto(sums[key], frames[0][0])
            first = 1
        total = sums[key][None]
        for frame in frames[first:]:
            cv2.accumulate(frame, total)  # the same sum as NumPy's, in half its time
        return len(frames)

    def displacements(self) -> Iterator[tuple[int, int, Array64]]:
        """Yield each group, its frames, and their mean displacement from the neutral face of their own session.

        A session without neutral frames takes those of all the subject's. The sums are used up by it.
        """
        whole = sum(self.neutral.values()) / sum(self.neutral_counts.values())
        own = {session: total / self.neutral_counts[session] for session, total in self.neutral.items()}
        sessions: dict[int, dict[str, int]] = {}
        for (group, session), count in sorted(self.counts.items()):
            sessions.setdefault(group, {})[session] = count
        for group, counts in sessions.items():
            frames, mean = sum(counts.values()), self.shown[group]
            mean *= 1 / frames
            for session, count in counts.items():
                neutral = own.get(session, whole)
                mean -= neutral if count == frames else count / frames * neutral
            yield group, frames, mean

    def clear(self) -> None:
        """Begin anew; the memory is kept."""
        self._spare += [*self.shown.values(), *self.neutral.values()]
        for sums in (self.shown, self.counts, self.neutral, self.neutral_counts):
            sums.clear()


@dataclass(eq=False)
class Sums:
    """What was added up so far. Mutable: half a gigabyte is not copied for each frame.

    Attributes
    ----------
    total, squares : ndarray of shape (G, D), float64
        Sum over people of their mean displacement, and of its square.
    frames, people : ndarray of shape (G,), int64
        How many were added.
    position : int
        How many sequences were added.
    person : Person
        The present subject.
    """

    total: Array64
    squares: Array64
    frames: NDArray[np.int64]
    people: NDArray[np.int64]
    position: int = 0
    person: Person = field(default_factory=Person)

    def close_person(self) -> bool:
        """Count the present subject as one person in each group; return whether its sums were numbers."""
        finite = True
        for group, frames, mean in self.person.displacements():
            finite &= bool(np.isfinite(mean @ mean))
            total, squares = self.total[group], self.squares[group]
            total += mean
            mean *= mean
            squares += mean
            self.frames[group] += frames
            self.people[group] += 1
        self.person.clear()
        return finite

    @property
    def nbytes(self) -> int:
        """How large they are."""
        parts = (self.total, self.squares, *self.person.shown.values(), *self.person.neutral.values())
        return sum(part.nbytes for part in parts)


@dataclass(eq=False)
class Work:
    """A folder that holds the sums of one build.

    Attributes
    ----------
    folder : Path
        The folder; it is made when something is kept.
    key : str
        What the build is of: sums of another gallery or other settings are not taken up.
    every : float
        Bytes of frames that are read for each byte that is kept.
    """

    folder: Path
    key: str
    every: float = _EVERY
    _unkept: float = 0.0

    def load(self, groups: int, size: int) -> Sums:
        """Return the sums that were kept, or new ones.

        Parameters
        ----------
        groups, size : int
            Their shape.

        Returns
        -------
        Sums
            Those of this build; all 0 where there are none, or they are damaged.
        """
        path = self.folder / _FILE
        for unfinished in self.folder.glob(f".{path.stem}.*"):
            unfinished.unlink(missing_ok=True)  # of a process that was killed
        if path.exists():
            try:
                arrays = read_npz(path, _FORMAT, _VERSION, limit=(1 << 22) + 32 * (groups + 64) * (size + 1))
                if str(arrays["key"]) == self.key and arrays["total"].shape == (groups, size):
                    return _unpacked(arrays)
            except (ModelFileError, KeyError):
                pass  # it is computed anew
        return Sums(
            np.zeros((groups, size)),
            np.zeros((groups, size)),
            np.zeros(groups, dtype=np.int64),
            np.zeros(groups, dtype=np.int64),
        )

    def keep(self, sums: Sums, read: int) -> None:
        """Keep sums, if enough was read since the last time to be worth it.

        Parameters
        ----------
        sums : Sums
            The sums after a whole sequence.
        read : int
            Bytes of that sequence.
        """
        self._unkept += read
        if self._unkept < self.every * sums.nbytes:
            return
        self._unkept = 0.0
        person = sums.person
        arrays: dict[str, NDArray[Any]] = {
            "format": np.array(_FORMAT),
            "format_version": np.array(_VERSION),
            "key": np.array(self.key),
            "position": np.array(sums.position),
            "total": sums.total,
            "squares": sums.squares,
            "frames": sums.frames,
            "people": sums.people,
            "groups": np.array(list(person.shown), dtype=np.int64),
            "count_groups": np.array([group for group, _ in person.counts], dtype=np.int64),
            "count_sessions": np.array([session for _, session in person.counts], dtype=np.str_),
            "counts": np.array(list(person.counts.values()), dtype=np.int64),
            "sessions": np.array(list(person.neutral), dtype=np.str_),
            "neutral_counts": np.array(list(person.neutral_counts.values()), dtype=np.int64),
        }
        arrays |= {f"shown_{group}": total for group, total in person.shown.items()}
        arrays |= {f"neutral_{number}": total for number, total in enumerate(person.neutral.values())}
        with atomic_path(self.folder / _FILE) as temporary, open(temporary, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)


def _unpacked(arrays: dict[str, NDArray[Any]]) -> Sums:
    groups, sessions = arrays["groups"].tolist(), arrays["sessions"].tolist()
    pairs = zip(arrays["count_groups"].tolist(), arrays["count_sessions"].tolist(), strict=True)
    person = Person(
        {group: arrays[f"shown_{group}"].astype(np.float64, copy=False) for group in groups},
        dict(zip(pairs, arrays["counts"].tolist(), strict=True)),
        {name: arrays[f"neutral_{k}"].astype(np.float64, copy=False) for k, name in enumerate(sessions)},
        dict(zip(sessions, arrays["neutral_counts"].tolist(), strict=True)),
    )
    return Sums(
        arrays["total"].astype(np.float64, copy=False),
        arrays["squares"].astype(np.float64, copy=False),
        arrays["frames"].astype(np.int64),
        arrays["people"].astype(np.int64),
        int(arrays["position"]),
        person,
    )
