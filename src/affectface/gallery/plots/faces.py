"""Mean faces, shaded: over the plane (Kollias 2020, figure 5), of each expression, and what each component moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from affectface.affect import Affect, Expression, ValenceArousal
from affectface.arrays import FloatArray, Image
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.driving import expression_of
from affectface.gallery.plots.figures import GRID, INK, new_figure, plane_axes, write_figure
from affectface.morphable import FaceModel
from affectface.morphable.portrait_drawing import draw_mean_face, portrait_camera

_TILE = 220
_OVER_THE_PLANE = np.linspace(-0.9, 0.9, 7)
_COLUMNS = 6
_MOST = 24
_SKIN = np.array([0.78, 0.75, 0.72], dtype=np.float32)


def draw_face(face_model: FaceModel, vertices: FloatArray) -> Image:
    """Return a shaded drawing (S, S, 3) of a shape of a face model, its face alone."""
    size = 2 * _TILE
    camera = portrait_camera(face_model, 0, 0, size).scaled(1.25).shifted(0.125 * size, 0.19 * size)
    drawn = draw_mean_face(face_model, camera, size, vertices).image
    import cv2

    return np.asarray(cv2.resize(drawn, (_TILE, _TILE), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def shape_of(model: AffectModel, face_model: FaceModel, affect: Affect) -> FloatArray:
    """Return the mean face (V, 3) with the displacement of an affect: the model's own on its own mesh."""
    basis = model.basis
    if basis is not None and np.array_equal(basis.surface.triangles, face_model.triangles):
        strengths = model.strengths(affect)
        vector = np.array([strengths.get(name, 0.0) for name in model.unit_names], dtype=np.float32)
        return np.asarray(face_model.vertices + np.tensordot(vector, basis.displacements, axes=1), dtype=np.float32)
    return face_model.shape(None, expression_of(model, face_model, affect, 1.0))


def plot_mean_faces(model: AffectModel, face_model: FaceModel, path: Path) -> Path:
    """Plot the mean faces of classes over the plane.

    Parameters
    ----------
    model : AffectModel
        A model with a plane.
    face_model : FaceModel
        What is drawn.
    path : Path
        The PNG.

    Returns
    -------
    Path
        The same; of each cell of the plane the class of most frames is shown, at the place of its centre.
    """
    figure = new_figure(9.6, 9.6)
    axes = plane_axes(figure, "mean faces of classes")
    nearest, half = model.nearest(), float(_OVER_THE_PLANE[1] - _OVER_THE_PLANE[0]) / 2
    shown = np.hypot(*model.points.T) <= 1.02  # what is asked for beyond the circle is shown as on it
    for arousal in _OVER_THE_PLANE:
        for valence in _OVER_THE_PLANE:
            inside = np.flatnonzero(shown & (np.abs(model.points - (valence, arousal)).max(axis=1) <= half))
            if not len(inside):
                continue
            best = inside[model.support[inside].argmax()] if model.support[inside].any() else inside[0]
            v, a = map(float, model.points[best])
            drawn = draw_face(face_model, shape_of(nearest, face_model, ValenceArousal(v, a)))
            low = valence - 0.94 * half, arousal - 0.94 * half
            axes.imshow(drawn, extent=(low[0], low[0] + 1.88 * half, low[1], low[1] + 1.88 * half), zorder=1)
            frames = f"  {int(model.support[best]):,}" if model.support[best] else ""
            axes.text(low[0] + 0.01, low[1] + 0.01, f"{v:+.2f} {a:+.2f}{frames}", fontsize=5.5, color="white", zorder=2)
    axes.set(xlim=(-1.06, 1.06), ylim=(-1.06, 1.06))
    return write_figure(figure, path)


def plot_expressions(model: AffectModel, face_model: FaceModel, path: Path) -> Path:
    """Plot the mean face of each expression.

    Parameters
    ----------
    model : AffectModel
        A model with expressions.
    face_model : FaceModel
        What is drawn.
    path : Path
        The PNG.

    Returns
    -------
    Path
        The same; the expressions that frames stand behind, or all where none are counted.
    """
    support = model.expression_support
    counted = support is not None and support.any()
    rows = [row for row in range(len(model.expression_names)) if not counted or support[row]][:_MOST]  # type: ignore[index]
    tiles = [("neutral", draw_face(face_model, face_model.vertices))]
    for row in rows:
        name = model.expression_names[row]
        frames = f"\n{int(support[row]):,} frames" if counted else ""  # type: ignore[index]
        tiles.append(
            (name.replace("_", " ") + frames, draw_face(face_model, shape_of(model, face_model, Expression(name))))
        )
    return _sheet(tiles, path)


def plot_components(model: AffectModel, face_model: FaceModel, path: Path) -> Path:
    """Plot what the components move, and how far: the strongest first.

    Parameters
    ----------
    model : AffectModel
        A model; facial units are drawn where it has no components of its own.
    face_model : FaceModel
        What is drawn.
    path : Path
        The PNG.

    Returns
    -------
    Path
        The same.
    """
    basis, names = model.basis, model.unit_names
    if basis is not None and np.array_equal(basis.surface.triangles, face_model.triangles):
        displacements = np.asarray(basis.displacements)
    else:
        names = tuple(name for name in face_model.expression_names if basis is not None or name in names)
        displacements = face_model.expression[[face_model.expression_names.index(name) for name in names]]
    used = np.zeros(len(names))
    if names == model.unit_names or basis is None:
        rows = np.concatenate([model.point_strengths, model.expression_strengths])
        used = np.array([np.abs(rows[:, model.unit_names.index(name)]).mean() for name in names])
    size = used * np.sqrt(np.square(displacements).sum(axis=(1, 2)))
    # colours are put on a model without its bases, which would be looked at anew each time
    bare = replace(
        face_model, identity=face_model.identity[:0], expression=face_model.expression[:0], expression_names=()
    )
    tiles = []
    for row in np.argsort(-size, kind="stable")[:_MOST].tolist():
        moved = 10 * np.linalg.norm(displacements[row], axis=1)
        scale = max(float(np.quantile(moved, 0.999)), 1e-6)
        coloured = replace(bare, colour=_coloured(moved / scale))
        drawn = draw_face(coloured, np.asarray(face_model.vertices + displacements[row], dtype=np.float32))
        tiles.append((f"{names[row]}\nred: {scale:.1f} mm", drawn))
    return _sheet(tiles, path)


def _coloured(share: FloatArray) -> FloatArray:
    """Colours (V, 3) from skin, where nothing moves, to dark red."""
    from matplotlib import colormaps

    share = np.clip(share, 0, 1)
    hot = np.asarray(colormaps["YlOrRd"](share)[:, :3], dtype=np.float32)
    amount = np.clip(share / 0.15, 0, 1)[:, None]
    return np.asarray(_SKIN + amount * (hot - _SKIN), dtype=np.float32)


def _sheet(tiles: list[tuple[str, Image]], path: Path) -> Path:
    count = -(-len(tiles) // _COLUMNS)
    figure = new_figure(1.75 * _COLUMNS, 2.05 * count)
    grid = np.atleast_1d(figure.subplots(count, _COLUMNS)).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, (words, image) in zip(grid, tiles, strict=False):
        axes.imshow(image)
        axes.set_title(words, fontsize=7.5, color=INK)
        axes.add_patch(_frame())
    return write_figure(figure, path)


def _frame() -> object:
    from matplotlib.patches import Rectangle

    return Rectangle((-0.5, -0.5), _TILE, _TILE, fill=False, edgecolor=GRID, linewidth=0.8)
