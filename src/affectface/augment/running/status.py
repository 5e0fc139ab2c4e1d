"""How far a run is, told from its folder alone: while it works, after it was killed, and when it has ended."""

from __future__ import annotations

import time
from dataclasses import dataclass

from affectface.augment.running.finishing import is_finished
from affectface.augment.running.folder import RunFolder
from affectface.augment.running.guarding import at_work
from affectface.augment.running.run import Totals, totals_of

_LATEST = 50
"""Parts whose times say how fast a run is."""


@dataclass(frozen=True)
class Status:
    """How far a run is.

    Attributes
    ----------
    totals : Totals
        What it has come to.
    at_work : bool
        Whether a process works on it.
    ended : bool
        Whether it has its manifest and its checksums.
    rate : float or None
        Jobs a second of the latest parts; None where that cannot be told.
    quiet : float or None
        Seconds since the last part was done.
    """

    totals: Totals
    at_work: bool
    ended: bool
    rate: float | None
    quiet: float | None

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at that rate; None where nobody works on it."""
        if not self.at_work or not self.rate:
            return None
        return (self.totals.jobs - self.totals.done) / self.rate


def status_of(folder: RunFolder) -> Status:
    """Return how far a run is.

    Parameters
    ----------
    folder : RunFolder
        The run.

    Returns
    -------
    Status
        Only the headers of records are read.
    """
    times = []
    for part in folder.parts():
        try:
            times.append((folder.record(part).stat().st_mtime, part.count))
        except OSError:
            continue
    latest = sorted(times)[-_LATEST:]
    span = latest[-1][0] - latest[0][0] if latest else 0.0
    rate = sum(jobs for _, jobs in latest[1:]) / span if span > 0 else None
    quiet = max(0.0, time.time() - latest[-1][0]) if latest else None
    return Status(totals_of(folder), at_work(folder.path), is_finished(folder), rate, quiet)
