"""``affectface augment``: larger and better balanced data sets."""

from __future__ import annotations

import typer

from affectface.cli.augment_plan import plan

augment = typer.Typer(help="Larger data sets: plan what is made of whose photos.", no_args_is_help=True)
augment.command()(plan)


@augment.callback()
def options() -> None:
    """Larger data sets: plan what is made of whose photos."""
