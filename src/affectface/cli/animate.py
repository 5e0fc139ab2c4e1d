"""``affectface animate``: a photo or a film in, a clip out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    OcclusionMaskOption,
    OneFaceOption,
    PhotoOrFilmArgument,
    SeedOption,
    SidecarOption,
    TeethOption,
    VariationOption,
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
    photo: PhotoOrFilmArgument,
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
    variation: VariationOption = None,
    occlusion_mask: OcclusionMaskOption = None,
    sidecar: SidecarOption = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Move the face of a photo, or of every frame of a film, along a path of affects."""
    from affectface.clips import FILMS

    chosen = which_face(face, several=False)
    journey = _journey(path, start, end)
    options = portrait_options(
        model, affect_model, blend=blend, keep=keep_expression, folds=folds, teeth=teeth, variation=variation
    )
    if photo.suffix.lower() in FILMS:
        if chosen != "largest" or seconds is not None:
            raise TargetError(
                "a film has its own length, and its largest face is taken: leave out --face and --seconds"
            )
        if occlusion_mask is not None:
            raise TargetError("a mask is for one photo, and in a film things move: leave out --occlusion-mask")
        result = _animate_film(photo, out, journey, options, sidecar=sidecar, seed=seed)
    else:
        length = seconds or _own_length(path, journey) or 3.0
        options = {"face": chosen, "occlusion_mask": occlusion_mask, **options}
        result = _animate_photo(photo, out, journey, options, length, fps, sidecar=sidecar, seed=seed)
    say(result, f"{out}: {result['frames']} frames", as_json=as_json)


def _animate_photo(
    photo: Path,
    out: Path,
    journey: Any,
    options: dict[str, Any],
    seconds: float,
    fps: float,
    *,
    sidecar: bool,
    seed: int,
) -> dict[str, Any]:
    """Write the clip of a photo."""
    from affectface.clips import write_clip
    from affectface.provenance import write_sidecar
    from affectface.synthesis.portrait import Portrait

    portrait = Portrait.open(photo, **options)
    provenance = portrait.provenance({**_asked(journey), "fps": fps, "seconds": seconds, "seed": seed})
    with progress("frames", max(2, round(fps * seconds))) as advance:
        count = write_clip(out, _passing(_frames(portrait, journey, fps, seconds), advance), fps, provenance)
    if sidecar:
        write_sidecar(out, provenance)
    return {"file": str(out), "frames": count, "fps": fps, "seconds": seconds}


def _animate_film(
    film: Path, out: Path, journey: Any, options: dict[str, Any], *, sidecar: bool, seed: int
) -> dict[str, Any]:
    """Write the film anew, with its sound."""
    from affectface.clips import write_clip
    from affectface.provenance import write_sidecar
    from affectface.synthesis.moving_portrait import MovingPortrait

    person = MovingPortrait.open(film, **options)
    provenance = person.provenance({**_asked(journey), "film": film.name, "seed": seed})
    with progress("frames", person.film.frame_count) as advance:
        frames = person.transition(*journey) if isinstance(journey, tuple) else person.animate(journey)
        count = write_clip(out, _passing(frames, advance), person.film.fps, provenance, sound_of=film)
    if sidecar:
        write_sidecar(out, provenance)
    return {"file": str(out), "frames": count, "fps": person.film.fps, "seconds": count / person.film.fps}


def _passing(frames: Iterator[Image], advance: Callable[[int], None]) -> Iterator[Image]:
    """Yield the frames, and say so."""
    for frame in frames:
        yield frame
        advance(1)


def _asked(journey: Any) -> dict[str, Any]:
    """Return what was asked for, for the provenance."""
    from affectface.provenance import describe

    return {"from": journey[0].name, "to": journey[1].name} if isinstance(journey, tuple) else describe(journey)


def _own_length(path: str | None, journey: Any) -> float | None:
    """Return the seconds that a table of points takes."""
    return float(journey.duration) if path and path.lower().endswith(".csv") else None


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
