"""``affectface gallery learn``: photos with affect labels become an affect model."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.gallery_build import build_file, record_of, words_of
from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say
from affectface.errors import AffectFaceError


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
    """Learn what affects look like from photos and films with labels: gallery ingest and gallery build in one.

    Everybody needs a neutral photo to compare with. Interrupted, it goes on where it was when it is called again.
    """
    from affectface.gallery.building.config import BuildConfig
    from affectface.morphable.library import load_named_face_model
    from affectface.synthesis.photo_gallery import fit_photo_gallery
    from affectface.synthesis.photo_table import read_photo_table

    sets, face_model = read_photo_table(table), load_named_face_model(model)
    of = hashlib.sha256(face_model.name.encode() + table.read_bytes()).hexdigest()[:12]  # another table is begun anew
    gallery = out.with_name(f".{out.stem}.{of}.gallery")
    try:
        with progress("fitting", sum(one.frames for one in sets)) as advance:
            fitted = fit_photo_gallery(face_model, sets, gallery, advance=advance)
        built = build_file(gallery, out, None, BuildConfig(classes=classes, fewest_people=fewest))
    except AffectFaceError:
        shutil.rmtree(gallery, ignore_errors=True)  # a photo that was put in its place is looked at anew
        raise
    shutil.rmtree(gallery)
    counted = {"face_model": face_model.name, "photos": fitted.frames}
    say({"file": str(out), **counted, **record_of(built)}, f"{out}: {words_of(built)}", as_json=as_json)
