"""Clips are written as a whole or not at all, keep size and colour, and stand still where nothing moves."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import PIL.Image
import pytest

from affectface.arrays import Image
from affectface.clips import write_clip
from affectface.errors import ImageError
from affectface.images import read_image
from affectface.provenance import Provenance


def frames(count: int, height: int = 64, width: int = 80) -> Iterator[Image]:
    """Yield smooth pictures in which a square moves."""
    y, x = np.mgrid[:height, :width]
    still = np.stack([y * 200 // height + 20, x * 200 // width + 20, (x + y) % 256], axis=2).astype(np.uint8)
    for number in range(count):
        frame = still.copy()
        frame[10:20, 10 + number : 20 + number] = (250, 40, 40)
        yield frame


def decoded(path: Path) -> tuple[float, list[Image]]:
    """Return a clip's frames a second and its frames."""
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate)
        return rate, [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


class TestMp4:
    @pytest.mark.parametrize(("height", "width"), [(64, 80), (63, 79), (64, 79)])
    def test_sizes_and_colours(self, tmp_path: Path, height: int, width: int) -> None:
        assert write_clip(tmp_path / "x.mp4", frames(12, height, width), 25, Provenance()) == 12
        rate, found = decoded(tmp_path / "x.mp4")
        assert len(found) == 12
        assert rate == 25
        assert found[0].shape == (64, 80, 3)
        wanted = next(frames(1, height, width))
        difference = found[0][:height, :width].astype(int) - wanted
        assert np.abs(difference.mean(axis=(0, 1))).max() < 3
        assert np.abs(difference).mean() < 8

    def test_colours_are_tagged(self, tmp_path: Path) -> None:
        write_clip(tmp_path / "x.mp4", frames(2), 29.97, Provenance())
        with av.open(str(tmp_path / "x.mp4")) as container:
            context = container.streams.video[0].codec_context
            assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
            assert abs(float(container.streams.video[0].average_rate) - 29.97) < 0.01

    def test_memory_does_not_grow_with_the_length(self, tmp_path: Path) -> None:
        peaks = []
        for count in (30, 120):
            tracemalloc.start()
            write_clip(tmp_path / "x.mp4", frames(count, 128, 256), 25, Provenance())
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert peaks[1] < peaks[0] + 8 * 128 * 256 * 3


class TestGif:
    def test_nothing_flickers_where_nothing_moves(self, tmp_path: Path) -> None:
        write_clip(tmp_path / "x.gif", frames(10), 25, Provenance())
        with PIL.Image.open(tmp_path / "x.gif") as clip:
            assert clip.n_frames == 10
            found = []
            durations = []
            for number in range(10):
                clip.seek(number)
                found.append(np.array(clip.convert("RGB")))
                durations.append(clip.info["duration"])
        assert (np.ptp(np.stack(found)[:, 30:], axis=0) == 0).all()
        assert sum(durations) == 400
        assert np.abs(found[0].astype(int) - next(frames(1))).mean() < 12

    def test_the_length_is_kept_at_odd_rates(self, tmp_path: Path) -> None:
        write_clip(tmp_path / "x.gif", frames(30), 30, Provenance())
        with PIL.Image.open(tmp_path / "x.gif") as clip:
            total = 0
            for number in range(clip.n_frames):
                clip.seek(number)
                total += clip.info["duration"]
        assert total == 1000


def test_webp(tmp_path: Path) -> None:
    assert write_clip(tmp_path / "x.webp", frames(5), 25, Provenance()) == 5
    with PIL.Image.open(tmp_path / "x.webp") as clip:
        assert clip.n_frames == 5


def test_folder(tmp_path: Path) -> None:
    assert write_clip(tmp_path / "clip", frames(3), 25, Provenance()) == 3
    names = sorted(file.name for file in (tmp_path / "clip").iterdir())
    assert names == ["frame_0000.png", "frame_0001.png", "frame_0002.png"]
    for name, frame in zip(names, frames(3), strict=True):
        assert (read_image(tmp_path / "clip" / name) == frame).all()
    with pytest.raises(ImageError, match="not empty"):
        write_clip(tmp_path / "clip", frames(3), 25, Provenance())
    (tmp_path / "empty").mkdir()
    assert write_clip(tmp_path / "empty", frames(1), 25, Provenance()) == 1


@pytest.mark.parametrize("name", ["x.mp4", "x.gif", "x.webp", "folder"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_clip_leaves_nothing(tmp_path: Path, name: str, error: type[BaseException]) -> None:
    def broken() -> Iterator[Image]:
        yield from frames(4)
        raise error

    with pytest.raises(error):
        write_clip(tmp_path / name, broken(), 25, Provenance())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.mp4", "x.gif", "x.webp", "folder"])
def test_refusals(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match="no frame"):
        write_clip(tmp_path / name, [], 25, Provenance())
    for fps in (0, -1, float("nan"), 1000):
        with pytest.raises(ImageError, match="frames a second"):
            write_clip(tmp_path / name, frames(2), fps, Provenance())
    with pytest.raises(ValueError, match="frame 1 has shape"):
        write_clip(tmp_path / name, [*frames(1), *frames(1, 10, 10)], 25, Provenance())
    assert list(tmp_path.iterdir()) == []


def test_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"unknown suffix '\.avi'"):
        write_clip(tmp_path / "x.avi", frames(2), 25, Provenance())
