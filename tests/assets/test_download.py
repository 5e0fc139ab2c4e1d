"""Downloads from a server on this machine, the good and the bad ones."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from affectface.assets.download import download
from affectface.errors import AssetError
from affectface.files import sha256_of

DATA = bytes(range(256)) * 5000
CHECKSUM = hashlib.sha256(DATA).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves DATA, cut off at /cut, and with or without support for taking up again."""

    ranges: list[str | None]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.ranges.append(wanted)
        if self.path not in ("/file", "/cut", "/plain"):
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.path != "/plain" else 0
        if start >= len(DATA):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(DATA) - start))
        self.end_headers()
        self.wfile.write(DATA[start : len(DATA) // 2 if self.path == "/cut" else None])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.ranges = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_file_arrives(server: str, tmp_path: Path) -> None:
    arrived: list[int] = []
    download(f"{server}/file", tmp_path / "new" / "x", sha256=CHECKSUM, progress=arrived.append)
    assert (tmp_path / "new" / "x").read_bytes() == DATA
    assert sum(arrived) == len(DATA)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["x"]
    assert sha256_of(tmp_path / "new" / "x") == CHECKSUM


def test_a_broken_download_is_taken_up_again(server: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="broke off after"):
        download(f"{server}/cut", tmp_path / "x", sha256=CHECKSUM)
    assert not (tmp_path / "x").exists()
    download(f"{server}/file", tmp_path / "x", sha256=CHECKSUM)
    assert (tmp_path / "x").read_bytes() == DATA
    assert Handler.ranges == [None, f"bytes={len(DATA) // 2}-"]


@pytest.mark.parametrize("stale", [len(DATA) // 3, len(DATA), len(DATA) + 5])
def test_servers_that_cannot_go_on_begin_anew(server: str, tmp_path: Path, stale: int) -> None:
    (tmp_path / "x.part").write_bytes((DATA + DATA)[:stale])
    download(f"{server}/plain" if stale < len(DATA) else f"{server}/file", tmp_path / "x", sha256=CHECKSUM)
    assert (tmp_path / "x").read_bytes() == DATA


def test_another_file_is_discarded(server: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="its checksum is"):
        download(f"{server}/file", tmp_path / "x", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="the server answers 404"):
        download(f"{server}/missing", tmp_path / "x")
    with pytest.raises(AssetError, match=r"cannot be fetched .*check the connection"):
        download("http://127.0.0.1:9/x", tmp_path / "x", timeout=5)
    for url in ("file:///etc/passwd", "ftp://127.0.0.1/x", "x"):
        with pytest.raises(AssetError, match="not an address of the web"):
            download(url, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
