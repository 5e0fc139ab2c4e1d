"""``affectface augment replay``: make outputs again from their records, and compare the bytes."""

from __future__ import annotations

from typing import Annotated

import typer

from affectface.cli.augment_run import PhotosOption, RunArgument
from affectface.cli.options import JsonOption
from affectface.cli.report import FAILED, progress, reporting, say


@reporting
def replay(
    out: RunArgument,
    jobs: Annotated[str, typer.Option(metavar="N,N", help="Numbers of jobs.")] = "",
    sample: Annotated[int | None, typer.Option(min=1, help="So many jobs, drawn by --seed.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides which.")] = 0,
    fit_anew: Annotated[bool, typer.Option("--fit-anew", help="Fit the photos again too.")] = False,
    root: PhotosOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make some jobs again from their records, and compare the bytes; leave with 2 if one differs."""
    from affectface.augment.running.folder import open_run
    from affectface.augment.running.replay import drawn_jobs
    from affectface.augment.running.replay import replay as replayed

    if bool(jobs) == (sample is not None):
        raise typer.BadParameter("give --jobs or --sample, one of them")
    folder = open_run(out, root=root)
    numbers = drawn_jobs(folder, sample, seed) if sample else _numbers(jobs)
    found = []
    with progress("making again", len(set(numbers))) as advance:
        for one in replayed(folder, numbers, fit_anew=fit_anew):
            found.append(one)
            advance(1)
    different = [one for one in found if one.difference]
    same = len(found) - len(different)
    lines = [f"{out}: {same} of {len(found)} jobs give the same again, byte for byte"]
    lines += [f"  job {one.job}: {one.difference}" for one in different]
    result = {"folder": str(out), "same": same, "jobs": [vars(one) for one in found]}
    say(result, "\n".join(lines), as_json=as_json)
    if different:
        raise typer.Exit(FAILED)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not numbers with commas", param_hint="--jobs") from None
