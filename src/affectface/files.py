"""Files that are either written as a whole or not at all, and their checksums."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside `path`, and move what was written there to `path` at the end.

    Parameters
    ----------
    path : path-like
        The file or folder to make; its folder is made if it is missing.

    Yields
    ------
    Path
        The temporary name, with the same suffix. Nothing stands there yet. If the block fails or is interrupted,
        whatever was written there is removed and `path` stays as it was.

    Notes
    -----
    The name is ours and not `tempfile`'s, whose files nobody but their owner may read.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def no_room(error: OSError) -> bool:
    """Return whether an error says that a disk, a quota or the largest file is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def unwritten(place: Path, error: OSError) -> str:
    """Return what is said when a file cannot be written: what was found, and what to do."""
    said = os.strerror(error.errno) if error.errno else str(error)  # Arrow's own words are longer
    do = "make room and call again" if no_room(error) else "choose another folder"
    return f"{place}: cannot be written ({' '.join(said.split())[:120]}); {do}"


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 checksum of a file, in hexadecimal digits.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    str
        The checksum.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
