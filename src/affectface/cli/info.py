"""``affectface info``: what a file of affectface says about itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption
from affectface.cli.report import reporting, say


@reporting
def info(
    file: Annotated[Path, typer.Argument(help="An image, a clip or a folder of frames.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Read the provenance of a file that affectface wrote."""
    from affectface.metadata import read_provenance

    provenance = read_provenance(file)
    record = json.loads(provenance.to_json())
    lines = [f"{file}: synthetic ({provenance.source_type}), made by affectface {provenance.version}"]
    lines += [f"  asked   {key}: {json.dumps(value)}" for key, value in provenance.asked.items()]
    lines += [f"  with    {key}: {value}" for key, value in provenance.models.items()]
    say({"file": str(file), **record}, "\n".join(lines), as_json=as_json)
