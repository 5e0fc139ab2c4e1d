"""Write an evaluation as a report: HTML with pictures and plots, JSON, and CSV with a line a picture."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from affectface.affect import BASIC_EXPRESSIONS, DIRECTIONS
from affectface.errors import AssetError
from affectface.evaluation.measured import Evaluation
from affectface.evaluation.summary import REFIT, summarise
from affectface.evaluation.targets import EXPRESSIONS, Target
from affectface.files import atomic_path

_TEMPLATE = "report.html.j2"


def write_report(evaluation: Evaluation, folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Write `report.html`, `report.json` and `report.csv`, each atomically.

    Parameters
    ----------
    evaluation : Evaluation
        What was measured.
    folder : path-like
        Where to; made if it is not there.

    Returns
    -------
    dict
        The figures, as in `report.json`; see `affectface.evaluation.summary.summarise`.

    Raises
    ------
    AssetError
        If matplotlib or Jinja2 is not installed.
    """
    check_installed()
    target = Path(folder)
    figures = summarise(evaluation)
    texts = {
        "report.json": json.dumps(figures, indent=1, allow_nan=False) + "\n",
        "report.csv": _table(evaluation),
        "report.html": _page(evaluation, figures),
    }
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        with atomic_path(target / name) as path:
            path.write_text(text, encoding="utf-8", newline="")
    return figures


def check_installed() -> None:
    """Make sure, before hours of measuring, that a report can be written.

    Raises
    ------
    AssetError
        If matplotlib or Jinja2 is not installed.
    """
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as missing:
        raise AssetError(f'{missing.name} is missing; a report needs it: pip install "affectface[evaluate]"') from None


def _table(evaluation: Evaluation) -> str:
    """One line a picture."""
    text = io.StringIO()
    judges = [judge.name for judge in evaluation.recognisers]
    seen = [f"{judge}_{name}" for judge in judges for name in (*EXPRESSIONS, "valence", "arousal")]
    distances = [f"{judge.name}_distance" for judge in evaluation.embedders]
    differences = [f"{judge.name}_difference" for judge in evaluation.comparers]
    units = [f"found_{unit}" for unit in evaluation.face_model.expression_names]
    head = [
        "photo",
        "asked",
        "strength",
        *seen,
        *distances,
        *differences,
        "changed_outside",
        "seam",
        "sharpness",
        *units,
    ]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row in evaluation.rows:
        readings = []
        for judge in judges:
            reading = row.readings[judge]
            chances, point = reading.probabilities, reading.valence_arousal
            readings += [""] * len(EXPRESSIONS) if chances is None else [f"{p:.5f}" for p in chances]
            readings += ["", ""] if point is None else [f"{p:.4f}" for p in point]
        writer.writerow(
            [
                row.photo,
                row.target.label,
                f"{row.target.strength:g}",
                *readings,
                *(f"{row.distances[judge.name]:.5f}" for judge in evaluation.embedders),
                *(f"{row.differences[judge.name]:.5f}" for judge in evaluation.comparers),
                row.fidelity.changed_outside,
                f"{row.fidelity.seam:.3f}",
                f"{row.fidelity.sharpness:.4f}" if np.isfinite(row.fidelity.sharpness) else "",
                *(f"{strength:.4f}" for strength in row.expression),
            ]
        )
    return text.getvalue()


def _page(evaluation: Evaluation, figures: dict[str, Any]) -> str:
    """The HTML page."""
    import jinja2

    from affectface.evaluation import plots

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("affectface.evaluation", "."), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["figure"] = _figure
    faces = [
        {
            "name": photo,
            "pictures": [
                {"label": label, "address": plots.data_address(evaluation.thumbnails[photo, target])}
                for label, target in _shown()
                if (photo, target) in evaluation.thumbnails
            ],
        }
        for photo in dict.fromkeys(photo for photo, _ in evaluation.thumbnails)
    ]
    points = _mean_points(figures)
    return environment.get_template(_TEMPLATE).render(
        figures=figures,
        faces=faces,
        plane=plots.plane(evaluation),
        heat=plots.heat_maps(evaluation),
        confusion={name: plots.confusion(part["answers"]) for name, part in figures["recognition"].items()},
        doses={name: plots.doses(evaluation, name) for name in figures["recognition"]},
        circles={name: plots.achieved(figures["circumplex"][name], points[name]) for name in points},
        apart={name: plots.apart(part["matrix"]) for name, part in figures["told_apart"].items() if part},
        expressions=EXPRESSIONS,
        six=BASIC_EXPRESSIONS,
        directions=DIRECTIONS,
        refit=REFIT,
    )


def _shown() -> list[tuple[str, Target | None]]:
    return [("photo", None), *((name, Target(name, 1.0)) for name in ("neutral", *BASIC_EXPRESSIONS))]


def _mean_points(figures: dict[str, Any]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Mean achieved point of each direction by rising strength, for each who was asked."""
    return {
        name: {
            direction: [(row["mean_valence"], row["mean_arousal"]) for row in strengths.values()]
            for direction, strengths in part["by_direction_and_strength"].items()
        }
        for name, part in figures["circumplex"].items()
        if part
    }


def _figure(value: Any, digits: int = 2) -> str:
    """A number for a reader; a dash for what could not be had."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}f}"
