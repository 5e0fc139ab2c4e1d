"""Trainings side by side: each in a process of its own on one thread, or one after the other in this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from affectface.errors import DataSetError
from affectface.processes import serve_parent


class Crew:
    """Those who do what is to be done.

    Parameters
    ----------
    workers : int
        Processes; with 1 everything is done in this one.

    Notes
    -----
    Interrupted, it ends when what is at work is done, so that nothing of it is lost.
    """

    def __init__(self, workers: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if workers > 1:
            self._pool = ProcessPoolExecutor(workers, get_context("spawn"), _start)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def do(self, work: Callable[..., None], tasks: Iterable[tuple[Any, ...]], advance: Callable[[int], None]) -> None:
        """Call `work` with each task.

        Parameters
        ----------
        work : callable
            A function of a module.
        tasks : iterable of tuple
            Its arguments.
        advance : callable
            Called with 1 after each.

        Raises
        ------
        DataSetError
            If a process is killed.
        """
        if self._pool is None:
            for task in tasks:
                work(*task)
                advance(1)
            return
        try:
            for future in as_completed([self._pool.submit(work, *task) for task in tasks]):
                future.result()
                advance(1)
        except BrokenProcessPool:
            raise DataSetError(
                "a process of the experiment was killed; free memory, or use fewer --workers, and run again"
            ) from None


def _start() -> None:
    import torch

    serve_parent()
    torch.set_num_threads(1)
