"""A look at some frames before any is kept: in which unit, and whether all have one topology."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectface.errors import GalleryError
from affectface.gallery.scans.frame_reading import read_frame
from affectface.gallery.scans.layouts import CENTIMETRES, Layout, Unit
from affectface.gallery.scans.source_sequence import SourceSequence
from affectface.gallery.scans.units import tell_unit
from affectface.gallery.store.sequence import Template
from affectface.morphable.building.topology import Topology, why_not_in_correspondence
from affectface.morphable.mesh_reading import Mesh

_SEQUENCES = 12
"""Of how many sequences a frame is looked at."""
_TRIES = 3


@dataclass(frozen=True, eq=False)
class Sample:
    """What some frames showed.

    Attributes
    ----------
    meshes : tuple of Mesh
        They, in their files' unit; the first has triangles if any has, and is that of the first sequence that is called
        neutral, or of the first one.
    unit : str
        That unit.
    """

    meshes: tuple[Mesh, ...]
    unit: Unit

    @property
    def registered(self) -> bool:
        """Whether there are several and all have the same triangles."""
        return len(self.meshes) > 1 and not any(self.misfits(self.template()))

    def misfits(self, template: Template) -> list[str]:
        """Return why each mesh is not in correspondence with a template; empty texts where it is."""
        topology = Topology(template.vertices, template.triangles, None, "the template")
        meshes = [
            (mesh.vertices.astype(np.float32), mesh.triangles if len(mesh.triangles) else None) for mesh in self.meshes
        ]
        return [why_not_in_correspondence(*mesh, topology) or "" for mesh in meshes]

    @property
    def bare(self) -> bool:
        """Whether their files say nothing of triangles."""
        return not any(len(mesh.triangles) for mesh in self.meshes)

    def template(self) -> Template:
        """Return the first mesh as a template."""
        mesh = self.meshes[0]
        vertices = (mesh.vertices * CENTIMETRES[self.unit]).astype(np.float32)
        return Template("first frame", vertices, mesh.triangles)


def look_at(root: Path, sequences: Sequence[SourceSequence], layout: Layout, unit: Unit | None) -> Sample:
    """Read a few frames, spread over the sequences.

    Parameters
    ----------
    root : Path
        The source folder, resolved.
    sequences : sequence of SourceSequence
        All there are.
    layout : Layout
        What is known of the set.
    unit : str, optional
        The unit, if the user says it.

    Returns
    -------
    Sample
        What was seen.

    Raises
    ------
    GalleryError
        If no frame can be read, or they have a face's size in no unit.
    """
    neutral = [one for one in sequences if "neutral" in one.task.lower()]
    picked = np.unique(np.linspace(0, len(sequences) - 1, _SEQUENCES).round().astype(int))
    spread = [*neutral[:1], *(sequences[i] for i in picked)]
    meshes, reason, seen = [], "", set()
    for sequence in spread:
        for number in (*range(min(_TRIES, sequence.frames)), sequence.frames - 1):
            if (sequence.name, number) in seen:
                continue
            seen.add((sequence.name, number))
            found = read_frame(root, *sequence.frame(number), texture=False)
            if not isinstance(found, str):
                meshes.append(found.mesh)
                if len(meshes) > 1:  # of the first sequence a second frame is looked at
                    break
            reason = reason or (found if isinstance(found, str) else "")
    if not meshes:
        meshes = _first_readable(root, sequences)
    if not meshes:
        frames = sum(one.frames for one in sequences)
        raise GalleryError(f"{root.name}: none of {frames} frames can be read; the first says: {reason}")
    meshes.sort(key=lambda mesh: not len(mesh.triangles))  # the first is to say what the triangles are
    return Sample(tuple(meshes), unit or layout.unit or tell_unit([mesh.vertices for mesh in meshes]))


def _first_readable(root: Path, sequences: Sequence[SourceSequence]) -> list[Mesh]:
    """Read all frames until one is one."""
    for sequence in sequences:
        for number in range(sequence.frames):
            found = read_frame(root, *sequence.frame(number), texture=False)
            if not isinstance(found, str):
                return [found.mesh]
    return []
