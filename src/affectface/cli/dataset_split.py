"""``affectface dataset split``: splits and folds that share nobody."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from affectface.cli.dataset_import import ManifestArgument, ManifestOutOption, RootOption, check_place
from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say

ShareOption = typer.Option(min=0, help="Its share of the rows, beside the others'.")


@reporting
def split(
    manifest: ManifestArgument,
    out: ManifestOutOption,
    train: Annotated[float, ShareOption] = 0.7,
    validation: Annotated[float, ShareOption] = 0.15,
    test: Annotated[float, ShareOption] = 0.15,
    folds: Annotated[
        int | None, typer.Option(min=2, max=1000, help="Write folds of a cross-validation; splits stay as they are.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides among equal choices.")] = 0,
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """Divide the people of a data set, so that nobody is in two splits or folds and labels are alike in all."""
    from affectface.augment.manifest import open_manifest
    from affectface.augment.splits import split_people

    opened = open_manifest(manifest, root=root)
    check_place(out, manifest, root)
    if train + validation + test <= 0:
        raise typer.BadParameter("one of --train, --validation and --test must be above 0")
    twice = None if opened.row_count is None else 2 * opened.row_count
    with progress("dividing", twice) as advance:
        shares = (train, validation, test)
        told = split_people(opened, out, shares=shares, folds=folds, seed=seed, advance=advance)
    result: dict[str, Any] = {"file": str(out), "parts": told.parts, "people": told.people, "rows": told.rows}
    result |= {"labels": told.labels, "files_without_subject": told.alone}
    title = "fold" if folds else "split"
    lines = [f"{out}: {sum(told.rows):,} rows of {sum(told.people):,} people, nobody in two {title}s"]
    if told.alone:
        lines.append(f"  WARNING: {told.alone:,} files have no subject, and each was taken for a person of its own")
    lines.append(f"  {'':28}" + "".join(f"{f'{title} {p}' if folds else p:>14}" for p in told.parts))
    for name, counts in (("people", told.people), ("rows", told.rows), *told.labels.items()):
        lines.append(f"  {name.replace('_', ' '):28}" + "".join(f"{count:>14,}" for count in counts))
    say(result, "\n".join(lines), as_json=as_json)
