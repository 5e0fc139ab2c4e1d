"""Figures: how they look, and how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from affectface.errors import ImageError, MissingPackageError
from affectface.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, GRID = "#20242b", "#6b7280", "#d9dce1"


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches.

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError("figures need matplotlib; pip install 'affectface[gallery]'") from None
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def plane_axes(figure: Figure, title: str) -> Any:
    """Return axes of the valence-arousal plane, with the circle where it ends."""
    axes = figure.subplots()
    turn = np.linspace(0, 2 * np.pi, 361)
    axes.plot(np.cos(turn), np.sin(turn), color=GRID, linewidth=1, zorder=0)
    axes.axhline(0, color=GRID, linewidth=0.8, zorder=0)
    axes.axvline(0, color=GRID, linewidth=0.8, zorder=0)
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal", xlabel="valence", ylabel="arousal")
    axes.set_title(title, fontsize=11, color=INK)
    axes.tick_params(labelsize=8, colors=MUTED)
    for side in axes.spines.values():
        side.set_visible(False)
    return axes


def write_figure(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG, atomically; equal figures are equal files.

    Raises
    ------
    ImageError
        If it cannot be written.
    """
    try:
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format="png", dpi=150, metadata={"Software": "affectface"})
    except OSError as error:
        raise ImageError(f"{path}: cannot be written ({error.strerror}); choose another folder") from None
    return path
