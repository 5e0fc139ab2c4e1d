"""The Large Scale Facial Model (Booth et al., CVPR 2016 and IJCV 2018) in its `.mat` files, such as `all_all_all.mat`.

The files hold ``mean`` (3 V,) xyzxyz..., ``components`` (3 V, K) of unit length, ``eigenvalues`` (K,), which are
variances, ``trilist`` (T, 3) counted from 0 and ``n_training_samples``; so the importer of menpo3d reads them. LSFM for
menpo is a pickled `PCAModel` (`affectface.morphable.importers.menpo`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError
from affectface.morphable.importers.published import PublishedModel, scaled_components

FIELDS = ("mean", "components", "eigenvalues", "trilist")


def read_lsfm(arrays: dict[str, NDArray[Any]], path: Path) -> PublishedModel:
    """Return LSFM from the arrays of its file.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The file's `FIELDS`.
    path : Path
        Where from, for messages and the name.

    Returns
    -------
    PublishedModel
        The model; neutral faces only, and in a unit that the file does not tell.

    Raises
    ------
    ModelFileError
        If something is missing or does not fit.
    """
    missing = [name for name in FIELDS if name not in arrays]
    if missing:
        raise ModelFileError(f"{path}: no {', '.join(missing)} in it; LSFM's .mat has {', '.join(FIELDS)}")
    mean, variances = arrays["mean"].ravel(), arrays["eigenvalues"].ravel()
    components, triangles = arrays["components"], arrays["trilist"]
    if mean.size % 3 or triangles.ndim != 2 or components.ndim != 2:
        raise ModelFileError(f"{path}: a mean of {mean.size} numbers is no mesh; the file is damaged")
    if components.shape[0] != mean.size and components.shape[1] == mean.size:
        components = components.T
    if triangles.size and triangles.min() == 1 and triangles.max() == mean.size // 3:
        triangles = triangles - 1  # saved by MATLAB itself
    count = min(len(variances), components.shape[1])
    return PublishedModel(
        name=path.stem,
        kind="LSFM",
        vertices=mean.reshape(-1, 3).astype(np.float64),
        triangles=triangles.astype(np.int32),
        identity=scaled_components(components[:, :count], np.sqrt(np.maximum(variances[:count], 0)), mean.size // 3),
        expression=np.zeros((0, mean.size // 3, 3), np.float32),
        expression_names=(),
        licence="LSFM's own: non-commercial research, not to be passed on",
    )
