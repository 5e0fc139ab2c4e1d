"""``affectface gallery learn``: photos with affect labels become an affect model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say


@reporting
def learn(
    table: Annotated[
        Path,
        typer.Argument(help="A .csv with the columns file, subject, and expression or valence and arousal."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The affect model, a .npz for --affect-model.")],
    model: ModelOption = None,
    fewest: Annotated[int, typer.Option(min=1, help="People that an expression needs.")] = 3,
    classes: Annotated[int, typer.Option(min=3, help="Classes of the valence-arousal plane, at most.")] = 550,
    as_json: JsonOption = False,
) -> None:
    """Learn what affects look like from photos with labels. Everybody needs a neutral photo to compare with."""
    from affectface.gallery.affect_model_files import save_affect_model
    from affectface.gallery.learning import learn_affect_model
    from affectface.gallery.library import load_named_affect_model
    from affectface.morphable.library import load_named_face_model
    from affectface.synthesis.labelled_photos import fit_labelled, read_labels

    rows, face_model = read_labels(table), load_named_face_model(model)
    with progress("fitting", len(rows)) as advance:
        samples, left_out = fit_labelled(face_model, rows, advance=advance)
    learned = learn_affect_model(
        samples,
        face_model.expression_names,
        load_named_affect_model(None),
        name=out.stem,
        fewest=fewest,
        classes=classes,
    )
    save_affect_model(learned.model, out)
    reasons = [*left_out, *learned.left_out]
    found = [f"{name} from {people} people" for name, people in learned.subjects.items()]
    found += [f"{learned.classes} classes of the plane"] if learned.classes else []
    result = {
        "file": str(out),
        "face_model": face_model.name,
        "photos": len(samples),
        "people": learned.subjects,
        "classes": learned.classes,
        "left_out": reasons,
    }
    lines = [f"{out}: {', '.join(found)}; the rest is the shipped model's", *(f"  left out: {why}" for why in reasons)]
    say(result, "\n".join(lines), as_json=as_json)
