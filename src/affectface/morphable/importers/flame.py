"""FLAME 2020 and 2023 (Li et al.: Learning a model of facial shape and expression from 4D scans, SIGGRAPH Asia 2017).

`generic_model.pkl` and its like, by chumpy, and the same arrays as `.npz`: ``v_template`` (V, 3) in metres,
``shapedirs`` (V, 3, 400), of which the first 300 are identity and the rest expression, each one standard deviation;
``f`` (T, 3); ``weights`` (V, 5) of the joints root, neck, jaw, left eye, right eye; ``J_regressor`` (5, V), sparse, and
``posedirs`` (V, 3, 36), the correctives of the four turning joints.

FLAME opens the mouth and turns the eyes by joints. What they can give is taken as facial units, worked out by linear
blend skinning (equations 2 to 4 of the paper): `jawOpen`, `jawLeft`, `jawRight` and the `eyeLook` units. `jawForward`
is a shift, which a joint that turns cannot give.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray, IntArray
from affectface.errors import ModelFileError
from affectface.morphable.gaze import gaze
from affectface.morphable.importers.pickled_values import as_array
from affectface.morphable.importers.published import PublishedModel, half_units
from affectface.regions import REGIONS

FIELDS = ("v_template", "shapedirs", "f", "weights", "J_regressor", "posedirs", "J")
_METRE = 100.0
_IDENTITIES = 300
_JAW, _EYES = 2, ((3, "eye_left"), (4, "eye_right"))
_JAW_TURNS = {"jawOpen": (25.0, 0.0), "jawLeft": (0.0, 6.0), "jawRight": (0.0, -6.0)}
"""Degrees about the axis to the person's left and about the vertical at full strength: the chin then moves by 4 cm and
by 0.8 cm, as the units of the same names do in ICT-FaceKit (4.1 cm and 0.9 cm) and in the embedded model."""
_GAZES = tuple(f"eyeLook{way}_{side}" for way in ("Down", "In", "Out", "Up") for side in "LR")


@dataclass(frozen=True)
class _Joints:
    """What turning a joint needs."""

    places: NDArray[np.float64]
    """(J, 3)"""
    weights: NDArray[np.float64]
    """(V, J)"""
    correctives: NDArray[np.float64]
    """(V, 3, 9 (J - 1))"""


def flame_arrays(content: Any) -> dict[str, NDArray[Any]] | None:
    """Return FLAME's arrays from an unpickled file or an `.npz`; None if it is not FLAME.

    Parameters
    ----------
    content : Any
        A mapping of names to values of `load_pickle`, or to arrays.

    Returns
    -------
    dict of str to ndarray or None
        Those of `FIELDS` that are there.
    """
    if not isinstance(content, dict) or "v_template" not in content or "shapedirs" not in content:
        return None
    arrays = {name: as_array(content[name]) for name in FIELDS if name in content}
    return {name: array for name, array in arrays.items() if array is not None and array.dtype.kind in "fiu"}


def read_flame(arrays: dict[str, NDArray[Any]], path: Path) -> PublishedModel:
    """Return FLAME from its arrays.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Those of `FIELDS` that are there; without joints the model has no units for jaw and gaze.
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
    missing = [name for name in ("v_template", "shapedirs", "f") if name not in arrays]
    if missing:
        raise ModelFileError(f"{path}: no numbers {', '.join(missing)} in it; give FLAME's generic_model.pkl")
    vertices, basis = arrays["v_template"].astype(np.float64), arrays["shapedirs"]
    count = len(vertices)
    triangles = arrays["f"].astype(np.int32)
    if basis.ndim != 3 or basis.shape[:2] != (count, 3) or vertices.shape != (count, 3) or triangles.ndim != 2:
        raise ModelFileError(f"{path}: shapedirs {basis.shape} do not fit v_template {vertices.shape}; get it again")
    basis = np.ascontiguousarray(basis.transpose(2, 0, 1), dtype=np.float32)
    expression, names = half_units(basis[_IDENTITIES:], "expression")
    joints = _joints(arrays, vertices)
    regions = np.zeros(len(triangles), np.uint8)
    if joints is not None and triangles.size and triangles.min() >= 0 and triangles.max() < count:
        units = {name: _turned_jaw(joints, vertices, *turn).astype(np.float32) for name, turn in _JAW_TURNS.items()}
        units |= _turned_eyes(joints, vertices, triangles, regions)
        expression = np.concatenate([expression, np.stack(list(units.values()))])
        names = (*names, *units)
    return PublishedModel(
        name="flame",
        kind="FLAME",
        vertices=vertices,
        triangles=triangles,
        identity=basis[:_IDENTITIES],
        expression=expression,
        expression_names=names,
        regions=regions,
        unit=_METRE,
        licence="FLAME's own (2023: CC BY 4.0; before: non-commercial research)",
    )


def _joints(arrays: dict[str, NDArray[Any]], vertices: NDArray[np.float64]) -> _Joints | None:
    """Return the joints, where the file has them."""
    weights, regressor = arrays.get("weights"), arrays.get("J_regressor")
    count, joints = len(vertices), _EYES[-1][0] + 1
    if weights is None or weights.shape != (count, joints):
        return None
    if regressor is not None and regressor.shape == (joints, count):
        places = regressor.astype(np.float64) @ vertices
    elif (given := arrays.get("J")) is not None and given.shape == (joints, 3):
        places = given.astype(np.float64)
    else:
        return None
    correctives = arrays.get("posedirs")
    if correctives is None or correctives.shape != (count, 3, 9 * (joints - 1)):
        correctives = np.zeros((count, 3, 9 * (joints - 1)))
    return _Joints(places, weights.astype(np.float64), correctives.astype(np.float64))


def _turned_jaw(joints: _Joints, vertices: NDArray[np.float64], down: float, aside: float) -> NDArray[np.float64]:
    """Return how the vertices move when the jaw turns by degrees downwards and to the person's left."""
    a, b = np.radians([down, aside])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    change = about_y @ about_x - np.eye(3)
    feature = joints.correctives[..., 9 * (_JAW - 1) : 9 * _JAW]
    corrected = vertices + feature @ change.ravel()
    turned = (corrected - joints.places[_JAW]) @ change.T
    moved: NDArray[np.float64] = corrected - vertices + joints.weights[:, _JAW : _JAW + 1] * turned
    return moved


def _turned_eyes(
    joints: _Joints, vertices: NDArray[np.float64], triangles: IntArray, regions: NDArray[np.uint8]
) -> dict[str, FloatArray]:
    """Return the gaze units' displacements, and write the eyeballs into `regions`, in place."""
    units = {name: np.zeros(vertices.shape, np.float32) for name in _GAZES}
    for joint, eye in _EYES:
        ball = joints.weights[:, joint] > 0.5
        regions[ball[triangles].all(axis=1)] = REGIONS.index(eye)
        offsets = (vertices[ball] - joints.places[joint]).astype(np.float32)
        for name, moved in units.items():
            moved[ball] += gaze(name, offsets, left=eye == "eye_left")
    return units
