"""``affectface dataset age``: ages and age groups, by a network of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.dataset_import import ManifestArgument, ManifestOutOption, RootOption, check_place
from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say


def _starts(text: str) -> tuple[int, ...]:
    """Ages at which groups begin, such as 20,30,40."""
    parts = [part.strip() for part in text.split(",")]
    starts = tuple(int(part) for part in parts if part.isascii() and part.isdigit())
    if len(starts) != len(parts) or list(starts) != sorted(set(starts)) or starts[0] < 1:
        raise typer.BadParameter(f"{text!r} are no ascending ages; write them like 20,30,40")
    return starts


@reporting
def age(
    manifest: ManifestArgument,
    out: ManifestOutOption,
    estimator: Annotated[Path, typer.Option(metavar="FILE.onnx", help="A network that estimates ages.")],
    preprocessing: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="What the network wants to see; docs/data_sets.md has it.")
    ] = None,
    groups: Annotated[str, typer.Option(help="Ages at which groups begin.")] = "20,30,40,50,60,70,80",
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill the columns age and age_group; what the data set says stays. Stopped work goes on where it was."""
    from affectface.augment.age_network import AgeNetwork, Preprocessing, read_preprocessing
    from affectface.augment.ages import count_unknown, estimate_ages
    from affectface.augment.manifest import open_manifest

    starts, opened = _starts(groups), open_manifest(manifest, root=root)
    check_place(out, manifest, root)
    network = AgeNetwork(estimator, Preprocessing() if preprocessing is None else read_preprocessing(preprocessing))
    with progress("estimating", count_unknown(opened)[1]) as advance:
        told = estimate_ages(opened, out, network, starts=starts, advance=advance)
    result = {"file": str(out), "rows": told.rows, "known": told.known, "estimated": told.estimated}
    result |= {"failed": told.failed, "groups": told.groups}
    lines = [f"{out}: {told.estimated:,} ages estimated, {told.known:,} known, of {told.rows:,} rows"]
    lines += [f"  no age for {count:,}: {reason}" for reason, count in told.failed.items()]
    lines += [f"  {group:12}{count:>10,}" for group, count in told.groups.items()]
    say(result, "\n".join(lines), as_json=as_json)
