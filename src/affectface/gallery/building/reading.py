"""The frames of a gallery, read from front to end, the next blocks while the present one is worked on.

A mapped file is read and not touched page by page, which would leave pages behind. The memory is that of a few buffers,
which are used again and again.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import BoolArray, FloatArray
from affectface.errors import GalleryError

BLOCK_BYTES = 4 << 20
"""Of frames, read at once: what caches of a processor hold."""
_AHEAD = 3
"""Blocks that are read ahead."""
_SMALL = 1 << 18
"""Bytes that are read sooner than another thread is told of them, such as strengths."""

Block = tuple[int, int, FloatArray]
_Reading = Callable[[], FloatArray]


def frame_blocks(several: Iterable[tuple[NDArray[np.float32], BoolArray]]) -> Generator[Block, None, None]:
    """Yield the frames that are needed, in blocks.

    Parameters
    ----------
    several : iterable of tuple
        The frames (F, ...) of each sequence, mapped from disk, and which of them are needed (F,).

    Yields
    ------
    tuple
        The sequence's place, its first frame in the block, and the frames (B, D), float32, among them others that are
        not needed; good until the next one is asked for. Of each sequence there is one block at least, be it empty.

    Raises
    ------
    GalleryError
        If a file ends early.
    """
    waiting: deque[tuple[int, int, _Reading]] = deque()
    spare: list[NDArray[np.float32]] = []
    with ThreadPoolExecutor(1, "reading") as reader:
        try:
            for place, first, count, values in _parts(several):
                room = spare.pop() if spare else np.empty(0, dtype=np.float32)
                read = partial(_read, values, first, count, room)
                small = count * values[0].nbytes < _SMALL
                waiting.append((place, first, read if small else reader.submit(read).result))
                if len(waiting) > _AHEAD:
                    yield from _next(waiting, spare)
            while waiting:
                yield from _next(waiting, spare)
        finally:
            reader.shutdown(cancel_futures=True)


def _next(waiting: deque[tuple[int, int, _Reading]], spare: list[NDArray[np.float32]]) -> Iterator[Block]:
    """Yield the oldest block, whose memory is free afterwards."""
    place, first, read = waiting.popleft()
    block = read()
    yield place, first, block
    spare.append(block.reshape(-1))


def _parts(
    several: Iterable[tuple[NDArray[np.float32], BoolArray]],
) -> Iterator[tuple[int, int, int, NDArray[np.float32]]]:
    """Yield which frames are to be read: the sequence's place, the first one, how many, and the sequence's frames."""
    for place, (values, needed) in enumerate(several):
        rows = np.flatnonzero(needed)
        step = max(1, BLOCK_BYTES // max(values[0].nbytes, 1))
        parts = [
            (first, min(step, int(rows[-1]) + 1 - first))
            for first in range(int(rows[0]) if len(rows) else 0, int(rows[-1]) + 1 if len(rows) else 0, step)
            if needed[first : first + step].any()
        ]
        for first, count in parts or [(0, 0)]:
            yield place, first, count, values


def _read(values: NDArray[np.float32], first: int, count: int, room: NDArray[np.float32]) -> FloatArray:
    """Return frames (B, D), in a buffer if it is large enough."""
    size = int(np.prod(values.shape[1:]))
    if len(room) < count * size:
        room = np.empty(count * size, dtype=np.float32)
    block = room[: count * size].reshape(count, size)
    if not isinstance(values, np.memmap) or values.filename is None:
        np.copyto(block, values[first : first + count].reshape(count, size))
        return block
    with open(values.filename, "rb", buffering=0) as file:
        done, offset = 0, values.offset + first * size * 4
        while done < block.nbytes:
            got = os.preadv(file.fileno(), [block.data.cast("B")[done:]], offset + done)
            if not got:
                raise GalleryError(f"{values.filename}: ends early; copy the gallery again")
            done += got
    return block
