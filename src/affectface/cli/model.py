"""``affectface model``: face models of one's own."""

from __future__ import annotations

import typer

from affectface.cli.model_build import build
from affectface.cli.model_texture import texture

model = typer.Typer(help="Face models: build your own, learn their texture.", no_args_is_help=True)
model.command()(build)
model.command()(texture)
