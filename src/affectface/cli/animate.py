"""``affectface animate``: a photo in, a clip out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.options import (
    AffectModelOption,
    BlendName,
    BlendOption,
    FoldsOption,
    JsonOption,
    KeepOption,
    ModelOption,
    OneFaceOption,
    PhotoArgument,
    SeedOption,
    SidecarOption,
    TeethOption,
    portrait_options,
    which_face,
)
from affectface.cli.report import progress, reporting, say
from affectface.errors import TargetError

if TYPE_CHECKING:
    from affectface.affect import AffectPath, Expression
    from affectface.arrays import Image
    from affectface.synthesis.portrait import Portrait


@reporting
def animate(
    photo: PhotoArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help=".mp4, .gif, .webp, or a new folder for PNG frames.")],
    path: Annotated[
        str | None,
        typer.Option(metavar="'V,A V,A ...'|FILE.csv", help="Points of the plane, or a table t,valence,arousal."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="EXPRESSION", help="Where a transition starts.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="EXPRESSION", help="Where a transition ends.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.04, max=3600, help="Length; 3, or that of the table, if not given.", show_default=False),
    ] = None,
    fps: Annotated[float, typer.Option(min=1, max=240, help="Frames a second.")] = 25,
    face: OneFaceOption = "largest",
    model: ModelOption = None,
    affect_model: AffectModelOption = None,
    keep_expression: KeepOption = False,
    blend: BlendOption = BlendName.warp,
    folds: FoldsOption = 1.0,
    teeth: TeethOption = True,
    sidecar: SidecarOption = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Move the face of a photo along a path of affects."""
    from affectface.clips import write_clip
    from affectface.provenance import describe, write_sidecar
    from affectface.synthesis.portrait import Portrait

    chosen = which_face(face, several=False)
    journey = _journey(path, start, end)
    if isinstance(journey, tuple):
        asked: dict[str, Any] = {"from": journey[0].name, "to": journey[1].name}
    else:
        seconds = seconds or (journey.duration if path and path.lower().endswith(".csv") else None)
        asked = describe(journey)
    seconds = seconds or 3.0
    portrait = Portrait.open(
        photo,
        face=chosen,  # type: ignore[arg-type]
        **portrait_options(model, affect_model, blend=blend, keep=keep_expression, folds=folds, teeth=teeth),
    )
    provenance = portrait.provenance({**asked, "fps": fps, "seconds": seconds, "seed": seed})
    with progress("frames", max(2, round(fps * seconds))) as advance:

        def passing(frames: Iterator[Image]) -> Iterator[Image]:
            for frame in frames:
                yield frame
                advance(1)

        count = write_clip(out, passing(_frames(portrait, journey, fps, seconds)), fps, provenance)
    if sidecar:
        write_sidecar(out, provenance)
    result = {"file": str(out), "frames": count, "fps": fps, "seconds": seconds}
    say(result, f"{out}: {count} frames", as_json=as_json)


def _journey(path: str | None, start: str | None, end: str | None) -> AffectPath | tuple[Expression, Expression]:
    """Return the path, or the two ends of a transition, that options ask for."""
    from affectface.affect import AffectPath, Expression

    if path is not None and start is None and end is None:
        return AffectPath.from_csv(path) if path.lower().endswith(".csv") else AffectPath.parse(path)
    if path is None and (start is not None or end is not None):
        return Expression(start or "neutral"), Expression(end or "neutral")
    raise TargetError("give either --path or --from and --to")


def _frames(
    portrait: Portrait, journey: AffectPath | tuple[Expression, Expression], fps: float, seconds: float
) -> Iterator[Image]:
    """Return the frames."""
    if isinstance(journey, tuple):
        return portrait.transition(*journey, fps=fps, seconds=seconds)
    return portrait.animate(journey, fps=fps, seconds=seconds)
