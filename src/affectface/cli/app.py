"""The verbs, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from affectface import __version__
from affectface.cli.animate import animate
from affectface.cli.assets import assets
from affectface.cli.augment import augment
from affectface.cli.bench import bench
from affectface.cli.dataset import dataset
from affectface.cli.evaluate import evaluate
from affectface.cli.experiment import experiment
from affectface.cli.fit import fit
from affectface.cli.gallery import gallery
from affectface.cli.info import info
from affectface.cli.model import model
from affectface.cli.predict import predict
from affectface.cli.score import score
from affectface.cli.sheet import sheet
from affectface.cli.synth import synth
from affectface.cli.train import train

app = typer.Typer(
    name="affectface",
    help="From one photograph of a face: photographs and clips of the same person with a chosen affect.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"affectface {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From one photograph of a face: photographs and clips of the same person with a chosen affect."""


for verb in (synth, animate, sheet, fit, evaluate, info, bench, train, predict, score):
    app.command()(verb)
app.add_typer(assets, name="assets")
app.add_typer(model, name="model")
app.add_typer(gallery, name="gallery")
app.add_typer(dataset, name="dataset")
app.add_typer(augment, name="augment")
app.add_typer(experiment, name="experiment")
