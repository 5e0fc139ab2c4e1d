"""The plots of a report, as PNG in data addresses, so that the report is one file."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from affectface.affect import BASIC_EXPRESSIONS, DIRECTIONS
from affectface.arrays import Image
from affectface.evaluation.measured import Evaluation
from affectface.evaluation.targets import EXPRESSIONS, Target

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INK, _MUTED, _GRID = "#20242b", "#6b7280", "#d9dce1"
_COLOURS = dict(
    zip(EXPRESSIONS, ("#c2410c", "#4d7c0f", "#7c3aed", "#d4a106", "#2563eb", "#0d9488", "#6b7280"), strict=True)
)
_APART = 28.0
"""Degrees between the directions that the plane's picture shows: all 28 would cover each other."""


def data_address(image: Image) -> str:
    """Return a picture (H, W, 3) as a data address, JPEG of high quality."""
    import PIL.Image

    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def confusion(answers: dict[str, dict[str, float]]) -> str:
    """Return the plot of a confusion matrix: shown in rows, answered in columns, shares."""
    matrix = np.array([[answers[row][column] for column in EXPRESSIONS] for row in EXPRESSIONS])
    figure, axes = _figure(5.4, 4.6)
    axes.imshow(matrix, cmap="Greys", vmin=0, vmax=1.25)
    for (row, column), share in np.ndenumerate(matrix):
        if share >= 0.005:
            axes.text(
                column, row, f"{share:.2f}", ha="center", va="center", fontsize=8, color="w" if share > 0.6 else _INK
            )
    axes.set_xticks(range(len(EXPRESSIONS)), EXPRESSIONS, rotation=45, ha="right")
    axes.set_yticks(range(len(EXPRESSIONS)), EXPRESSIONS)
    axes.set_xlabel("answered")
    axes.set_ylabel("shown")
    return _png(figure)


def doses(evaluation: Evaluation, name: str) -> str:
    """Return the plot of a recogniser's probability of each expression over the asked strength, means of people."""
    figure, axes = _figure(5.4, 4.6)
    for i, expression in enumerate(BASIC_EXPRESSIONS):
        seen: dict[float, list[float]] = {}
        for row in evaluation.rows:
            chances = row.readings[name].probabilities
            if chances is not None and row.target.label in (expression, "neutral"):
                strength = 0.0 if row.target.label == "neutral" else row.target.strength
                seen.setdefault(strength, []).append(float(chances[i]))
        levels = sorted(seen)
        means = [np.mean(seen[level]) for level in levels]
        axes.plot(levels, means, "o-", color=_COLOURS[expression], label=expression, lw=1.6, ms=4)
    axes.set_xlabel("asked strength")
    axes.set_ylabel("probability of the asked expression")
    axes.set_ylim(-0.02, 1.02)
    axes.grid(color=_GRID, lw=0.6)
    axes.legend(frameon=False, fontsize=8)
    return _png(figure)


def achieved(table: dict[str, Any], points: dict[str, list[tuple[float, float]]]) -> str:
    """Return the plot of the plane: asked directions on the rim, and where each strength comes out, means of people.

    Parameters
    ----------
    table : dict
        The errors of the protocol, whose directions are drawn.
    points : dict of str to list of tuple
        Mean achieved points of each direction, by rising strength.

    Returns
    -------
    str
        The picture's address.
    """
    figure, axes = _figure(5.4, 5.4)
    turn = np.linspace(0, 2 * np.pi, 200)
    for radius in (0.5, 1.0):
        axes.plot(radius * np.cos(turn), radius * np.sin(turn), color=_GRID, lw=0.8)
    axes.axhline(0, color=_GRID, lw=0.8)
    axes.axvline(0, color=_GRID, lw=0.8)
    hues = figure_colours(len(DIRECTIONS))
    for colour, (name, angle) in zip(hues, DIRECTIONS.items(), strict=True):
        if name in table["by_direction"]:
            axes.plot(np.cos(np.radians(angle)), np.sin(np.radians(angle)), "o", mfc="none", mec=colour, ms=7)
            path = np.array([(0.0, 0.0), *points[name]])
            axes.plot(path[:, 0], path[:, 1], ".-", color=colour, lw=1, ms=4)
    axes.set_xlim(-1.15, 1.15)
    axes.set_ylim(-1.15, 1.15)
    axes.set_aspect("equal")
    axes.set_xlabel("valence")
    axes.set_ylabel("arousal")
    return _png(figure)


def apart(matrix: dict[str, Any]) -> str:
    """Return the plot of how often each two targets are told apart."""
    figure, axes = _figure(6.4, 5.6)
    shown = axes.imshow(np.array(matrix["right"], dtype=float), cmap="magma", vmin=0.5, vmax=1)
    names = matrix["targets"]
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    figure.colorbar(shown, ax=axes, label="share told apart", shrink=0.8)
    return _png(figure)


def heat_maps(evaluation: Evaluation) -> str | None:
    """Return the mean change from neutral of each expression at full strength (Lindt 2019); None without neutral."""
    shown = [Target(name, 1.0) for name in BASIC_EXPRESSIONS if Target(name, 1.0) in evaluation.changes]
    if not shown:
        return None
    maps = [evaluation.changes[target][1] / evaluation.changes[target][0] for target in shown]
    figure = _blank(1.75 * len(shown), 2.1)
    highest = max(float(np.percentile(one, 99.5)) for one in maps)
    for i, (target, one) in enumerate(zip(shown, maps, strict=True)):
        axes = figure.add_subplot(1, len(shown), i + 1)
        axes.imshow(one, cmap="inferno", vmin=0, vmax=highest)
        axes.set_title(target.label, fontsize=9, color=_INK)
        axes.set_axis_off()
    return _png(figure)


def plane(evaluation: Evaluation) -> str | None:
    """Return the first photo's pictures where they lie in the plane (Kollias 2020); None where there are none."""
    if not evaluation.photos:
        return None
    photo, spread = evaluation.photos[0], _spread_directions()
    figure, axes = _figure(9, 9)
    found = False
    places = [(Target(name, strength), angle) for name, angle in spread for strength in (0.5, 1.0)]
    for target, angle in [(Target("neutral", 1.0), 0.0), *places]:
        picture = evaluation.thumbnails.get((photo, target))
        if picture is None:
            continue
        found = found or target.is_direction
        radius = target.strength if target.is_direction else 0.0
        x, y = radius * np.cos(np.radians(angle)), radius * np.sin(np.radians(angle))
        half = 0.115
        axes.imshow(picture, extent=(x - half, x + half, y - half, y + half), zorder=2)
    axes.set_xlim(-1.15, 1.15)
    axes.set_ylim(-1.15, 1.15)
    axes.set_xlabel("valence")
    axes.set_ylabel("arousal")
    axes.grid(color=_GRID, lw=0.6)
    return _png(figure) if found else None


def _spread_directions() -> list[tuple[str, float]]:
    """Directions far enough apart for their pictures not to cover each other."""
    chosen: list[tuple[str, float]] = []
    for name, angle in DIRECTIONS.items():
        if all(abs((angle - other + 180) % 360 - 180) >= _APART for _, other in chosen):
            chosen.append((name, angle))
    return chosen


def figure_colours(count: int) -> list[Any]:
    """Return as many colours around the circle of hues."""
    from matplotlib import colormaps

    return [colormaps["twilight_shifted"](0.08 + 0.84 * i / max(count - 1, 1)) for i in range(count)]


def _blank(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=96, layout="constrained", facecolor="w")


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    """A figure of a size in inches with one pair of axes."""
    figure = _blank(width, height)
    axes = figure.add_subplot()
    axes.tick_params(colors=_MUTED, labelsize=8)
    for spine in axes.spines.values():
        spine.set_color(_GRID)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    return figure, axes


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
