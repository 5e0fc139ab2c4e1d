"""``affectface model``: face models of one's own, and of others."""

from __future__ import annotations

import typer

from affectface.cli.model_build import build
from affectface.cli.model_import import import_model_file
from affectface.cli.model_look import info, render
from affectface.cli.model_texture import texture

model = typer.Typer(help="Face models: import, build, look at them, learn their texture.", no_args_is_help=True)
model.command("import")(import_model_file)
for verb in (info, render, build, texture):
    model.command()(verb)
