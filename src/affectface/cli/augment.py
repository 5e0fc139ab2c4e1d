"""``affectface augment``: larger and better balanced data sets."""

from __future__ import annotations

import typer

from affectface.cli.augment_card import card
from affectface.cli.augment_plan import plan
from affectface.cli.augment_replay import replay
from affectface.cli.augment_run import run
from affectface.cli.augment_status import status
from affectface.cli.augment_verify import verify

augment = typer.Typer(help="Larger data sets: plan what is made of whose photos, and make it.", no_args_is_help=True)
for verb in (plan, run, status, verify, replay, card):
    augment.command()(verb)


@augment.callback()
def options() -> None:
    """Larger data sets: plan what is made of whose photos, and make it."""
