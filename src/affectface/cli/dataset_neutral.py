"""``affectface dataset neutral``: the photos from which faces are made."""

from __future__ import annotations

from typing import Annotated

import typer

from affectface.cli.dataset_import import ManifestArgument, ManifestOutOption, RootOption, check_place
from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say


@reporting
def neutral(
    manifest: ManifestArgument,
    out: ManifestOutOption,
    tolerance: Annotated[float, typer.Option(min=0, max=1, help="Valence and arousal that a label may have.")] = 0.0,
    most_expression: Annotated[
        float, typer.Option(min=0, help="Movement of the face, in inter-ocular distances, that the fitter may find.")
    ] = 0.025,
    most_each: Annotated[
        int | None, typer.Option(min=1, help="Photos of each person, those with the least expression.")
    ] = None,
    model: ModelOption = None,
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the neutral photos: labelled neutral or with zero valence and arousal, and confirmed by the fitter.

    Stopped work goes on where it was when it is called again.
    """
    from affectface.augment.manifest import open_manifest
    from affectface.augment.neutral_photos import NeutralConfig, choose_neutral, labelled_neutral
    from affectface.morphable.library import load_named_face_model

    opened = open_manifest(manifest, root=root)
    check_place(out, manifest, root)
    config = NeutralConfig(tolerance=tolerance, most_expression=most_expression, most_each=most_each)
    photos = int(labelled_neutral(opened, tolerance).sum())
    with progress("fitting", photos) as advance:
        told = choose_neutral(opened, out, load_named_face_model(model), config=config, advance=advance)
    result = {"file": str(out), "rows": told.rows, "labelled": told.labelled, "kept": told.kept}
    result |= {"refused": told.refused, "refusals": None if told.refusals is None else str(told.refusals)}
    lines = [f"{out}: {told.kept:,} neutral rows, of {told.labelled:,} that are labelled so, of {told.rows:,}"]
    lines += [f"  left out {count:,}: {reason}" for reason, count in told.refused.items()]
    lines += [f"  each of them: {told.refusals}"] if told.refusals else []
    say(result, "\n".join(lines), as_json=as_json)
