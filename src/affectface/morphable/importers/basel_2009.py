"""The Basel Face Model 2009 (Paysan et al., AVSS 2009): `01_MorphableModel.mat`.

The file holds ``shapeMU`` (3 V, 1) in micrometres, ``shapePC`` (3 V, 199) of unit length, ``shapeEV`` (199, 1), which
in spite of their name are standard deviations, the same of colour as ``texMU``, ``texPC``, ``texEV`` from 0 to 255, and
``tl`` (T, 3) counted from 1 and clockwise. It has neither expressions nor texture coordinates. The segments
(``segMM``, ``segMB``) are left out: one model of the whole face is what is fitted here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError
from affectface.morphable.importers.published import PublishedModel, scaled_components

FIELDS = ("shapeMU", "shapePC", "shapeEV", "texMU", "tl")
LICENCE = "the Basel Face Model's own: non-commercial research, not to be passed on"
_MICROMETRE = 1e-4


def read_basel_2009(arrays: dict[str, NDArray[Any]], path: Path) -> PublishedModel:
    """Return the Basel Face Model 2009 from the arrays of its file.

    Parameters
    ----------
    arrays : dict of str to ndarray
        The file's `FIELDS`.
    path : Path
        Where from, for messages.

    Returns
    -------
    PublishedModel
        The model; neutral faces only.

    Raises
    ------
    ModelFileError
        If something is missing or does not fit.
    """
    missing = [name for name in FIELDS if name not in arrays and name != "texMU"]
    if missing:
        raise ModelFileError(f"{path}: no {', '.join(missing)} in it; give 01_MorphableModel.mat of the 2009 model")
    mean, deviations = arrays["shapeMU"].ravel(), arrays["shapeEV"].ravel()
    triangles = arrays["tl"].astype(np.int64) - 1
    if mean.size % 3 or triangles.ndim != 2 or triangles.shape[1] != 3:
        raise ModelFileError(f"{path}: a mean of {mean.size} numbers and triangles {triangles.shape} are no mesh")
    colour = arrays.get("texMU")
    if colour is not None and colour.size == mean.size:
        colour = np.clip(np.nan_to_num(colour.reshape(-1, 3).astype(np.float32)) / 255, 0, 1)
    else:
        colour = None
    return PublishedModel(
        name="basel-2009",
        kind="Basel Face Model 2009",
        vertices=mean.reshape(-1, 3).astype(np.float64),
        triangles=triangles.astype(np.int32),
        identity=scaled_components(arrays["shapePC"], deviations, mean.size // 3),
        expression=np.zeros((0, mean.size // 3, 3), np.float32),
        expression_names=(),
        colour=colour,
        unit=_MICROMETRE,
        licence=LICENCE,
    )
