"""The plane: how many labels lie where, which class they belong to, and how many frames stand behind each point."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from affectface.affect import ValenceArousal
from affectface.arrays import FloatArray
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.plots.figures import INK, new_figure, plane_axes, write_figure
from affectface.gallery.store import Gallery

_CELLS = 80
_GRID = 121


def labels_of(gallery: Gallery) -> FloatArray:
    """Return the valence and arousal (N, 2) of all frames of a gallery that count and have both."""
    found = [np.empty((0, 2), dtype=np.float32)]
    for sequence in gallery.sequences:
        labels = gallery.labels(sequence.name)
        if labels is not None:
            points = np.stack([labels.valence, labels.arousal], axis=1)
            found.append(points[gallery.kept(sequence.name) & np.isfinite(points).all(axis=1)])
    return np.concatenate(found)


def plot_histogram(labels: FloatArray, path: Path) -> Path:
    """Plot how many labels lie where (Kollias 2020, figure 3).

    Parameters
    ----------
    labels : ndarray of shape (N, 2), float32
        Valence and arousal.
    path : Path
        The PNG.

    Returns
    -------
    Path
        The same.
    """
    from matplotlib.colors import LogNorm

    figure = new_figure(6.2, 5.4)
    axes = plane_axes(figure, f"{len(labels):,} labels")
    counts, _, _ = np.histogram2d(labels[:, 0], labels[:, 1], bins=_CELLS, range=[(-1, 1), (-1, 1)])
    shown = axes.imshow(
        np.ma.masked_equal(counts.T, 0),
        origin="lower",
        extent=(-1, 1, -1, 1),
        cmap="viridis",
        norm=LogNorm(1, max(2, counts.max())),
        interpolation="nearest",
    )
    figure.colorbar(shown, ax=axes, shrink=0.85, label=f"labels in a cell of {2 / _CELLS:g} by {2 / _CELLS:g}")
    return write_figure(figure, path)


def plot_classes(model: AffectModel, path: Path) -> Path:
    """Plot which class each point of the plane belongs to, and how many frames each has.

    Parameters
    ----------
    model : AffectModel
        A model with a plane.
    path : Path
        The PNG.

    Returns
    -------
    Path
        The same.
    """
    from matplotlib.colors import LogNorm
    from scipy.spatial import cKDTree

    figure = new_figure(6.2, 5.4)
    axes = plane_axes(figure, f"{len(model.points)} classes")
    steps = np.linspace(-1, 1, 601)
    where = np.stack(np.meshgrid(steps, steps), axis=-1)
    nearest = cKDTree(model.points).query(where.reshape(-1, 2))[1].reshape(where.shape[:2])
    edge = np.zeros(nearest.shape, dtype=bool)
    edge[1:] |= nearest[1:] != nearest[:-1]
    edge[:, 1:] |= nearest[:, 1:] != nearest[:, :-1]
    outside = np.hypot(where[..., 0], where[..., 1]) > 1
    frames = np.maximum(model.support, 1)
    values = np.ma.masked_where(outside | edge, frames[nearest])
    norm = LogNorm(1, max(2, frames.max()))
    shown = axes.imshow(values, origin="lower", extent=(-1, 1, -1, 1), cmap="viridis", norm=norm)
    axes.plot(*model.points.T, ".", color="white", markersize=1.5)
    figure.colorbar(shown, ax=axes, shrink=0.85, label="frames of the class")
    return write_figure(figure, path)


def plot_support(model: AffectModel, path: Path) -> Path:
    """Plot how many frames stand behind each point of the plane.

    Parameters
    ----------
    model : AffectModel
        A model that counts frames.
    path : Path
        The PNG.

    Returns
    -------
    Path
        The same; white is where what is shown is a guess.
    """
    from matplotlib.colors import LogNorm

    figure = new_figure(6.2, 5.4)
    axes = plane_axes(figure, "frames behind each point; white: none")
    steps = np.linspace(-1, 1, _GRID)
    frames = np.zeros((_GRID, _GRID))
    for row, arousal in enumerate(steps.tolist()):
        for column, valence in enumerate(steps.tolist()):
            if np.hypot(valence, arousal) <= 1:
                found = model.support_of(ValenceArousal(valence, arousal))
                frames[row, column] = 0 if found is None else found.frames
    norm = LogNorm(1, max(2, frames.max()))
    shown = axes.imshow(np.ma.masked_equal(frames, 0), origin="lower", extent=(-1, 1, -1, 1), cmap="viridis", norm=norm)
    axes.plot(*model.points.T, ".", color=INK, markersize=1.2)
    figure.colorbar(shown, ax=axes, shrink=0.85, label="frames")
    return write_figure(figure, path)
