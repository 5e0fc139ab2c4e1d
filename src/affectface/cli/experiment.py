"""``affectface experiment``: the experiments of the papers, and one on real photos that anybody can repeat."""

from __future__ import annotations

import typer

from affectface.cli.experiment_list import list_experiments
from affectface.cli.experiment_run import report, run

experiment = typer.Typer(help="Does it help? The papers' experiments, and one on real photos.", no_args_is_help=True)
experiment.command("list")(list_experiments)
experiment.command()(run)
experiment.command()(report)


@experiment.callback()
def options() -> None:
    """Does it help? The papers' experiments, and one on real photos."""
