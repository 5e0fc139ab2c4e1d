"""A synthetic gallery as a 4D scanner would have left it: a folder of unregistered scans, and a table of labels.

What the people show is that of `synthesize_gallery` with the same plan and selection, whose meshes are the known
answer: other vertices and triangles in each frame, holes, noise, skin, and a head that moves. The people are not quite
ones that the face model can make.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from affectface.errors import GalleryError
from affectface.files import atomic_path
from affectface.gallery.store.lock import locked
from affectface.gallery.synthetic.config import Selection, SynthesisPlan
from affectface.gallery.synthetic.people import Person, stream
from affectface.gallery.synthetic.scan_files import write_scan_ply
from affectface.gallery.synthetic.scanner import DrawnScan, Scanner, ScannerConfig, scanner_of
from affectface.gallery.synthetic.selecting import selected_count, selected_frames, selected_tasks, with_frames
from affectface.gallery.synthetic.sequences import SimulatedSequence, panel_for, people_of, perform
from affectface.gallery.synthetic.shapes import PersonShape, person_shape, smooth_differences
from affectface.gallery.synthetic.timing import slow_noise
from affectface.gallery.synthetic.writing import Advance, source_of, usual_frames
from affectface.morphable.face_model import FaceModel
from affectface.morphable.library import fingerprint

SETTINGS, LABELS = "synthetic.json", "labels.csv"
_BYTES = 42
"""Of a scan's file, for each of its points: 15 of the point, 13 of each of two triangles."""
_SWAY = 1.5
"""Seconds after which the head is somewhere else."""


@dataclass(frozen=True, kw_only=True)
class ScanConfig:
    """What the scanner is like, and the people before it."""

    scanner: ScannerConfig = field(default_factory=ScannerConfig)
    """The scanner."""

    turn: float = 0.06
    """Standard deviation of how the head is turned about each axis, radians."""

    shift: float = 0.6
    """Standard deviation of where it is along each axis, cm."""

    unsaid: float = 0.1
    """Root mean square of what no identity of the face model says of a person, cm: otherwise registration, which uses
    these identities, would have it easier than with real people."""


@dataclass(frozen=True, eq=False)
class _Take:
    """The selected frames of a sequence: which of it (N,), what they show, and how the head is then (N, 6)."""

    rows: NDArray[np.int64]
    made: SimulatedSequence
    head: NDArray[np.float64]

    @property
    def folder(self) -> Path:
        return Path(self.made.subject) / self.made.session / self.made.task


def count_scans(plan: SynthesisPlan, selection: Selection | None = None) -> int:
    """Return how many scans there will be.

    Parameters
    ----------
    plan : SynthesisPlan
        Who, and how much.
    selection : Selection, optional
        Which part of it; all, if not given.

    Returns
    -------
    int
        The number.

    Raises
    ------
    GalleryError
        If nobody shows what is selected.
    """
    selection = selection or Selection()
    selected_count(plan, selection)
    return sum(len(take.rows) for person in people_of(plan) for take in _takes(plan, person, selection))


def synthesize_scans(
    path: str | os.PathLike[str],
    plan: SynthesisPlan,
    face_model: FaceModel,
    *,
    selection: Selection | None = None,
    config: ScanConfig | None = None,
    advance: Advance = lambda _steps: None,
) -> int:
    """Write a folder of scans of simulated people: SUBJECT/SESSION/TASK/FRAME.ply in millimetres, and labels.csv.

    Parameters
    ----------
    path : path-like
        The folder; one that was interrupted is continued.
    plan : SynthesisPlan
        Who, and how much.
    face_model : FaceModel
        The model whose shapes are scanned.
    selection : Selection, optional
        Which part of it; all, if not given.
    config : ScanConfig, optional
        What the scanner is like.
    advance : callable
        Told the number of scans that are done.

    Returns
    -------
    int
        The number of scans.

    Raises
    ------
    GalleryError
        If the folder holds something else or another plan's scans, is being written by another process, nobody shows
        what is selected, or the disk has no room for the scans.
    """
    folder, selection, config = Path(path), selection or Selection(), config or ScanConfig()
    count = selected_count(plan, selection)
    settings = source_of(plan, selection) | {"scans": asdict(config), "face_model": fingerprint(face_model)}
    _check_folder(folder, settings, count * usual_frames(plan, selection) * config.scanner.points * _BYTES)
    done = 0
    with locked(folder):
        _write_labels(folder / LABELS, plan, selection)
        for person in people_of(plan):
            before = _BeforeScanner(face_model, plan, person, config)
            for take in _takes(plan, person, selection):
                _write_take(folder / take.folder, take, before, advance)
                done += len(take.rows)
    return done


@dataclass(eq=False)
class _BeforeScanner:
    """A person before the scanner, which is made when it is needed."""

    model: FaceModel
    plan: SynthesisPlan
    person: Person
    config: ScanConfig

    @cached_property
    def shape(self) -> PersonShape:
        shape = person_shape(self.model, self.person, self.plan)
        rng = stream(self.plan, "own shape", self.person.index)
        own = smooth_differences(shape.rest.astype(np.float64), self.config.unsaid, rng)
        return replace(shape, rest=np.asarray(shape.rest + own, dtype=np.float32))

    @cached_property
    def scanner(self) -> Scanner:
        return scanner_of(self.model, self.person.index, self.config.scanner)

    def scan(self, take: _Take, number: int) -> DrawnScan:
        """Draw one frame of a take."""
        (mesh,) = next(self.shape.meshes(take.made.strengths[number : number + 1]))
        turn = Rotation.from_rotvec(self.config.turn * take.head[number, :3]).as_matrix()
        placed = mesh.astype(np.float64) @ turn.T + self.config.shift * take.head[number, 3:]
        rng = stream(self.plan, "scan", take.made.name, int(take.rows[number]))
        return self.scanner.scan(placed.astype(np.float32), rng)


def _write_take(folder: Path, take: _Take, before: _BeforeScanner, advance: Advance) -> None:
    """Write the scans of a sequence that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for unfinished in folder.glob(".*.ply"):
        unfinished.unlink()  # of a process that was killed
    for number, row in enumerate(take.rows.tolist()):
        file = folder / f"{row:04d}.ply"
        if not file.exists():
            write_scan_ply(file, before.scan(take, number))
        advance(1)


def _takes(plan: SynthesisPlan, person: Person, selection: Selection) -> Iterator[_Take]:
    for task in selected_tasks(plan, person, selection):
        made = perform(plan, panel_for(plan), person, task)
        rows = selected_frames(made, selection)
        rng = stream(plan, "head", made.name)
        head = slow_noise(rng, len(made.times), 6, step=1 / plan.frame_rate, seconds=_SWAY)
        yield _Take(rows, with_frames(made, rows), head[rows])


def _check_folder(folder: Path, settings: dict[str, object], needed: float) -> None:
    """Begin a folder, or refuse one that holds something else, or that the disk cannot hold."""
    text = json.dumps(settings, indent=1, sort_keys=True) + "\n"
    file = folder / SETTINGS
    if file.is_file():
        if file.read_text(encoding="utf-8") != text:
            raise GalleryError(f"{folder}: holds scans of another plan; give it again as it was, or another folder")
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise GalleryError(f"{folder}: holds something else; an empty or a new folder is needed")
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise GalleryError(
            f"{folder}: these scans take about {needed / 1e9:.0f} GB and {free / 1e9:.0f} GB are free; ask for fewer "
            "people, sequences or frames"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(file) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _write_labels(path: Path, plan: SynthesisPlan, selection: Selection) -> None:
    """Write what each frame shows, as `gallery ingest --labels` reads it; nothing of a frame in a blink."""
    if path.exists():
        return
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("subject", "session", "task", "frame", "valence", "arousal", "expression"))
        for person in people_of(plan):
            for take in _takes(plan, person, selection):
                made, labels = take.made, take.made.labels
                for number, row in enumerate(take.rows.tolist()):
                    if not made.left_out[number]:
                        point = f"{labels.valence[number]:.4f}", f"{labels.arousal[number]:.4f}"
                        said = (made.subject, made.session, made.task, row, *point, labels.expression[number])
                        table.writerow(said)
