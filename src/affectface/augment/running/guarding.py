"""What keeps two runs out of one folder, and what is said when a disk does not take what is written."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from affectface.errors import DataSetError
from affectface.files import no_room, unwritten

if sys.platform != "win32":  # where nobody is kept out
    import fcntl

LOCK = ".lock"
"""The file of a run's folder that the run at work there holds."""

_ATTEMPTS, _PAUSE = 10, 0.05


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder.

    Raises
    ------
    DataSetError
        If one is at work there.
    OSError
        If the folder cannot be written.
    """
    with (folder / LOCK).open("a") as stream:
        if not _locked(stream):
            raise DataSetError(f"{folder}: another run is at work there; wait for it, or stop it")
        yield


def _locked(stream: IO[str]) -> bool:
    """Whether a file is ours now; somebody may look at its lock for a moment, as `at_work` does."""
    for _ in range(_ATTEMPTS):
        try:
            if sys.platform != "win32":
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_PAUSE)
    return False


def at_work(folder: Path) -> bool:
    """Return whether a run is at work in a folder, on this machine or one that shares its locks."""
    try:
        with (folder / LOCK).open("r") as stream:
            if sys.platform != "win32":
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def unwritable(place: Path, error: OSError) -> DataSetError:
    """Return what is said when a file of a run cannot be written."""
    return DataSetError(unwritten(place, error) + (", which goes on where it was" if no_room(error) else ""))
