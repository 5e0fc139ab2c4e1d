"""The end of a run: the manifest of its outputs, the list of what was refused, the checksums of all of its files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from affectface.augment.manifest import write_manifest
from affectface.augment.plan import jobs_of
from affectface.augment.running.folder import CHECKSUMS, MANIFEST, PLAN, REFUSED, RunFolder
from affectface.augment.running.parts import Part
from affectface.augment.running.records import read_record, read_summary, rows_of_record
from affectface.augment.running.settings import SETTINGS
from affectface.files import atomic_path, sha256_of
from affectface.provenance import describe


def is_finished(folder: RunFolder) -> bool:
    """Return whether a run has its checksums, which are written last."""
    return (folder.path / CHECKSUMS).is_file()


def finish(folder: RunFolder, parts: Sequence[Part]) -> None:
    """Write manifest and checksums of a run whose parts are all done.

    Parameters
    ----------
    folder : RunFolder
        The run.
    parts : sequence of Part
        Its parts.

    Raises
    ------
    DataSetError
        If a record is damaged, or something cannot be written.
    """
    with write_manifest(folder.path / MANIFEST) as writer:
        for part in parts:
            file = folder.record(part)
            for rows in rows_of_record(read_record(file), file):
                for row in rows:
                    writer.add(row)
    with atomic_path(folder.path / REFUSED) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(refusals_of(folder, parts))
    with atomic_path(folder.path / CHECKSUMS) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for file, checksum in listed(folder, parts):
            stream.write(f"{checksum}  {file.relative_to(folder.path).as_posix()}\n")


def refusals_of(folder: RunFolder, parts: Sequence[Part]) -> Iterator[str]:
    """Yield the lines of the table of jobs without an output: number, photo, frame, target and reason."""
    yield "job,path,frame,target,reason\n"
    for part in parts:
        if not read_summary(folder.record(part)).reasons:
            continue
        table = read_record(folder.record(part))
        for job, reason in zip(jobs_of(table, folder.path), table.column("reason").to_pylist(), strict=True):
            if reason:
                line = io.StringIO()
                target = json.dumps(describe(job.target, intensity=job.intensity), sort_keys=True)
                cells = (job.number, job.photo.path, "" if job.photo.frame is None else job.photo.frame, target, reason)
                csv.writer(line, lineterminator="\n").writerow(cells)
                yield line.getvalue()


def listed(folder: RunFolder, parts: Sequence[Part]) -> Iterator[tuple[Path, str]]:
    """Yield the files of a run that is done, with the checksums that they had when they were written.

    Parameters
    ----------
    folder : RunFolder
        The run.
    parts : sequence of Part
        Its parts.

    Yields
    ------
    tuple of Path and str
        Outputs have the checksum that the process that wrote them took.
    """
    for name in (SETTINGS, PLAN, MANIFEST, REFUSED):
        yield folder.path / name, sha256_of(folder.path / name)
    for part in parts:
        yield folder.fits(part), sha256_of(folder.fits(part))
        record = folder.record(part)
        yield record, sha256_of(record)
        if checksum := read_summary(record).checksum:
            yield folder.output(part), checksum
            continue
        table = read_record(record)
        for path, checksum in zip(*(table.column(name).to_pylist() for name in ("output", "sha256")), strict=True):
            if path:
                yield folder.path / path, checksum
