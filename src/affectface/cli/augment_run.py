"""``affectface augment run``: make what a plan asks for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.options import AffectModelOption, JsonOption, ModelOption
from affectface.cli.report import reporting, say
from affectface.errors import MissingPackageError

if TYPE_CHECKING:
    from affectface.augment.running.ray_session import Workforce
    from affectface.augment.running.run import Listener, Totals
    from affectface.device import Device

RunArgument = Annotated[Path, typer.Argument(metavar="OUT", help="The folder of a run.", show_default=False)]
PhotosOption = Annotated[
    Path | None, typer.Option("--root", metavar="FOLDER", help="Where the photos lie now, if they were moved.")
]


LicenceOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME=TEXT", help="Licence of a data set, for the data card; repeatable.")
]


def licences_of(given: list[str] | None) -> dict[str, str]:
    """Return the licences that were given as NAME=TEXT, by the name of the data set."""
    licences = {}
    for one in given or []:
        name, sign, text = one.partition("=")
        if not sign or not text.strip():
            raise typer.BadParameter(f"{one!r} is no licence; NAME=TEXT such as london='CC BY 4.0' is needed")
        licences[name.strip()] = text.strip()
    return licences


class FormName(StrEnum):
    """Choices of ``--form``."""

    shards = "shards"
    images = "images"
    parquet = "parquet"


class PictureName(StrEnum):
    """Choices of ``--picture``."""

    jpg = "jpg"
    png = "png"


class DeviceName(StrEnum):
    """Choices of ``--device``."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


@reporting
def run(
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="What affectface augment plan has written.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder: a new one, or one to go on with.")],
    form: Annotated[
        FormName,
        typer.Option(
            help="shards: WebDataset's tar files. images: plain files. parquet: tables of the images' bytes. All have "
            "a manifest."
        ),
    ] = FormName.shards,
    size: Annotated[int, typer.Option(help="Side of the square around the face, pixels; 0 for the whole photo.")] = 224,
    picture: Annotated[PictureName, typer.Option(help="jpg of quality 95, or png.")] = PictureName.jpg,
    gate: Annotated[bool, typer.Option("--gate/--no-gate", help="Look at each picture, refuse bad ones.")] = True,
    variation: Annotated[
        bool, typer.Option("--variation/--no-variation", help="Show each affect as one of many people would.")
    ] = True,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, max=4096, help="Processes; as many as there are cores, one if little is left. They change no byte."
        ),
    ] = None,
    part_jobs: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Jobs of a shard at most; by the plan's length, up to 1000.")
    ] = None,
    fits: Annotated[
        Path | None, typer.Option(metavar="OTHER/fits", help="Take the fits of another run of the same photos.")
    ] = None,
    device: Annotated[
        DeviceName,
        typer.Option(help="Where pictures are drawn. cuda gives other bytes than cpu; auto is cuda if it is here."),
    ] = DeviceName.cpu,
    licence: LicenceOption = None,
    model: ModelOption = None,
    affect_model: AffectModelOption = None,
    root: PhotosOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make what a plan asks for. Stopped by whatever, it goes on where it was when called again.

    On this machine, or on the Ray cluster that the variable RAY_ADDRESS names: then every machine must see the plan,
    the photos and the folder at the same place.
    """
    from affectface.augment.data_card.of_run import card_is_there, write_card_of_run
    from affectface.augment.making.config import MakingConfig
    from affectface.augment.plan import open_plan
    from affectface.augment.running.config import RunConfig
    from affectface.augment.running.folder import open_run
    from affectface.augment.running.run import run_plan

    said = licences_of(licence)
    try:
        making = MakingConfig(
            size=size or None, form=picture.value, gate=gate, variation=variation, device=_device(device)
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    models = {"face_model": model, "affect_model": None if affect_model is None else str(affect_model)}
    config = RunConfig(form=form.value, part_jobs=part_jobs, making=making, **models)
    opened = open_plan(plan, root=root)
    with _ended_by_signal(), _watching() as told:
        totals = run_plan(opened, out, config=config, workers=workers, fits=fits, told=told)
    try:
        folder = open_run(out, root=root)
        if said or not card_is_there(folder):
            write_card_of_run(folder, licences=said)
    except MissingPackageError as error:  # all that was asked for is made
        typer.echo(f"no data card: {error}", err=True)
    say({"folder": str(out), **spoken(totals)}, "\n".join(lines_of(out, totals)), as_json=as_json)


def _device(asked: DeviceName) -> Device:
    """The device; whether there is CUDA is looked at by the run, since a cluster has it elsewhere."""
    from affectface.device import chosen_device

    match asked:
        case DeviceName.auto:
            return chosen_device("auto")
        case DeviceName.cuda:
            return "cuda"
    return "cpu"


def spoken(totals: Totals) -> dict[str, Any]:
    """Return what a run has come to in JSON's types."""
    return {"jobs": totals.jobs, "made": totals.made, "bytes": totals.size, "without": totals.reasons}


def lines_of(out: Path, totals: Totals) -> list[str]:
    """Return what a run has come to in words."""
    lines = [f"{out}: {totals.made:,} of {totals.jobs:,} made, {totals.size / 1e6:,.1f} MB"]
    return lines + [f"  {count:>9,} not: {reason}" for reason, count in sorted(totals.reasons.items())]


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Leave in order when the process is asked to end, as by a queue whose time is up, and not only by Ctrl-C."""

    def leave(number: int, frame: object) -> None:
        typer.echo("ended by a signal; call again to go on", err=True)
        raise SystemExit(128 + number)  # which nobody on the way takes for an error, as typer.Exit may be

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    except SystemExit as error:
        if error.code == signal.SIGTERM:  # Ray answers it in this way while it starts
            leave(signal.SIGTERM, None)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _watching() -> Iterator[Listener]:
    """Show how far a run is, how fast, how long it takes, and what went wrong; on standard error, to a person only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    rest = TextColumn("{task.fields[rate]}{task.fields[without]}")
    bar = BarColumn(bar_width=None)  # has what the rest leaves
    shown = (TextColumn("{task.description}"), bar, MofNCompleteColumn(), TimeRemainingColumn(), rest)
    about: dict[str, Any] = {"transient": True, "disable": not console.is_terminal, "speed_estimate_period": 600}
    with Progress(*shown, console=console, expand=True, **about) as progress:
        task = progress.add_task("starting", total=None, rate="", without="")
        links: set[str] = set()
        begun: int | None = None

        def told(totals: Totals, force: Workforce | None) -> None:
            nonlocal begun
            if force and force.dashboard and force.dashboard not in links:
                links.add(force.dashboard)
                progress.console.print(f"Ray's dashboard: {force.dashboard}")
            if begun is None:
                begun = totals.done
                progress.reset(task, total=totals.jobs, completed=totals.done)
            speed = progress.tasks[task].speed
            missing = sum(totals.reasons.values())
            rate = f"{speed:,.1f}/s" if speed else ""
            without = f" {missing:,} refused" if missing else ""
            # workers take some seconds to start; at the end manifest and checksums are written
            doing = "ending" if totals.done == totals.jobs else "making" if totals.done > begun else "starting"
            progress.update(task, completed=totals.done, rate=rate, without=without, description=doing)

        yield told
