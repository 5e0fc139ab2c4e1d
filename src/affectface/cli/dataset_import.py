"""``affectface dataset import``: a data set in its published layout becomes a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say
from affectface.errors import DataSetError

ManifestArgument = Annotated[Path, typer.Argument(metavar="MANIFEST", help="A .parquet or .csv manifest.")]
ManifestOutOption = Annotated[Path, typer.Option("-o", "--out", help="The new manifest, .parquet or .csv.")]
RootOption = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where the manifest's paths start from, if not from its own folder."),
]


def check_place(out: Path, manifest: Path, root: Path | None) -> None:
    """Refuse to write a table beside which its paths would lead nowhere: they start from the manifest's folder."""
    if root is None and out.parent.absolute() != manifest.parent.absolute():
        raise DataSetError(f"{out}: its paths start from {manifest.parent}; write it there, or give --root")


def _list(wanted: bool) -> None:
    """Print the data sets that are known, and leave."""
    if not wanted:
        return
    from affectface.augment.adapters.names import DATA_SETS

    for name, data_set in DATA_SETS.items():
        doubt = "" if data_set.checked else " (layout from memory: compare it with your copy)"
        typer.echo(f"{name:20} {data_set.title}{doubt}\n{'':20} {data_set.layout}")
        if data_set.licence:
            typer.echo(f"{'':20} {data_set.licence}")
    raise typer.Exit


@reporting
def import_folder(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The data set, such as affectnet; --list has them.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where it was unpacked.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The manifest, .parquet or .csv.")],
    root: RootOption = None,
    known: Annotated[
        bool, typer.Option("--list", callback=_list, is_eager=True, help="List the data sets and their layouts.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Read a data set in its published layout, and write its manifest; what is refused is counted and written down."""
    from affectface.augment.importing import import_data_set

    with progress(f"importing {name}", None) as advance:
        found = import_data_set(name, folder, out, root=root, advance=advance)
    result = {
        "file": str(out),
        "rows": found.rows,
        "refused": found.refused,
        "labels_lost": found.labels_lost,
        "refusals": None if found.refusals is None else str(found.refusals),
    }
    lines = [f"{out}: {found.rows:,} rows"]
    lines += [f"  refused {count:,}: {reason}" for reason, count in found.refused.items()]
    lines += [f"  label left out of {count:,}: {reason}" for reason, count in found.labels_lost.items()]
    lines += [f"  each of them: {found.refusals}"] if found.refusals else []
    say(result, "\n".join(lines), as_json=as_json)
