"""``affectface augment verify``: prove that a run is complete and undamaged."""

from __future__ import annotations

from typing import Any

import typer

from affectface.cli.augment_run import RunArgument
from affectface.cli.options import JsonOption
from affectface.cli.report import FAILED, progress, reporting, say

_MOST_LINES = 20


@reporting
def verify(out: RunArgument, as_json: JsonOption = False) -> None:
    """Prove from all checksums that every job was done once; otherwise say what is wrong, and leave with 2.

    Looked at are: each job's output or reason, the bytes of every output, labels against the plan, the manifest, the
    checksums, and that nobody is in two splits or folds.
    """
    from affectface.augment.running.folder import open_run
    from affectface.augment.running.verifying import verify_run

    folder = open_run(out)
    with progress("looking at outputs", folder.plan.job_count) as advance:
        found = verify_run(folder, advance=advance)
    device = folder.config.making.device
    result: dict[str, Any] = {"folder": str(out), "right": not found.faults, "jobs": found.jobs, "made": found.made}
    result |= {"device": device}
    result |= {"refused": found.refused, "people": found.people, "faults": list(found.faults)}
    if not found.faults:
        text = f"{out}: right. Each of {found.jobs:,} jobs once: {found.made:,} made, {found.refused:,} with a reason; "
        text += f"{found.size / 1e6:,.1f} MB as they were written on {device}, labels as planned, "
        say(result, f"{text}{found.people:,} people, nobody in two splits or folds", as_json=as_json)
        return
    lines = [f"{out}: {len(found.faults)} faults", *(f"  {fault}" for fault in found.faults[:_MOST_LINES])]
    if len(found.faults) > _MOST_LINES:
        lines.append(f"  and {len(found.faults) - _MOST_LINES} more")
    say(result, "\n".join(lines), as_json=as_json)
    raise typer.Exit(FAILED)
