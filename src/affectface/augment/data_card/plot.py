"""The picture of a data card: the plane, expressions and action units before and after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectface.augment.statistics import Statistics
from affectface.augment.statistics_plots import BAR, GRID, INK, LIGHT, MUTED
from affectface.errors import DataSetError, MissingPackageError
from affectface.files import atomic_path, unwritten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_BARS = 24


def plot_before_and_after(before: Statistics | None, made: Statistics, out: Path) -> bool:
    """Draw labels before and after.

    Parameters
    ----------
    before : Statistics or None
        What there was.
    made : Statistics
        What was made; after is both together, or what was made alone if nothing is known about before.
    out : Path
        The ``.png`` file.

    Returns
    -------
    bool
        Whether there was anything to draw; otherwise no file is written.

    Raises
    ------
    DataSetError
        If it cannot be written.
    MissingPackageError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError(
            "data cards need the package matplotlib, which is not installed; pip install 'affectface[augment]'"
        ) from None
    parts = _parts(before, made)
    if not parts:
        return False
    figure = Figure(figsize=(5.2 * len(parts), 4.6), dpi=110, layout="constrained")
    for place, (draw, values) in enumerate(parts, 1):
        axes = figure.add_subplot(1, len(parts), place)
        axes.tick_params(colors=MUTED, labelsize=8)
        for spine in axes.spines.values():
            spine.set_color(GRID)
        draw(figure, axes, *values)
    try:
        with atomic_path(out) as temporary:
            figure.savefig(temporary, metadata={"Software": None})
    except OSError as error:
        raise DataSetError(unwritten(out, error)) from None
    return True


def _parts(before: Statistics | None, made: Statistics) -> list[tuple[Any, Any]]:
    parts: list[tuple[Any, Any]] = []
    after = made.plane if before is None else before.plane + made.plane
    if after.any():
        # one scale, so that the two can be held against each other
        most = int(after.max())
        if before is not None:
            parts.append((_plane, ("before", before.plane, most)))
        parts.append((_plane, ("made" if before is None else "after", after, most)))
    expressions = _pairs(before.expressions if before else {}, made.expressions)
    units = _pairs(_shown(before) if before else {}, _shown(made), "AU ")
    titles = ("rows by expression", "rows in which action units are shown")
    return parts + [
        (_bars, (title, pairs, before is not None))
        for title, pairs in zip(titles, (expressions, units), strict=True)
        if pairs
    ]


def _shown(found: Statistics) -> dict[str, int]:
    return {unit: shown for unit, (_, shown) in found.action_units.items()}


def _pairs(before: dict[str, int], made: dict[str, int], prefix: str = "") -> list[tuple[str, int, int]]:
    """Names with their numbers before and made, at most as many as can be read."""
    names = list(dict.fromkeys([*before, *made]))[:_MOST_BARS]
    return [(prefix + name.replace("_", " "), before.get(name, 0), made.get(name, 0)) for name in names]


def _plane(figure: Figure, axes: Any, title: str, plane: Any, most: int) -> None:
    """Rows in each cell of the plane, on a logarithmic scale; empty cells are white."""
    import numpy as np
    from matplotlib.colors import LogNorm

    counts = np.where(plane > 0, plane, np.nan).astype(float)
    shades = LogNorm(vmin=1, vmax=max(2, most))
    shown = axes.imshow(counts, origin="lower", extent=(-1, 1, -1, 1), cmap="viridis", norm=shades)
    axes.axhline(0, color=MUTED, lw=0.6)
    axes.axvline(0, color=MUTED, lw=0.6)
    axes.set_xlabel("valence", color=INK)
    axes.set_ylabel("arousal", color=INK)
    axes.set_title(f"{title}: {int(plane.sum()):,} rows in the plane", fontsize=10, color=INK)
    scale = figure.colorbar(shown, ax=axes, label="rows", shrink=0.85, format="{x:,.0f}")
    scale.set_ticks([step * 10**power for power in range(10) for step in (1, 2, 5) if step * 10**power <= most])
    scale.minorticks_off()


def _bars(figure: Figure, axes: Any, title: str, pairs: list[tuple[str, int, int]], both: bool) -> None:
    """What there was, light, and on top of it what was made, dark."""
    pairs = pairs[::-1]
    places, before = range(len(pairs)), [pair[1] for pair in pairs]
    if both:
        axes.barh(places, before, color=LIGHT, label="before")
    axes.barh(places, [pair[2] for pair in pairs], left=before, color=BAR, label="made")
    axes.set_yticks(places, [pair[0] for pair in pairs])
    for place, (_, old, new) in enumerate(pairs):
        axes.text(old + new, place, f" {old + new:,}", va="center", fontsize=8, color=INK)
    axes.set_title(title, fontsize=10, color=INK)
    axes.set_xlim(0, 1.18 * max(1, *(old + new for _, old, new in pairs)))
    axes.set_ylim(len(pairs) - max(len(pairs), 6) - 0.5, len(pairs) - 0.5)
    if both:
        axes.legend(loc="lower right", fontsize=8, frameon=False)
