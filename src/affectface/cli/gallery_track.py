"""``affectface gallery track``: points through the sequences of a gallery of scans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say


@reporting
def track(
    gallery: Annotated[Path, typer.Argument(metavar="SCANS.gallery", help="A gallery of scans, as ingest writes it.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="POINTS.csv", help="The table of points.")],
    annotated: Annotated[
        Path | None,
        typer.Option(
            metavar="POINTS.csv",
            help="A few annotated frames of each subject and session, all 79 points of each. In sessions without any, "
            "and without this, the landmarker annotates the neutral or first frame and the two that differ most of 24.",
        ),
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Track 79 points with an active appearance model of each subject and session, for register --points."""
    from affectface.gallery.store import open_gallery
    from affectface.gallery.tracking.galleries import track_gallery
    from affectface.gallery.tracking.point_table import read_points

    scans = open_gallery(gallery)
    known = None if annotated is None else read_points(annotated, scans)
    with progress("tracking", sum(one.frames for one in scans.sequences)) as advance:
        done = track_gallery(scans, out, model, annotated=known, advance=advance)
    lines = [f"{out}: {done.tracked} of {done.frames} frames of {done.sessions} sessions tracked"]
    lines += [f"  {count} without points: {why}" for why, count in sorted(done.failed.items(), key=lambda one: -one[1])]
    result = {
        "file": str(out),
        "sessions": done.sessions,
        "frames": done.frames,
        "tracked": done.tracked,
        "failed": done.failed,
    }
    say(result, "\n".join(lines), as_json=as_json)
