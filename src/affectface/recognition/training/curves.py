"""Learning curves: what each epoch came to, as a table and as a picture. Needs no torch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectface.errors import DataSetError, MissingPackageError
from affectface.files import atomic_path

Epoch = Mapping[str, float]
"""Scores of an epoch by name, such as a `Recogniser`'s history has them: `step`, `loss`, `valence_ccc`, ..."""

TABLE, PICTURE = "curves.csv", "curves.png"
"""The files beside a recogniser."""

_INK, _MUTED, _GRID = "#20242b", "#6b7280", "#d9dce1"
_COLOURS = ("#2f6f9f", "#c8553d", "#3c8d5a", "#8a6fb0")
_PARTS = (
    ("training loss", ("loss",)),
    ("agreement on the validation rows (CCC)", ("valence_ccc", "arousal_ccc", "mean_ccc")),
    ("squared error on the validation rows", ("valence_mse", "arousal_mse")),
    ("classes on the validation rows", ("accuracy", "macro_f1", "mean_diagonal")),
)
_WORDS = {"macro_f1": "macro F1", "mean_ccc": "mean", "mean_diagonal": "mean diagonal"}


def write_curve_table(history: Sequence[Epoch], out: str | os.PathLike[str]) -> None:
    """Write the scores of each epoch as a table.

    Parameters
    ----------
    history : sequence of mapping
        The epochs.
    out : path-like
        The ``.csv`` file: `epoch`, from 1, and a column for each score; a cell is empty where an epoch has none.

    Raises
    ------
    DataSetError
        If it cannot be written.
    """
    names = list(dict.fromkeys(name for epoch in history for name in epoch))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["epoch", *names])
    for number, epoch in enumerate(history, 1):
        table.writerow([number, *(f"{epoch[name]:.6g}" if name in epoch else "" for name in names)])
    try:
        with atomic_path(out) as temporary:
            temporary.write_text(text.getvalue(), encoding="utf-8")
    except OSError as error:
        raise DataSetError(f"{out}: cannot be written ({error.strerror or error})") from None


def plot_curves(history: Sequence[Epoch], out: str | os.PathLike[str]) -> None:
    """Draw the scores of each epoch; only what was measured gets a part of the picture.

    Parameters
    ----------
    history : sequence of mapping
        The epochs.
    out : path-like
        A ``.png``, ``.svg`` or ``.pdf`` file.

    Raises
    ------
    DataSetError
        If there is no epoch, the suffix is another one, or the file cannot be written.
    MissingPackageError
        If matplotlib is not installed.
    """
    target = Path(out)
    if target.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise DataSetError(f"{target}: unknown suffix {target.suffix!r} for a plot; use .png, .svg or .pdf")
    if not history:
        raise DataSetError(f"{target}: no epoch was ended; there is nothing to draw")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackageError(
            "learning curves need the package matplotlib, which is not installed; pip install 'affectface[augment]'"
        ) from None
    parts = [(title, [name for name in names if any(name in epoch for epoch in history)]) for title, names in _PARTS]
    parts = [(title, names) for title, names in parts if names]
    figure = Figure(figsize=(4.6 * max(len(parts), 1), 3.6), dpi=110, layout="constrained")
    for place, (title, names) in enumerate(parts, 1):
        _draw(figure.add_subplot(1, len(parts), place), title, names, history)
    try:
        with atomic_path(target) as temporary:
            figure.savefig(temporary, metadata={"Software": None} if target.suffix.lower() == ".png" else None)
    except OSError as error:
        raise DataSetError(f"{target}: cannot be written ({error.strerror or error})") from None


def best_epoch(history: Sequence[Epoch]) -> int | None:
    """Return the number, from 1, of the first epoch with the highest score; None where nothing was validated."""
    scored = [(epoch["score"], -number) for number, epoch in enumerate(history, 1) if "score" in epoch]
    return -max(scored)[1] if scored else None


def _draw(axes: Any, title: str, names: Sequence[str], history: Sequence[Epoch]) -> None:
    from matplotlib.ticker import MaxNLocator

    for name, colour in zip(names, _COLOURS, strict=False):
        points = [(number, epoch[name]) for number, epoch in enumerate(history, 1) if name in epoch]
        label = _WORDS.get(name) or name.rpartition("_")[0] or name
        axes.plot(
            *zip(*points, strict=True), color=colour, lw=1.6, marker="o" if len(points) < 30 else "", ms=3, label=label
        )
    best = best_epoch(history)
    if best is not None:
        axes.axvline(best, color=_MUTED, lw=0.8, ls="--", label="best score" if len(names) > 1 else None)
    axes.set_title(title, fontsize=10, color=_INK)
    axes.set_xlabel("epoch", color=_INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color=_GRID, lw=0.6)
    axes.tick_params(colors=_MUTED, labelsize=8)
    if title.startswith("squared") or names == ["loss"]:
        axes.set_ylim(bottom=min(0, *axes.get_ylim()))
    for spine in axes.spines.values():
        spine.set_color(_GRID)
    if len(names) > 1:
        axes.legend(fontsize=8, frameon=False)
