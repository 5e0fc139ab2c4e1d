"""How the photometric fit weighs its terms, in the paper's units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from affectface.fitting.priors import LandmarkFitConfig

DESCRIPTOR_LENGTH = 512.0
"""Length of a descriptor in the units in which the paper's weights are meant. The paper does not name them; 512 is the
length that VLFeat, which menpo and with it Booth et al. took their dense SIFT from, gives a SIFT descriptor. With it
the three weights make sense together: a landmark that is a pixel off costs as much as 40 % of a vertex' features. Here
descriptors have length 1, and every weight is divided by the square of this."""

SAMPLED_VERTICES = 1000
"""Vertices whose misfits are summed in those units: Booth et al.'s published fitter draws as many for each step. A
texture model of more or fewer vertices has its sum scaled to as many."""


@dataclass(frozen=True, kw_only=True)
class PhotometricConfig:
    """How the photometric fit weighs its terms. The defaults are those of Kollias 2020, eq. 4; see also `MEASURED`.

    Pixels are those of the texture model's finest level, where the mean face's 68 points have its diagonal.
    """

    landmark_weight: float = 1e5
    """c_l: cost of a landmark that is a pixel off. Kollias 2020, section 4.2."""
    shape_weight: float = 3e6
    """c_s: cost of an identity component at one standard deviation; the priors of expression and focal length, in their
    own standard deviations, weigh as much. Kollias 2020, section 4.2."""
    texture_weight: float = 1.0
    """c_t: cost of a texture component at one standard deviation. Kollias 2020, section 4.2."""
    features_weight: float = 1.0
    """Weight of the features' misfit, 1 in eq. 4; 0 leaves the landmarks alone."""
    points: Literal[68, 478] = 68
    """The landmarks that count: the paper's 68, for which its weight is meant, or all 478."""
    solver: Literal["project-out", "simultaneous"] = "project-out"
    """`simultaneous` solves for the texture together with all else: the same steps, slowly, to check the other by."""
    iterations: int = 12
    """Most Gauss-Newton steps at each size; most faces need fewer."""
    tolerance: float = 1e-4
    """Relative decrease of the cost in a step below which a size is done with."""
    outlier: float = 3.0
    """Squared misfit around a vertex, in medians, at which it has lost half its say: something is in front of it.
    Infinity trusts all."""
    fewest_vertices: float = 0.25
    """Share of the vertices that must be seen well and not be hidden; with fewer the landmark fit stays."""
    most_landmark_error: float = 0.02
    """How much the landmarks' median error may grow over the landmark fit's, in inter-ocular distances, before the
    landmark fit stays."""
    most_focal_change: float = 2.5
    """Factor by which the focal length may change from the landmark fit's before the landmark fit stays."""
    focal: float | None = None
    """The photo's focal length, pixels, where it is known; otherwise it is estimated."""
    start: LandmarkFitConfig = field(default_factory=LandmarkFitConfig)
    """How the landmark fit is done that it starts from; its priors count here too."""


MEASURED = PhotometricConfig(points=478, shape_weight=6.8e5, features_weight=20.0)
"""What is fitted with unless something else is asked for. All 478 landmarks count, the priors count against them as in
the landmark fit, and features twenty times as much. With the paper's weights, made for 68 landmarks and LSFM, the shape
stays too near the mean: on photos of people left out, points placed by hand were then farther away than after the
landmark fit, and with these they are nearer (benchmarks/photometric.py)."""
