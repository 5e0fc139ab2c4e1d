"""What simulated people look like: age, gender, ancestry, and identity coefficients of a face model.

Of the embedded model it is known how these move its identity coefficients, because the people it was made of were drawn
from them (`tools/bake_identity_traits.py`): somebody's coefficients are what their traits say, and beyond that vary as
those people did. Of other models nothing is known but the spread of their coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from affectface.arrays import FloatArray
from affectface.assets import asset_path
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.people import Person, stream
from affectface.morphable.face_model import FaceModel, read_npz

_KNOWN = "embedded"
_FARTHEST = 2.5
"""Standard deviations beyond which no coefficient lies by chance."""


@dataclass(frozen=True)
class Traits:
    """Whom a face is like, in shares as MakeHuman mixes them.

    Attributes
    ----------
    male : float
        0 is female, 1 is male.
    african, asian, european : float
        Ancestry; they add up to 1.
    child, young, old : float
        Age; they add up to 1, two at most are not 0.
    """

    male: float
    african: float
    asian: float
    european: float
    child: float
    young: float
    old: float

    @property
    def words(self) -> str:
        """What is most of it, such as `old female asian`."""
        age = max(("child", "young", "old"), key=lambda name: getattr(self, name))
        ancestry = max(("african", "asian", "european"), key=lambda name: getattr(self, name))
        return f"{age} {'male' if self.male >= 0.5 else 'female'} {ancestry}"


def traits_of(plan: SynthesisPlan, person: Person) -> Traits:
    """Return whom a person is like, drawn as the people were of whom the embedded model is made.

    Parameters
    ----------
    plan : SynthesisPlan
        The gallery.
    person : Person
        The person.

    Returns
    -------
    Traits
        One in six is between a school child and an adult; the others lie between 20 and old age.
    """
    rng = stream(plan, "traits", person.index)
    male = float(rng.beta(0.6, 0.6))
    african, asian, european = map(float, rng.dirichlet((0.5, 0.5, 0.5)))
    growing = rng.random() < 1 / 6
    share = float(rng.uniform(0.2, 1) if growing else rng.beta(0.8, 1.6))
    child, young, old = (1 - share, share, 0.0) if growing else (0.0, 1 - share, share)
    return Traits(male, african, asian, european, child, young, old)


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
        Identity coefficients, in standard deviations: of the embedded model those of somebody with the person's
        traits, of another one drawn from its prior.
    """
    drawn = stream(plan, "identity", person.index).normal(size=len(model.identity))
    drawn = np.clip(drawn, -_FARTHEST, _FARTHEST)
    if model.name != _KNOWN or len(drawn) != len(_relation()[0]):
        return drawn.astype(np.float32)
    loadings, mean, rest = _relation()
    traits = traits_of(plan, person)
    away = np.array([getattr(traits, name) for name in _names()]) - mean
    return np.asarray(loadings @ away + rest @ drawn, dtype=np.float32)


@cache
def _relation() -> tuple[FloatArray, FloatArray, FloatArray]:
    """How traits move coefficients (I, T), the traits' mean (T,), and a root (I, I) of what they leave unexplained."""
    arrays = _arrays()
    loadings = arrays["loadings"].astype(np.float64)
    left = np.eye(len(loadings)) - loadings @ arrays["covariance"].astype(np.float64) @ loadings.T
    values, vectors = np.linalg.eigh(left)
    return loadings, arrays["mean"].astype(np.float64), vectors * np.sqrt(np.maximum(values, 0))


@cache
def _names() -> tuple[str, ...]:
    return tuple(map(str, _arrays()["names"]))


def _arrays() -> dict[str, Any]:
    return read_npz(asset_path("identity-traits"), "affectface-identity-traits", 1)
