"""A face of known shape and colours, and its photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.camera import Camera
from affectface.fitting.face_fit import FaceFit
from affectface.morphable import FaceModel
from affectface.morphable.portrait_drawing import portrait_camera
from affectface.rendering.rasterise import NO_LABEL, rasterise

SIDE = 700
BACKGROUND = (0, 255, 0)


@dataclass(frozen=True, eq=False)
class Painted:
    """A painted head, the photo of it, and its fit."""

    colours: FloatArray
    image: Image
    landmarks: FloatArray
    fit: FaceFit


def paint(model: FaceModel) -> FloatArray:
    """Colours (V, 3) that change smoothly over the head and are symmetric."""
    x, y, z = model.vertices.T
    waves = [130 + 60 * np.cos(0.8 * x), 120 + 50 * np.sin(0.5 * y), 110 + 40 * np.cos(0.4 * z + 0.3 * y)]
    return np.stack(waves, axis=1).astype(np.float32)


def photograph(model: FaceModel, yaw: float = 0.0, camera: Camera | None = None) -> Painted:
    camera = camera or portrait_camera(model, yaw, size=SIDE)
    points, colours = camera.project(model.vertices), paint(model)
    rows = ~model.region("eyelashes")
    labels = np.zeros(int(rows.sum()), dtype=np.uint8)
    raster = rasterise(points, model.triangles[rows], labels, np.pad(colours, ((0, 0), (0, 1))), (SIDE, SIDE))
    image = np.where((raster.label == NO_LABEL)[..., None], BACKGROUND, np.rint(raster.values[..., :3]))
    landmarks = camera.project(model.at_landmarks(model.vertices))
    landmarks[:, 2] = (landmarks[:, 2] - landmarks[:, 2].mean()) * camera.focal / camera.translation[2]
    none = np.zeros(0, dtype=np.float32)
    fit = FaceFit(
        none,
        np.zeros(len(model.expression), dtype=np.float32),
        camera,
        np.zeros((9, 3), dtype=np.float32),
        np.zeros((478, 2), dtype=np.float32),
        (SIDE, SIDE),
        0.0,
    )
    return Painted(colours, image.astype(np.uint8), landmarks.astype(np.float32), fit)
