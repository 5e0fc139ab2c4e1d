"""Clips in and out: films become frames, and frames an MP4, GIF or WebP file, or a folder of PNG files."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Container, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from affectface.arrays import Image, check_image
from affectface.errors import ImageError
from affectface.files import atomic_path
from affectface.images import exif_data, write_image
from affectface.provenance import Provenance

_PALETTE_FRAMES = 12


FILMS = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg")
"""Endings of the names of films that are read."""


@dataclass(frozen=True)
class Film:
    """A film file, whose frames are read one by one.

    Attributes
    ----------
    path : Path
        The file.
    fps : float
        Its mean frames a second.
    frame_count : int
        How many frames it says it has; at least 1.
    """

    path: Path
    fps: float
    frame_count: int

    def frames(self, wanted: Container[int] | None = None) -> Iterator[Image]:
        """Yield the frames, (H, W, 3) uint8, turned as the film says; all, or those of the wanted numbers.

        Raises
        ------
        ImageError
            If the film cannot be read on.
        """
        import av

        try:
            with av.open(str(self.path)) as container:
                for number, frame in enumerate(container.decode(video=0)):
                    if wanted is not None and number not in wanted:
                        continue
                    upright = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
                    yield np.ascontiguousarray(upright)
        except (OSError, ValueError) as error:  # PyAV's errors are kinds of both
            raise ImageError(f"{self.path}: cannot be read on ({_reason(error)}); repair the film") from None


def open_film(path: str | os.PathLike[str]) -> Film:
    """Return a film file.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Film
        The film; no frame is decoded yet.

    Raises
    ------
    ImageError
        If it cannot be read, or has no pictures.
    """
    import av

    target = Path(path)
    try:
        with av.open(str(target)) as container:
            if not container.streams.video:
                raise ImageError(f"{target}: has no pictures; give a film")
            stream = container.streams.video[0]
            fps = float(stream.average_rate or stream.guessed_rate or 25)
            seconds = float((container.duration or 0) / av.time_base)
            return Film(target, fps, max(1, int(stream.frames or round(seconds * fps))))
    except (OSError, ValueError) as error:
        raise ImageError(f"{target}: cannot be read as a film ({_reason(error)}); use .mp4, .mov or .webm") from None


def _reason(error: Exception) -> str:
    """What a library says of a failure, on one line."""
    return getattr(error, "strerror", None) or " ".join(str(error).split())


def write_clip(
    path: str | os.PathLike[str],
    frames: Iterable[Image],
    fps: float,
    provenance: Provenance,
    *,
    sound_of: str | os.PathLike[str] | None = None,
    threads: int | None = None,
) -> int:
    """Write a clip, atomically, with its provenance in its metadata.

    Parameters
    ----------
    path : path-like
        The file (.mp4, .gif, .webp), or without a suffix the folder for ``frame_0000.png`` and on.
    frames : iterable of ndarray of shape (H, W, 3), uint8
        The frames, all of one size. They are taken one by one; only GIF and WebP keep them until the end (GIF as one
        byte a pixel).
    fps : float
        Frames a second, at most 50 for GIF, whose players go no faster.
    provenance : Provenance
        Where the clip comes from.
    sound_of : path-like, optional
        A film whose sound is copied as it is; only MP4 holds sound.
    threads : int, optional
        Threads of an MP4's encoder; its bytes depend on their number. As many as it likes if not given.

    Returns
    -------
    int
        The number of frames.

    Raises
    ------
    ImageError
        If the suffix is unknown, there is no frame, or the file cannot be written.

    Notes
    -----
    MP4 is H.264 (MPEG-4 where the build of PyAV has no H.264) with subsampled chroma, which needs even sizes: an odd
    last row or column is doubled.
    """
    target, suffix = Path(path), Path(path).suffix.lower()
    highest = 50 if suffix == ".gif" else 240
    if not (math.isfinite(fps) and 0 < fps <= highest):
        raise ImageError(f"{target}: {fps:g} frames a second; more than 0 and at most {highest} are needed")
    if suffix and target.is_dir():
        raise ImageError(f"{target}: is a folder; give the name of a file")
    counted = _Counted(frames)
    try:
        with atomic_path(target) as temporary:
            match suffix:
                case ".mp4":
                    _write_mp4(temporary, counted, fps, provenance, sound_of, threads)
                case ".gif":
                    _write_gif(temporary, counted, fps, provenance)
                case ".webp":
                    _write_webp(temporary, counted, fps, provenance)
                case "":
                    _write_folder(target, temporary, counted, provenance)
                case _:
                    raise ImageError(
                        f"{target}: unknown suffix {suffix!r}; use .mp4, .gif, .webp, or none for a folder"
                    )
            if not counted.count:
                raise ImageError(f"{target}: no frame to write")
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise ImageError(f"{target}: cannot be written ({reason})") from None
    return counted.count


class _Counted:
    """Frames, checked and counted while they pass."""

    def __init__(self, frames: Iterable[Image]) -> None:
        self.count = 0
        self._frames = frames
        self._shape: tuple[int, ...] | None = None

    def __iter__(self) -> Iterator[Image]:
        for frame in self._frames:
            check_image(frame, f"frame {self.count}")
            self._shape = self._shape or frame.shape
            if frame.shape != self._shape:
                raise ValueError(f"frame {self.count} has shape {frame.shape}; the first one's is {self._shape}")
            self.count += 1
            yield frame


def _write_folder(target: Path, temporary: Path, frames: Iterable[Image], provenance: Provenance) -> None:
    """Write one PNG a frame."""
    if target.is_dir() and any(target.iterdir()):
        raise ImageError(f"{target}: the folder is not empty; give a new one")
    temporary.mkdir()
    for number, frame in enumerate(frames):
        write_image(temporary / f"frame_{number:04d}.png", frame, provenance)
    if target.is_dir():
        target.rmdir()  # Windows does not replace a folder, not even an empty one


def _write_mp4(
    temporary: Path,
    frames: Iterable[Image],
    fps: float,
    provenance: Provenance,
    sound_of: str | os.PathLike[str] | None,
    threads: int | None,
) -> None:
    """Encode and write frame by frame, with the sound that belongs to each."""
    import av
    from av.video.reformatter import Colorspace

    with (
        av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as container,
        av.open(str(sound_of)) if sound_of else nullcontext() as film,
    ):
        container.metadata["comment"] = provenance.to_json()
        container.metadata["title"] = "synthetic"
        stream: Any = None
        sound: _Sound | None = None
        for number, image in enumerate(frames):
            height, width = image.shape[:2]
            even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            if stream is None:
                stream = _video_stream(container, fps, even.shape[1], even.shape[0])
                stream.codec_context.thread_count = threads or 0
                sound = _Sound(container, film) if film is not None and film.streams.audio else None
            frame = av.VideoFrame.from_ndarray(even, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            container.mux(stream.encode(frame))
            if sound:
                sound.copy_until((number + 1) / fps)
        if stream is not None:
            container.mux(stream.encode(None))


class _Sound:
    """The sound of a film, copied packet by packet beside the pictures that it belongs to."""

    def __init__(self, container: Any, film: Any) -> None:
        self._container = container
        self._stream = container.add_stream_from_template(film.streams.audio[0])
        self._packets = film.demux(film.streams.audio[0])
        self._waiting: Any = next(self._packets, None)

    def copy_until(self, seconds: float) -> None:
        """Copy what is heard before a time."""
        while self._waiting is not None and (self._waiting.dts is None or self._time() < seconds):
            if self._waiting.dts is not None:  # the last packet of a film is empty
                self._waiting.stream = self._stream
                self._container.mux(self._waiting)
            self._waiting = next(self._packets, None)

    def _time(self) -> float:
        return float(self._waiting.dts * self._waiting.time_base)


def _video_stream(container: Any, fps: float, width: int, height: int) -> Any:
    """Add the video stream: H.264 where the build has it, tagged as BT.709 in the studio range."""
    import av

    h264 = "libx264" in av.codecs_available
    options = {"crf": "16", "preset": "medium"} if h264 else {"qscale": "2"}
    rate = Fraction(fps).limit_denominator(1001)
    stream: Any = container.add_stream("libx264" if h264 else "mpeg4", rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
    context.color_range = 1  # 16 to 235
    return stream


def _write_gif(temporary: Path, frames: Iterable[Image], fps: float, provenance: Provenance) -> None:
    """Write with one palette for all frames and a dither that stands still, so that nothing flickers.

    The palette needs frames from the whole clip before the first can be written; they wait in a temporary file.
    """
    with tempfile.TemporaryFile() as spool:
        shape: tuple[int, ...] = ()
        count = 0
        for image in frames:
            shape, count = image.shape, count + 1
            spool.write(np.ascontiguousarray(image).tobytes())
        if not count:
            return
        size = math.prod(shape)

        def stored(number: int) -> Image:
            spool.seek(number * size)
            return np.frombuffer(spool.read(size), dtype=np.uint8).reshape(shape)

        picks = np.unique(np.linspace(0, count - 1, min(count, _PALETTE_FRAMES)).round().astype(int))
        step = max(1, round(max(shape) / 400))
        sample = np.concatenate([stored(int(number))[::step, ::step] for number in picks])
        palette = PIL.Image.fromarray(sample).quantize(256, method=PIL.Image.Quantize.MEDIANCUT)
        dithered = (_quantized(stored(number), palette) for number in range(count))
        ticks = np.rint(np.arange(count + 1) * 100 / fps).astype(int)
        first = next(dithered)
        first.save(
            temporary,
            "GIF",
            save_all=True,
            append_images=dithered,
            duration=(np.diff(ticks) * 10).tolist(),
            loop=0,
            comment=provenance.to_json().encode(),
        )


def _quantized(image: Image, palette: PIL.Image.Image) -> PIL.Image.Image:
    """Return the image in the palette's colours, with ordered dither: the pattern depends on the place alone."""
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) - 7.5
    height, width = image.shape[:2]
    pattern = np.tile(bayer * 0.6, (height // 4 + 1, width // 4 + 1))[:height, :width, None]
    dithered = np.clip(image + pattern, 0, 255).astype(np.uint8)
    return PIL.Image.fromarray(dithered).quantize(palette=palette, dither=PIL.Image.Dither.NONE)


def _write_webp(temporary: Path, frames: Iterable[Image], fps: float, provenance: Provenance) -> None:
    """Write an animated WebP at quality 90."""
    pictures = (PIL.Image.fromarray(image) for image in frames)
    first = next(pictures, None)
    if first is None:
        return
    rest = list(pictures)
    ticks = np.rint(np.arange(len(rest) + 2) * 1000 / fps).astype(int)
    first.save(
        temporary,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=np.diff(ticks).tolist(),
        loop=0,
        quality=90,
        method=4,
        exif=exif_data(provenance),
        xmp=provenance.to_xmp(),
    )
