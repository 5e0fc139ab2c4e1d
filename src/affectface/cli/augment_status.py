"""``affectface augment status``: how far a run is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from affectface.cli.augment_run import RunArgument, lines_of, spoken
from affectface.cli.options import JsonOption
from affectface.cli.report import reporting, say


@reporting
def status(out: RunArgument, as_json: JsonOption = False) -> None:
    """Say how far a run is, while it works or after whatever stopped it."""
    from affectface.augment.running.folder import open_run
    from affectface.augment.running.status import status_of

    found = status_of(open_run(out))
    totals = found.totals
    state = "ended" if found.ended else "at work" if found.at_work else "stopped"
    lines = [f"{lines_of(out, totals)[0]}: {state}", f"  {totals.parts_done:>9,} of {totals.parts:,} parts are done"]
    lines += lines_of(out, totals)[1:]
    if found.at_work and found.rate:
        lines.append(f"  {found.rate:,.1f} jobs a second, {_clock(found.seconds_left)} left")
    if found.quiet is not None and not found.ended:
        lines.append(f"  the last part was done {_clock(found.quiet)} ago")
    if state == "stopped":
        lines.append("  affectface augment run goes on with it")
    result: dict[str, Any] = {"folder": str(out), "state": state, **spoken(totals)}
    result |= {"parts": totals.parts, "parts_done": totals.parts_done, "rate": found.rate}
    say(result | {"seconds_left": found.seconds_left}, "\n".join(lines), as_json=as_json)


def _clock(seconds: float | None) -> str:
    return "unknown" if seconds is None else str(timedelta(seconds=round(seconds)))
