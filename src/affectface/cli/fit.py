"""``affectface fit``: the fitted face as coefficients, a mesh, or a drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption, ModelOption, OneFaceOption, PhotoArgument, portrait_options, which_face
from affectface.cli.report import reporting, say


@reporting
def fit(
    photo: PhotoArgument,
    out: Annotated[
        list[Path], typer.Option("-o", "--out", help="fit.json, mesh.obj, mesh.glb or overlay.png; repeatable.")
    ],
    face: OneFaceOption = "largest",
    focal: Annotated[float | None, typer.Option(min=1, help="The photo's focal length in pixels, if known.")] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a face model to a photo and write what was found."""
    from affectface.synthesis.fit_files import write_fit
    from affectface.synthesis.portrait import Portrait

    options = portrait_options(model, None)
    chosen = which_face(face, several=False)
    portrait = Portrait.open(photo, face=chosen, focal=focal, **options)  # type: ignore[arg-type]
    for file in out:
        write_fit(portrait, file)
    error = float(portrait.fit.error)
    result = {"files": [str(file) for file in out], "face_model": portrait.face_model.name, "error": error}
    say(result, f"{', '.join(map(str, out))}: error {100 * error:.2f} % of the inter-ocular distance", as_json=as_json)
