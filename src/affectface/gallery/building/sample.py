"""A seeded sample of a gallery's frames, as displacements from everybody's own neutral face, on disk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectface.files import atomic_path
from affectface.gallery.building.labelled import LabelledGallery
from affectface.gallery.building.means import neutral_faces
from affectface.gallery.building.reading import frame_blocks
from affectface.gallery.store import Gallery


def sample_frames(
    gallery: Gallery,
    labelled: LabelledGallery,
    path: Path,
    count: int,
    seed: int,
    *,
    advance: Callable[[int], None] = lambda frames: None,
) -> NDArray[np.float32]:
    """Write the displacements of some frames to a file, and map it.

    Parameters
    ----------
    gallery : Gallery
        Registered meshes.
    labelled : LabelledGallery
        Which frames count.
    path : Path
        The file; one that is there already is taken as it is.
    count : int
        How many, at most.
    seed : int
        Draws them, all alike.
    advance : callable
        Told of the frames that were gone through.

    Returns
    -------
    ndarray of shape (F, V, 3), float32, read-only
        The displacements, cm.
    """
    if not path.exists():
        counts = [(one.class_of >= 0) | (one.expression >= 0) for one in labelled.sequences]
        there = np.flatnonzero(np.concatenate(counts))
        picked = np.zeros(sum(map(len, counts)), dtype=bool)
        rng = np.random.default_rng(seed)
        picked[rng.choice(there, min(count, len(there)), replace=False)] = True
        with atomic_path(path) as temporary:
            shape = (int(picked.sum()), *gallery.settings.frame_shape)
            out = np.lib.format.open_memmap(temporary, "w+", np.float32, shape)
            _fill(out.reshape(len(out), -1), gallery, labelled, picked, advance)
            out.flush()
            del out
    mapped: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


def _fill(
    out: NDArray[np.float32],
    gallery: Gallery,
    labelled: LabelledGallery,
    picked: NDArray[np.bool_],
    advance: Callable[[int], None],
) -> None:
    row = start = 0
    for _, several in groupby(labelled.sequences, key=lambda one: one.sequence.subject):
        own = list(several)
        neutral = neutral_faces(gallery, own)
        starts = start + np.cumsum([0, *(one.sequence.frames for one in own)])
        mine = [picked[first:end] for first, end in pairwise(starts.tolist())]
        start = int(starts[-1])
        wanted = ((gallery.values(one.sequence.name), rows) for one, rows in zip(own, mine, strict=True))
        with closing(frame_blocks(wanted)) as blocks:
            for number, first, block in blocks:
                for place in np.flatnonzero(mine[number][first : first + len(block)]).tolist():
                    out[row] = block[place] - neutral[own[number].sequence.session]
                    row += 1
        advance(sum(one.sequence.frames for one in own))
