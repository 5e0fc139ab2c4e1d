"""``affectface gallery synthesize``: a gallery of simulated people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say


class FormName(StrEnum):
    """Choices of ``--form``."""

    strengths = "strengths"
    meshes = "meshes"


@reporting
def synthesize(
    out: Annotated[Path, typer.Option("-o", "--out", help="The gallery's folder; an interrupted one is continued.")],
    people: Annotated[int, typer.Option(min=1, max=100_000, help="How many people.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal galleries.")] = 1,
    form: Annotated[FormName, typer.Option(help="Strengths of facial units (small), or meshes of --model.")] = (
        FormName.strengths
    ),
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a gallery of simulated people who show expressions and affects, with labels of simulated annotators."""
    from affectface.gallery.store import open_gallery
    from affectface.gallery.synthetic.config import SynthesisPlan
    from affectface.gallery.synthetic.sequences import sequence_count
    from affectface.gallery.synthetic.writing import synthesize_gallery
    from affectface.morphable.library import load_named_face_model

    plan = SynthesisPlan(people=people, seed=seed)
    face_model = load_named_face_model(model) if form is FormName.meshes else None
    with progress("making sequences", sequence_count(plan)) as advance:
        count = synthesize_gallery(out, plan, face_model=face_model, advance=advance)
    frames = sum(sequence.frames for sequence in open_gallery(out).sequences)
    result = {"gallery": str(out), "form": form.value, "people": people, "sequences": count, "frames": frames}
    say(result, f"{out}: {people} simulated people, {count} sequences, {frames} frames ({form.value})", as_json=as_json)
