"""``affectface dataset``: data sets of others and of one's own as manifests."""

from __future__ import annotations

import typer

from affectface.cli.dataset_import import import_folder

dataset = typer.Typer(help="Data sets: import, look at, choose neutral photos, split.", no_args_is_help=True)
dataset.command("import")(import_folder)
