"""The record of a part: its jobs as they stand in the plan, and what became of each. Written last: it is the proof."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from affectface.augment.columns import arrow
from affectface.augment.making.shown import Found, Made, Shown
from affectface.augment.plan import jobs_of, plan_schema
from affectface.augment.rows import Row
from affectface.augment.running.labels import Place, rows_of_output
from affectface.errors import DataSetError
from affectface.files import atomic_path

FORMAT, FORMAT_VERSION = "affectface-record", "1"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one job.

    Attributes
    ----------
    made : Made
        What it shows, or why there is nothing.
    path : str
        Where the output lies, from the run's folder; empty where there is none.
    sha256 : str
        Its checksum.
    photo_sha256 : str
        Checksum of the photo.
    """

    made: Made
    path: str
    sha256: str
    photo_sha256: str


@dataclass(frozen=True)
class Summary:
    """What a part came to, which its record's header says.

    Attributes
    ----------
    jobs, made : int
        Its jobs, and those with an output.
    size : int
        Bytes of the outputs.
    reasons : mapping of str to int
        Why jobs have none, and how many.
    checksum : str
        SHA-256 of the shard or table; empty for plain files.
    """

    jobs: int
    made: int
    size: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    checksum: str = ""


def record_schema() -> Any:
    """Return the schema of a record: the plan's columns and those that say what came of it."""
    pa = arrow()
    numbers = pa.list_(pa.float32())
    fields = [pa.field(name, pa.string()) for name in ("reason", "output", "sha256", "photo_sha256")]
    fields += [pa.field(name, pa.int32()) for name in ("size", "height", "width", "frames")]
    fields += [pa.field(name, pa.float32()) for name in _WORST]
    fields += [pa.field(name, numbers) for name in ("drawn", "found", "found_points", "boxes", "landmarks")]
    fields += [pa.field(name, pa.string()) for name in ("face_model", "affect_model")]
    return pa.schema([*plan_schema(), *fields])


_WORST = ("expression_error", "landmark_error", "seam")


def write_record(file: Path, jobs: Any, outcomes: Sequence[Outcome], models: tuple[str, str], checksum: str) -> Summary:
    """Write the record of a part.

    Parameters
    ----------
    file : Path
        The file; it appears as a whole.
    jobs : pyarrow.Table
        The part of the plan.
    outcomes : sequence of Outcome
        What became of each, in order.
    models : tuple of two str
        Checksums of the face model and the affect model.
    checksum : str
        Checksum of the shard or table.

    Returns
    -------
    Summary
        What the part came to.
    """
    import pyarrow.parquet as pq

    form, pa = record_schema(), arrow()
    cells = [_cells(one) for one in outcomes]
    columns = [jobs.column(name) for name in plan_schema().names]
    for one in list(form)[len(columns) :]:
        role = {"face_model": models[0], "affect_model": models[1]}.get(one.name)
        values = [role] * len(cells) if role else [row.get(one.name) for row in cells]
        columns.append(pa.array(values, one.type))
    summary = _summary(outcomes, checksum)
    said = {"format": FORMAT, "format_version": FORMAT_VERSION, "summary": json.dumps(vars(summary), sort_keys=True)}
    with atomic_path(file) as temporary:
        pq.write_table(pa.table(columns, schema=form.with_metadata(said)), temporary, compression="zstd")
    return summary


def read_summary(file: Path) -> Summary:
    """Return what a part came to; only the record's header is read.

    Raises
    ------
    DataSetError
        If it is damaged.
    """
    import pyarrow.parquet as pq

    try:
        head = pq.read_metadata(file)
        said = head.metadata or {}
        if said.get(b"format") != FORMAT.encode() or said.get(b"format_version") != FORMAT_VERSION.encode():
            raise ValueError("another format")
        return Summary(**json.loads(said[b"summary"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(file, error) from None


def read_record(file: Path) -> Any:
    """Return a record as a pyarrow.Table of `record_schema`.

    Raises
    ------
    DataSetError
        If it is damaged.
    """
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file, partitioning=None)
        if not table.schema.equals(record_schema()):
            raise ValueError("other columns")
    except (OSError, ValueError) as error:
        raise _damaged(file, error) from None
    return table.replace_schema_metadata(None)


def place_of(made: Made) -> Place:
    """Return where the face is in what was made."""
    boxes = np.array([one.box for one in made.shown], dtype=np.float32).reshape(-1, 4)
    points = np.array([one.landmarks68 for one in made.shown], dtype=np.float32).reshape(-1, 68, 2)
    return Place(boxes, points)


def rows_of_record(table: Any, file: Path) -> Iterator[list[Row]]:
    """Yield for each job of a record the manifest's rows of its output; none where it has none."""
    names = ("output", "boxes", "landmarks")
    cells = zip(*(_values(table.column(name)) for name in names), strict=True)
    for job, (output, boxes, landmarks) in zip(jobs_of(table, file), cells, strict=True):
        if not output:
            yield []
            continue
        try:
            place = Place(boxes.reshape(-1, 4), landmarks.reshape(-1, 68, 2))
        except (AttributeError, ValueError) as error:
            raise _damaged(file, error) from None
        yield rows_of_output(job, output, place)


def _values(column: Any) -> list[Any]:
    """The values of a column; numbers of a list as an array."""
    import pyarrow.types as types

    if not types.is_list(column.type):
        return list(column.to_pylist())
    return [cell.values.to_numpy(zero_copy_only=False) if cell.is_valid else None for cell in column]


def _cells(outcome: Outcome) -> dict[str, Any]:
    made = outcome.made
    cells: dict[str, Any] = {"reason": made.reason, "output": outcome.path, "sha256": outcome.sha256}
    cells |= {"photo_sha256": outcome.photo_sha256, "size": len(made.data or b""), "frames": len(made.shown)}
    cells |= {"height": made.size[0], "width": made.size[1]}
    if not made.shown:
        return cells
    seen = [one.found for one in made.shown if one.found is not None]
    cells |= {name: max(getattr(one, name) for one in seen) for name in _WORST if seen}
    cells["drawn"] = np.concatenate([one.expression for one in made.shown])
    cells["boxes"] = np.ravel([one.box for one in made.shown])
    cells["landmarks"] = np.concatenate([np.ravel(one.landmarks68) for one in made.shown])
    if seen:
        cells["found"] = np.concatenate([_found(one).expression for one in made.shown])
        cells["found_points"] = np.ravel([(_found(one).valence, _found(one).arousal) for one in made.shown])
    return cells


def _found(shown: Shown) -> Found:
    """What is seen in a frame; numbers that are none where no face is found."""
    nothing = np.full(len(shown.expression), np.nan, dtype=np.float32)
    return shown.found or Found(nothing, *[np.nan] * 8)


def _summary(outcomes: Sequence[Outcome], checksum: str) -> Summary:
    reasons = Counter(one.made.reason.partition(":")[0] for one in outcomes if one.made.reason)
    size = sum(len(one.made.data or b"") for one in outcomes)
    made = sum(one.made.data is not None for one in outcomes)
    return Summary(len(outcomes), made, size, dict(sorted(reasons.items())), checksum)


def _damaged(file: Path, error: Exception) -> DataSetError:
    said = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return DataSetError(f"{file}: is damaged ({said}); remove it and run again, which makes its part anew")
