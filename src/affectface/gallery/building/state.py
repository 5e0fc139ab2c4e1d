"""Sums that outlive the process: kept on disk from time to time, and taken up again by the same build."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError
from affectface.files import atomic_path
from affectface.morphable.face_model import read_npz

Array64 = NDArray[np.float64]

_FORMAT, _VERSION, _FILE = "affectface-build-sums", 1, "sums.npz"
_EVERY = 16
"""Bytes of frames that are read for each byte that is kept: keeping takes a few percent of the time."""


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
    subject : dict of int to ndarray of shape (D,), float64
        Sums of the present subject's displacements by group, and how many they are in `subject_frames`.
    """

    total: Array64
    squares: Array64
    frames: NDArray[np.int64]
    people: NDArray[np.int64]
    position: int = 0
    subject: dict[int, Array64] = field(default_factory=dict)
    subject_frames: dict[int, int] = field(default_factory=dict)

    def add(self, group: int, displacement: Array64) -> None:
        """Add a frame of the present subject to a group."""
        if group in self.subject:
            self.subject[group] += displacement
            self.subject_frames[group] += 1
        else:
            self.subject[group] = displacement.copy()
            self.subject_frames[group] = 1

    @property
    def finite(self) -> bool:
        """Whether the present subject's sums are numbers."""
        return all(bool(np.isfinite(total).all()) for total in self.subject.values())

    def close_subject(self) -> None:
        """Count the present subject as one person in each group."""
        for group in sorted(self.subject):
            mean = self.subject[group] / self.subject_frames[group]
            self.total[group] += mean
            mean *= mean
            self.squares[group] += mean
            self.frames[group] += self.subject_frames[group]
            self.people[group] += 1
        self.subject.clear()
        self.subject_frames.clear()

    @property
    def nbytes(self) -> int:
        """How large they are."""
        return self.total.nbytes + self.squares.nbytes + sum(part.nbytes for part in self.subject.values())


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
                arrays = read_npz(path, _FORMAT, _VERSION, limit=(1 << 20) + 40 * groups * (size + 1))
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
        groups = sorted(sums.subject)
        arrays = {
            "format": np.array(_FORMAT),
            "format_version": np.array(_VERSION),
            "key": np.array(self.key),
            "position": np.array(sums.position),
            "subject_groups": np.array(groups, dtype=np.int64),
            "subject_frames": np.array([sums.subject_frames[group] for group in groups], dtype=np.int64),
            "total": sums.total,
            "squares": sums.squares,
            "frames": sums.frames,
            "people": sums.people,
        }
        parts = {f"subject_{group}": sums.subject[group] for group in groups}
        with atomic_path(self.folder / _FILE) as temporary, open(temporary, "wb") as file:
            np.savez(file, allow_pickle=False, **arrays, **parts)


def _unpacked(arrays: dict[str, NDArray[np.generic]]) -> Sums:
    groups = [int(group) for group in arrays["subject_groups"]]
    return Sums(
        arrays["total"].astype(np.float64, copy=False),
        arrays["squares"].astype(np.float64, copy=False),
        arrays["frames"].astype(np.int64),
        arrays["people"].astype(np.int64),
        int(arrays["position"]),
        {group: arrays[f"subject_{group}"].astype(np.float64, copy=False) for group in groups},
        dict(zip(groups, map(int, arrays["subject_frames"]), strict=True)),
    )
