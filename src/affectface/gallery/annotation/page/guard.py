"""Who may speak to the page: this machine's browser, at the address that was printed, and nobody else.

A web page from elsewhere can make a browser send requests to this machine. It does not know the token in the address; a
name that it lets point here is refused by the Host header, and what it posts by its Origin and content type.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 2**20
"""Bytes of a request; a second of annotation has about a thousand."""

_HEADERS = [
    (b"content-security-policy", b"default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-cache"),
]


class Guard:
    """Stands before an application and lets through what comes from the page.

    Parameters
    ----------
    application : callable
        The ASGI application, which sees addresses without the token.
    token : str
        The first part of every address.
    port : int
        The port, for the Host header.
    """

    def __init__(self, application: Application, token: str, port: int) -> None:
        self._application, self._token = application, token
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refused, body = self._refused(scope), b""
        if not refused and scope["method"] not in ("GET", "HEAD"):
            body, refused = await _whole_body(receive)
        if refused:
            await _answer(send, *refused)
            return
        inner = dict(scope)
        inner["path"] = "/" + scope["path"].split("/", 2)[2]
        inner["root_path"] = ""
        inner.pop("raw_path", None)
        sent = False

        async def replayed() -> MutableMapping[str, Any]:
            nonlocal sent
            if not sent:
                sent = True
                return {"type": "http.request", "body": body, "more_body": False}
            return await receive()

        async def headed(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self._application(inner, replayed, headed)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and words if a request is refused."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("host") not in self._hosts:
            return 421, "this page answers to 127.0.0.1 and localhost only"
        parts = scope["path"].split("/", 2)
        if len(parts) < 3 or not secrets.compare_digest(parts[1].encode(), self._token.encode()):
            return 404, "nothing here; open the address that the command printed"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "this page answers to itself only"
        if scope["method"] in ("GET", "HEAD"):
            return None
        if headers.get("origin", "http://localhost").removeprefix("http://") not in (*self._hosts, "localhost"):
            return 403, "this page answers to itself only"
        if headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return 415, "application/json is needed"
        return None


async def _whole_body(receive: Receive) -> tuple[bytes, tuple[int, str] | None]:
    """Return what was sent, or that it is too much: then the rest is not read."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"", (400, "the request broke off")
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return b"", (413, f"more than {LARGEST_BODY} bytes")
        if not message.get("more_body"):
            return body, None


async def _answer(send: Send, status: int, words: str) -> None:
    """Answer with one line."""
    text = json.dumps({"error": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode()), *_HEADERS]
    headers += [(b"connection", b"close")] if status == 413 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
