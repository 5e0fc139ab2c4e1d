"""The Basel Face Models 2017 and 2019 (Gerig et al., FG 2018), and others in the statismo layout of HDF5.

``shape/model``, ``expression/model`` and ``color/model`` each have ``mean`` (3 V,), ``pcaBasis`` (3 V, K) and
``pcaVariance`` (K,); ``shape/representer/cells`` (3, T) are the triangles; the 2019 files are the same for the full
head (``fullHead``), the mask of 2009 (``bfm``) and the face alone (``face12``). Shapes are in millimetres, colours in
[0, 1]. A model of shape alone may have ``model`` and ``representer`` at the top.

The mean of the shapes, which are neutral faces, is the face at rest. The mean of the expressions, which is not neutral,
is left out; their components are taken as differences from rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.errors import ModelFileError
from affectface.morphable.importers.basel_2009 import LICENCE
from affectface.morphable.importers.published import PublishedModel, half_units, scaled_components

_MODEL = ("mean", "pcaBasis", "pcaVariance")
_MILLIMETRE = 0.1
NAMES = (
    *(f"{part}/model/{name}" for part in ("shape", "expression", "color") for name in _MODEL),
    *(f"model/{name}" for name in _MODEL),
    *(f"{part}/{name}" for part in ("shape/representer", "representer") for name in ("cells", "points")),
)
"""The datasets that are read."""


def read_basel_statismo(arrays: dict[str, NDArray[Any]], path: Path) -> PublishedModel:
    """Return a Basel Face Model of 2017 or 2019 from the datasets of its file.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Those of `NAMES` that are there.
    path : Path
        Where from, for messages and the name.

    Returns
    -------
    PublishedModel
        The model; each expression component is two units, one for either sign.

    Raises
    ------
    ModelFileError
        If something is missing or does not fit.
    """
    prefix = "shape/" if "shape/model/mean" in arrays else ""
    needed = [f"{prefix}model/{name}" for name in _MODEL] + [f"{prefix}representer/cells"]
    missing = [name for name in needed if name not in arrays]
    if missing:
        raise ModelFileError(f"{path}: no {', '.join(missing)} in it; give a .h5 of the Basel Face Model 2017 or 2019")
    mean, cells = arrays[needed[0]].ravel(), arrays[needed[3]]
    if mean.size % 3 or cells.ndim != 2 or 3 not in cells.shape:
        raise ModelFileError(f"{path}: a mean of {mean.size} numbers and cells {cells.shape} are no mesh")
    triangles = cells.T if cells.shape[0] == 3 else cells
    count = mean.size // 3
    names: tuple[str, ...] = ()
    expression: FloatArray = np.zeros((0, count, 3), np.float32)
    if "expression/model/pcaBasis" in arrays and "expression/model/pcaVariance" in arrays:
        components = _components(arrays, "expression/model", count)
        expression, names = half_units(components, "expression")
    colour = arrays.get("color/model/mean")
    known = prefix == "shape/" and path.stem.startswith("model20")
    return PublishedModel(
        name=path.stem.replace("model", "basel-") if known else path.stem,
        kind="Basel Face Model 2017/2019",
        vertices=mean.reshape(count, 3).astype(np.float64),
        triangles=triangles.astype(np.int32),
        identity=_components(arrays, f"{prefix}model", count),
        expression=expression,
        expression_names=names,
        colour=_colour(colour, count) if colour is not None and colour.size == mean.size else None,
        unit=_MILLIMETRE if prefix else None,
        licence=LICENCE,
    )


def _components(arrays: dict[str, NDArray[Any]], part: str, count: int) -> FloatArray:
    variance = arrays[f"{part}/pcaVariance"].ravel()
    return scaled_components(arrays[f"{part}/pcaBasis"], np.sqrt(np.maximum(variance, 0)), count)


def _colour(mean: NDArray[Any], count: int) -> FloatArray:
    return np.clip(np.nan_to_num(mean.reshape(count, 3).astype(np.float32)), 0, 1)
