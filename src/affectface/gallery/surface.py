"""Displacements on a mesh of any topology, and what is known of that mesh: where the landmarks lie, what is skin."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from affectface.arrays import BoolArray, FloatArray, IntArray, check_array, read_only
from affectface.errors import ModelFileError
from affectface.morphable import LANDMARKS, FaceModel

SKIN = ("face", "head")


@dataclass(frozen=True, eq=False)
class Surface:
    """A neutral face of some topology.

    Attributes
    ----------
    name : str
        Of the face model that it is the mean of.
    vertices : ndarray of shape (V, 3), float32, cm
        The mean face at rest.
    triangles : ndarray of shape (T, 3), int32
        Counter-clockwise seen from outside.
    skin : ndarray of shape (T,), bool
        Which triangles are skin, and not eyes, teeth or the inside of the mouth.
    landmark_triangles : ndarray of shape (478,), int32
        The triangle each landmark lies on; -1 where it has no place.
    landmark_weights : ndarray of shape (478, 3), float32
        Barycentric coordinates in it.
    """

    name: str
    vertices: FloatArray
    triangles: IntArray
    skin: BoolArray
    landmark_triangles: IntArray
    landmark_weights: FloatArray

    def __post_init__(self) -> None:
        try:
            vertices = check_array("vertices", self.vertices, (None, 3))
            triangles = check_array("triangles", self.triangles, (None, 3), dtype=np.int32)
            check_array("skin", self.skin, (len(triangles),), dtype=bool)
            places = check_array("landmark_triangles", self.landmark_triangles, (LANDMARKS,), dtype=np.int32)
            check_array("landmark_weights", self.landmark_weights, (LANDMARKS, 3))
        except ValueError as error:
            raise ModelFileError(f"surface {self.name!r}: {error}") from None
        for found, low, high in ((triangles, 0, len(vertices)), (places, -1, len(triangles))):
            if not found.size or found.min() < low or found.max() >= high:
                raise ModelFileError(f"surface {self.name!r}: indices outside {low}..{high - 1}; rebuild the file")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, read_only(value))

    @property
    def landmarks(self) -> FloatArray:
        """Positions (478, 3) of the landmarks, cm; NaN where one has no place."""
        corners = self.vertices[self.triangles[self.landmark_triangles]]
        found = np.einsum("lc,lcd->ld", self.landmark_weights, corners)
        found[self.landmark_triangles < 0] = np.nan
        return np.asarray(found, dtype=np.float32)


def surface_of(model: FaceModel) -> Surface:
    """Return the mean face of a face model as a surface."""
    return Surface(
        model.name,
        model.vertices,
        model.triangles,
        model.region(*SKIN),
        model.landmark_triangles,
        model.landmark_weights,
    )


@dataclass(frozen=True, eq=False)
class Basis:
    """Components of displacements on a surface.

    Attributes
    ----------
    surface : Surface
        The neutral face.
    displacements : ndarray of shape (U, V, 3), float32, cm
        Displacement of each component at strength 1.
    """

    surface: Surface
    displacements: FloatArray

    def __post_init__(self) -> None:
        shape = (None, *self.surface.vertices.shape)
        try:
            object.__setattr__(
                self, "displacements", read_only(check_array("displacements", self.displacements, shape))
            )
        except ValueError as error:
            raise ModelFileError(f"basis on {self.surface.name!r}: {error}") from None
