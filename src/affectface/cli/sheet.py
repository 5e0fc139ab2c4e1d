"""``affectface sheet``: one labelled picture of many affects."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import (
    AffectModelOption,
    BlendName,
    BlendOption,
    FoldsOption,
    IntensityOption,
    JsonOption,
    KeepOption,
    ModelOption,
    OcclusionMaskOption,
    OneFaceOption,
    PhotoArgument,
    SidecarOption,
    TeethOption,
    VariationOption,
    portrait_options,
    which_face,
)
from affectface.cli.report import progress, reporting, say


class KindName(StrEnum):
    """Choices of ``--kind``."""

    expressions = "expressions"
    plane = "plane"
    directions = "directions"


@reporting
def sheet(
    photo: PhotoArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The picture: .png, .jpg, .webp or .tif.")],
    kind: Annotated[KindName, typer.Option(help="Which affects.")] = KindName.expressions,
    intensity: IntensityOption = 1.0,
    face: OneFaceOption = "largest",
    model: ModelOption = None,
    affect_model: AffectModelOption = None,
    keep_expression: KeepOption = False,
    blend: BlendOption = BlendName.warp,
    folds: FoldsOption = 1.0,
    teeth: TeethOption = True,
    variation: VariationOption = None,
    occlusion_mask: OcclusionMaskOption = None,
    sidecar: SidecarOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw many affects of one face on one sheet."""
    from affectface.images import write_image
    from affectface.provenance import write_sidecar
    from affectface.synthesis.portrait import Portrait
    from affectface.synthesis.sheets import draw_sheet, sheet_size

    portrait = Portrait.open(
        photo,
        face=which_face(face, several=False),  # type: ignore[arg-type]
        occlusion_mask=occlusion_mask,
        **portrait_options(
            model, affect_model, blend=blend, keep=keep_expression, folds=folds, teeth=teeth, variation=variation
        ),
    )
    with progress("pictures", sheet_size(kind.value)) as advance:
        picture = draw_sheet(portrait, kind.value, intensity=intensity, progress=lambda: advance(1))
    provenance = portrait.provenance({"sheet": kind.value, "intensity": intensity})
    write_image(out, picture, provenance)
    if sidecar:
        write_sidecar(out, provenance)
    say({"file": str(out), "pictures": sheet_size(kind.value)}, str(out), as_json=as_json)
