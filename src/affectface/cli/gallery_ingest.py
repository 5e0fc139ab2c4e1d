"""``affectface gallery ingest``: 4D sets on disk become a gallery."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say

if TYPE_CHECKING:
    from affectface.gallery.store import Template


class UnitName(StrEnum):
    """Choices of ``--unit``."""

    auto = "auto"
    mm = "mm"
    cm = "cm"
    m = "m"


class TopologyName(StrEnum):
    """Choices of ``--topology``."""

    auto = "auto"
    registered = "registered"
    scans = "scans"


_MESHES = (".obj", ".ply", ".wrl", ".glb")


@reporting
def ingest(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder of .obj, .ply, .wrl, .glb or .npy frames; or a .csv of photos and films, with file, "
            "subject, and expression, valence and arousal, or labels, a .csv of a film's frames."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="NAME.gallery", help="The gallery to write or continue.")],
    layout: Annotated[
        str | None,
        typer.Option(
            help="How the folders are laid out: 4dfab, bu-4dfe, bp4d, d3dfacs, coma, vocaset, multiface, or a pattern "
            "such as {subject}/{session}/{task}/{frame}.obj; by their depth if not given. The folders of 4dfab, and "
            "the file names in bu-4dfe and bp4d, are from memory: check the sequences that are found."
        ),
    ] = None,
    unit: Annotated[UnitName, typer.Option(help="Unit of the files; auto tells it by the size of the faces.")] = (
        UnitName.auto
    ),
    topology: Annotated[
        TopologyName, typer.Option(help="Whether all frames have the same vertices and triangles; auto looks at some.")
    ] = TopologyName.auto,
    template: Annotated[
        str | None,
        typer.Option(
            metavar="MESH|embedded|ict-facekit|PATH.npz",
            help="A mesh or face model whose topology all frames have; needed for files without triangles.",
        ),
    ] = None,
    frame_rate: Annotated[
        float | None, typer.Option(help="Frames a second; the layout's, or 25, if not given.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A .csv with sequence, or some of subject, session, task; with frame, or for whole sequences; and "
            "with valence, arousal or expression."
        ),
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a gallery of a 4D set, or of photos and films that are fitted: continued where an earlier run ended."""
    if source.suffix.lower() == ".csv":
        _ingest_photos(source, out, model, as_json=as_json)
        return
    from affectface.gallery.scans import IngestConfig, ingest_scans, plan_ingest

    mesh, model_name = _template(template)
    config = IngestConfig(
        layout=layout,
        unit=None if unit == UnitName.auto else unit.value,  # type: ignore[arg-type]
        topology=topology.value,
        template=mesh,
        template_of=model_name,
        frame_rate=frame_rate,
        labels=labels,
    )
    plan = plan_ingest(source, config)
    with progress("reading", plan.frames) as advance:
        found = ingest_scans(plan, out, advance=advance)
    result = {
        "gallery": str(out),
        "form": found.form,
        "unit": found.unit,
        "sequences": found.sequences,
        "frames": found.frames,
        "added": found.added,
        "left_out_frames": found.left_out_frames,
        "left_out": list(found.left_out),
        "notes": list(found.notes),
    }
    lines = [
        f"{out}: {found.form}, {found.sequences} sequences ({found.added} new), {found.frames} frames that count; "
        f"the files were taken to be in {found.unit}",
        *(f"  {note}" for note in found.notes),
        *_left_out(found.left_out, found.left_out_frames),
    ]
    say(result, "\n".join(lines), as_json=as_json)


def _ingest_photos(table: Path, out: Path, model: str | None, *, as_json: bool) -> None:
    """Fit photos and films into a gallery of strengths."""
    from affectface.morphable.library import load_named_face_model
    from affectface.synthesis.photo_gallery import fit_photo_gallery
    from affectface.synthesis.photo_table import read_photo_table

    sets = read_photo_table(table)
    face_model = load_named_face_model(model)
    with progress("fitting", sum(one.frames for one in sets)) as advance:
        found = fit_photo_gallery(face_model, sets, out, advance=advance)
    result = {
        "gallery": str(out),
        "form": "strengths",
        "face_model": face_model.name,
        "sequences": found.sequences,
        "frames": found.frames,
        "added": found.added,
        "left_out_frames": found.left_out_frames,
        "left_out": list(found.left_out),
    }
    sequences = f"{found.sequences} sequences ({found.added} new)"
    head = f"{out}: strengths of {face_model.name}, {sequences}, {found.frames} frames that count"
    say(result, "\n".join([head, *_left_out(found.left_out, found.left_out_frames)]), as_json=as_json)


def _left_out(reasons: tuple[str, ...], frames: int) -> list[str]:
    """Say what was left out."""
    more = frames - len(reasons)
    return [*(f"  left out: {why}" for why in reasons), *([f"  and {more} frames more"] if more else [])]


def _template(text: str | None) -> tuple[Template | None, str]:
    """Return the mesh that frames are in correspondence with, and the name of its face model."""
    from affectface.gallery.scans.templates import template_of_mesh, template_of_model

    if text is None:
        return None, ""
    if Path(text).suffix.lower() in _MESHES:
        return template_of_mesh(Path(text)), ""
    from affectface.morphable.library import load_named_face_model

    made = template_of_model(load_named_face_model(text))
    return made, made.name
