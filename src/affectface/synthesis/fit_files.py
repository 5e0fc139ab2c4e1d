"""A portrait's fit as files: coefficients, meshes, and a drawing over the photo."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.errors import ImageError
from affectface.files import atomic_path
from affectface.fitting.face_fit import fitted_vertices, landmark_shift
from affectface.images import WRITABLE, write_image
from affectface.mesh import vertex_normals
from affectface.mesh_files import write_glb, write_obj
from affectface.synthesis.portrait import Portrait
from affectface.synthesis.sheet import crop_square_at


def write_fit(portrait: Portrait, path: str | os.PathLike[str]) -> None:
    """Write a portrait's fit; the suffix chooses what.

    Parameters
    ----------
    portrait : Portrait
        The portrait.
    path : path-like
        ``.json``: the coefficients, see `fit_record`; ``.obj``: the fitted mesh, cm, with the face model's texture
        coordinates; ``.glb``: the fitted mesh, metres, with the photo on it; an image: the mesh drawn over
        the face.

    Raises
    ------
    ImageError
        If the suffix is unknown or the file cannot be written.
    """
    target, model = Path(path), portrait.face_model
    provenance = portrait.provenance({"fit": True})
    match target.suffix.lower():
        case ".json":
            try:
                with atomic_path(target) as temporary:
                    temporary.write_text(json.dumps(fit_record(portrait), indent=1) + "\n", encoding="utf-8")
            except OSError as error:
                raise ImageError(f"{target}: cannot be written ({error.strerror})") from None
        case ".obj":
            vertices = fitted_vertices(model, portrait.fit)
            write_obj(target, vertices, model.triangles, model.uv, model.uv_triangles, comment=provenance.to_json())
        case ".glb":
            _write_textured(portrait, target, json.loads(provenance.to_json()))
        case suffix if suffix in WRITABLE:
            write_image(target, draw_overlay(portrait), provenance)
        case suffix:
            raise ImageError(f"{target}: unknown suffix {suffix!r}; use .json, .obj, .glb or .png")


def fit_record(portrait: Portrait) -> dict[str, Any]:
    """Return a portrait's fit in JSON's types.

    Parameters
    ----------
    portrait : Portrait
        The portrait.

    Returns
    -------
    dict
        `identity` in standard deviations; `expression` by unit name; the `camera` with rotation (3 x 3), translation
        (cm), focal length and centre (pixels); `lighting` (9 x 3); `landmarks` (478 x 3, pixels); `error` as a fraction
        of the inter-ocular distance.
    """
    fit, camera = portrait.fit, portrait.fit.camera
    names = portrait.face_model.expression_names
    return {
        "face_model": portrait.face_model.name,
        "image_size": [int(n) for n in fit.image_size],
        "identity": _numbers(fit.identity),
        "expression": dict(zip(names, _numbers(fit.expression), strict=True)),
        "camera": {
            "rotation": _numbers(camera.rotation),
            "translation": _numbers(camera.translation),
            "focal": float(camera.focal),
            "centre": [float(c) for c in camera.centre],
        },
        "lighting": _numbers(fit.lighting),
        "landmarks": _numbers(portrait.face.landmarks),
        "error": float(fit.error),
    }


def draw_overlay(portrait: Portrait, *, size: int = 1400) -> Image:
    """Return the part of the photo around the face, with the fitted mesh's edges over it.

    Parameters
    ----------
    portrait : Portrait
        The portrait.
    size : int
        Side of the drawing, pixels: enlarged where the photo is smaller, for the mesh is finer than many photos.

    Returns
    -------
    ndarray of shape (size, size, 3), uint8
        The drawing.
    """
    crop, corner, side = crop_square_at(portrait.image, portrait.face.box, size=size, room=1.7)
    points = (_pixels(portrait) - np.array(corner)) * (size / side)
    corners = points[portrait.face_model.triangles[portrait.face_model.region("face")]]
    across, down = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    # counter-clockwise in model space is clockwise on the screen, whose y goes down
    front = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0] < 0
    shift = 4
    lines = np.rint((corners[front] - 0.5) * (1 << shift)).astype(np.int32)
    drawn = crop.copy()
    cv2.polylines(drawn, list(lines), True, (120, 235, 255), 1, cv2.LINE_AA, shift)
    return np.asarray(cv2.addWeighted(crop, 0.55, drawn, 0.45, 0), dtype=np.uint8)


def _write_textured(portrait: Portrait, target: Path, extras: dict[str, Any]) -> None:
    """Write the mesh with the part of the photo that it covers as its texture."""
    model, points = portrait.face_model, _pixels(portrait)
    size = np.array(portrait.image.shape[1::-1])
    low = np.clip(np.floor(points.min(0)), 0, size - 1).astype(int)
    high = np.maximum(low + 1, np.clip(np.ceil(points.max(0)), 0, size)).astype(int)
    vertices = fitted_vertices(model, portrait.fit)
    write_glb(
        target,
        (vertices / 100).astype(np.float32),
        vertex_normals(vertices, model.triangles),
        model.triangles,
        ((points - low) / (high - low)).astype(np.float32),
        portrait.image[low[1] : high[1], low[0] : high[0]],
        extras=extras,
    )


def _pixels(portrait: Portrait) -> FloatArray:
    """Return where the fitted vertices (V, 2) lie in the photo, pixels."""
    model, fit = portrait.face_model, portrait.fit
    projected = fit.camera.project(fitted_vertices(model, fit))[:, :2] + landmark_shift(model, fit)
    return np.asarray(projected, dtype=np.float32)


def _numbers(array: FloatArray) -> list[Any]:
    """Return an array as nested lists of numbers with six digits."""
    flat = [float(f"{value:.6g}") for value in np.ravel(array).tolist()]
    nested: list[Any] = np.array(flat).reshape(np.shape(array)).tolist()
    return nested
