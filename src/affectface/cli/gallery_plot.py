"""``affectface gallery plot``: the figures of a gallery, or of an affect model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.gallery_build import face_model_of, working
from affectface.cli.options import AffectModelOption, JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say


@reporting
def plot(
    path: Annotated[Path, typer.Argument(metavar="X.gallery|X.npz", help="A gallery, or an affect model.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the figures.")],
    model: ModelOption = None,
    affect_model: AffectModelOption = None,
    classes: Annotated[int, typer.Option(min=3, help="Classes of the valence-arousal plane, at most.")] = 550,
    as_json: JsonOption = False,
) -> None:
    """Plot labels, classes, support, mean faces and components as PNG files; without a model a gallery is built."""
    from affectface.gallery.affect_model_files import load_affect_model
    from affectface.gallery.building.build import build_affect_model
    from affectface.gallery.building.config import BuildConfig
    from affectface.gallery.library import load_named_affect_model
    from affectface.gallery.plots.figures import new_figure
    from affectface.gallery.plots.plot import plot_figures
    from affectface.gallery.store import open_gallery
    from affectface.morphable.library import load_named_face_model

    new_figure(1, 1)  # what is not installed is said before anything is built
    gallery = None if path.suffix.lower() == ".npz" else open_gallery(path)
    own = None if gallery is None else face_model_of(gallery, model)
    if gallery is None or affect_model is not None:
        found = load_affect_model(path if gallery is None else affect_model or path)
    else:
        scratch = out / ".building"
        config = BuildConfig(classes=classes)
        base = load_named_affect_model(None)
        built = build_affect_model(
            gallery, path.stem, scratch=scratch, face_model=own, base=base, config=config, progress=working
        )
        found = built.model
        shutil.rmtree(scratch, ignore_errors=True)
    drawn = own or load_named_face_model(model or (found.basis.surface.name if found.basis else None))
    with progress("figures", None) as advance:
        written = plot_figures(found, drawn, out, gallery=gallery, advance=advance)
    say({"files": [str(file) for file in written]}, "\n".join(map(str, written)), as_json=as_json)
