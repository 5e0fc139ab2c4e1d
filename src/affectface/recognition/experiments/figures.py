"""The figures of a report, drawn from its numbers alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from affectface.errors import MissingPackageError
from affectface.recognition.experiments.design import REAL, Arm, Study, metric_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INK, _MUTED, _GRID = "#20242b", "#6b7280", "#d9dce1"
_COLOURS = ("#6b7280", "#0f766e", "#c2410c", "#7c3aed", "#2563eb", "#a16207")
_MARKS = ("o", "s", "^", "D", "v", "P")
_MOST_PANELS = 6


def plane_figure(arms: Sequence[dict[str, Any]]) -> bytes:
    """Return a PNG of the error in each cell of the plane, one panel an arm (Kollias 2020, figures 12 to 14 and 16).

    Parameters
    ----------
    arms : sequence of dict
        The arms of the results.

    Returns
    -------
    bytes
        The file. The number in a cell is that of test rows.
    """
    shown = list(arms)[:_MOST_PANELS]
    errors = [np.array(arm["plane"]["error"], dtype=float) for arm in shown]
    highest = max((float(np.nanmax(error)) for error in errors if not np.isnan(error).all()), default=1.0)
    figure = _new(4.4 * len(shown), 4.1)
    for place, (arm, error) in enumerate(zip(shown, errors, strict=True), 1):
        axes = figure.add_subplot(1, len(shown), place)
        # the first axis is valence, which goes to the right
        drawn = axes.imshow(error.T, origin="lower", extent=(-1, 1, -1, 1), cmap="viridis_r", vmin=0, vmax=highest)
        cells = len(error)
        for (i, j), count in np.ndenumerate(np.array(arm["plane"]["counts"])):
            if count:
                at = ((i + 0.5) * 2 / cells - 1, (j + 0.5) * 2 / cells - 1)
                dark = error[i, j] > highest * 0.6
                axes.text(*at, _short(int(count)), ha="center", va="center", fontsize=6, color="w" if dark else _INK)
        axes.set_xlabel("valence")
        axes.set_ylabel("arousal")
        axes.set_title(arm["name"], fontsize=10)
        figure.colorbar(drawn, ax=axes, shrink=0.8, label="MSE")
    return _png(figure)


def confusion_figure(arms: Sequence[dict[str, Any]], classes: Sequence[str]) -> bytes:
    """Return a PNG of the confusion matrices, one panel an arm (Kollias 2020, figures 17 to 19).

    Parameters
    ----------
    arms : sequence of dict
        The arms of the results.
    classes : sequence of K str
        The classes.

    Returns
    -------
    bytes
        The file: shown in rows, answered in columns, shares of a row.
    """
    shown = list(arms)[:_MOST_PANELS]
    figure = _new(4.6 * len(shown), 4.4)
    for place, arm in enumerate(shown, 1):
        counts = np.array(arm["confusion"], dtype=float)
        sums = counts.sum(axis=1, keepdims=True)
        shares = np.divide(counts, sums, out=np.full_like(counts, np.nan), where=sums > 0)
        axes = figure.add_subplot(1, len(shown), place)
        axes.imshow(shares, cmap="Greys", vmin=0, vmax=1.25)
        for (row, column), share in np.ndenumerate(shares):
            if share >= 0.005:
                colour = "w" if share > 0.6 else _INK
                axes.text(column, row, f"{share:.2f}", ha="center", va="center", fontsize=8, color=colour)
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
        axes.set_yticks(range(len(classes)), classes)
        axes.set_xlabel("answered")
        axes.set_ylabel("shown")
        axes.set_title(arm["name"], fontsize=10)
    return _png(figure)


def lines_figure(study: Study, arms: Sequence[dict[str, Any]], over: str) -> bytes:
    """Return a PNG of each metric over training people, made images or wrong labels (Kollias 2020, figure 20).

    Parameters
    ----------
    study : Study
        The study: its arms say where they stand.
    arms : sequence of dict
        The arms of the results.
    over : {'people', 'amount', 'noise'}
        What goes to the right.

    Returns
    -------
    bytes
        The file: means over seeds with intervals over people.
    """
    design = {arm.name: arm for arm in study.arms}
    lines: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for arm in arms:
        place = _place(design[arm["name"]], arm, over)
        if place is not None:
            lines.setdefault(_line(design[arm["name"]]), []).append((place, arm))
    figure = _new(5.4 * len(study.metrics), 4.0)
    for number, metric in enumerate(study.metrics, 1):
        axes = figure.add_subplot(1, len(study.metrics), number)
        for i, (name, points) in enumerate(sorted(lines.items(), key=lambda line: len(line[0]))):
            points.sort(key=lambda point: point[0])
            colour, mark = _COLOURS[i % len(_COLOURS)], _MARKS[i % len(_MARKS)]
            found = [(x, arm["metrics"][metric]) for x, arm in points if arm["metrics"][metric]["value"] is not None]
            if not found:
                continue
            x = [place for place, _ in found]
            values = np.array([[one["low"], one["value"], one["high"]] for _, one in found], dtype=float)
            if len(found) == 1 and len(lines) > 1:
                axes.axhline(values[0, 1], color=colour, lw=1.2, ls="--", label=name)
                axes.axhspan(values[0, 0], values[0, 2], color=colour, alpha=0.12, lw=0)
                continue
            axes.plot(x, values[:, 1], color=colour, marker=mark, ms=5, lw=1.6, label=name)
            axes.fill_between(x, values[:, 0], values[:, 2], color=colour, alpha=0.12, lw=0)
        axes.set_xlabel({"people": "training people", "amount": "made images", "noise": "wrong labels"}[over])
        axes.set_ylabel(metric_words(metric))
        if over == "people":
            axes.set_xscale("log")
            ticks = sorted({x for points in lines.values() for x, _ in points})
            axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
            axes.minorticks_off()
        axes.grid(color=_GRID, lw=0.6)
        axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def groups_figure(study: Study, arms: Sequence[dict[str, Any]]) -> bytes:
    """Return a PNG of each metric by group, bars with intervals (Kollias 2020, tables 13 and 14).

    Parameters
    ----------
    study : Study
        The study.
    arms : sequence of dict
        The arms of the results.

    Returns
    -------
    bytes
        The file.
    """
    names = [group.name for group in study.groups]
    figure = _new(5.4 * len(study.metrics), 3.8)
    width = 0.8 / max(len(arms), 1)
    for number, metric in enumerate(study.metrics, 1):
        axes = figure.add_subplot(1, len(study.metrics), number)
        for i, arm in enumerate(arms):
            for place, name in enumerate(names):
                one = arm["groups"].get(name, {}).get("metrics", {}).get(metric)
                if one is None or one["value"] is None:
                    continue
                x = place + (i - (len(arms) - 1) / 2) * width
                label = arm["name"] if place == min(j for j, n in enumerate(names) if n in arm["groups"]) else None
                axes.bar(x, one["value"], width, color=_COLOURS[i % len(_COLOURS)], label=label)
                if one["low"] is not None:
                    axes.plot([x, x], [one["low"], one["high"]], color=_INK, lw=1)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_ylabel(metric_words(metric))
        axes.legend(fontsize=8, frameon=False)
    return _png(figure)


def heat_figure(maps: dict[tuple[float, float], np.ndarray]) -> bytes:
    """Return a PNG of heat maps laid out as Lindt 2019, figure 2: valence falls downwards, arousal to the right.

    Parameters
    ----------
    maps : dict of tuple of float to ndarray of shape (S, S)
        For valence and arousal, differences from 0 to 1.

    Returns
    -------
    bytes
        The file.
    """
    valences = sorted({v for v, _ in maps}, reverse=True)
    arousals = sorted({a for _, a in maps}, reverse=True)
    figure = _new(1.5 * len(arousals), 1.6 * len(valences))
    for (valence, arousal), heat in maps.items():
        place = valences.index(valence) * len(arousals) + arousals.index(arousal) + 1
        axes = figure.add_subplot(len(valences), len(arousals), place)
        axes.imshow(heat, cmap="gray", vmin=0, vmax=1)
        axes.set_title(f"{valence:+.2f} {arousal:+.2f}", fontsize=7)
        axes.set_axis_off()
    return _png(figure)


def _place(arm: Arm, found: dict[str, Any], over: str) -> float | None:
    """Where an arm stands on the horizontal axis; None where it does not."""
    if over == "people":
        return float(arm.people or round(found["learned"]["people"])) if not arm.wrong else None
    if over == "noise":
        return arm.wrong
    return float(arm.made)


def _line(arm: Arm) -> str:
    """Which line an arm belongs to."""
    made = [role for role in arm.learns if role != REAL]
    parts = [REAL] * (REAL in arm.learns) + made + (["classical"] if arm.classical else [])
    return " + ".join(parts)


def _short(count: int) -> str:
    return f"{count / 1000:.0f}k" if count >= 10_000 else f"{count}"


def _new(width: float, height: float) -> Figure:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError(
            "reports need the package matplotlib, which is not installed; pip install 'affectface[augment]'"
        ) from None
    return Figure(figsize=(width, height), dpi=110, layout="constrained")


def _png(figure: Figure) -> bytes:
    for axes in figure.axes:
        axes.tick_params(colors=_MUTED, labelsize=8)
        for spine in axes.spines.values():
            spine.set_color(_GRID)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
