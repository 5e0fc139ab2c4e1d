"""``affectface model import``: a published 3D morphable model becomes one that can be fitted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.model_look import percent, yaws
from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say
from affectface.errors import ModelFileError


class FormatName(StrEnum):
    """Choices of ``--format``."""

    menpo = "menpo"
    lsfm = "lsfm"
    basel_2009 = "basel-2009"
    basel_2017 = "basel-2017"
    flame = "flame"
    surrey = "surrey"
    ict_facekit = "ict-facekit"
    mesh = "mesh"


@reporting
def import_model_file(
    file: Annotated[Path, typer.Argument(help="The published file: .mat, .h5, .pkl, .npz, .bin, .obj, .ply or .glb.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The face model to write, model.npz.")],
    bases: Annotated[
        Path | None, typer.Option(help="A mesh's bases (.npz), or the Surrey model's expression_blendshapes (.bin).")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call it; after the file if not given.")] = None,
    format: Annotated[
        FormatName | None, typer.Option(help="What the file must be; recognised from its content if not given.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a published 3D morphable model one that can be fitted."""
    from affectface.fitting.embedded_landmarks import import_model
    from affectface.morphable.face_model import save_face_model

    with progress(f"importing {file.name}", None):
        found = import_model(file, format=format.value if format else None, bases=bases, name=name)
        try:
            save_face_model(found.model, out)
        except OSError as error:
            raise ModelFileError(f"{out}: cannot be written ({error.strerror}); choose another place") from None
    result = {
        "file": str(out),
        "name": found.model.name,
        "format": found.kind,
        "licence": found.licence,
        "view_errors": {str(yaw): round(error, 4) for yaw, error in found.view_errors.items()},
        "notes": list(found.notes),
    }
    lines = [
        f"{out}: {found.model.name}, {found.kind}: {len(found.model.vertices)} vertices, "
        f"{len(found.model.identity)} identities, {len(found.model.expression_names)} expressions",
        f"  landmarks off by {percent(found.view_errors)} of the eyes' distance at yaw {yaws(found.view_errors)}",
        *(f"  {note}" for note in found.notes),
        f"  licence: {found.licence}",
    ]
    say(result, "\n".join(lines), as_json=as_json)
