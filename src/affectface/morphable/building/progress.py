"""How a long piece of work tells how far it is, whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], None]
"""Takes the number of further steps that are done."""

Progress = Callable[[str, int | None], AbstractContextManager[Advance]]
"""Takes what is done and how many steps it has, if that is known; gives an `Advance`."""


@contextmanager
def silent(_words: str, _total: int | None) -> Iterator[Advance]:
    """Tell nobody."""
    yield lambda _steps: None
