"""Videos that every browser plays: H.264 with subsampled chroma and AAC in MP4, or VP8 and VP9 in WebM.

Chromium, Firefox and Safari play these; what else they play differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.errors import ImageError
from affectface.files import atomic_path

_PLAYED = {
    ".mp4": ({"h264"}, {"aac", "mp3"}),
    ".m4v": ({"h264"}, {"aac", "mp3"}),
    ".webm": ({"vp8", "vp9"}, {"opus", "vorbis"}),
}
_LONGER_SIDE = 1280
"""Larger pictures are made smaller: what an annotator needs to see is a face, and it has to play without a hitch."""
_SOUND_RATE = 48000


@dataclass(frozen=True)
class Probed:
    """What a video file says of itself.

    Attributes
    ----------
    suffix : str
        Its name's, in small letters.
    video, pixels : str
        Codec and pixel format of its pictures.
    sound : str
        Codec of its sound; empty if it has none.
    seconds : float
        How long it is.
    frame_rate : float
        Frames a second, in the mean.
    frames : int
        How many frames.
    """

    suffix: str
    video: str
    pixels: str
    sound: str
    seconds: float
    frame_rate: float
    frames: int


def probe(path: Path) -> Probed:
    """Look at a video file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Probed
        What it says of itself.

    Raises
    ------
    ImageError
        If it is no video, or does not say how long it is.
    """
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ImageError(f"{path}: has no pictures; give a film")
            stream: Any = container.streams.video[0]
            rate = float(stream.average_rate or stream.guessed_rate or 25)
            seconds = float((container.duration or 0) / av.time_base) or int(stream.frames) / rate
            sound = container.streams.audio[0].codec_context.name if container.streams.audio else ""
            if seconds <= 0:
                raise ImageError(f"{path}: does not say how long it is; write it anew, as .mp4")
            return Probed(
                path.suffix.lower(),
                stream.codec_context.name,
                stream.codec_context.pix_fmt or "",
                sound,
                seconds,
                rate,
                int(stream.frames or round(seconds * rate)),
            )
    except (OSError, ValueError) as error:
        raise ImageError(f"{path}: cannot be read as a film ({_reason(error)}); use .mp4 or .webm") from None


def plays_everywhere(found: Probed) -> bool:
    """Return whether every browser plays a file as it is."""
    video, sound = _PLAYED.get(found.suffix, (set(), set()))
    return found.video in video and found.pixels in ("yuv420p", "yuvj420p") and found.sound in (*sound, "")


def write_viewing_copy(source: Path, target: Path, *, advance: Callable[[int], None] | None = None) -> None:
    """Write a copy of a video that every browser plays: the same moments, upright, with its sound.

    Parameters
    ----------
    source : Path
        The video.
    target : Path
        The copy, a .mp4; written as a whole or not at all.
    advance : callable, optional
        Told how many further frames are done.

    Raises
    ------
    ImageError
        If the video cannot be read, or the copy not be written.
    """
    import av

    waiting: list[Any] = []
    try:
        with (
            av.open(str(source)) as film,
            atomic_path(target) as temporary,
            av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as out,
        ):
            start = Fraction(film.start_time or 0, av.time_base)
            pictures = _Pictures(out, film.streams.video[0].average_rate or Fraction(25))
            sound = _Sound(out) if film.streams.audio else None
            frame: Any
            for frame in film.decode([film.streams.video[0], *film.streams.audio[:1]]):
                if isinstance(frame, av.AudioFrame):
                    waiting.append(frame)
                else:
                    upright = np.rot90(_reduced(frame), round(frame.rotation / 90) % 4)
                    pictures.add(np.ascontiguousarray(upright), (frame.pts or 0) * frame.time_base - start)
                    if advance:
                        advance(1)
                while waiting and sound and pictures.count:  # a file's streams are declared before anything is written
                    sound.add(waiting.pop(0), start)
            if not pictures.count:
                raise ImageError(f"{source}: no picture in it can be read; repair the film")
            pictures.end()
            if sound:
                sound.end()
    except (OSError, ValueError) as error:
        raise ImageError(f"{source}: no copy that browsers play can be made ({_reason(error)})") from None


def write_drawn_clip(
    target: Path,
    frames: Iterable[Image],
    times: FloatArray,
    frame_rate: float,
    *,
    advance: Callable[[int], None] | None = None,
) -> None:
    """Write drawn frames as a clip that every browser plays.

    Parameters
    ----------
    target : Path
        The clip, a .mp4; written as a whole or not at all.
    frames : iterable of ndarray of shape (H, W, 3), uint8
        The frames, of one even size.
    times : ndarray of shape (F,)
        When each is seen, seconds.
    frame_rate : float
        Frames a second, in the mean.
    advance : callable, optional
        Told how many further frames are done.

    Raises
    ------
    ImageError
        If there is no frame, or it cannot be written.
    """
    import av

    rate = Fraction(frame_rate).limit_denominator(1001)
    try:
        with (
            atomic_path(target) as temporary,
            av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as out,
        ):
            pictures = _Pictures(out, rate)
            for frame, time in zip(frames, times.tolist(), strict=True):
                pictures.add(frame, Fraction(time))
                if advance:
                    advance(1)
            if not pictures.count:
                raise ImageError(f"{target}: no frame to write")
            pictures.end()
    except OSError as error:
        raise ImageError(f"{target}: cannot be written ({_reason(error)})") from None


class _Pictures:
    """The pictures of a file that is written, with a key frame every second, so that going back is quick."""

    _TICKS = 90000

    def __init__(self, out: Any, rate: Fraction) -> None:
        self.count = 0
        self._out, self._rate = out, rate
        self._stream: Any = None
        self._last = -1

    def add(self, image: Image, seconds: Fraction) -> None:
        import av
        from av.video.reformatter import Colorspace

        height, width = image.shape[:2]
        even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if self._stream is None:
            self._stream = self._begin(even.shape[1], even.shape[0])
        frame = av.VideoFrame.from_ndarray(even, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
        self._last = max(self._last + 1, round(seconds * self._TICKS))
        frame.pts, frame.time_base = self._last, Fraction(1, self._TICKS)
        self._out.mux(self._stream.encode(frame))
        self.count += 1

    def end(self) -> None:
        if self._stream is not None:
            self._out.mux(self._stream.encode(None))

    def _begin(self, width: int, height: int) -> Any:
        import av

        if "libx264" not in av.codecs_available:
            raise ImageError("this build of PyAV writes no H.264, which browsers need; pip install av")
        stream: Any = self._out.add_stream("libx264", rate=self._rate, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, self._TICKS)
        context.gop_size = max(1, round(self._rate))
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        context.color_range = 1  # 16 to 235
        return stream


class _Sound:
    """The sound of a file that is written, as AAC."""

    def __init__(self, out: Any) -> None:
        import av

        self._out = out
        self._stream = out.add_stream("aac", rate=_SOUND_RATE)
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_SOUND_RATE)

    def add(self, frame: Any, start: Fraction) -> None:
        if frame.pts is not None:
            frame.pts -= round(start / frame.time_base)
        for piece in self._resampler.resample(frame):
            self._out.mux(self._stream.encode(piece))

    def end(self) -> None:
        for piece in self._resampler.resample(None):
            self._out.mux(self._stream.encode(piece))
        self._out.mux(self._stream.encode(None))


def _reduced(frame: Any) -> Image:
    """A frame as an image, not larger than is played without a hitch."""
    factor = min(1.0, _LONGER_SIDE / max(frame.width, frame.height))
    size = (max(2, round(frame.width * factor)), max(2, round(frame.height * factor)))
    found: Image = frame.to_ndarray(format="rgb24", width=size[0], height=size[1])
    return found


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split())
