"""What the page's server lets through, keeps and refuses, without a browser."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from affectface.errors import AnnotationError
from affectface.gallery.annotation.page.application import make_application
from affectface.gallery.annotation.page.guard import LARGEST_BODY, Guard
from affectface.gallery.annotation.page.serving import Address, _bound, _keep, _last_address
from affectface.gallery.annotation.page.session import Session, sequence_id
from affectface.gallery.annotation.playable import Playable
from affectface.gallery.annotation.trace_folder import read_trace_folder

TOKEN, PORT = "t" * 32, 8642
NAMES = ("smile", "../../escape", '<img src=x onerror="alert(1)">', "=1+1", "ß\u202e/☃")


class Page:
    """Speaks to the guarded application as a browser does."""

    def __init__(self, folder: Path, *, names: tuple[str, ...] = NAMES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        clip = folder / "clip.mp4"
        clip.write_bytes(bytes(range(256)) * 4)
        playables = [Playable(name, 10.0, 30.0, 300, clip) for name in names]
        self.folder = folder
        self.session = Session(playables, "anna", ("valence", "arousal"), folder / "traces")
        self.guard = Guard(make_application(self.session, "mark"), TOKEN, PORT)

    def ask(
        self, path: str, body: Any = None, *, headers: dict[str, str] | None = None, token: str = TOKEN
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request, a POST if it has a body; return status, headers and body of the answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        given = {"host": f"127.0.0.1:{PORT}", "content-type": "application/json"} | (headers or {})
        where, _, query = f"/{token}{path}".partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": where,
            "raw_path": where.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in given.items() if value],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", PORT),
        }
        sent: list[dict[str, Any]] = []
        chunks = [raw[start : start + 65536] for start in range(0, len(raw), 65536)] or [b""]

        async def receive() -> dict[str, Any]:
            if chunks:
                return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}
            await asyncio.sleep(60)
            raise AssertionError("asked for more than there is")

        async def send(message: Any) -> None:
            sent.append(dict(message))

        asyncio.run(self.guard(scope, receive, send))
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])

    def post(self, verb: str, body: Any, *, name: str = "smile", **more: Any) -> tuple[int, Any]:
        """Post to a trace of valence; return status and answer."""
        status, _, answer = self.ask(f"/api/trace/{sequence_id(name)}/valence/{verb}", body, **more)
        return status, json.loads(answer)

    def trace(self, name: str = "smile") -> Any:
        """Return what stands."""
        return json.loads(self.ask(f"/api/trace/{sequence_id(name)}/valence")[2])


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path)


def said(take: str, first: int, samples: list[Any], known: str | None = None) -> dict[str, Any]:
    return {"take": take, "known": known, "first": first, "samples": samples}


def test_saying_clearing_and_taking_back(page: Page) -> None:
    assert page.post("say", said("t1", 0, [[0, 0.5], [0.04, 0.25]])) == (200, {"have": 2})
    assert page.post("say", said("t1", 0, [[0, 0.5], [0.04, 0.25], [0.08, 0]])) == (200, {"have": 3})
    assert page.trace() == {"samples": [[0, 0.5], [0.04, 0.25], [0.08, 0]], "takes": ["t1"]}
    assert page.post("clear", {"take": "t2", "known": "t1", "time": 0.05})[0] == 200
    assert len(page.trace()["samples"]) == 2
    assert page.post("undo", {"take": "t2"})[0] == page.post("undo", {"take": "t2"})[0] == 200
    again = Page(page.folder)  # the server died and was started again
    assert again.trace() == {"samples": [[0, 0.5], [0.04, 0.25], [0.08, 0]], "takes": ["t1"]}
    until = json.loads(again.ask("/api/session")[2])["sequences"][0]["until"]
    assert until == {"valence": 0.08, "arousal": 0.0}


def test_two_windows_do_not_overwrite_each_other_blindly(page: Page) -> None:
    assert page.post("say", said("t1", 0, [[0, 0.5]]))[0] == 200
    status, answer = page.post("say", said("t2", 0, [[0, -0.5]]))  # a window that was opened before t1
    assert status == 409
    assert "another window" in answer["error"]
    assert page.post("clear", {"take": "t3", "known": None, "time": 0})[0] == 409
    assert page.post("say", said("t1", 1, [[1, 0.5]]))[0] == 200  # the first goes on
    assert page.post("say", said("t2", 0, [[2, -0.5]], known="t1"))[0] == 200
    assert page.post("undo", {"take": "t1"})[0] == 409
    assert page.trace()["samples"] == [[0, 0.5], [1, 0.5], [2, -0.5]]


@pytest.mark.parametrize(
    "body",
    [
        said("t", 0, [[0, 1.5]]),
        said("t", 0, [[-1, 0]]),
        said("t", 0, [["nan", 0]]),
        b'{"take": "t", "known": null, "first": 0, "samples": [[0, NaN]]}',
        b'{"take": "t", "known": null, "first": 0, "samples": [[Infinity, 0]]}',
        said("../t", 0, [[0, 0]]),
        said("t" * 65, 0, [[0, 0]]),
        said("t", -1, [[0, 0]]),
        said("t", 0, [[0, 0]] * 20001),
        {**said("t", 0, [[0, 0]]), "annotator": "somebody else"},
        b"not json",
        b"[" * 100000,
        said("t", 0, [[0, 0], [0, 0]]),
        said("t", 1, [[0, 0]]),
        said("t", 0, [[60, 0]]),
    ],
)
def test_what_is_not_said_is_not_kept(page: Page, body: Any) -> None:
    status, _, _ = page.ask(f"/api/trace/{sequence_id('smile')}/valence/say", body)
    assert 400 <= status < 500
    assert page.trace() == {"samples": [], "takes": []}
    assert not list((page.folder / "traces").glob("*")) if (page.folder / "traces").exists() else True


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example:8642"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://127.0.0.1:8642"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"origin": f"http://127.0.0.1:{PORT}", "sec-fetch-site": "same-origin"}, 200),
        ({"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}, 200),
    ],
)
def test_only_the_page_itself_may_write(page: Page, headers: dict[str, str], status: int) -> None:
    assert page.post("say", said("t", 0, [[0, 0.5]]), headers=headers)[0] == status
    assert bool(page.trace()["samples"]) == (status == 200)


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "t", "ü" * 32])
def test_without_the_token_there_is_nothing(page: Page, token: str) -> None:
    for path in ("/", "/api/session", "/export.csv", "/page.js"):
        status, _, answer = page.ask(path, token=token)
        assert status == 404
        assert "command printed" in json.loads(answer)["error"]
    assert page.post("say", said("t", 0, [[0, 0.5]]), token=token)[0] == 404
    assert page.trace()["samples"] == []


def test_a_huge_body_is_not_read(page: Page) -> None:
    status, answer = page.post("say", b" " * (LARGEST_BODY + 1))
    assert (status, answer) == (413, {"error": f"more than {LARGEST_BODY} bytes"})


def test_a_full_disk_is_said_and_the_page_may_try_again(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        status, answer = page.post("say", said("t", 0, [[0, 0.5]]))
        assert (status, answer) == (507, {"error": "cannot be saved: No space left on device"})
    assert page.trace()["samples"] == []
    assert page.post("say", said("t", 0, [[0, 0.5]])) == (200, {"have": 1})


def test_hostile_names_are_data(page: Page) -> None:
    for number, name in enumerate(NAMES):
        assert page.post("say", said("t", 0, [[0, number / 10]]), name=name)[0] == 200
    found = {trace.sequence: trace.values[0] for trace in read_trace_folder(page.folder / "traces")}
    assert found == {name: number / 10 for number, name in enumerate(NAMES)}
    assert {path.parent for path in page.folder.rglob("*.jsonl")} == {page.folder / "traces"}
    _, headers, text = page.ask("/export.csv")
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    assert {row["sequence"] for row in rows} == set(NAMES)
    assert headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize("path", ["/../session.py", "/..%2Fsession.py", "/static", "/guard.py", "/api/x", "/clip/x"])
def test_no_other_file_is_served(page: Page, path: str) -> None:
    assert page.ask(path)[0] == 404


def test_the_page_needs_nothing_from_elsewhere(page: Page) -> None:
    for name, kind in (("", "text/html"), ("page.js", "text/javascript"), ("style.css", "text/css")):
        status, headers, text = page.ask(f"/{name}")
        assert (status, headers["content-type"].split(";")[0]) == (200, kind)
        assert "default-src 'self'" in headers["content-security-policy"]
        assert b"http" not in text.replace(b"http://www.w3.org/2000/svg", b"")


def test_clips_are_served_in_parts(page: Page) -> None:
    path = f"/clip/{sequence_id('smile')}"
    status, headers, part = page.ask(path, headers={"range": "bytes=250-260"})
    assert (status, part) == (206, (bytes(range(256)) * 2)[250:261])
    assert headers["content-type"] == "video/mp4"
    assert json.loads(page.ask(f"/api{path}")[2])["state"] == "ready"


def test_a_clip_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    def broken(advance: Callable[[int], None]) -> None:
        advance(1)
        raise AnnotationError("the film is broken")

    page = Page(tmp_path)
    missing = tmp_path / "none.mp4"
    page.session = Session([Playable("a", 1.0, 25.0, 25, missing, broken)], "anna", ("valence",), tmp_path / "t")
    page.guard = Guard(make_application(page.session, "mark"), TOKEN, PORT)
    path = f"/api/clip/{sequence_id('a')}"
    page.ask(path)
    thread = page.session.clips._thread
    if thread is not None:
        thread.join(10)
    assert json.loads(page.ask(path)[2]) == {"state": "failed", "done": 0, "of": 25, "why": "the film is broken"}
    assert page.ask(f"/clip/{sequence_id('a')}")[0] == 409
    assert page.ask(f"/api/trace/{sequence_id('a')}/arousal")[0] == 404


def test_the_address_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    kept = tmp_path / "t" / ".page.json"
    _keep(kept, Address(TOKEN, PORT))
    assert _last_address(kept) == Address(TOKEN, PORT)
    assert kept.stat().st_mode & 0o077 == 0
    for text in ("", "[]", '{"token": "short", "port": 8642}', '{"token": "' + TOKEN + '", "port": "x"}'):
        kept.write_text(text)
        assert _last_address(kept) is None


def test_a_port_that_is_taken() -> None:
    taken = _bound(None, 0)
    port = taken.getsockname()[1]
    try:
        assert taken.getsockname()[0] == "127.0.0.1"
        with pytest.raises(AnnotationError, match=f"port {port}: cannot be used"):
            _bound(port, 0)
        other = _bound(None, port)
        assert other.getsockname()[1] != port
        other.close()
    finally:
        taken.close()
