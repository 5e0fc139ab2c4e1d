"""A surface that bends unwillingly: the linear system behind every step of the registration.

The displacement d of a surface at rest is the minimum of Σ wᵢ |dᵢ - tᵢ|² + stiffness ∫ |Δd|². The weights are those
of the surface and not of a frame, so that the system is factorised once for a person and solved in milliseconds for
each frame. Where a frame has no target for a vertex, its present place is the target: such a step goes towards the
minimum without that vertex, as majorising steps do, and reaches it by repetition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import splu

from affectface.gallery.correspondence.template import RegistrationTemplate

_HOLD = 1e-6
"""What keeps parts without any target in place, as a share of their area."""


@dataclass(frozen=True, eq=False)
class ElasticSurface:
    """A surface at rest and its factorised system.

    Attributes
    ----------
    rest : ndarray of shape (S, 3), float64
        Where it is at rest, cm.
    weight : ndarray of shape (S,), float64
        How strongly each vertex is drawn to its target.
    pull : float
        How strongly each landmark is drawn to its target.
    template : RegistrationTemplate
        Whose skin it is.
    solver : SuperLU
        The factorised system.
    """

    rest: NDArray[np.float64]
    weight: NDArray[np.float64]
    pull: float
    template: RegistrationTemplate
    solver: Any

    def towards(self, target: NDArray[np.float64], landmarks: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return the surface (S, 3) drawn to targets (S, 3) and, if it has a pull, to those of landmarks (L, 3), cm."""
        right = self.weight[:, None] * (target - self.rest)
        if landmarks is not None:
            at = self.template.at_landmarks
            right = right + at.T @ (self.pull * (landmarks - at @ self.rest))
        return np.asarray(self.rest + self.solver.solve(right))


def elastic_surface(
    template: RegistrationTemplate,
    rest: NDArray[np.float64],
    weight: NDArray[np.float64],
    stiffness: float,
    *,
    pull: float = 0.0,
    hold: NDArray[np.float64] | float = 0.0,
) -> ElasticSurface:
    """Return a surface, ready to be drawn to targets.

    Parameters
    ----------
    template : RegistrationTemplate
        Whose skin it is.
    rest : ndarray of shape (S, 3), float64
        Where it is at rest, cm.
    weight : ndarray of shape (S,), float64
        How strongly each vertex is drawn to its target, usually the area around it, cm²; 0 where it has none.
    stiffness : float
        How unwillingly it bends, cm⁴.
    pull : float
        How strongly each landmark is drawn to its target, cm²; 0 without landmarks.
    hold : ndarray of shape (S,), float64, or float
        How strongly each vertex is drawn back to its place at rest, cm².

    Returns
    -------
    ElasticSurface
        The surface.
    """
    system = diags(weight + hold + _HOLD * template.areas) + stiffness * template.bending
    if pull:
        system = system + pull * template.at_landmarks.T @ template.at_landmarks
    return ElasticSurface(rest, weight, pull, template, factorised(system))


def factorised(system: Any) -> Any:
    """Return the factorisation of a sparse symmetric positive definite matrix."""
    return splu(csc_matrix(system), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
