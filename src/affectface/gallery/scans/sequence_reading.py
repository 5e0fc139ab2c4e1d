"""A sequence of a source folder as a stream of frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.gallery.scans.frame_reading import read_frame, registered_of, scan_of
from affectface.gallery.scans.source_sequence import SourceSequence
from affectface.gallery.store.scan import Scan
from affectface.gallery.store.sequence import Template
from affectface.morphable.building.topology import Topology, why_not_in_correspondence

Advance = Callable[[int], None]


def read_frames(
    root: Path,
    sequence: SourceSequence,
    scale: float,
    template: Template | None,
    reasons: list[str],
    advance: Advance,
) -> Iterator[FloatArray] | Iterator[Scan | None]:
    """Read a sequence, frame by frame.

    Parameters
    ----------
    root : Path
        The source folder, resolved.
    sequence : SourceSequence
        The sequence.
    scale : float
        How many centimetres the files' unit is.
    template : Template or None
        What meshes must be in correspondence with; without it frames are scans.
    reasons : list of str
        Takes for each frame why it does not count; empty where it does.
    advance : callable
        Called with 1 after each frame.

    Returns
    -------
    iterator
        Meshes (1, V, 3), cm, NaN where they do not count; or scans, None where they do not.
    """
    if template is None:
        return _scans(root, sequence, scale, reasons, advance)
    return _meshes(root, sequence, scale, template, reasons, advance)


def _scans(
    root: Path, sequence: SourceSequence, scale: float, reasons: list[str], advance: Advance
) -> Iterator[Scan | None]:
    for number in range(sequence.frames):
        frame = read_frame(root, *sequence.frame(number), texture=True)
        scan = frame if isinstance(frame, str) else scan_of(frame, scale)
        if not isinstance(scan, str) and not len(scan.triangles):
            scan = "it has no triangles"
        reasons.append(scan if isinstance(scan, str) else "")
        yield None if isinstance(scan, str) else scan
        advance(1)


def _meshes(
    root: Path, sequence: SourceSequence, scale: float, template: Template, reasons: list[str], advance: Advance
) -> Iterator[FloatArray]:
    topology = Topology(template.vertices, template.triangles, None, "the template")
    missing = np.full((1, *template.vertices.shape), np.nan, dtype=np.float32)
    for number in range(sequence.frames):
        frame = read_frame(root, *sequence.frame(number), texture=False)
        if isinstance(frame, str):
            reasons.append(frame)
            yield missing
        else:
            vertices, triangles = registered_of(frame, scale)
            reasons.append(why_not_in_correspondence(vertices, triangles, topology) or "")
            yield missing if reasons[-1] else vertices[None]
        advance(1)


def times_of(sequence: SourceSequence, rate: float) -> NDArray[np.float64]:
    """Return when the frames of a sequence were taken at a rate, seconds (F,).

    By their numbers, of which some may be missing, and only every third in use.
    """
    steps = np.diff(sequence.numbers)
    step = float(steps.min()) if len(steps) else 1.0
    return np.asarray((sequence.numbers - sequence.numbers[0]) / (step * rate), dtype=np.float64)
