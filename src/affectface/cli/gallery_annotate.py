"""``affectface gallery annotate``: the local page on which sequences are annotated."""

from __future__ import annotations

import contextlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.report import progress, reporting
from affectface.errors import AnnotationError, MissingPackageError


class DimensionName(StrEnum):
    """Choices of ``--dimension``."""

    valence = "valence"
    arousal = "arousal"


@reporting
def annotate(
    source: Annotated[Path, typer.Argument(help="A folder of videos, one video, or a .gallery.", show_default=False)],
    annotator: Annotated[str, typer.Option("--annotator", help="Who annotates, such as a name.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of traces.")] = Path("traces"),
    dimension: Annotated[
        DimensionName | None, typer.Option(help="Annotate this one only.", show_default="both, one at a time")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1024, max=65535, help="Port on this machine.", show_default="any that is free")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Annotate valence or arousal on a local page, with joystick, mouse or keys. Ctrl-C ends it; nothing is lost."""
    if not annotator.strip() or len(annotator) > 200 or not annotator.isprintable():
        raise AnnotationError(f"--annotator {annotator[:40]!r}: a name of 1 to 200 printable characters is needed")
    try:
        from affectface.gallery.annotation.page.serving import serve
        from affectface.gallery.annotation.page.session import Session
    except ImportError as error:
        raise MissingPackageError(
            f"the page needs a package that is not installed ({error.name}); pip install 'affectface[gallery]'"
        ) from None
    from affectface.gallery.annotation.playable import playable_videos
    from affectface.gallery.annotation.playable_gallery import playable_gallery

    clips = out / "clips"
    left_out: tuple[str, ...] = ()
    if (source / "gallery.json").is_file():
        found = playable_gallery(source, clips)
    else:
        with progress("looking at videos", None) as advance:
            found, left_out = playable_videos(source, clips, advance=advance)
    for why in left_out:
        typer.echo(f"left out: {why}", err=True)
    session = Session(found, annotator.strip(), (dimension.value,) if dimension else ("valence", "arousal"), out)

    def opened(url: str) -> None:
        typer.echo(f"{len(found)} sequences; annotate at {url}", err=True)
        typer.echo("Ctrl-C ends it.", err=True)
        if browser:
            import webbrowser

            webbrowser.open(url)

    with contextlib.suppress(KeyboardInterrupt):  # which is how one ends it
        serve(session, out, port=port, opened=opened)
    said = session.traces()
    moments = sum(len(trace.times) for trace in said)
    typer.echo(f"{out}: {len(said)} traces of {annotator.strip()}, {moments} moments")
