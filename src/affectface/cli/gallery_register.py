"""``affectface gallery register``: scans become meshes in dense correspondence."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say


class MethodName(StrEnum):
    """Choices of ``--method``."""

    flow = "flow"
    uv_tps = "uv-tps"
    nicp = "nicp"


@reporting
def register(
    gallery: Annotated[Path, typer.Argument(metavar="SCANS.gallery", help="A gallery of scans, as ingest writes it.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="MESHES.gallery", help="The gallery of meshes.")],
    model: ModelOption = None,
    method: Annotated[
        MethodName,
        typer.Option(
            help="How frames follow their reference: flow uses landmarks, shape and skin; uv-tps a thin plate spline "
            "between landmarks; nicp landmarks and shape."
        ),
    ] = MethodName.flow,
    identity: Annotated[
        bool, typer.Option("--identity/--no-identity", help="Whether the face model's identities guide the template.")
    ] = True,
    units: Annotated[
        bool, typer.Option("--units/--no-units", help="Whether the face model's facial units guide frames.")
    ] = True,
    points: Annotated[
        Path | None,
        typer.Option(
            metavar="POINTS.csv",
            help="Landmarks of frames, as track writes them; those of the other frames are sought. Another file is "
            "another registration.",
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes, 0.7 GB each; as many as there are cores, up to 4.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Register scans: the same vertices in every frame. Interrupted, it goes on where it was when called again."""
    from affectface.gallery.correspondence.config import RegisterConfig
    from affectface.gallery.correspondence.galleries import register_gallery
    from affectface.gallery.store import open_gallery
    from affectface.gallery.tracking.point_table import read_points

    scans = open_gallery(gallery)
    config = RegisterConfig(method=method.value, identity=identity, units=units)
    known = None if points is None else read_points(points, scans)
    count = workers or min(os.cpu_count() or 1, 4)
    with progress("registering", sum(one.frames for one in scans.sequences)) as advance:
        done = register_gallery(scans, out, model, config=config, points=known, workers=count, advance=advance)
    left_out = sum(done.left_out.values())
    lines = [f"{out}: {done.sequences} sequences, {done.frames} frames, {left_out} of them left out"]
    lines += [f"  {count} left out: {why}" for why, count in sorted(done.left_out.items(), key=lambda pair: -pair[1])]
    result = {"file": str(out), "sequences": done.sequences, "frames": done.frames, "left_out": done.left_out}
    say(result, "\n".join(lines), as_json=as_json)
