"""Frames that are read ahead are those of the files, block by block, and nothing goes on when they are left."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import GalleryError
from affectface.gallery.building import reading
from affectface.gallery.building.reading import frame_blocks
from affectface.gallery.store.streams import map_npy, npy_header

COUNTS = (7, 1, 40, 3)


@pytest.fixture(params=[5, 40_000], ids=["small", "large"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> list[np.ndarray]:
    """Sequences of few frames: of meshes of five numbers, and of meshes that another thread reads."""
    rng = np.random.default_rng(0)
    found = []
    for number, count in enumerate(COUNTS):
        shape = (count, request.param)
        path = tmp_path / f"{number}.npy"
        path.write_bytes(npy_header(shape) + rng.normal(size=shape).astype(np.float32).tobytes())
        found.append(map_npy(path, shape))
    return found


def needed_of(files: list[np.ndarray]) -> list[np.ndarray]:
    needed = [np.ones(len(file), dtype=bool) for file in files]
    needed[0][:2] = needed[0][-1] = False
    needed[1][:] = False
    needed[2][5:30] = False
    return needed


@pytest.mark.parametrize("frames", [1, 3, 1000])
def test_they_hold_what_is_needed_in_order(
    files: list[np.ndarray], frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", frames * files[0][0].nbytes)
    needed = needed_of(files)
    seen: list[list[int]] = [[] for _ in files]
    last = 0
    for place, first, block in frame_blocks(zip(files, needed, strict=True)):
        assert place in (last, last + 1)  # no sequence is passed over
        assert len(block) <= frames
        np.testing.assert_array_equal(block, files[place][first : first + len(block)])
        seen[place] += range(first, first + len(block))
        last = place
    assert last == len(files) - 1
    for rows, wanted in zip(seen, needed, strict=True):
        assert sorted(set(rows)) == rows
        assert set(np.flatnonzero(wanted)) <= set(rows)
    assert not seen[1]
    if frames == 1:
        assert seen[2] == [*range(5), *range(30, 40)]  # what nobody needs is not read


def test_arrays_in_memory_are_read_too() -> None:
    values = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    ((place, first, block),) = frame_blocks([(values, np.ones(2, dtype=bool))])
    assert (place, first) == (0, 0)
    np.testing.assert_array_equal(block, values.reshape(2, 6))


def test_a_file_that_ends_early_is_refused(files: list[np.ndarray]) -> None:
    path = Path(files[2].filename)  # type: ignore[attr-defined]
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size - 4)
    with pytest.raises(GalleryError, match=r"2\.npy: ends early; copy the gallery again"):
        list(frame_blocks((file, np.ones(len(file), dtype=bool)) for file in files))


def test_only_a_few_blocks_are_read_ahead_and_leaving_ends_it(tmp_path: Path) -> None:
    values = np.zeros((2, 40_000), dtype=np.float32)
    asked = []

    def endless() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        while True:
            asked.append(1)
            yield values, np.ones(2, dtype=bool)

    blocks = frame_blocks(endless())
    for _ in range(5):
        next(blocks)
    assert len(asked) <= 5 + 3
    assert any(thread.name.startswith("reading") for thread in threading.enumerate())
    blocks.close()
    assert not any(thread.name.startswith("reading") for thread in threading.enumerate())
