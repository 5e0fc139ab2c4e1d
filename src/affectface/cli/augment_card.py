"""``affectface augment card``: the data card of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.augment_run import LicenceOption, RunArgument, licences_of
from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say


@reporting
def card(
    out: RunArgument,
    source: Annotated[
        Path | None, typer.Option(metavar="MANIFEST", help="The data set that became larger, if it was moved.")
    ] = None,
    licence: LicenceOption = None,
    date: Annotated[str, typer.Option(help="When it was made; not said without it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write the data card of a run again: what it was made of, labels before and after, licences, checksums.

    A run writes one by itself. What is said here stays said: later cards of the same run have it too.
    """
    from affectface.augment.data_card.of_run import write_card_of_run
    from affectface.augment.manifest import open_manifest
    from affectface.augment.running.folder import open_run

    folder = open_run(out)
    manifest = None if source is None else open_manifest(source)
    with progress("counting", None) as advance:
        file = write_card_of_run(folder, source=manifest, licences=licences_of(licence), date=date, advance=advance)
    say({"card": str(file)}, f"{file}: written", as_json=as_json)
