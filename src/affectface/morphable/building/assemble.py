"""A mean and bases -> a face model.

What the meshes do not tell, which of their vertices are eyes, lips or teeth and where the landmarks lie, is taken of
another model of the same topology, or found by drawing the mean face and looking at it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from affectface.arrays import FloatArray
from affectface.errors import MeshSetError
from affectface.morphable.building.expressions import Units
from affectface.morphable.building.procrustes import Array64
from affectface.morphable.building.topology import Topology
from affectface.morphable.face_model import FaceModel
from affectface.morphable.looking import Landmarker


@dataclass(frozen=True, eq=False)
class Shapes:
    """What meshes tell of a face model.

    Attributes
    ----------
    name : str
        What it is called.
    mean : ndarray of shape (V, 3), float64
        The mean face, cm.
    identity : ndarray of shape (I, V, 3), float32
        One standard deviation of each component, cm.
    units : Units or None
        Expression units, where there were scans of expressions.
    topology : Topology
        The triangles, and texture coordinates where there are some.
    """

    name: str
    mean: Array64
    identity: FloatArray
    units: Units | None
    topology: Topology


Finish = Callable[[Shapes], FaceModel]
"""Makes a face model of shapes."""


def topology_like(model: FaceModel) -> Topology:
    """Return the topology of a face model."""
    return Topology(model.vertices, model.triangles, None, f"the face model {model.name!r}")


def finish_like(like: FaceModel) -> Finish:
    """Return what makes a face model by another one of the same topology.

    Parameters
    ----------
    like : FaceModel
        Of it are the regions, the texture coordinates, the 68 points, the places of the landmarks, which are on the
        same triangles, and the expression units where there are no others.

    Returns
    -------
    callable
        Takes shapes, returns the face model.
    """

    def finish(shapes: Shapes) -> FaceModel:
        units = shapes.units or Units(like.expression, like.expression_names, 1.0)
        return replace(
            like,
            name=shapes.name,
            vertices=shapes.mean.astype(np.float32),
            identity=shapes.identity,
            expression=units.displacements,
            expression_names=units.names,
        )

    return finish


def finish_by_looking(landmarker: Landmarker) -> Finish:
    """Return what makes a face model by drawing its mean face and looking at it, as imported ones are made.

    Parameters
    ----------
    landmarker : callable
        Takes an image, returns the landmarks (478, 3) of the one face in it, pixels.

    Returns
    -------
    callable
        Takes shapes, returns the face model; its axes are found too, whichever way the meshes lie.
    """
    from affectface.morphable.importers.importing import as_face_model
    from affectface.morphable.importers.published import PublishedModel

    def finish(shapes: Shapes) -> FaceModel:
        units = shapes.units or Units(np.zeros((0, *shapes.mean.shape), dtype=np.float32), (), 1.0)
        uv, uv_triangles = None, None
        if shapes.topology.uv is not None:
            uv, places = np.unique(shapes.topology.uv.reshape(-1, 2), axis=0, return_inverse=True)
            uv_triangles = places.reshape(-1, 3).astype(np.int32)
        published = PublishedModel(
            name=shapes.name,
            kind="meshes in correspondence",
            vertices=shapes.mean,
            triangles=shapes.topology.triangles,
            identity=shapes.identity,
            expression=units.displacements,
            expression_names=units.names,
            uv=uv,
            uv_triangles=uv_triangles,
            unit=1.0,
            licence="that of the meshes",
        )
        return as_face_model(published, landmarker).model

    return finish


def check_size(mean: Array64, unit: str) -> None:
    """Refuse a mean face (V, 3), cm, that is too large or small to be one.

    Parameters
    ----------
    mean : ndarray of shape (V, 3)
        The mean, cm.
    unit : str
        The unit that the meshes were said to have, for the message.

    Raises
    ------
    MeshSetError
        If it is not between 8 and 100 cm high or wide: faces are 15 to 35, and busts are scanned too.
    """
    extent = float(np.ptp(mean, axis=0).max())
    if not 8 <= extent <= 100:
        raise MeshSetError(
            f"the mean mesh is {extent:.3g} cm long if its unit is {unit}; give --unit mm, cm or m so that it is a face"
        )
