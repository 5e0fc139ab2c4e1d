"""``affectface experiment run`` and ``report``: train what is compared, and print the paper's table beside ours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import Advance, progress, reporting, say
from affectface.errors import TargetError

if TYPE_CHECKING:
    from affectface.recognition.experiments.design import Experiment

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The experiment; affectface experiment list.")]
OutOption = Annotated[Path, typer.Option("-o", "--out", help="The folder of experiments; a stopped run goes on there.")]


@reporting
def run(
    name: NameArgument,
    out: OutOption,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[/ROLE]=MANIFEST",
            help="A data set's manifest, or that of images made of it: --data raf-db=real.parquet --data "
            "raf-db/synthetic=made.parquet; repeatable. For london the folder of its faces: --data london=FOLDER.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How often everything is trained.")] = 5,
    epochs: Annotated[int, typer.Option(min=0, help="How often every row is seen; 0 is the experiment's own.")] = 0,
    side: Annotated[int, typer.Option(min=0, help="Side of the pictures, pixels; 0 is the network's own.")] = 0,
    weights: Annotated[Path | None, typer.Option(help="Published weights to start from.")] = None,
    layout: Annotated[str | None, typer.Option(help="How they stand in the file; an unknown name lists them.")] = None,
    model: ModelOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes that train side by side; as many as there are cores for experiments of small networks, "
            "otherwise 1.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train and test all that an experiment compares; started again, it goes on where it was stopped."""
    from affectface.recognition.packages import check_installed

    check_installed()
    from affectface.recognition.experiments.catalogue import experiment_named
    from affectface.recognition.experiments.running import RunConfig, run_experiment
    from affectface.recognition.training.train import Start

    experiment = experiment_named(name)
    given = _data(experiment, data or [])
    try:
        start = None if weights is None else Start(weights=weights, layout=layout)  # type: ignore[arg-type]
        count = workers or ((os.cpu_count() or 1) if experiment.small else 1)
        config = RunConfig(seeds=seeds, epochs=epochs, side=side, start=start, workers=count)
    except ValueError as fault:
        raise TargetError(str(fault)) from None
    with _steps() as told:
        if experiment.name == "london":
            from affectface.recognition.experiments.london_images import prepare_london

            folder = given.get("london", {}).get("real")
            if folder is None or not folder.is_dir():
                raise TargetError("london takes the folder of its faces: --data london=FOLDER")
            given = {"london": prepare_london(folder, out, told=told, face_model=model)}
        run_experiment(experiment, given, out, config=config, told=told)
    _report(experiment, out, as_json)


@reporting
def report(name: NameArgument, out: OutOption, as_json: JsonOption = False) -> None:
    """Score what is there of an experiment, and write its report in HTML and Markdown."""
    from affectface.recognition.experiments.catalogue import experiment_named

    _report(experiment_named(name), out, as_json)


def _report(experiment: Experiment, out: Path, as_json: bool) -> None:
    from affectface.recognition.experiments.report import write_report

    steps = sum(len(study.arms) + len(study.pairs) for study in experiment.studies)
    with progress("scoring", steps) as advance:
        results = write_report(out, experiment, advance=advance)
    place = out / experiment.name
    text = (place / "report.md").read_text(encoding="utf-8")
    say(results, f"{text}\n{place / 'report.html'}", as_json=as_json)


def _data(experiment: Experiment, given: Sequence[str]) -> dict[str, dict[str, Path]]:
    """The manifests of ``--data``."""
    found: dict[str, dict[str, Path]] = {}
    for one in given:
        key, equals, path = one.partition("=")
        name, _, role = key.partition("/")
        roles = experiment.wanted.get(name)
        if not equals or not path or roles is None or (role or "real") not in roles:
            takes = ", ".join(f"{key}/{role}=FILE" for key, of in experiment.wanted.items() for role in of)
            raise TargetError(f"--data {one!r} is nothing that {experiment.name} takes: {takes}")
        found.setdefault(name, {})[role or "real"] = Path(path)
    return found


@contextmanager
def _steps() -> Iterator[Any]:
    """Show each part of a run as a progress bar of its own."""
    from affectface.recognition.experiments.running import Told

    with ExitStack() as stack:
        bars: list[tuple[ExitStack, Advance]] = []

        def begin(words: str, steps: int) -> None:
            for bar, _ in bars:
                bar.close()
            bar = stack.enter_context(ExitStack())
            bars[:] = [(bar, bar.enter_context(progress(words, steps or None)))]

        yield Told(begin=begin, advance=lambda steps: bars[0][1](steps))
