"""``affectface fit``: the fitted face as coefficients, a mesh, or a drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.faces import DetectorName, found_face
from affectface.cli.options import JsonOption, ModelOption, OneFaceOption, PhotoArgument, portrait_options, which_face
from affectface.cli.report import progress, reporting, say


@reporting
def fit(
    photo: PhotoArgument,
    out: Annotated[
        list[Path],
        typer.Option(
            "-o",
            "--out",
            help="fit.json, face.obj, face.glb, texture.png, visibility.png, frontal.png or overlay.png; repeatable. "
            "The end of an image's name says what it is: lisa_texture.png.",
        ),
    ],
    face: OneFaceOption = "largest",
    focal: Annotated[float | None, typer.Option(min=1, help="The photo's focal length in pixels, if known.")] = None,
    texture_size: Annotated[
        int, typer.Option(min=64, max=8192, help="Side of the texture and of the one in the .glb, texels.")
    ] = 1024,
    landmarks: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pts|FILE.ljson", help="The face's 68 points, instead of looking for it."),
    ] = None,
    detector: Annotated[
        DetectorName | None, typer.Option(help="Look for faces by this detector; its package must be installed.")
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a face model to a photo and write what was found."""
    from affectface.synthesis.fit_files import write_fit
    from affectface.synthesis.portrait import Portrait

    options = portrait_options(model, None)
    chosen = which_face(face, several=False)
    given = found_face(photo, chosen, options, landmarks, detector) if landmarks or detector else chosen
    portrait = Portrait.open(photo, face=given, focal=focal, **options)  # type: ignore[arg-type]
    with progress("writing", len(out)) as advance:
        for file in out:
            write_fit(portrait, file, texture_size=texture_size)
            advance(1)
    error = float(portrait.fit.error)
    result = {"files": [str(file) for file in out], "face_model": portrait.face_model.name, "error": error}
    say(result, f"{', '.join(map(str, out))}: error {100 * error:.2f} % of the inter-ocular distance", as_json=as_json)
