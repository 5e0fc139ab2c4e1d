"""``affectface dataset``: data sets of others and of one's own as manifests."""

from __future__ import annotations

import typer

from affectface.cli.dataset_age import age
from affectface.cli.dataset_import import import_folder
from affectface.cli.dataset_neutral import neutral
from affectface.cli.dataset_split import split
from affectface.cli.dataset_stats import stats

dataset = typer.Typer(help="Data sets: import, look at, choose neutral photos, split.", no_args_is_help=True)
dataset.command("import")(import_folder)
for verb in (stats, neutral, split, age):
    dataset.command()(verb)
