"""Meshes from files into the scratch file, each one checked: one that is wrong is left out, and the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from affectface.errors import MeshSetError
from affectface.morphable.building.mesh_set import LeftOut, MeshSource, try_source
from affectface.morphable.building.progress import Progress
from affectface.morphable.building.scratch import MeshScratch
from affectface.morphable.building.topology import Topology, why_not_in_correspondence


@dataclass
class Register:
    """Who was left out so far, and whether that is allowed.

    Attributes
    ----------
    strict : bool
        Whether the first mesh that would be left out stops the work.
    left_out : list of LeftOut
        The meshes, in the order in which they were.
    """

    strict: bool
    left_out: list[LeftOut]

    def leave_out(self, name: str, reason: str) -> None:
        """Note a mesh, or stop because of it."""
        if self.strict:
            raise MeshSetError(f"{name}: {reason}; without --strict it is left out")
        self.left_out.append(LeftOut(name, reason))


def load_meshes(
    sources: Sequence[MeshSource], topology: Topology, scratch: MeshScratch, register: Register, progress: Progress
) -> list[MeshSource]:
    """Read meshes into a scratch file.

    Parameters
    ----------
    sources : sequence of MeshSource
        The meshes.
    topology : Topology
        What they must share.
    scratch : MeshScratch
        Where they go, one row each.
    register : Register
        Where it is noted who does not go there, and why.
    progress : callable
        Told of each mesh.

    Returns
    -------
    list of MeshSource
        The mesh of each row.
    """
    loaded = []
    with progress("reading meshes", len(sources)) as advance:
        for source in sources:
            mesh = try_source(source)
            reason = mesh if isinstance(mesh, str) else why_not_in_correspondence(mesh[0], mesh[1], topology)
            if isinstance(mesh, str) or reason is not None:
                register.leave_out(source.name, str(reason))
            else:
                scratch.append(mesh[0])
                loaded.append(source)
            advance(1)
    return loaded
