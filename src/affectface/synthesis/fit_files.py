"""A portrait's fit as files: coefficients, meshes, textures, and drawings."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.errors import ImageError
from affectface.files import atomic_path
from affectface.fitting.face_fit import fitted_vertices, interocular_distance, landmark_shift
from affectface.images import WRITABLE, write_image
from affectface.mesh import vertex_normals
from affectface.mesh_files import write_glb, write_obj
from affectface.occlusion.hands import find_hands
from affectface.synthesis.fit_records import record_of_fit
from affectface.synthesis.portrait import Portrait
from affectface.synthesis.sheet import crop_square_at
from affectface.texturing.frontal import frontalise
from affectface.texturing.layout import texture_layout
from affectface.texturing.texture import FaceTexture, fit_texture

Picture = Literal["texture", "visibility", "frontal", "overlay"]
"""What a picture of a fit can show; the end of its file's name says which: ``lisa_texture.png``."""


def write_fit(portrait: Portrait, path: str | os.PathLike[str], *, texture_size: int = 1024) -> None:
    """Write a portrait's fit; the suffix, and for an image the end of its name, choose what.

    Parameters
    ----------
    portrait : Portrait
        The portrait.
    path : path-like
        ``.json``: the coefficients, see `fit_record`; ``.obj``: the fitted mesh, cm; ``.glb``: the fitted mesh, metres,
        with its texture on it; an image whose name ends in ``texture``: that texture, which fits the ``.obj`` too;
        in ``visibility``: how much of each texel is the photo's; in ``frontal``: the face looking straight ahead, see
        `frontalise`; any other image: the mesh drawn over the face.
    texture_size : int
        Side of texture and visibility, texels.

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
            vertices, layout = fitted_vertices(model, portrait.fit), texture_layout(model)
            triangles, corners = model.triangles[layout.drawn], layout.triangles[layout.drawn]
            write_obj(target, vertices, triangles, layout.uv, corners, comment=provenance.to_json())
        case ".glb":
            _write_textured(portrait, target, texture_size, json.loads(provenance.to_json()))
        case suffix if suffix in WRITABLE:
            write_image(target, draw_fit(portrait, _picture(target), texture_size=texture_size), provenance)
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
        See `record_of_fit`.
    """
    return record_of_fit(portrait.face_model, portrait.fit, portrait.face.landmarks)


def draw_fit(portrait: Portrait, what: Picture, *, texture_size: int = 1024) -> Image:
    """Return a picture of a portrait's fit.

    Parameters
    ----------
    portrait : Portrait
        The portrait.
    what : {"texture", "visibility", "frontal", "overlay"}
        What it shows.
    texture_size : int
        Side of texture and visibility, texels.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The picture; the visibility is white where the photo shows the face.
    """
    match what:
        case "texture":
            return portrait_texture(portrait, size=texture_size).image
        case "visibility":
            seen = portrait_texture(portrait, size=texture_size).visibility
            return np.repeat(np.rint(255 * seen).astype(np.uint8)[..., None], 3, axis=2)
        case "frontal":
            return frontalise(portrait.image, portrait.face.landmarks, portrait.face_model, portrait.fit)
        case "overlay":
            return draw_overlay(portrait)


@lru_cache(maxsize=1)  # a GLB, a texture and a visibility are often wanted together
def portrait_texture(portrait: Portrait, *, size: int = 1024) -> FaceTexture:
    """Return the texture of a portrait's fit: hands and what its occlusion mask covers are not on it.

    Parameters
    ----------
    portrait : Portrait
        The portrait.
    size : int
        Side of the texture, texels.

    Returns
    -------
    FaceTexture
        Colours, visibility and layout.
    """
    image, landmarks = portrait.image, portrait.face.landmarks
    height, width = image.shape[:2]
    hands = find_hands(image, landmarks, interocular_distance(landmarks), (0, 0, width, height))
    hidden = np.zeros((height, width), dtype=np.bool_) if hands is None else hands.hides((height, width))
    if portrait.occlusion_mask is not None:
        hidden |= portrait.occlusion_mask
    return fit_texture(
        image, landmarks, portrait.face_model, portrait.fit, size=size, hidden=hidden if hidden.any() else None
    )


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


def _picture(target: Path) -> Picture:
    """What an image file of this name shows."""
    found: tuple[Picture, ...] = ("texture", "visibility", "frontal")
    return next((what for what in found if target.stem.lower().endswith(what)), "overlay")


def _write_textured(portrait: Portrait, target: Path, size: int, extras: dict[str, Any]) -> None:
    """Write the mesh, its vertices doubled along the texture's seams, with its texture."""
    model, texture = portrait.face_model, portrait_texture(portrait, size=size)
    layout, vertices = texture.layout, fitted_vertices(model, portrait.fit)
    used, triangles = np.unique(layout.triangles[layout.drawn], return_inverse=True)
    vertex, down = layout.vertex[used], np.array([1, -1], dtype=np.float32)
    write_glb(
        target,
        (vertices[vertex] / 100).astype(np.float32),
        vertex_normals(vertices, model.triangles[layout.drawn])[vertex],
        triangles.reshape(-1, 3).astype(np.int32),
        layout.uv[used] * down + (0, 1),
        texture.image,
        extras=extras,
    )


def _pixels(portrait: Portrait) -> FloatArray:
    """Return where the fitted vertices (V, 2) lie in the photo, pixels."""
    model, fit = portrait.face_model, portrait.fit
    projected = fit.camera.project(fitted_vertices(model, fit))[:, :2] + landmark_shift(model, fit)
    return np.asarray(projected, dtype=np.float32)
