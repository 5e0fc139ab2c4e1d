"""A run that proves itself: every job once, bytes as they were written, labels as planned, nobody in two splits."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from affectface.augment.columns import batch_of
from affectface.augment.manifest import open_manifest
from affectface.augment.plan import jobs_of, plan_schema
from affectface.augment.rows import Row
from affectface.augment.running.finishing import listed, refusals_of
from affectface.augment.running.folder import CHECKSUMS, MANIFEST, REFUSED, RunFolder
from affectface.augment.running.labels import spelled_out
from affectface.augment.running.parts import Part
from affectface.augment.running.records import read_record, read_summary, rows_of_record
from affectface.errors import DataSetError
from affectface.files import sha256_of


@dataclass(frozen=True)
class Verdict:
    """What was found out about a run.

    Attributes
    ----------
    jobs : int
        Jobs of the plan.
    made, refused : int
        Those with an output, and those with a reason why there is none.
    size : int
        Bytes of the outputs that were looked at.
    people : int
        People who are shown.
    faults : tuple of str
        What is wrong; nothing in a good run.
    """

    jobs: int
    made: int
    refused: int
    size: int
    people: int
    faults: tuple[str, ...]


def verify_run(folder: RunFolder, *, advance: Callable[[int], None] = lambda jobs: None) -> Verdict:
    """Look at everything in a run's folder.

    Parameters
    ----------
    folder : RunFolder
        The run.
    advance : callable
        Called with the jobs of each part that was looked at.

    Returns
    -------
    Verdict
        The run is complete and undamaged if it has no faults.
    """
    parts = folder.parts()
    counts = {"made": 0, "refused": 0, "size": 0}
    faults: list[str] = []
    where: dict[tuple[str, str], tuple[str, int | None]] = {}
    right = []
    for part in parts:
        found = list(_part_faults(folder, part, counts, where))
        faults += found
        if not found:
            right.append(part)
        advance(part.count)
    if len(right) == len(parts):
        faults += _end_faults(folder, parts)
    return Verdict(folder.plan.job_count, counts["made"], counts["refused"], counts["size"], len(where), tuple(faults))


def _part_faults(
    folder: RunFolder, part: Part, counts: dict[str, int], where: dict[tuple[str, str], tuple[str, int | None]]
) -> Iterator[str]:
    file = folder.record(part)
    if not file.is_file():
        yield f"{part.name}: is not done; run again"
        return
    anew = f"remove {file.relative_to(folder.path)} and run again"
    try:
        table, summary = read_record(file), read_summary(file)
        expected = folder.plan.part(part.first, part.count)
        if not table.select(plan_schema().names).equals(expected):
            yield f"{part.name}: its record has other jobs or targets than the plan; {anew}"
            return
        rows = list(rows_of_record(table, file))
        for fault in _output_faults(folder, part, table, rows):
            yield f"{part.name}: {fault}; {anew}"
    except (DataSetError, OSError, tarfile.TarError) as error:
        yield f"{part.name}: {error}; {anew}"
        return
    outputs = table.column("output").to_pylist()
    counts["made"] += sum(bool(path) for path in outputs)
    counts["refused"] += sum(not path for path in outputs)
    counts["size"] += summary.size
    for row in (row for each in rows for row in each[:1]):
        if where.setdefault((row.source, row.subject), (row.split, row.fold)) != (row.split, row.fold):
            yield f"{part.name}: {row.subject or row.path} is in two splits or folds; plan again"


def _output_faults(folder: RunFolder, part: Part, table: Any, rows: Sequence[Sequence[Row]]) -> Iterator[str]:
    """Whether each job has either its output, with the bytes of the record, or a reason."""
    target = folder.output(part)
    prefix = "/".join(target.relative_to(folder.path).parts)
    names = ("job", "output", "sha256", "reason")
    wanted: dict[str, str] = {}
    said: dict[str, str] = {}
    cells = zip(jobs_of(table, target), *(table.column(name).to_pylist() for name in names), rows, strict=True)
    for job, number, output, checksum, reason, its_rows in cells:
        if bool(output) == bool(reason):
            yield f"job {number} has {'both' if output else 'neither'} an output {'and' if output else 'nor'} a reason"
        if not output:
            continue
        place, _, name = output.rpartition("/")
        if place != prefix or Path(name).stem != f"{number:09d}":
            yield f"job {number} has the output {output}, which is another's"
        wanted[name] = checksum
        said[name] = json.dumps(spelled_out(job, its_rows), sort_keys=True, allow_nan=False)
    found = set()
    for name, checksum, labels in _contents(folder.config.form, target):
        if name not in wanted or name in found:
            yield f"{name} is there {'twice' if name in found else 'and in no record'}"
        elif checksum != wanted[name]:
            yield f"{name} is damaged"
        elif labels is not None and labels != said[name]:
            yield f"{name} has other labels than the plan"
        found.add(name)
    for name in sorted(wanted.keys() - found):
        yield f"{name} is missing"


def _contents(form: str, target: Path) -> Iterator[tuple[str, str, str | None]]:
    """Name, checksum and labels of each output of a part; None for labels that are in the manifest alone."""
    match form:
        case "shards":
            with tarfile.open(target, "r:") as tar:
                before: tuple[str, str] | None = None
                for member in tar:
                    data = tar.extractfile(member)
                    content = b"" if data is None else data.read()
                    if before and member.name == f"{Path(before[0]).stem}.json":
                        yield *before, content.decode("utf-8", "replace")
                        before = None
                        continue
                    if before:
                        yield *before, ""
                    before = member.name, hashlib.sha256(content).hexdigest()
                if before:
                    yield *before, ""
        case "images":
            for file in sorted(target.iterdir()):
                yield file.name, sha256_of(file), None
        case "parquet":
            import pyarrow.parquet as pq

            with pq.ParquetFile(target) as table:
                for group in range(table.metadata.num_row_groups):
                    for one in table.read_row_group(group, columns=["name", "data", "labels"]).to_pylist():
                        yield one["name"], hashlib.sha256(one["data"]).hexdigest(), one["labels"]


def _end_faults(folder: RunFolder, parts: Sequence[Part]) -> Iterator[str]:
    """What is wrong with the manifest and the checksums of a run whose parts are all right."""
    file = folder.path / CHECKSUMS
    if not file.is_file() or not (folder.path / MANIFEST).is_file():
        yield "the run has not ended; run again"
        return
    try:
        yield from _manifest_faults(folder, parts)
        lines = (line.partition("  ") for line in file.read_text(encoding="utf-8").splitlines())
        said = {name: checksum for checksum, _, name in lines}
        for path, checksum in listed(folder, parts):
            name = path.relative_to(folder.path).as_posix()
            if {said.pop(name, ""), sha256_of(path)} != {checksum}:
                yield f"{name}: has another checksum than {CHECKSUMS} says"
        for name in sorted(said):
            yield f"{name}: stands in {CHECKSUMS} and is nothing of this run"
        known = {folder.fits(part) for part in parts} | {folder.record(part) for part in parts}
        known |= {folder.output(part) for part in parts}
        for place in ("fits", "records", folder.config.form):
            for path in sorted(set((folder.path / place).iterdir()) - known):
                yield f"{path.relative_to(folder.path)}: is nothing of this run"
    except (DataSetError, OSError, ValueError) as error:
        yield f"{error}"


def _manifest_faults(folder: RunFolder, parts: Sequence[Part]) -> Iterator[str]:
    """Whether the manifest, and the list of what was refused, have what the records say."""
    found = open_manifest(folder.path / MANIFEST).rows()
    for part in parts:
        file = folder.record(part)
        expected = [row for rows in rows_of_record(read_record(file), file) for row in rows]
        if not batch_of(list(islice(found, len(expected)))).equals(batch_of(expected)):
            yield f"{MANIFEST}: differs from the record of {part.name}; remove {CHECKSUMS} and run again"
            return
    if next(found, None) is not None:
        yield f"{MANIFEST}: has more rows than there are outputs; remove {CHECKSUMS} and run again"
    if (folder.path / REFUSED).read_text(encoding="utf-8") != "".join(refusals_of(folder, parts)):
        yield f"{REFUSED}: differs from the records; remove {CHECKSUMS} and run again"
