"""A face model at a glance: a sheet of drawings of its mean, its components and its units."""

from __future__ import annotations

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.morphable.face_model import FaceModel
from affectface.morphable.portrait_drawing import draw_mean_face, portrait_camera

_VIEWS = ((0, 0), (35, 0), (-35, 0), (80, 0))
_FAR = 3.0
_LABEL = 22


def draw_model_sheet(model: FaceModel, components: int = 4, units: int = 8, size: int = 256) -> Image:
    """Draw a model's mean from several sides, its first identity components at -3 and +3, and some of its units.

    Parameters
    ----------
    model : FaceModel
        The model, with its 68 points.
    components : int
        How many identity components are drawn.
    units : int
        How many expression units, those that move the face most.
    size : int
        Side of a tile, pixels.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The sheet, four tiles wide.
    """
    tiles = [_tile(model, model.vertices, f"mean, {yaw} deg", size, yaw, pitch) for yaw, pitch in _VIEWS]
    for row in range(min(components, len(model.identity))):
        for amount in (-_FAR, _FAR):
            shape = model.vertices + np.float32(amount) * model.identity[row]
            tiles.append(_tile(model, shape, f"identity {row + 1}, {amount:+.0f} sd", size))
    moved = np.array([np.abs(unit).max() for unit in model.expression])
    for row in sorted(np.argsort(-moved, kind="stable")[:units].tolist()):
        shape = model.vertices + model.expression[row]
        tiles.append(_tile(model, shape, model.expression_names[row][:28], size))
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % len(_VIEWS))
    rows = [np.hstack(tiles[start : start + len(_VIEWS)]) for start in range(0, len(tiles), len(_VIEWS))]
    return np.vstack(rows)


def _tile(model: FaceModel, vertices: FloatArray, label: str, size: int, yaw: float = 0, pitch: float = 0) -> Image:
    """Draw one shape, with its name below."""
    drawn = draw_mean_face(model, portrait_camera(model, yaw, pitch, 2 * size), 2 * size, vertices)
    small = cv2.resize(drawn.image, (size, size), interpolation=cv2.INTER_AREA)
    strip = np.full((_LABEL, size, 3), 255, dtype=np.uint8)
    cv2.putText(strip, label, (6, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([np.asarray(small, dtype=np.uint8), strip])
