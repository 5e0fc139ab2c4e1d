"""A picture of what is in a data set: the plane, and bars of expressions, action units, ages and splits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectface.augment.statistics import Statistics
from affectface.errors import DataSetError, MissingPackageError
from affectface.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, GRID, BAR, LIGHT = "#20242b", "#6b7280", "#d9dce1", "#2f6f9f", "#bcd3e4"


def plot_statistics(found: Statistics, out: str | os.PathLike[str]) -> None:
    """Draw what is in a data set; only what there is gets a part of the picture.

    Parameters
    ----------
    found : Statistics
        The numbers.
    out : path-like
        A ``.png``, ``.svg`` or ``.pdf`` file.

    Raises
    ------
    DataSetError
        If the suffix is another one, the file cannot be written, or there is nothing to draw.
    MissingPackageError
        If matplotlib is not installed.
    """
    target = Path(out)
    if target.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise DataSetError(f"{target}: unknown suffix {target.suffix!r} for a plot; use .png, .svg or .pdf")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError(
            "plots need the package matplotlib, which is not installed; pip install 'affectface[augment]'"
        ) from None
    parts = _parts(found)
    if not parts:
        raise DataSetError(f"{target}: no row has a label, an age or a split; there is nothing to draw")
    figure = Figure(figsize=(5.2 * min(len(parts), 3), 4.4 * -(-len(parts) // 3)), dpi=110, layout="constrained")
    for place, (draw, values) in enumerate(parts, 1):
        axes = figure.add_subplot(-(-len(parts) // 3), min(len(parts), 3), place)
        axes.tick_params(colors=MUTED, labelsize=8)
        for spine in axes.spines.values():
            spine.set_color(GRID)
        draw(figure, axes, values)
    try:
        with atomic_path(target) as temporary:
            figure.savefig(temporary, metadata={"Software": None} if target.suffix.lower() == ".png" else None)
    except OSError as error:
        raise DataSetError(f"{target}: cannot be written ({error.strerror})") from None


def _parts(found: Statistics) -> list[tuple[Any, Any]]:
    bars = (("rows by expression", found.expressions), ("rows by age", found.ages), ("rows by split", found.splits))
    parts: list[tuple[Any, Any]] = [(_plane, found)] if found.points else []
    parts += [(_bars, (title, counts)) for title, counts in bars[:1] if counts]
    parts += [(_units, found.action_units)] if found.action_units else []
    parts += [(_bars, (title, counts)) for title, counts in bars[1:] if counts]
    return parts + ([(_bars, ("rows by fold", found.folds))] if found.folds else [])


def _plane(figure: Figure, axes: Any, found: Statistics) -> None:
    """Rows in each cell of the plane, on a logarithmic scale; empty cells are white."""
    import numpy as np
    from matplotlib.colors import LogNorm

    counts = np.where(found.plane > 0, found.plane, np.nan).astype(float)
    shades = LogNorm(vmin=1, vmax=max(2, int(found.plane.max())))
    shown = axes.imshow(counts, origin="lower", extent=(-1, 1, -1, 1), cmap="viridis", norm=shades)
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.axvline(0, color=MUTED, lw=0.6)
    axes.set_xlabel("valence", color=INK)
    axes.set_ylabel("arousal", color=INK)
    axes.set_title(f"{found.points:,} rows in the plane", fontsize=10, color=INK)
    figure.colorbar(shown, ax=axes, label="rows", shrink=0.85)


def _bars(figure: Figure, axes: Any, values: tuple[str, dict[str, int]]) -> None:
    title, counts = values
    names = list(counts)[::-1]
    axes.barh(range(len(names)), [counts[name] for name in names], color=BAR)
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.set_title(title, fontsize=10, color=INK)
    _numbered(axes, [counts[name] for name in names])


def _units(figure: Figure, axes: Any, units: dict[str, tuple[int, int]]) -> None:
    """Rows in which each action unit was coded, and the part of them in which it is shown."""
    names = list(units)[::-1]
    axes.barh(range(len(names)), [units[name][0] for name in names], color=LIGHT)
    axes.barh(range(len(names)), [units[name][1] for name in names], color=BAR)
    axes.set_yticks(range(len(names)), [f"AU {name}" for name in names])
    axes.set_title("rows by action unit: coded, and shown (dark)", fontsize=10, color=INK)
    axes.margins(x=0.02)
    _roomy(axes, len(names))


def _numbered(axes: Any, counts: list[int]) -> None:
    """Write each bar's number at its end."""
    for place, count in enumerate(counts):
        axes.text(count, place, f" {count:,}", va="center", fontsize=8, color=INK)
    axes.margins(x=0.16)
    _roomy(axes, len(counts))


def _roomy(axes: Any, bars: int) -> None:
    """Keep few bars from becoming thick: the upper end of the axis stays where six would end."""
    axes.set_ylim(bars - max(bars, 6) - 0.5, bars - 0.5)
