"""The page's server: on this machine only, at an address that nobody can guess."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from affectface.errors import AnnotationError
from affectface.gallery.annotation.page.application import make_application
from affectface.gallery.annotation.page.guard import Guard
from affectface.gallery.annotation.page.session import Session

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")


@dataclass(frozen=True)
class Address:
    """Where a page is found.

    Attributes
    ----------
    token : str
        The secret part.
    port : int
        The port on this machine.
    """

    token: str
    port: int

    @property
    def url(self) -> str:
        """What the browser opens."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"


def serve(session: Session, folder: Path, *, port: int | None = None, opened: Callable[[str], None]) -> None:
    """Serve the page until it is interrupted.

    Parameters
    ----------
    session : Session
        The sequences and traces.
    folder : Path
        The folder of traces, in which the address is kept: after a crash an open page finds its server again.
    port : int, optional
        The port; the last one or any that is free if not given.
    opened : callable
        Told the address when it answers.

    Raises
    ------
    AnnotationError
        If the port is taken, or the folder cannot be written.
    """
    name = hashlib.sha256(session.annotator.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    kept = folder / f".page-{name}.json"
    last = _last_address(kept)
    bound = _bound(port, last.port if last else 0)
    address = Address(last.token if last else secrets.token_urlsafe(24), bound.getsockname()[1])
    try:
        _keep(kept, address)
    except OSError as error:
        bound.close()
        raise AnnotationError(f"{kept}: cannot be written ({error.strerror}); give another folder with -o") from None
    mark = hashlib.sha256(address.token.encode()).hexdigest()[:12]
    guarded = Guard(make_application(session, mark), address.token, address.port)
    config = uvicorn.Config(
        guarded,
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    opened(address.url)
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        bound.close()
        session.clips.stop()


def _bound(asked: int | None, last: int) -> socket.socket:
    """Return a socket on this machine: at the port that is asked for, else at the last one, else at any."""
    for port in [asked] if asked else [last, 0]:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # elsewhere it would share the port
        try:
            bound.bind(("127.0.0.1", port))
            bound.listen(128)
            return bound
        except OSError as error:
            bound.close()
            if port == 0 or asked:
                raise AnnotationError(f"port {port}: cannot be used ({error.strerror}); give another --port") from None
    raise AssertionError("a port of 0 is always tried")


def _last_address(kept: Path) -> Address | None:
    """Return the address that this page had the last time."""
    try:
        found = json.loads(kept.read_text(encoding="utf-8")[:1000])
        token, port = found["token"], found["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not (isinstance(token, str) and _TOKEN.fullmatch(token) and isinstance(port, int) and 0 < port < 65536):
        return None
    return Address(token, port)


def _keep(kept: Path, address: Address) -> None:
    """Keep an address where only its owner can read it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"token": address.token, "port": address.port}, file)
