"""``affectface gallery synthesize``: a gallery of simulated people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say

if TYPE_CHECKING:
    from affectface.gallery.synthetic.config import Selection, SynthesisPlan
    from affectface.morphable import FaceModel


class FormName(StrEnum):
    """Choices of ``--form``."""

    strengths = "strengths"
    meshes = "meshes"
    scans = "scans"


@reporting
def synthesize(
    out: Annotated[Path, typer.Option("-o", "--out", help="The gallery's folder; an interrupted one is continued.")],
    people: Annotated[int, typer.Option(min=1, max=100_000, help="How many people.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal galleries.")] = 1,
    form: Annotated[
        FormName,
        typer.Option(
            help="Strengths of facial units (small), meshes of --model, or a folder of unregistered scans of such "
            "meshes, for ingest: other triangles in each frame, holes, noise, a moving head."
        ),
    ] = FormName.strengths,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="SESSION/TASK", help="Only sequences like this, such as 'directed/happiness' or 'own/*'."),
    ] = None,
    frames: Annotated[
        int | None,
        typer.Option(min=2, help="Frames of each sequence, at most: the first, strongest and last, and between them."),
    ] = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a gallery of simulated people who show expressions and affects, with labels of simulated annotators."""
    from affectface.gallery.synthetic.config import Selection, SynthesisPlan
    from affectface.morphable.library import load_named_face_model

    plan, selection = SynthesisPlan(people=people, seed=seed), Selection(only=tuple(only or ()), frames=frames)
    face_model = None if form is FormName.strengths else load_named_face_model(model)
    result: dict[str, object] = {"gallery": str(out), "form": form.value, "people": people}
    if form is FormName.scans:
        assert face_model is not None
        result |= _scans(out, plan, selection, face_model)
        hint = (
            f"affectface gallery ingest {out} -o NAME.gallery --labels {out / 'labels.csv'} "
            f"--frame-rate {plan.frame_rate:g} --unit mm"
        )
        say(result, f"{out}: {people} simulated people, {result['frames']} scans; next: {hint}", as_json=as_json)
        return
    result |= _gallery(out, plan, selection, face_model)
    counts = f"{result['sequences']} sequences, {result['frames']} frames ({form.value})"
    say(result, f"{out}: {people} simulated people, {counts}", as_json=as_json)


def _gallery(out: Path, plan: SynthesisPlan, selection: Selection, face_model: FaceModel | None) -> dict[str, object]:
    from affectface.gallery.store import open_gallery
    from affectface.gallery.synthetic.selecting import selected_count
    from affectface.gallery.synthetic.writing import synthesize_gallery

    with progress("making sequences", selected_count(plan, selection)) as advance:
        count = synthesize_gallery(out, plan, face_model=face_model, selection=selection, advance=advance)
    return {"sequences": count, "frames": sum(sequence.frames for sequence in open_gallery(out).sequences)}


def _scans(out: Path, plan: SynthesisPlan, selection: Selection, face_model: FaceModel) -> dict[str, object]:
    from affectface.gallery.synthetic.scan_folder import count_scans, synthesize_scans
    from affectface.gallery.synthetic.selecting import selected_count

    with progress("scanning", count_scans(plan, selection)) as advance:
        frames = synthesize_scans(out, plan, face_model, selection=selection, advance=advance)
    return {"sequences": selected_count(plan, selection), "frames": frames}
