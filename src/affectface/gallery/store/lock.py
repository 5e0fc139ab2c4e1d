"""One process at a time writes into a folder; the lock goes with the process, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from affectface.errors import GalleryError

try:
    import fcntl
except ImportError:  # Windows: there nothing stops a second writer
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    wait : bool
        Whether to wait for another holder, instead of refusing.

    Raises
    ------
    GalleryError
        If it is held by another process and is not waited for.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise GalleryError(f"{folder}: another process is writing it; wait until that is done") from None
        except OSError:
            pass  # a file system without locks, such as some network ones
        yield
    finally:
        os.close(handle)
