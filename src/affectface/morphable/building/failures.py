"""Meshes that are in correspondence by name only: registrations that failed, found by a first model of all.

LSFM (Booth et al. 2016, 2018) builds a model of all meshes, whitens each mesh's shape parameters, and leaves out those
whose squared norm lies in the tail; its published code keeps 98.5 % of the variance, sums the first 50 parameters and
drops the highest 2 %. The same is done here, with these departures:

- The limit is the chi-square quantile at which one good mesh in a hundred sets would be lost, not a share of the
  meshes: a set without failures loses nobody.
- Parameters are whitened by their median absolute deviation, and the norms scaled by their median (the PCOut of
  Filzmoser, Maronna and Werner 2008). By the standard deviation, fifty failures of one kind make a component of their
  own in which they look ordinary.
- What the first components leave over is looked at too, as a whole (the Q statistic of Jackson and Mudholkar 1979) and
  where it is worst: a nose that collapsed hardly moves the parameters of a head. Both are judged by the robust scale of
  their logarithms over the meshes, and must be half as large again as usual.
- It is done again without what was found, until nothing is: gross failures hide small ones.

Of 30 people spoilt in six ways among 450 drawn from ICT-FaceKit 29 are found and none of the 420 others is lost; the
highest 2 % by the norm alone are 9 of the 30, and were their number known, the highest 30 would be 22 of them
(`benchmarks/building.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from affectface.arrays import FloatArray
from affectface.morphable.building.principal import Components
from affectface.morphable.building.procrustes import AlignedMeshes, Array64
from affectface.morphable.building.progress import Advance

FIRST_VARIANCE = 0.985
"""How much variance the first model keeps: as the published code of LSFM."""

ENOUGH = 20
"""With fewer meshes nothing can be told: the robust scales of so few are off by a fifth."""

MOST_ROUNDS = 5
"""So often failures are looked for among those who are left."""

_MOST_COMPONENTS = 50
_MAD_TO_DEVIATION = 1.4826
_WORST = 0.995
_NOTABLE = 1.5
_NOISE_CM = 0.005


@dataclass(frozen=True)
class Failure:
    """A mesh that the others do not vouch for.

    Attributes
    ----------
    place : int
        Which of the meshes.
    test : str
        How it was found: by its `shape`, or by what is left over of it as a `whole` or in a `part`.
    value : float
        The squared norm of its whitened shape parameters; or how many robust deviations its remainder is above the
        middle.
    limit : float
        What that may be.
    """

    place: int
    test: str
    value: float
    limit: float

    @property
    def reason(self) -> str:
        """Why, as half a sentence."""
        words = {
            "shape": "its shape is too far from the others': squared norm",
            "whole": "the others do not explain its shape: remainder, in robust deviations,",
            "part": "the others do not explain a part of its shape: remainder there, in robust deviations,",
        }
        return f"{words[self.test]} {self.value:.1f}, at most {self.limit:.1f}"


def judged_components(components: Components) -> Components:
    """Return as many of the components of a first model as meshes are judged by."""
    return components.first(min(components.scores.shape[1], _MOST_COMPONENTS, len(components.scores) // 2))


def find_failures(components: Components, worst: Array64, rate: float) -> list[Failure]:
    """Return the meshes that a first model of all shows to be failures.

    Parameters
    ----------
    components : Components
        Of all meshes, as many as they are judged by.
    worst : ndarray of shape (N,), float64
        What `worst_remainders` gives of them.
    rate : float
        How often a set of normally distributed meshes without failures may lose any, at most, for each of the three
        tests.

    Returns
    -------
    list of Failure
        The failures; none of fewer than `ENOUGH` meshes.
    """
    meshes, count = components.scores.shape
    if meshes < ENOUGH or not count:
        return []
    each = rate / meshes
    squared = (_robust(components.scores) ** 2).sum(1)
    squared *= chi2.ppf(0.5, count) / np.median(squared)
    remainder = np.maximum(components.squares - (components.scores**2).sum(1), 1e-12 * components.squares.max())
    tests = [("shape", squared, float(chi2.isf(each, count)))]
    for test, size in (("whole", np.sqrt(remainder)), ("part", np.maximum(worst, 1e-12))):
        notable = size > _NOTABLE * np.median(size)
        tests.append((test, np.where(notable, _robust(np.log(size)), 0), float(norm.isf(each))))
    found: dict[int, Failure] = {}
    for test, values, limit in tests:
        for place in np.flatnonzero(values > limit).tolist():
            found.setdefault(place, Failure(place, test, float(values[place]), limit))
    return [found[place] for place in sorted(found)]


def worst_remainders(meshes: AlignedMeshes, mean: Array64, basis: FloatArray, advance: Advance) -> Array64:
    """Return how far each mesh is from a model where it is worst, by how far meshes usually are there.

    Parameters
    ----------
    meshes : AlignedMeshes
        The meshes.
    mean : ndarray of shape (V, 3), float64
        Their mean, cm.
    basis : ndarray of shape (K, V, 3), float32
        The model's components, of unit length.
    advance : callable
        Told of each mesh, twice.

    Returns
    -------
    ndarray of shape (N,), float64
        The distance that one vertex in 200 exceeds, in root mean squares over the meshes at that vertex.
    """
    usual = np.zeros(len(mean))
    for part, remainder in _remainders(meshes, mean, basis):
        usual += (remainder**2).sum(0)
        advance(part.stop - part.start)
    usual = np.sqrt(usual / len(meshes)) + _NOISE_CM
    worst = np.empty(len(meshes))
    for part, remainder in _remainders(meshes, mean, basis):
        worst[part] = np.quantile(remainder / usual, _WORST, axis=1)
        advance(part.stop - part.start)
    return worst


def _remainders(meshes: AlignedMeshes, mean: Array64, basis: FloatArray) -> Iterator[tuple[slice, Array64]]:
    """Give some meshes' distances (B, V), cm, from their nearest shapes of a model."""
    flat = basis.reshape(len(basis), -1)
    for part, block in meshes.blocks():
        block -= mean
        away = block.reshape(len(block), -1).astype(np.float32)
        away -= (away @ flat.T) @ flat
        yield part, np.linalg.norm(away.reshape(len(block), -1, 3), axis=2).astype(np.float64)


def _robust(values: Array64) -> Array64:
    """Return values (N,) or columns (N, K) less their medians, in robust deviations."""
    away = values - np.median(values, axis=0)
    deviation = _MAD_TO_DEVIATION * np.median(np.abs(away), axis=0)
    smallest = 1e-9 * np.abs(away).max() + 1e-300
    return np.asarray(away / np.maximum(deviation, smallest), dtype=np.float64)
