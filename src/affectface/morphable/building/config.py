"""What can be chosen when a model is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from affectface.errors import MeshSetError
from affectface.morphable.building.expressions import ExpressionBasis
from affectface.morphable.building.procrustes import Alignment

Unit = Literal["mm", "cm", "m"]
CM: dict[Unit, float] = {"mm": 0.1, "cm": 1.0, "m": 100.0}


@dataclass(frozen=True, kw_only=True)
class BuildConfig:
    """How a model is built.

    Attributes
    ----------
    variance : float
        The share of the variance that the components keep; Kollias 2020, section 3.4.1: 99.5 %.
    alignment : str
        `similarity` takes position, turn and size out of the shapes (Kollias 2020, LSFM); `rigid` leaves them their
        size; `none` takes them as they lie.
    unit : str
        The meshes' unit: mm, cm or m.
    failure_rate : float
        How often a set without failures may lose a good mesh, for each test; 0 looks for no failures.
    expressions : str
        Of scans with expressions: `components` of their displacements, or the mean of each `named` expression.
    neutral : str
        What the table calls the neutral expression; an empty cell is neutral too.
    seed : int
        For what is drawn: the quality's folds and shapes, and the first subspace of very large sets.
    strict : bool
        Whether a mesh that would be left out stops the build.
    block_bytes : int
        How much of the meshes is in memory at once; the peak is about four times that, and 40 bytes a pair of meshes
        where components are computed exactly.
    """

    variance: float = 0.995
    alignment: Alignment = "similarity"
    unit: Unit = "cm"
    failure_rate: float = 0.01
    expressions: ExpressionBasis = "components"
    neutral: str = "neutral"
    seed: int = 0
    strict: bool = False
    block_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        if not 0 < self.variance <= 1:
            raise MeshSetError(f"variance is {self.variance}; a share above 0 and up to 1 is needed, as 0.995")
        if not 0 <= self.failure_rate < 0.5:
            raise MeshSetError(f"failure rate is {self.failure_rate}; a share from 0 to 0.5 is needed, as 0.01")
