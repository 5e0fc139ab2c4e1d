"""How far two sets of pictures lie from each other, by vectors that describe them: FID and KID."""

from __future__ import annotations

import numpy as np

from affectface.arrays import FloatArray, check_array
from affectface.evaluation.recognisers import optional_module

_INSTALL = "pip install torch torchmetrics"


def check_installed() -> None:
    """Make sure, before hours of measuring, that sets of pictures can be compared.

    Raises
    ------
    AssetError
        If torch or torchmetrics is not installed.
    """
    optional_module("torchmetrics.image.fid", _INSTALL)


def frechet_distance(photos: FloatArray, pictures: FloatArray) -> float:
    """Return FID: the Fréchet distance of the normal distributions with the sets' means and covariances.

    Parameters
    ----------
    photos : ndarray of shape (N, D), float32
        Vectors of the photos.
    pictures : ndarray of shape (M, D), float32
        Vectors of the pictures.

    Returns
    -------
    float
        The squared distance, 0 for one and the same set; NaN where a set has fewer than two.

    Raises
    ------
    ValueError
        If the shapes do not belong together, or a number is not finite.
    AssetError
        If torch or torchmetrics is not installed.

    Notes
    -----
    Below some D vectors a set, the covariances are not known, and the distance falls as vectors are added (Bińkowski,
    Sutherland, Arbel and Gretton 2018): such figures compare only at equal numbers.
    """
    real = check_array("photos", photos, (None, None), dtype=np.float64)
    made = check_array("pictures", pictures, (None, real.shape[1]), dtype=np.float64)
    if min(len(real), len(made)) < 2:
        return float("nan")
    torch = optional_module("torch", _INSTALL)
    as_they_are = torch.nn.Identity()
    as_they_are.num_features = real.shape[1]
    metric = optional_module("torchmetrics.image.fid", _INSTALL).FrechetInceptionDistance(feature=as_they_are)
    metric.update(torch.from_numpy(real), real=True)
    metric.update(torch.from_numpy(made), real=False)
    return max(0.0, float(metric.compute()))  # rounding puts a distance of 0 below it


def kernel_distance(photos: FloatArray, pictures: FloatArray) -> float:
    """Return KID: the squared maximum mean discrepancy of photos and the pictures made from them.

    Parameters
    ----------
    photos : ndarray of shape (N, D), float32
        Vectors of the photos.
    pictures : ndarray of shape (N, D), float32
        Vectors of the pictures, one of each photo, in the same order.

    Returns
    -------
    float
        The distance: 0 on average for sets of one distribution, so now and then below; NaN for fewer than two photos.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is not finite.

    Notes
    -----
    The kernel is (x y / D + 1)³, as in Bińkowski et al. 2018. The estimator is eq. 4 of Gretton et al. 2012, of all
    photos at once, which leaves each picture's own photo out of the comparison. That of the packages, torchmetrics' as
    well, takes the sets for independent and keeps it in: a picture is much more like its own photo than like others,
    and with few photos the result would fall far below 0 for no other reason.
    """
    real = check_array("photos", photos, (None, None), dtype=np.float64)
    made = check_array("pictures", pictures, real.shape, dtype=np.float64)
    count, length = real.shape
    if count < 2:
        return float("nan")
    across = (real @ made.T / length + 1) ** 3
    within = (real @ real.T / length + 1) ** 3 + (made @ made.T / length + 1) ** 3
    pairs = within - across - across.T
    return float((pairs.sum() - np.trace(pairs)) / (count * (count - 1)))
