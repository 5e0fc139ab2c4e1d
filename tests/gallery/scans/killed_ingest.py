"""Run by a test in a process of its own: ingest again and again, killed each time at another file operation.

Arguments: source, reference, out, seed, how many kills. Prints how many kills happened.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from random import Random

from affectface.gallery.scans import IngestConfig, ingest_scans, plan_ingest

OPERATIONS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "os.scandir"}


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*"))
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in files
    }


def run(source: Path, out: Path, topology: str) -> None:
    ingest_scans(plan_ingest(source, IngestConfig(topology=topology)), out)  # type: ignore[arg-type]


def killed_at(source: Path, out: Path, topology: str, operation: int) -> bool:
    """Ingest in a child that is killed without warning at its nth operation on the gallery; say whether it was."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    count = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in OPERATIONS and str(out) in str(arguments[0]):
            count += 1
            if count == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    run(source, out, topology)
    os._exit(0)


def killed_after(source: Path, out: Path, topology: str, seconds: float) -> bool:
    """Ingest in a child that is killed after some time; say whether it was still running."""
    child = os.fork()
    if not child:
        run(source, out, topology)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main() -> None:
    source, reference, out = map(Path, sys.argv[1:4])
    rng, kills, happened = Random(int(sys.argv[4])), int(sys.argv[5]), 0
    for topology in ("scans", "registered"):
        started = time.monotonic()
        run(source, reference, topology)
        took, wanted = time.monotonic() - started, contents(reference)
        for turn in range(kills):
            # Several kills in a row on the same gallery; a whole run takes some 50 operations on it.
            for _ in range(1 + turn % 3):
                if turn % 4 == 3:
                    happened += killed_after(source, out, topology, rng.uniform(0, took))
                else:
                    happened += killed_at(source, out, topology, rng.randint(1, 44))
            run(source, out, topology)
            assert contents(out) == wanted, f"{topology}, turn {turn}"
            shutil.rmtree(out)
        shutil.rmtree(reference)
    print(happened)


main()
