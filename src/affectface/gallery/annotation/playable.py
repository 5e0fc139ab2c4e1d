"""What annotators are shown: sequences, and for each a file that every browser plays."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from affectface.clips import FILMS
from affectface.errors import AffectFaceError, AnnotationError, ImageError
from affectface.gallery.annotation.viewing_copy import plays_everywhere, probe, write_viewing_copy

Advance = Callable[[int], None]

MOST_SEQUENCES = 100_000


@dataclass(frozen=True, eq=False)
class Playable:
    """A sequence that can be played.

    Attributes
    ----------
    name : str
        Its name: that of the gallery's sequence, or a video's path below its folder, without its suffix.
    seconds : float
        How long it is.
    frame_rate : float
        Frames a second.
    frames : int
        How many frames it has, or says it has.
    path : Path
        The file that a browser plays; not there yet where it has to be made.
    make : callable or None
        Writes that file, and tells how many further frames are done; None where the file plays as it is.
    """

    name: str
    seconds: float
    frame_rate: float
    frames: int
    path: Path
    make: Callable[[Advance], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the file that a browser plays is there."""
        return self.path.is_file()


def playable_videos(
    source: str | os.PathLike[str], clips: Path, *, advance: Advance | None = None
) -> tuple[tuple[Playable, ...], tuple[str, ...]]:
    """Find the videos in a folder and below, or take one.

    Parameters
    ----------
    source : path-like
        A folder, or a video.
    clips : Path
        Where copies of those go that browsers do not play.
    advance : callable, optional
        Told how many further files were looked at.

    Returns
    -------
    playable : tuple of Playable
        The videos, by name.
    left_out : tuple of str
        Why others cannot be played, a line each.

    Raises
    ------
    AnnotationError
        If there is nothing to play.
    """
    root = Path(source)
    if root.is_dir():
        own = clips.resolve()  # our copies are not somebody's videos
        files = sorted(
            path
            for path in root.rglob("*")
            if path.suffix.lower() in FILMS and path.is_file() and own not in path.resolve().parents
        )
        names = [path.relative_to(root).with_suffix("").as_posix() for path in files]
        names = [
            name if names.count(name) == 1 else path.relative_to(root).as_posix()
            for name, path in zip(names, files, strict=True)
        ]
    elif root.is_file():
        files, names = [root], [root.stem]
    else:
        raise AnnotationError(f"{root}: is not there; give a folder of videos, a video, or a gallery")
    if len(files) > MOST_SEQUENCES:
        raise AnnotationError(f"{root}: {len(files)} videos; at most {MOST_SEQUENCES} are shown, give a folder below")
    names = [name.encode("utf-8", "replace").decode() for name in names]  # file names may be no text at all
    found, left_out = [], []
    for name, file in zip(names, files, strict=True):
        try:
            found.append(_playable(name, file, clips))
        except ImageError as error:
            left_out.append(str(error))
        if advance:
            advance(1)
    if not found:
        why = f" ({left_out[0]})" if left_out else ""
        raise AnnotationError(f"{root}: no video in it{why}; files with {', '.join(FILMS)} are looked for")
    return tuple(found), tuple(left_out)


def _playable(name: str, file: Path, clips: Path) -> Playable:
    """One video: played as it is, or as a copy that is made when it is wanted."""
    found = probe(file)
    if plays_everywhere(found):
        return Playable(name, found.seconds, found.frame_rate, found.frames, file)
    stat = file.stat()
    copy = clip_path(clips, name, f"{file.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}")
    return Playable(
        name,
        found.seconds,
        found.frame_rate,
        found.frames,
        copy,
        lambda advance: write_viewing_copy(file, copy, advance=advance),
    )


def clip_path(clips: Path, name: str, made_from: str) -> Path:
    """Return the file of a clip that is made once: another one when what it is made from changes.

    Parameters
    ----------
    clips : Path
        The folder.
    name : str
        The sequence's name.
    made_from : str
        What tells its source from others.

    Returns
    -------
    Path
        The file.
    """
    checksum = hashlib.sha256(f"{name}\0{made_from}".encode("utf-8", "surrogatepass")).hexdigest()
    return clips / f"{checksum[:24]}.mp4"


def why_not(error: Exception) -> str:
    """Return in one line why a clip cannot be made."""
    return str(error) if isinstance(error, AffectFaceError) else f"{type(error).__name__}: {error}"
