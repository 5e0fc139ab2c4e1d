"""Matrix products of a face are small: a second thread takes longer to wake than to help.

On a machine that also does other things it waits, spinning, for the first: a fit of 20 ms then takes a second.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep matrix products to one thread; as a context or a decorator. What the caller had set comes back after it.

    Yields
    ------
    None
        Nothing.
    """
    with _libraries("scipy.linalg" in sys.modules).limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=2)
def _libraries(with_scipy: bool) -> Any:
    """The libraries that are loaded; looked for anew once SciPy has brought its own."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
