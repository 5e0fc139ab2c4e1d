"""``affectface model info|render``: what a face model consists of, in words and as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say

_ModelArgument = Annotated[
    str, typer.Argument(metavar="embedded|ict-facekit|PATH", help="The face model.", show_default=False)
]


@reporting
def info(model: _ModelArgument, as_json: JsonOption = False) -> None:
    """Say what a face model consists of, and how well its landmarks lie."""
    from affectface.fitting.embedded_landmarks import drawn_landmarks
    from affectface.morphable.embedding import view_errors
    from affectface.morphable.library import load_named_face_model
    from affectface.morphable.summary import summarise

    found = load_named_face_model(model)
    summary = summarise(found)
    with progress("looking at it from three sides", None):
        errors = view_errors(found, drawn_landmarks)
    summary["view_errors"] = {str(yaw): round(error, 4) for yaw, error in errors.items() if error < 10}
    shares = ", ".join(f"{share} by {count}" for share, count in summary["components_for_variance"].items())
    names = summary["expression_names"]
    lines = [
        f"{summary['name']}: {summary['vertices']} vertices, {summary['triangles']} triangles",
        f"  identities   {summary['identities']}; of their variance {shares or 'none'}",
        f"  expressions  {summary['expressions']}: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}",
        f"  landmarks    {summary['landmarks']} of {summary['landmarks_of']} have a place; off by {percent(errors)} "
        f"of the eyes' distance at yaw {yaws(errors)}",
        f"  size         {summary['eye_distance_cm']} cm between the outer eye corners",
        f"  colour       {'of its own' if summary['colour'] else 'none'}",
        f"  parts        {', '.join(f'{part} {count}' for part, count in summary['regions'].items())}",
        "  licence      that of the model it was made from",
    ]
    say(summary, "\n".join(lines), as_json=as_json)


@reporting
def render(
    model: _ModelArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The picture to write, such as model.png.")],
    components: Annotated[int, typer.Option(min=0, max=50, help="How many identity components are drawn.")] = 4,
    units: Annotated[int, typer.Option(min=0, max=200, help="How many expression units are drawn.")] = 8,
    size: Annotated[int, typer.Option(min=64, max=1024, help="Side of a drawing, pixels.")] = 256,
    as_json: JsonOption = False,
) -> None:
    """Draw a face model: its mean, its components at -3 and +3 deviations, its units."""
    from affectface.images import write_image
    from affectface.morphable.library import load_named_face_model
    from affectface.morphable.model_sheet import draw_model_sheet
    from affectface.provenance import Provenance

    found = load_named_face_model(model)
    with progress(f"drawing {found.name}", None):
        sheet = draw_model_sheet(found, components, units, size)
    asked = {"model": "drawing of a face model"}
    write_image(out, sheet, Provenance(asked=asked, models={"face model": found.name}, source_type="algorithmicMedia"))
    say({"file": str(out), "name": found.name}, f"{out}: {found.name}", as_json=as_json)


def percent(errors: dict[int, float]) -> str:
    """Return the views' errors in words; those of views without a face as a question mark."""
    return ", ".join(f"{100 * error:.1f}" if error < 10 else "?" for error in errors.values()) + " %"


def yaws(errors: dict[int, float]) -> str:
    """Return the views' yaws in words."""
    return ", ".join(map(str, errors))
