"""What simulated people look like: identity coefficients of a face model."""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.people import Person, stream
from affectface.morphable.face_model import FaceModel

_FARTHEST = 2.5
"""Standard deviations beyond which no coefficient lies."""


def identity_of(plan: SynthesisPlan, person: Person, model: FaceModel) -> FloatArray:
    """Return a person's identity.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    person : Person
        The person.
    model : FaceModel
        The face model.

    Returns
    -------
    ndarray of shape (I,), float32
        Identity coefficients, in standard deviations; drawn from the model's own prior.
    """
    drawn = stream(plan, "identity", person.index).normal(size=len(model.identity))
    return np.clip(drawn, -_FARTHEST, _FARTHEST).astype(np.float32)
