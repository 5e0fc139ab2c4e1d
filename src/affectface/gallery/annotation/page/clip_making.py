"""Clips are made one after the other beside the page, so that nobody waits for all of them."""

from __future__ import annotations

import threading
from collections import deque
from typing import Literal

from affectface.gallery.annotation.playable import Playable, why_not

State = Literal["ready", "waiting", "making", "failed"]


class _StoppedError(Exception):
    """Raised inside the making of a clip when the page closes."""


class ClipMaking:
    """Makes the clips that are asked for, the last one asked for first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: deque[Playable] = deque()
        self._done: dict[str, int] = {}
        self._failed: dict[str, str] = {}
        self._thread: threading.Thread | None = None
        self._stopping = False

    def state(self, playable: Playable) -> tuple[State, int, str]:
        """Return how far a clip is: its state, how many frames are done, and why it failed."""
        if playable.ready:
            return "ready", playable.frames, ""
        with self._lock:
            if playable.name in self._failed:
                return "failed", 0, self._failed[playable.name]
            done = self._done.get(playable.name)
            return ("waiting", 0, "") if done is None else ("making", done, "")

    def ask(self, playable: Playable, *, first: bool) -> None:
        """Have a clip made, before all others or after them; nothing happens if it is there or was tried in vain."""
        with self._lock:
            known = playable.name in self._failed or playable.name in self._done
            if playable.ready or playable.make is None or known or self._stopping:
                return
            if playable in self._asked:
                if not first:
                    return
                self._asked.remove(playable)
            if first:
                self._asked.appendleft(playable)
            else:
                self._asked.append(playable)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="clips", daemon=True)
                self._thread.start()

    def stop(self, *, wait: float = 10.0) -> None:
        """Stop making clips; what is half made is removed."""
        with self._lock:
            self._stopping = True
            self._asked.clear()
            thread = self._thread
        if thread is not None:
            thread.join(wait)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._asked or self._stopping:
                    self._thread = None
                    return
                playable = self._asked.popleft()
                self._done[playable.name] = 0
            why = self._made(playable)
            with self._lock:
                del self._done[playable.name]
                if why:
                    self._failed[playable.name] = why

    def _made(self, playable: Playable) -> str:
        """Make one clip; return why it cannot be made, or nothing."""

        def advance(frames: int) -> None:
            if self._stopping:
                raise _StoppedError
            self._done[playable.name] += frames

        try:
            if playable.make is not None:
                playable.make(advance)
        except _StoppedError:
            return ""
        except Exception as error:  # whatever it is, the page has to say so instead of waiting for ever
            return " ".join(why_not(error).split())
        return ""
