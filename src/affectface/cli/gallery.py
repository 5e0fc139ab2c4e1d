"""``affectface gallery``: affect models from labelled faces."""

from __future__ import annotations

import typer

from affectface.cli.gallery_annotate import annotate
from affectface.cli.gallery_build import build, info
from affectface.cli.gallery_ingest import ingest
from affectface.cli.gallery_learn import learn
from affectface.cli.gallery_plot import plot
from affectface.cli.gallery_register import register
from affectface.cli.gallery_synthesize import synthesize
from affectface.cli.gallery_traces import agreement, label, traces
from affectface.cli.gallery_track import track

gallery = typer.Typer(help="Affect models from labelled faces.", no_args_is_help=True)
gallery.command()(ingest)
gallery.command()(track)
gallery.command()(register)
gallery.command()(learn)
gallery.command()(synthesize)
gallery.command()(build)
gallery.command()(info)
gallery.command()(plot)
for verb in (annotate, agreement, label):
    gallery.command()(verb)
gallery.add_typer(traces, name="traces")
