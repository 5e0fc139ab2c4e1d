"""Downloads that can be taken up again, and are checked before they count."""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from affectface.errors import AssetError
from affectface.files import sha256_of

Progress = Callable[[int], None]
"""Called with the number of bytes that just arrived."""

_CHUNK = 1 << 18


def download(
    url: str,
    target: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
    timeout: float = 30,
) -> None:
    """Fetch a file over HTTP or HTTPS; an interrupted download goes on where it stopped.

    Parameters
    ----------
    url : str
        Where it is.
    target : path-like
        Where it goes. Until it is whole and checked it is called `target` with ``.part`` added.
    sha256 : str, optional
        The checksum it must have.
    progress : callable, optional
        Called with the number of bytes that just arrived.
    timeout : float
        Seconds without an answer after which to give up.

    Raises
    ------
    AssetError
        If the server cannot be reached, refuses, breaks off, or sends another file than the one that is wanted.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise AssetError(f"{url}: not an address of the web; give one that starts with https://")
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        _fetch(url, part, progress or (lambda _: None), timeout)
    except urllib.error.HTTPError as error:
        error.close()
        raise AssetError(f"{url}: the server answers {error.code} ({error.reason}); check the address") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise AssetError(f"{url}: cannot be fetched ({reason}); check the connection and run the same again") from None
    if sha256 is not None and (found := sha256_of(part)) != sha256:
        part.unlink()
        raise AssetError(f"{url}: its checksum is {found[:12]}..., {sha256[:12]}... is needed; the file was discarded")
    os.replace(part, target)


def _fetch(url: str, part: Path, progress: Progress, timeout: float) -> None:
    """Append what is missing of `url` to `part`."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "affectface", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        error.close()  # nothing is missing, or the part is of another file: begin anew
        part.unlink()
        return _fetch(url, part, progress, timeout)
    with answer:
        resumed = answer.status == 206
        length = answer.headers.get("Content-Length")
        expected = None if length is None else int(length) + (have if resumed else 0)
        if resumed:
            progress(have)
        with part.open("ab" if resumed else "wb") as file:
            while block := answer.read(_CHUNK):
                file.write(block)
                progress(len(block))
            size = file.tell()
    if expected is not None and size < expected:
        raise OSError(f"the connection broke off after {size} of {expected} bytes")
    return None
