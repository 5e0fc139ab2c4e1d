"""What is known of a face before it is seen, and how much the landmarks' noise counts against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.fitting.projection import FaceState


@dataclass(frozen=True, kw_only=True)
class LandmarkFitConfig:
    """How the dense-landmark fit weighs its terms."""

    landmark_noise: float = 0.03
    """Standard deviation of a landmark, in inter-ocular distances. MediaPipe repeats itself to 0.01; with three times
    that the identity of one person agrees best between photos, and a smile is removed most fully (London pairs)."""
    identity_components: int = 60
    """How many identity components are estimated; further ones move landmarks by less than their noise."""
    expression_scale: float = 0.12
    """Prior mean of a facial unit's strength above 0; the prior is exponential: few units are active, those freely."""
    frequent_scale: float = 2.0
    """The same for the units of smiling and talking, which photographs are full of."""
    negative_deviation: float = 0.03
    """Prior standard deviation below 0: a muscle does not push."""
    focal_deviation: float = 0.35
    """Prior standard deviation of the logarithm of the focal length, when it is not given."""
    focal_ratio: float = 1.6
    """Prior focal length over the image's longer side: 58 mm on a full-frame camera, a usual portrait."""
    outlier: float = 4.0
    """Residual, in standard deviations, from which a landmark loses its say."""
    iterations: int = 5
    """Gauss-Newton steps with all unknowns."""
    longest_residual: float = 0.05
    """Bound of a kept residual, in inter-ocular distances: a longer one is a misplaced landmark, not a face."""
    smallest_eye_distance: float = 12.0
    """Inter-ocular distance, pixels, under which a face is refused."""
    largest_yaw: float = 65.0
    """Angle between the face and the camera, degrees, beyond which a face is refused."""


def prior_equations(
    state: FaceState, focal: float, frequent: NDArray[np.bool_], config: LandmarkFitConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the priors' part of the normal equations, in standard deviations.

    Parameters
    ----------
    state : FaceState
        Where the fit stands.
    focal : float
        The most likely focal length, pixels.
    frequent : ndarray of shape (E,), bool
        Which units are frequent in photographs.
    config : LandmarkFitConfig
        How wide the priors are.

    Returns
    -------
    precision : ndarray of shape (7 + I + E,), float64
        What is added to the diagonal; rotation and translation have none.
    pull : ndarray of shape (7 + I + E,), float64
        What is subtracted from the gradient.
    """
    count = len(state.identity)
    precision = np.zeros(7 + count + len(state.expression))
    distance = np.zeros_like(precision)
    precision[6] = config.focal_deviation**-2
    distance[6] = np.log(state.focal / focal)
    precision[7 : 7 + count] = 1.0
    scale = np.where(frequent, config.frequent_scale, config.expression_scale)
    # an exponential prior, reweighted: its pull is the same at every strength
    exponential = 1.0 / (scale * np.maximum(state.expression, scale))
    precision[7 + count :] = np.where(state.expression < 0, config.negative_deviation**-2.0, exponential)
    distance[7:] = state.coefficients
    return precision, precision * distance
