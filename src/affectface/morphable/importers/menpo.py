"""A `PCAModel` of menpo, as its `export_pickle` writes it, for one: LSFM as distributed for menpo.

Menpo keeps the mean (3 V,), unit components (K, 3 V) and their variances (K,), xyzxyz..., and a mesh as the template.
Read are the layouts of menpo 0.7 to 0.11, of 0.5 and 0.6 (whose vectors have other names), and dictionaries that hold
one such model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.errors import ModelFileError
from affectface.morphable.importers.pickled_values import PickledArray, Stub, as_array
from affectface.morphable.importers.published import PublishedModel, scaled_components


def read_menpo(content: Any, path: Path) -> PublishedModel:
    """Return the model in an unpickled menpo file.

    Parameters
    ----------
    content : Any
        What `load_pickle` read.
    path : Path
        Where from, for messages and the name.

    Returns
    -------
    PublishedModel
        The model, in an unknown unit.

    Raises
    ------
    ModelFileError
        If there is no such model in it, or it is not one of triangle meshes.
    """
    model = find_menpo(content)
    if model is None:
        raise ModelFileError(f"{path}: no PCAModel of menpo in it; export the model itself")
    state = model.state
    inner = state.get("_pca", model)  # a model of models keeps its numbers one level down
    numbers = inner.state if isinstance(inner, Stub) else state
    mean = _first(numbers, "_mean", "mean_vector", "_mean_vector")
    components = _first(numbers, "_components")
    variances = _first(numbers, "_eigenvalues")
    mesh = state.get("template_instance")
    if mean is None or components is None or variances is None or not isinstance(mesh, Stub):
        raise ModelFileError(f"{path}: a {model.name} without mean, components and a mesh; export it by menpo >= 0.7")
    triangles = as_array(_trilist(mesh))
    points = as_array(mesh.state.get("points"))
    if triangles is None or points is None or points.shape[1:] != (3,):
        raise ModelFileError(f"{path}: a model of {mesh.name}, no triangle mesh in 3D; give a model of faces' surfaces")
    count = len(points)
    if mean.size != 3 * count or components.ndim != 2 or variances.ndim != 1 or len(variances) < len(components):
        raise ModelFileError(f"{path}: {count} vertices do not fit a mean of {mean.size} numbers; the file is damaged")
    deviations = np.sqrt(np.maximum(variances[: len(components)], 0))
    return PublishedModel(
        name=path.name.partition(".")[0],
        kind="menpo PCAModel",
        vertices=mean.reshape(count, 3).astype(np.float64),
        triangles=triangles.astype(np.int32),
        identity=scaled_components(components.T, deviations, count),
        expression=np.zeros((0, count, 3), np.float32),
        expression_names=(),
        colour=_colour(mesh, count),
    )


def find_menpo(content: Any) -> Stub | None:
    """Return the PCA model among unpickled values, the value itself or an entry of a mapping; None if there is none."""
    found = [content, *(content.values() if isinstance(content, dict) else ())]
    for value in found:
        if isinstance(value, Stub) and value.name.startswith("menpo") and "template_instance" in value.state:
            return value
    return None


def _first(state: dict[str, Any], *names: str) -> NDArray[Any] | None:
    """Return the first of several attributes that is an array; a mean may be a mesh, whose points count."""
    for name in names:
        value = state.get(name)
        if isinstance(value, Stub):
            value = value.state.get("points")
        found = as_array(value) if isinstance(value, PickledArray | Stub) else None
        if found is not None and found.dtype.kind == "f":
            return found.ravel() if name != "_components" else found
    return None


def _trilist(mesh: Stub) -> Any:
    return mesh.state.get("trilist", mesh.state.get("_trilist"))


def _colour(mesh: Stub, count: int) -> FloatArray | None:
    """Return the template's colours (V, 3), where it is a coloured mesh."""
    found = as_array(mesh.state.get("colours"))
    if found is None or found.shape != (count, 3) or found.dtype.kind not in "fu":
        return None
    scale = 255 if found.dtype.kind == "u" or found.max() > 1.5 else 1
    return np.clip(np.nan_to_num(found.astype(np.float32)) / scale, 0, 1)
