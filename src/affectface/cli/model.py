"""``affectface model``: face models of one's own."""

from __future__ import annotations

import typer

from affectface.cli.model_build import build

model = typer.Typer(help="Face models: build your own.", no_args_is_help=True)
model.command()(build)
