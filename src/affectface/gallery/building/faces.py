"""What people whose face at rest a gallery knows do in each expression."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.gallery.building.labelled import LabelledGallery, LabelledSequence
from affectface.gallery.building.means import neutral_faces
from affectface.gallery.building.reading import frame_blocks
from affectface.gallery.store import Gallery

Array64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FaceStrengths:
    """People of known faces.

    Attributes
    ----------
    faces : mapping of str to ndarray of shape (68, 3), float32
        Each subject's face at rest.
    strengths : mapping of str to mapping of str to ndarray of shape (U,), float32
        For each expression what each of these subjects does, from their own neutral face.
    """

    faces: Mapping[str, FloatArray] = field(default_factory=dict)
    strengths: Mapping[str, Mapping[str, FloatArray]] = field(default_factory=dict)


def people_of_known_face(gallery: Gallery, labelled: LabelledGallery) -> FaceStrengths:
    """Return what each person of known face does in each expression.

    Parameters
    ----------
    gallery : Gallery
        Strengths; of meshes nothing is known yet, whose neutral mesh says more than 68 points.
    labelled : LabelledGallery
        What each frame counts for.

    Returns
    -------
    FaceStrengths
        Means over the frames of each person.
    """
    faces: dict[str, FloatArray] = {}
    strengths: dict[str, dict[str, FloatArray]] = {name: {} for name in labelled.expressions}
    if gallery.form != "strengths":
        return FaceStrengths(faces, strengths)
    for subject, several in groupby(labelled.sequences, key=lambda one: one.sequence.subject):
        own = list(several)
        known = [face for one in own if (face := gallery.face(one.sequence.name)) is not None]
        if not known:
            continue
        faces[subject] = np.mean(known, axis=0, dtype=np.float32)
        for row, mean in _means(gallery, own).items():
            strengths[labelled.expressions[row]][subject] = mean.astype(np.float32)
    return FaceStrengths(faces, strengths)


def _means(gallery: Gallery, own: list[LabelledSequence]) -> dict[int, Array64]:
    """The mean strengths (U,) of a subject in each expression that it shows."""
    neutral = neutral_faces(gallery, own)
    total: dict[int, tuple[Array64, int]] = {}
    wanted = ((gallery.values(one.sequence.name), one.expression >= 0) for one in own)
    with closing(frame_blocks(wanted)) as blocks:
        for place, first, block in blocks:
            rest = neutral[own[place].sequence.session]
            shown = own[place].expression[first : first + len(block)]
            for row in np.unique(shown[shown >= 0]).tolist():
                sum_, count = total.get(row, (np.zeros(block.shape[1]), 0))
                total[row] = sum_ + (block[shown == row] - rest).sum(axis=0), count + int((shown == row).sum())
    return {row: sum_ / count for row, (sum_, count) in total.items()}
