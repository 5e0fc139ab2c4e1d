"""A simulated person's face as a mesh of a face model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.gallery.synthetic.actions import UNITS
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.looks import identity_of
from affectface.gallery.synthetic.people import Person
from affectface.morphable.face_model import FaceModel

_BLOCK = 32
"""Meshes that are made at once."""
_BUMPS, _WIDTH = 60, 3.0
"""How many smooth differences there are to the face model's people, and how wide they are, cm."""


@dataclass(frozen=True, eq=False)
class PersonShape:
    """One person's face at rest and the directions in which units move it.

    Attributes
    ----------
    rest : ndarray of shape (V, 3), float32
        The face at rest, cm.
    columns : tuple of int
        Which of `actions.UNITS` the face model has.
    basis : ndarray of shape (C, 3 V), float32
        What these move, cm.
    """

    rest: FloatArray
    columns: tuple[int, ...]
    basis: FloatArray

    def meshes(self, strengths: FloatArray) -> Iterator[FloatArray]:
        """Yield vertices (B, V, 3) that show strengths (F, U) of `actions.UNITS`, block by block."""
        for first in range(0, len(strengths), _BLOCK):
            moved = strengths[first : first + _BLOCK, list(self.columns)] @ self.basis
            yield np.asarray(self.rest + moved.reshape(-1, *self.rest.shape), dtype=np.float32)


def person_shape(model: FaceModel, person: Person, plan: SynthesisPlan) -> PersonShape:
    """Return a person's face as a face model's mesh.

    Parameters
    ----------
    model : FaceModel
        The face model.
    person : Person
        The person.
    plan : SynthesisPlan
        The gallery.

    Returns
    -------
    PersonShape
        The face at rest, and its movements.
    """
    columns = tuple(column for column, unit in enumerate(UNITS) if unit in model.expression_names)
    moved = [model.expression_names.index(UNITS[column]) for column in columns]
    basis = model.expression[moved].reshape(len(moved), -1)
    return PersonShape(model.shape(identity_of(plan, person, model)), columns, basis)


def smooth_differences(vertices: NDArray[np.float64], rms: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return smooth displacements that no identity component of a face model knows of.

    Parameters
    ----------
    vertices : ndarray of shape (V, 3), float64
        A face, cm.
    rms : float
        Their root mean square, cm.
    rng : Generator
        Draws them.

    Returns
    -------
    ndarray of shape (V, 3), float64
        The displacements, cm.
    """
    centres = vertices[rng.choice(len(vertices), min(_BUMPS, len(vertices)), replace=False)]
    near = np.exp(-((vertices[:, None] - centres) ** 2).sum(-1) / (2 * _WIDTH**2))
    field = near @ rng.normal(size=(len(centres), 3))
    return np.asarray(rms * field / np.sqrt((field**2).sum(1).mean()))
