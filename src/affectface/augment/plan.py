"""The plan of an augmentation: one row an image or clip that is to be made, written down before any is.

Each job has its source photo with that photo's subject, split and fold: what is made of a person stays where the person
is, because nothing else is written down.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from affectface.affect import ActionUnits, AffectPath, Expression, ValenceArousal
from affectface.augment.columns import arrow
from affectface.augment.manifest import BATCH
from affectface.augment.rows import Row
from affectface.errors import AffectFaceError, DataSetError
from affectface.files import atomic_path, unwritten

FORMAT, FORMAT_VERSION = "affectface-plan", 1
Kind = Literal["plane", "expression", "action_units", "path"]
Target = ValenceArousal | Expression | ActionUnits | AffectPath

_LARGEST_SETTINGS = 1 << 16


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """One image or clip that is to be made.

    Attributes
    ----------
    number : int
        Its place in the plan, from 0.
    photo : Row
        The source: path, frame, box, subject, split, fold and source of its row; the rest is empty.
    target : ValenceArousal, Expression, ActionUnits or AffectPath
        What it is to show.
    intensity : float
        How much of it.
    seconds : float or None
        How long a clip lasts; None for an image.
    fps : float or None
        A clip's frames a second.
    seed : int
        What its making draws random numbers from; follows from the plan's seed, the photo and the target alone.
    """

    number: int
    photo: Row
    target: Target
    intensity: float
    seconds: float | None
    fps: float | None
    seed: int

    @property
    def kind(self) -> Kind:
        """What sort of target it has."""
        match self.target:
            case ValenceArousal():
                return "plane"
            case Expression():
                return "expression"
            case ActionUnits():
                return "action_units"
        return "path"


@dataclass(frozen=True)
class Plan:
    """A plan's file, opened; nothing of its jobs is in memory.

    Attributes
    ----------
    path : Path
        The file.
    root : Path
        The folder that the photos' paths start from.
    settings : mapping
        How it was made, in JSON's types.
    job_count : int
        How many jobs it has.
    """

    path: Path
    root: Path
    settings: Mapping[str, Any]
    job_count: int

    def jobs(self) -> Iterator[Job]:
        """Yield the jobs in order; those of one photo follow each other."""
        for batch in self.batches():
            yield from jobs_of(batch, self.path)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield all jobs, or some columns of them, as pyarrow.RecordBatch of `plan_schema`."""
        import pyarrow.parquet as pq

        with _reading(self.path), pq.ParquetFile(self.path, pre_buffer=False) as table:
            yield from table.iter_batches(batch_size=BATCH, columns=None if columns is None else list(columns))

    def part(self, first: int, count: int) -> Any:
        """Return `count` jobs from number `first` on, a Table of `plan_schema`; no others are read."""
        import pyarrow.parquet as pq

        with _reading(self.path), pq.ParquetFile(self.path, pre_buffer=False) as table:
            lengths = [table.metadata.row_group(i).num_rows for i in range(table.metadata.num_row_groups)]
            starts = np.cumsum([0, *lengths])
            groups = [i for i, n in enumerate(lengths) if starts[i] < first + count and starts[i] + n > first]
            read = table.read_row_groups(groups).replace_schema_metadata(None)
            return read.slice(first - int(starts[groups[0]]), count) if groups else read

    def file(self, job: Job) -> Path:
        """Return where a job's photo or film lies."""
        return self.root / job.photo.path


def seed_of(run_seed: int, photo: Row, target: str) -> int:
    """Return a job's seed, in [0, 2**63): of equal photos and targets always the same, whatever else is planned."""
    text = "\0".join((str(run_seed), photo.source, photo.path, str(photo.frame), target))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def plan_schema() -> Any:
    """Return the plan's schema, a pyarrow.Schema without its settings."""
    pa = arrow()
    texts = {name: pa.string() for name in ("path", "subject", "split", "source", "kind", "expression")}
    numbers = {name: pa.float32() for name in ("valence", "arousal", "intensity", "seconds", "fps")}
    lists = {name: pa.list_(pa.float32()) for name in ("box", "points")}
    types = texts | numbers | lists | {"job": pa.int64(), "frame": pa.int32(), "fold": pa.int16(), "seed": pa.int64()}
    types["action_units"] = pa.map_(pa.string(), pa.float32())
    return pa.schema([pa.field(name, types[name]) for name in _COLUMNS])


_COLUMNS = (
    *("job", "path", "frame", "box", "subject", "split", "fold", "source"),
    *("kind", "valence", "arousal", "expression", "action_units", "points", "intensity", "seconds", "fps", "seed"),
)


@contextmanager
def write_plan(path: str | os.PathLike[str], settings: Mapping[str, Any]) -> Iterator[PlanWriter]:
    """Write a plan job by job; it appears as a whole at the end, and not at all after an error.

    Parameters
    ----------
    path : path-like
        A ``.parquet`` file. Equal jobs and settings give equal bytes.
    settings : mapping
        How the plan is made, in JSON's types.

    Yields
    ------
    PlanWriter
        Takes the jobs.

    Raises
    ------
    DataSetError
        If the suffix is another one or the file cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".parquet":
        raise DataSetError(f"{target}: unknown suffix {target.suffix!r} for a plan; use .parquet")
    arrow()
    import pyarrow.parquet as pq

    head = {"format": FORMAT, "format_version": str(FORMAT_VERSION), "settings": json.dumps(dict(settings))}
    try:
        form = plan_schema().with_metadata(head)
        with atomic_path(target) as temporary, pq.ParquetWriter(temporary, form, compression="zstd") as sink:
            writer = PlanWriter(sink)
            yield writer
            writer.flush()
    except OSError as error:
        raise DataSetError(unwritten(target, error)) from None


class PlanWriter:
    """What `write_plan` gives: takes jobs.

    Attributes
    ----------
    jobs : int
        How many it was given, which is the number of the next one.
    """

    def __init__(self, sink: Any) -> None:
        self.jobs = 0
        self._sink = sink
        self._waiting: list[dict[str, Any]] = []

    def add(self, job: Job) -> None:
        """Add one job; it gets the next number, whatever number it has."""
        self._waiting.append(_cells(job) | {"job": self.jobs})
        self.jobs += 1
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the jobs that wait."""
        if waiting := self._waiting:
            self._waiting = []
            columns = {name: [cells.get(name) for cells in waiting] for name in _COLUMNS}
            form = self._sink.schema
            pa = arrow()
            arrays = [pa.array(columns[field.name], field.type) for field in form]
            self._sink.write_batch(pa.record_batch(arrays, schema=form))


def open_plan(path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None) -> Plan:
    """Open a plan; only its header is read.

    Parameters
    ----------
    path : path-like
        The file.
    root : path-like, optional
        The folder that its photos' paths start from, where that is not the plan's own.

    Returns
    -------
    Plan
        The plan.

    Raises
    ------
    DataSetError
        If there is no such file, or it is no plan.
    """
    file = Path(path)
    arrow()
    import pyarrow.parquet as pq

    if not file.is_file():
        raise DataSetError(f"{file}: no such file; affectface augment plan makes plans")
    try:
        head = pq.read_metadata(file)
        form, count = head.schema.to_arrow_schema(), head.num_rows
        said = form.metadata or {}
        settings = json.loads(said.get(b"settings", b"")[:_LARGEST_SETTINGS])
    except (OSError, ValueError, RecursionError):
        raise DataSetError(f"{file}: not a plan; affectface augment plan makes plans") from None
    known = said.get(b"format") == FORMAT.encode() and said.get(b"format_version") == str(FORMAT_VERSION).encode()
    if not known or not isinstance(settings, dict) or not form.equals(plan_schema()):
        raise DataSetError(f"{file}: is no plan of format {FORMAT_VERSION}; plan again")
    return Plan(file, Path(root) if root is not None else file.parent, settings, int(count))


def _cells(job: Job) -> dict[str, Any]:
    photo, target = job.photo, job.target
    cells: dict[str, Any] = {name: getattr(photo, name) for name in ("path", "subject", "split", "source")}
    cells |= {"frame": photo.frame, "fold": photo.fold, "box": None if photo.box is None else list(photo.box)}
    cells |= {"kind": job.kind, "intensity": job.intensity, "seconds": job.seconds, "fps": job.fps, "seed": job.seed}
    match target:
        case ValenceArousal():
            return cells | {"valence": target.valence, "arousal": target.arousal, "expression": ""}
        case Expression():
            return cells | {"expression": target.name}
        case ActionUnits():
            return cells | {"expression": "", "action_units": list(target.strengths)}
    points = [ValenceArousal(*p) if isinstance(p, tuple) else p for p in target.points]
    return cells | {"expression": "", "points": [value for p in points for value in (p.valence, p.arousal)]}


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise DataSetError(f"{file}: cannot be read on ({str(error)[:120]}); plan again") from None


def jobs_of(batch: Any, file: Path) -> Iterator[Job]:
    """Yield the jobs of a batch or table that has the plan's columns; `file` is what errors call it."""
    columns = [batch.column(name).to_pylist() for name in _COLUMNS]
    for values in zip(*columns, strict=True):
        cells = dict(zip(_COLUMNS, values, strict=True))
        try:
            photo = Row(
                cells["path"],
                subject=cells["subject"],
                split=cells["split"],
                fold=cells["fold"],
                frame=cells["frame"],
                box=None if cells["box"] is None else tuple(cells["box"]),
                source=cells["source"],
            )
            numbers = (cells["intensity"], cells["seconds"], cells["fps"], cells["seed"])
            yield Job(cells["job"], photo, _target(cells), *numbers)
        except (AffectFaceError, TypeError, ValueError) as error:
            raise DataSetError(f"{file}: job {cells['job']}: {error}; plan again") from None


def _target(cells: Mapping[str, Any]) -> Target:
    match cells["kind"]:
        case "plane":
            return ValenceArousal(cells["valence"], cells["arousal"])
        case "expression":
            return Expression(cells["expression"])
        case "action_units":
            return ActionUnits(dict(cells["action_units"]))
        case "path":
            return AffectPath(pairs_of(cells["points"]))
    raise DataSetError(f"its kind is {cells['kind']!r}")


def pairs_of(flat: Sequence[float]) -> list[tuple[float, float]]:
    """Return numbers v, a, v, a as points."""
    return [(float(v), float(a)) for v, a in np.asarray(flat, dtype=np.float64).reshape(-1, 2)]
