"""``affectface evaluate``: is the asked affect what comes out, and is it still the same person?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from affectface.cli.options import AffectModelOption, JsonOption, ModelOption, PhotosArgument
from affectface.cli.report import INTERRUPTED, progress, reporting, say


@reporting
def evaluate(
    photos: PhotosArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the report.")],
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Pictures that any tool made from the photos, named PHOTO_anger_0.50.png or "
            "PHOTO_v+0.500_a-0.250.png; without it affectface makes them.",
        ),
    ] = None,
    recogniser: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=PATH]", help="Who is asked what is seen; repeatable. The README has the names."),
    ] = None,
    embedder: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=PATH]", help="Who is asked whether it is the same person; repeatable."),
    ] = None,
    perceptual: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH", help="Who is asked how alike they look: lpips=PATH, inception=PATH; repeatable."
        ),
    ] = None,
    model: ModelOption = None,
    affect_model: AffectModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure pictures of affects: recognition, directions, identity, fidelity; write a report."""
    from affectface.evaluation.embedders import load_embedder
    from affectface.evaluation.evaluate import evaluate_folder, evaluate_photos, pictures_of
    from affectface.evaluation.perceptual import load_perceptual
    from affectface.evaluation.recognisers import load_recogniser
    from affectface.evaluation.report import check_installed, write_report
    from affectface.evaluation.targets import direction_targets, expression_targets
    from affectface.gallery.library import load_named_affect_model
    from affectface.morphable.library import load_named_face_model

    check_installed()
    judges: dict[str, Any] = {
        "recognisers": [load_recogniser(name) for name in recogniser or []],
        "embedders": [load_embedder(name) for name in embedder or []],
        "perceptual": [load_perceptual(name) for name in perceptual or []],
    }
    models = load_named_face_model(model), load_named_affect_model(affect_model)
    if pictures is None:
        count = len(photos) * (len(expression_targets()) + len(direction_targets()))
    else:
        count = sum(map(len, pictures_of(pictures, photos).values()))
    with progress("pictures", count) as advance:
        if pictures is None:
            evaluation = evaluate_photos(photos, *models, **judges, advance=lambda: advance(1))
        else:
            evaluation = evaluate_folder(pictures, photos, *models, **judges, advance=lambda: advance(1))
    figures = write_report(evaluation, out)
    lines = [*(f"note: {text}" for text in figures["warnings"]), str(out / "report.html")]
    say(figures if as_json else {}, "\n".join(lines), as_json=as_json)
    if evaluation.interrupted:
        raise typer.Exit(INTERRUPTED)
