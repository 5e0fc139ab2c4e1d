"""``affectface synth``: photos in, affective photos out."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from affectface.cli.options import (
    AffectModelOption,
    AnyFaceOption,
    BlendName,
    BlendOption,
    FoldsOption,
    IntensityOption,
    JsonOption,
    KeepOption,
    ModelOption,
    OcclusionMaskOption,
    PhotosArgument,
    SeedOption,
    SidecarOption,
    TeethOption,
    VariationOption,
    asked_affects,
    portrait_options,
    which_face,
)
from affectface.cli.report import FAILED, error_record, progress, reporting, say, say_error
from affectface.errors import AffectFaceError

if TYPE_CHECKING:
    from affectface.affect import Affect
    from affectface.gallery.affect_model import Support
    from affectface.synthesis.portrait import Portrait


@reporting
def synth(
    photos: PhotosArgument,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The file for one photo and one affect, otherwise a folder.")
    ],
    expression: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An expression such as happiness; all = the six.")
    ] = None,
    valence: Annotated[float | None, typer.Option(help="Unpleasant -1 to pleasant 1.")] = None,
    arousal: Annotated[float | None, typer.Option(help="Calm -1 to excited 1.")] = None,
    word: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="A word for an affect, such as Serene.")
    ] = None,
    au: Annotated[list[str] | None, typer.Option(metavar="AU=X,...", help="Action units: 12=0.8,6=0.5.")] = None,
    intensity: IntensityOption = 1.0,
    face: AnyFaceOption = "largest",
    model: ModelOption = None,
    affect_model: AffectModelOption = None,
    keep_expression: KeepOption = False,
    blend: BlendOption = BlendName.warp,
    folds: FoldsOption = 1.0,
    teeth: TeethOption = True,
    variation: VariationOption = None,
    occlusion_mask: OcclusionMaskOption = None,
    sidecar: SidecarOption = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Show affects on the faces of photos."""
    from affectface.errors import ImageError
    from affectface.images import WRITABLE, write_image
    from affectface.provenance import describe, write_sidecar

    affects = asked_affects(expression or [], valence, arousal, word or [], au or [])
    chosen = which_face(face, several=True)
    one_file = len(photos) == len(affects) == 1 and bool(out.suffix) and not out.is_dir()
    if not one_file and out.suffix.lower() in WRITABLE:
        raise ImageError(f"{out}: {len(photos) * len(affects)} pictures do not go into one file; give a folder")
    if any(photo.exists() and photo.resolve() == out.resolve() for photo in photos):
        raise ImageError(f"{out}: is the photo itself; give another name")
    if occlusion_mask is not None and len(photos) > 1:
        raise ImageError(f"{occlusion_mask}: one mask does not fit {len(photos)} photos; give one photo at a time")
    options = {
        **portrait_options(
            model, affect_model, blend=blend, keep=keep_expression, folds=folds, teeth=teeth, variation=variation
        ),
        "occlusion_mask": occlusion_mask,
    }
    written: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    guessed: dict[str, Support] = {}
    with progress("synthesis", len(photos) * len(affects)) as advance:
        for photo, stem in zip(photos, _stems(photos), strict=True):
            try:
                portraits = _open(photo, chosen, options)
                for name, affect in affects:
                    file = out if one_file else out / f"{stem}_{name}.png"
                    asked = {
                        **describe(affect, intensity=intensity),
                        "face": chosen,
                        "seed": seed,
                        "variation": variation,
                    }
                    provenance = portraits[0].provenance(asked)
                    write_image(file, _express(portraits, affect, intensity), provenance)
                    if sidecar:
                        write_sidecar(file, provenance)
                    support = portraits[0].affect_model.support_of(affect, intensity)
                    frames = {} if support is None else {"frames_behind": support.frames}
                    written.append({"photo": str(photo), "affect": name, "file": str(file), **frames})
                    if support is not None and not support.frames:
                        guessed[name] = support
                    advance(1)
            except AffectFaceError as error:
                failed.append({"photo": str(photo), **error_record(error)})
                if not as_json:
                    say_error(error)
    if not as_json:
        for name, support in guessed.items():
            typer.echo(f"note: {name}: {_far(support)}", err=True)
    lines = [row["file"] for row in written]
    if written or as_json:
        say({"written": written, "failed": failed}, "\n".join(lines), as_json=as_json)
    if failed:
        raise typer.Exit(FAILED)


def _far(support: Support) -> str:
    """Return why a picture is a guess."""
    if 0 < support.distance < math.inf:
        return f"no frame of the affect model's gallery lies near it, the nearest class is {support.distance:.2f} away"
    return "no frame of the affect model's gallery shows it; it is taken from the tables"


def _open(photo: Path, face: int | Literal["largest", "all"], options: dict[str, Any]) -> list[Portrait]:
    """Return the chosen portraits of a photo."""
    from affectface.synthesis.portrait import Portrait

    if face == "all":
        return Portrait.open_all(photo, **options)
    return [Portrait.open(photo, face=face, **options)]


def _express(portraits: list[Portrait], affect: Affect, intensity: float) -> Any:
    """Return the photo with all its portraits showing an affect."""
    image = None
    for portrait in portraits:
        image = portrait.express(affect, intensity=intensity, onto=image)
    return image


def _stems(photos: list[Path]) -> list[str]:
    """Return a name for each photo's files: its own, with a number where several photos are called the same."""
    seen: Counter[str] = Counter()
    stems = []
    for photo in photos:
        seen[photo.stem.lower()] += 1  # some file systems do not tell cases apart
        number = seen[photo.stem.lower()]
        stems.append(photo.stem if number == 1 else f"{photo.stem}-{number}")
    return stems
